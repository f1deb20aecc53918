"""What is made of what a device showed: the judgements that no simulated device leads to."""

from __future__ import annotations

import pytest

from berofos_ra.device.state import DeviceState
from berofos_ra.operations import promises
from berofos_ra.operations.promises import NOTE, OK, PROBLEM, Kick, Pace, Write
from berofos_ra.settings import SETTINGS

LINES = ["bnfos_confmap_magic=0.1", *(f"{one.read_key}=1" for one in SETTINGS if one.read_key is not None)]
PACE = Pace()


@pytest.mark.parametrize(
    ("lines", "level"),
    [
        (LINES, OK),
        ([*LINES, "1_szd00=anything", "2_mail="], OK),
        (["<html>", *LINES], NOTE),
        (["bnfos_confmap_magic=0.2", *LINES[1:]], NOTE),
        ([*LINES, "9_new=1"], NOTE),
        ([line for line in LINES if not line.startswith("6_wstate")], PROBLEM),
        ([line for line in LINES if not line.startswith("2_mhost")], OK),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_of_the_settings(lines: list[str], level: str, end: str) -> None:
    assert promises.judge_text(end.join(lines) + end).level == level


def test_a_key_that_nobody_knows_is_named_but_never_what_else_a_device_calls_one() -> None:
    words = promises.judge_text("\n".join([*LINES, "9_new=secret", "a b\x1b=c"])).words
    assert "9_new" in words
    assert "secret" not in words
    assert words.isprintable()


def test_a_write_that_clears_other_boxes_is_a_note_and_one_that_moves_the_relay_a_problem() -> None:
    boxes = {"modedef": True, "power1def": True, "mode": False}
    quiet = Write({"modedef": True}, boxes, boxes, 0.1)
    clears = Write({"modedef": True}, boxes, {**boxes, "power1def": False}, 0.1)
    moves = Write({"modedef": True}, boxes, {**boxes, "mode": True}, 0.1)
    assert [promises.judge_writes([one], {}, {}, PACE).level for one in (quiet, clears, moves)] == [OK, NOTE, PROBLEM]


@pytest.mark.parametrize(("shown_after", "level"), [(0.1, OK), (2.9, OK), (3.1, PROBLEM), (None, PROBLEM)])
def test_a_change_is_to_show_soon(shown_after: float | None, level: str) -> None:
    after = {"mode": shown_after is not None}
    write = Write({"mode": True}, {"mode": False}, after, shown_after)
    assert promises.judge_switch([write], after, PACE).level == level


@pytest.mark.parametrize(
    ("fell_after", "state", "clears", "level"),
    [
        (5.2, 2, True, OK),
        (5.2, 2, False, NOTE),
        (5.2, 0, True, PROBLEM),
        (2.9, 2, True, PROBLEM),
        (7.1, 2, True, PROBLEM),
        (None, 1, True, PROBLEM),
    ],
)
def test_a_watchdog_is_to_run_out_in_time(fell_after: float | None, state: int, clears: bool, level: str) -> None:
    seen = DeviceState({"mode": fell_after is None, "scenario": False, "wdogstate": state})
    assert promises.judge_run_out(fell_after, seen, clears, PACE).level == level


def test_a_setting_that_is_no_longer_shown_is_a_problem() -> None:
    write = Write({"modedef": True}, {"modedef": False}, {"modedef": True}, 0.1)
    verdict = promises.judge_writes([write], {"modedef": True}, {}, PACE)
    assert (verdict.level, verdict.words) == (PROBLEM, "modedef is ? again 6 s later")


@pytest.mark.parametrize(
    ("kick", "state", "level"),
    [
        (Kick(18, 20), 1, OK),
        (Kick(18, 18), 1, PROBLEM),
        (Kick(18, 20, "no answer"), 1, PROBLEM),
        (Kick(18, 20), 2, PROBLEM),
        (Kick(18, 0), 0, PROBLEM),
    ],
)
def test_a_kick_is_to_be_answered_and_to_restart_the_countdown(kick: Kick, state: int, level: str) -> None:
    assert promises.judge_kick(kick, DeviceState({"wdogstate": state})).level == level


def test_a_login_that_is_not_demanded_in_earnest_is_a_problem() -> None:
    assert promises.judge_login({"wrong": True, "none": True}, True, PACE, 0.1).level == OK
    assert promises.judge_login({"wrong": True, "none": False}, True, PACE, 0.1).level == PROBLEM
    assert promises.judge_login({"wrong": True, "none": True}, False, PACE, 0.1).level == PROBLEM
    assert promises.judge_login({"wrong": True, "none": True}, True, PACE, None).level == PROBLEM


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        ({"mode": True, "wdogstate": 0}, OK),
        ({"mode": False, "wdogstate": 0}, PROBLEM),
        ({"mode": True, "wdogstate": 1}, PROBLEM),
    ],
)
def test_a_device_is_to_come_back_as_its_defaults_say(seen: dict[str, bool | int], level: str) -> None:
    state = DeviceState({"scenario": False, **seen})
    assert promises.judge_power_cycle(state, {"mode": True, "wdog": False}, 20.0).level == level
