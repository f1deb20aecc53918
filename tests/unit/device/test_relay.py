"""Relay positions."""

from __future__ import annotations

import pytest

from berofos_ra.device.relay import joins, position


@pytest.mark.parametrize(
    ("mode", "bypass", "joined"),
    [(False, False, "A--D"), (True, False, "A--B"), (False, True, "A--D"), (True, True, "A--B C--D")],
)
def test_mode_and_scenario_join_these_groups(mode: bool, bypass: bool, joined: str) -> None:
    assert position(mode, bypass) == joined


@pytest.mark.parametrize(
    ("actual", "expected", "right"),
    [
        ("A--D", "A--D", True),
        ("A--B", "A--B", True),
        ("A--B C--D", "A--B C--D", True),
        ("A--B C--D", "A--B", True),  # the lines are at B all the same
        ("A--B", "A--B C--D", False),
        ("A--D", "A--B", False),
        ("A--B", "A--D", False),
        ("A--B C--D", "A--D", False),
        ("A--D", "A--B C--D", False),
    ],
)
def test_a_position_is_right_when_it_joins_all_that_is_expected(actual: str, expected: str, right: bool) -> None:
    assert joins(actual, expected) is right
