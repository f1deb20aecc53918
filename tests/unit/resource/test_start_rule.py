"""What a start may click: every combination against the rules in words, and some of them by name."""

from __future__ import annotations

from itertools import product

import pytest

from berofos_ra.resource.start_rule import Checked, Plan, plan_start

RIGHT = Checked(had=True, right=True)
AWAY = Checked(had=True)
PAUSED = Checked(had=True, paused=True)
DEAF = Checked(had=True, deaf=True)
DEAF_AND_PAUSED = Checked(had=True, deaf=True, paused=True)
LOST = Checked(had=False)
HERE = Checked(had=False, here=True)
NOTHING = Plan(possible=False)

EVERY_DEVICE = [
    Checked(had, right, here, deaf, paused)
    for had, right, here, deaf, paused in product((False, True), repeat=5)
    if not (had and here) and (had or not right)
]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_combination_is_planned_by_the_rules(count: int) -> None:
    for checked in product(EVERY_DEVICE, repeat=count):
        for need in range(1, count + 1):
            plan = plan_start(checked, need)
            told = {place for place, one in enumerate(checked) if one.had and (one.right or not one.paused)}
            sure = {place for place in told if not checked[place].deaf}
            here = sum(one.here for one in checked)
            # As many as are needed can be had, or nothing is clicked.
            assert plan.possible is (len(told) + here >= need)
            # Without what has to prove that it obeys there are enough, or nothing else is told before it has.
            expected = (set(), told) if len(sure) + here >= need else (told - sure, set())
            assert (set(plan.prove), set(plan.then)) == (expected if plan.possible else (set(), set()))


def test_all_are_told_side_by_side() -> None:
    assert plan_start([AWAY, RIGHT, AWAY], 2) == Plan(possible=True, then=(0, 1, 2))


def test_with_fewer_than_are_needed_nothing_is_clicked() -> None:
    assert plan_start([AWAY, LOST], 2) == NOTHING


def test_the_others_go_on_without_what_is_not_needed() -> None:
    assert plan_start([AWAY, LOST], 1) == Plan(possible=True, then=(0,))


def test_what_did_not_obey_has_to_before_the_others_are_clicked() -> None:
    assert plan_start([AWAY, DEAF, DEAF], 2) == Plan(possible=True, prove=(1, 2))
    # The first obeyed, and is right now; the second didn't.
    assert plan_start([AWAY, RIGHT, LOST], 2) == Plan(possible=True, then=(0, 1))
    # Neither did.
    assert plan_start([AWAY, LOST, LOST], 2) == NOTHING


def test_what_did_not_obey_is_told_with_the_others_where_it_is_not_needed() -> None:
    assert plan_start([AWAY, DEAF], 1) == Plan(possible=True, then=(0, 1))


def test_nothing_is_told_before_its_pause_is_over() -> None:
    assert plan_start([PAUSED], 1) == NOTHING
    assert plan_start([DEAF_AND_PAUSED, AWAY], 2) == NOTHING
    assert plan_start([PAUSED, AWAY], 1) == Plan(possible=True, then=(1,))


def test_a_pause_keeps_nothing_from_starting_that_is_right_already() -> None:
    assert plan_start([Checked(had=True, right=True, paused=True)], 1) == Plan(possible=True, then=(0,))


def test_a_device_whose_lines_are_seen_here_counts_and_is_not_told() -> None:
    assert plan_start([HERE], 1) == Plan(possible=True)
    assert plan_start([HERE, AWAY], 2) == Plan(possible=True, then=(1,))
