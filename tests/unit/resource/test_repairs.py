"""The pauses: what moves away again and again is put right ever more rarely; nothing is held against it for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from berofos_ra.resource.repairs import (
    RESOURCE,
    STEADY,
    Histories,
    History,
    found_away,
    found_right,
    put_right,
    tried_in_vain,
)

NOW = 5000.0


def due(histories: Histories, key: str = "fos1") -> float:
    return histories.get(key, History()).due


def moved_away_and_put_right(histories: Histories, now: float) -> Histories:
    return put_right(found_away(histories, "fos1", now), "fos1", now)


def test_what_moves_away_for_the_first_time_is_put_right_at_once() -> None:
    assert due({}) <= NOW
    assert due(found_away({}, "fos1", NOW)) <= NOW


def test_each_time_the_pause_is_twice_as_long_and_ten_minutes_at_most() -> None:
    histories: Histories = {}
    pauses = []
    now = NOW
    for _ in range(9):
        histories = found_away(histories, "fos1", now)
        now = max(now, due(histories))
        pauses.append(due(histories) - histories["fos1"].tried if due(histories) else 0.0)
        histories = put_right(histories, "fos1", now)
    assert pauses == [0, 10, 20, 40, 80, 160, 320, 600, 600]


@pytest.mark.parametrize("times", [40, 4000])
def test_a_device_that_has_been_broken_for_years_is_still_tried_every_ten_minutes(times: int) -> None:
    histories: Histories = {}
    for _ in range(times):
        histories = tried_in_vain(histories, "fos1", NOW)
    assert due(histories) == NOW + 600


def test_seen_away_by_many_monitors_counts_once() -> None:
    histories = moved_away_and_put_right({}, NOW)
    for seconds in (10, 20, 30):
        histories = found_away(histories, "fos1", NOW + seconds)
    assert due(histories) == NOW + 10


def test_the_pause_counts_from_when_it_was_last_put_right() -> None:
    histories = moved_away_and_put_right({}, NOW)
    histories = found_away(histories, "fos1", NOW + 300)
    assert histories["fos1"].is_due(NOW + 300)


def test_what_does_not_obey_is_deaf_and_waits_from_the_first_time_on() -> None:
    histories = tried_in_vain({}, "fos1", NOW)
    assert histories["fos1"].deaf
    assert due(histories) == NOW + 10
    assert due(tried_in_vain(histories, "fos1", NOW + 10)) == NOW + 30


def test_what_was_merely_moved_away_is_not_deaf() -> None:
    histories = moved_away_and_put_right(moved_away_and_put_right({}, NOW), NOW + 1)
    assert not found_away(histories, "fos1", NOW + 2)["fos1"].deaf


@pytest.mark.parametrize("mended", [put_right, found_right])
def test_what_obeys_or_is_right_by_itself_is_not_deaf_any_more(
    mended: Callable[[Histories, str, float], Histories],
) -> None:
    histories = mended(tried_in_vain({}, "fos1", NOW), "fos1", NOW + 5)
    assert not histories["fos1"].deaf
    assert due(found_away(histories, "fos1", NOW + 6)) == NOW + 5 + 20


def test_ten_minutes_of_being_right_and_it_begins_anew() -> None:
    histories = moved_away_and_put_right(moved_away_and_put_right({}, NOW), NOW)
    assert found_right(histories, "fos1", NOW + STEADY - 1) == histories
    assert found_right(histories, "fos1", NOW + STEADY) == {}


def test_ten_minutes_begin_when_it_came_back_by_itself() -> None:
    histories = found_right(found_away(moved_away_and_put_right({}, NOW), "fos1", NOW + 100), "fos1", NOW + 500)
    assert found_right(histories, "fos1", NOW + STEADY + 499) == histories
    assert found_right(histories, "fos1", NOW + STEADY + 500) == {}


def test_nothing_is_remembered_of_what_was_never_away() -> None:
    assert put_right({}, "fos1", NOW) == {}
    assert found_right({}, "fos1", NOW) == {}


def test_each_device_and_the_resource_have_a_history_of_their_own() -> None:
    histories = tried_in_vain(found_away({}, RESOURCE, NOW), "fos1", NOW)
    assert due(histories, "fos2") <= NOW
    assert found_right(histories, "fos1", NOW)[RESOURCE] == histories[RESOURCE]
