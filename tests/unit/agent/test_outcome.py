"""How an action ends: exit codes, and reasons that Pacemaker shows whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra import errors
from berofos_ra.agent.outcome import NOT_RUNNING, OCF_DEGRADED, SUCCESS, Outcome, exit_reason, one_line, outcome_of
from berofos_ra.errors import BerofosError
from berofos_ra.resource.spans import SpanMissingError

LONGEST = 128


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ParameterError, 6),  # makes no sense on any node
        (errors.ConfigError, 5),  # something that this node lacks
        (errors.WiringError, 5),
        (SpanMissingError, 5),
        (errors.ConfigUnreadableError, 4),
        (errors.ConfigUntrustedError, 4),
        (errors.DeviceError, 1),  # never 6: that would stop a healthy owner elsewhere
        (errors.DeviceTimeoutError, 1),
        (errors.UnreachableError, 1),
        (errors.LoginRefusedError, 1),
        (errors.BadAnswerError, 1),
        (errors.NoEffectError, 1),
        (errors.BerofosError, 1),
    ],
)
def test_each_error_has_its_exit_code(kind: type[BerofosError], code: int) -> None:
    assert outcome_of(kind("why", "and what to do")) == Outcome(code, ("why; and what to do",))


def test_the_exit_codes_without_a_reason() -> None:
    assert (Outcome(0), Outcome(7), 190) == (SUCCESS, NOT_RUNNING, OCF_DEGRADED)


def test_a_reason_is_given_as_it_is() -> None:
    reason = "fos2 (10.34.1.21): relay is A--D, expected A--B"
    assert exit_reason((reason,)) == reason


def test_several_reasons_share_the_line() -> None:
    assert exit_reason(("fos1: no route to it", "fos2: login refused")) == "fos1: no route to it; fos2: login refused"


def test_reasons_that_don_t_fit_are_counted() -> None:
    reasons = tuple(f"fos{n} (10.34.1.2{n}): connection refused, expected A--B" for n in range(1, 5))
    assert exit_reason(reasons) == f"{reasons[0]}; {reasons[1]}; and 2 more"


def test_a_reason_of_just_the_right_length_is_whole() -> None:
    assert exit_reason(("x" * LONGEST,)) == "x" * LONGEST


def test_a_reason_that_is_too_long_is_cut_visibly() -> None:
    assert exit_reason(("x" * (LONGEST + 1),)) == "x" * (LONGEST - 3) + "..."
    assert exit_reason(("x" * 200, "y", "z")) == "x" * (LONGEST - 14) + "... and 2 more"


def test_other_characters_than_ascii_s_are_replaced() -> None:
    assert one_line("fos1: höst\nname\t\x1b[2J\x7f") == "fos1: h?st?name??[2J?"


@given(st.lists(st.text(max_size=200), min_size=1, max_size=40))
def test_any_reasons_at_all_are_one_line_of_printable_ascii_that_isn_t_too_long(reasons: list[str]) -> None:
    line = exit_reason(tuple(reasons))
    assert len(line.encode("ascii")) <= LONGEST
    assert line.isprintable()


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), min_size=1, max_size=40))
def test_the_gravest_reason_comes_first(reasons: list[str]) -> None:
    line = exit_reason(tuple(reasons))
    assert line.startswith(reasons[0][:100])
