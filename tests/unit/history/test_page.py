"""The story as people read it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from berofos_ra.history.events import KINDS, Event
from berofos_ra.history.page import duration, page, summary

AT = datetime(2026, 11, 27, 13, 27, 10).astimezone()
BOTH = ("fos1", "fos2")


def later(seconds: float, kind: str, *fields: object, **more: object) -> Event:
    return Event(AT + timedelta(seconds=seconds), kind, *fields, **more)  # type: ignore[arg-type]


STORY = (
    later(0, "start", None, "xivo-1", BOTH),
    later(120, "by_hand", "xivo-1", "xivo-1", BOTH, 0.4, "unknown", "relay is A--D"),
    later(240, "switch", "xivo-1", "xivo-2", BOTH, 2.6),
    later(300, "drill", "xivo-2", "xivo-1", BOTH, 2.6, "root", "quarterly"),
    later(400, "node_lost", "xivo-1", "xivo-2", BOTH, 2.4),
    later(500, "node_lost", "xivo-1", reason="was shut down", minor=True),
    later(86400, "watchdog", "xivo-2", devices=("fos1",), reason="fos1 (10.34.1.20): watchdog ran out"),
)


def test_a_line_an_event_and_the_day_where_it_changes() -> None:
    assert list(page(STORY)) == [
        "2026-11-27 13:27:10  lines to xivo-1   start             fos1 fos2",
        "           13:29:10  moved by hand     unknown hand      fos1 fos2 relay is A--D; back after 0.4 s",
        "           13:31:10  xivo-1 -> xivo-2  unknown           fos1 fos2 after 2.6 s",
        "           13:32:10  xivo-2 -> xivo-1  drill (root)      fos1 fos2 quarterly; 2.6 s",
        "           13:33:50  xivo-1 was lost   xivo-2 took over  fos1 fos2 after 2.4 s",
        "           13:35:30  xivo-1 left",
        "2026-11-28 13:27:10  watchdog ran out                    fos1 (10.34.1.20): watchdog ran out",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_shown_with_all_or_nothing_known(kind: str) -> None:
    full = later(0, kind, "xivo-1", "xivo-2", BOTH, 1.0, "root", "why", "xivo-1", False, AT - timedelta(hours=1))
    for event in (full, later(0, kind), full._replace(reason="yes"), full._replace(minor=True)):
        (line,) = page([event])
        assert line.startswith("2026-11-27 13:27:10  ")


def test_the_last_line_says_who_has_the_lines_and_how_far_the_log_goes() -> None:
    begins = AT - timedelta(days=2)
    now = AT + timedelta(seconds=404, hours=2)
    assert summary(STORY, AT, begins, now) == (
        "xivo-2 has had the lines for 2 h 00 min; 3 switches in 2 h 06 min; the log reaches back to 2026-11-25 13:27"
    )
    assert summary((), AT, begins, AT + timedelta(days=7)) == (
        "no switches in 7 days; the log reaches back to 2026-11-25 13:27"
    )
    # Another node's clock may be ahead.
    assert summary(STORY, AT, begins, AT).startswith("xivo-2 has had the lines for 0 s; 3 switches in 0 s; ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0.4 s"), (59.9, "59.9 s"), (190, "3 min 10 s"), (7440, "2 h 04 min"), (777600, "9 days")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_lines_are_had_since_they_came_and_not_since_they_were_lost() -> None:
    story = (later(0, "start", None, "xivo-1"), later(100, "node_lost", "xivo-1", "xivo-2", BOTH, 3600.0))
    now = AT + timedelta(seconds=3760)
    assert summary(story, AT, AT, now).startswith("xivo-2 has had the lines for 1 min 0 s; ")
