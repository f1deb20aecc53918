"""What a stop with bypass does: every combination against the rules in words, and some of them by name."""

from __future__ import annotations

from itertools import product

from berofos_ra.resource.stop_rule import Leaving, disarms, gives_away, is_unsafe
from berofos_ra.resource.verdict import Side

EVERY_DEVICE = [
    Leaving(ours, side, was_ours, pending, left, foreign)
    for ours, side, was_ours, pending, left, foreign in product(
        (False, True), Side, (False, True), (False, True), (None, 0.0, 30.0), (False, True)
    )
]


def test_what_another_resource_has_is_left_alone() -> None:
    for leaving in EVERY_DEVICE:
        if leaving.foreign:
            assert not any((gives_away(leaving), disarms(leaving), is_unsafe(leaving)))


def test_what_was_merely_selected_is_neither_switched_nor_a_reason_to_fail() -> None:
    for leaving in EVERY_DEVICE:
        if not leaving.ours:
            assert not any((gives_away(leaving), is_unsafe(leaving)))


def test_only_what_is_on_this_side_or_may_come_here_yet_is_switched() -> None:
    for leaving in EVERY_DEVICE:
        if gives_away(leaving):
            assert leaving.side is Side.THIS_NODE or leaving.pending


def test_stop_fails_only_where_lines_may_end_here_with_nothing_to_guard_them() -> None:
    for leaving in EVERY_DEVICE:
        is_here = leaving.side is Side.THIS_NODE and not leaving.watchdog_left
        may_be_here = leaving.side is Side.UNKNOWN and (leaving.was_ours or leaving.pending)
        is_unguarded = is_here or (may_be_here and leaving.watchdog_left is None)
        assert is_unsafe(leaving) is (is_unguarded and leaving.ours and not leaving.foreign)


def test_a_watchdog_is_turned_off_only_where_nothing_needs_it() -> None:
    for leaving in EVERY_DEVICE:
        if disarms(leaving):
            assert leaving.watchdog_left is not None
            assert leaving.side is Side.ELSEWHERE
            assert not leaving.pending
            # What was safe with it is safe without it.
            assert not is_unsafe(leaving._replace(watchdog_left=None))


def test_a_healthy_device_is_given_back_and_then_disarmed() -> None:
    running = Leaving(ours=True, side=Side.THIS_NODE, was_ours=True, watchdog_left=42.0)
    assert gives_away(running)
    assert not disarms(running)
    given = running._replace(side=Side.ELSEWHERE)
    assert disarms(given)
    assert not is_unsafe(given._replace(watchdog_left=None))


def test_a_relay_that_does_not_obey_keeps_its_watchdog_and_falls_back_by_itself() -> None:
    stuck = Leaving(ours=True, side=Side.THIS_NODE, was_ours=True, watchdog_left=42.0)
    assert not disarms(stuck)
    assert not is_unsafe(stuck)


def test_a_device_that_can_t_be_asked_falls_back_by_itself_if_it_is_armed() -> None:
    lost = Leaving(ours=True, side=Side.UNKNOWN, was_ours=True, watchdog_left=42.0)
    assert not disarms(lost)
    assert not is_unsafe(lost)
    assert is_unsafe(lost._replace(watchdog_left=None))
    # It can't be asked any more, and must have fallen back already.
    assert not is_unsafe(lost._replace(watchdog_left=0.0))


def test_a_watchdog_that_has_run_out_guards_no_relay_that_is_back_here() -> None:
    assert is_unsafe(Leaving(ours=True, side=Side.THIS_NODE, was_ours=True, watchdog_left=0.0))


def test_a_write_that_was_never_seen_to_arrive_is_taken_back_whatever_shows() -> None:
    late = Leaving(ours=True, side=Side.ELSEWHERE, pending=True, watchdog_left=42.0)
    assert gives_away(late)
    assert not disarms(late)


def test_a_device_that_somebody_moved_to_the_pbx_is_disarmed_alone() -> None:
    moved = Leaving(ours=True, side=Side.ELSEWHERE, was_ours=True, watchdog_left=42.0)
    assert not gives_away(moved)
    assert disarms(moved)
