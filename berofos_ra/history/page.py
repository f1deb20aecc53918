"""The story as people read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from berofos_ra.history.events import (
    BY_HAND,
    DEGRADED,
    DRILL,
    NODE_LOST,
    PAUSE,
    READY,
    SHUT_DOWN,
    START,
    SWITCH,
    UNKNOWN,
    WATCHDOG,
    Event,
)

# What stands before how long it took; where there is nothing else, "after".
_TOOK = {DRILL: "", BY_HAND: "back after", WATCHDOG: "back after", DEGRADED: "for", READY: "for", PAUSE: "for"}


def page(events: Sequence[Event]) -> Iterator[str]:
    """One line an event: time (the day where it is another one), what, why, and more; local time."""
    rows = [(event.at.astimezone(), what(event), why(event), more(event)) for event in events]
    widths = [max((len(str(row[column])) for row in rows), default=0) for column in (1, 2)]
    day = ""
    for at, *texts in rows:
        today = f"{at:%Y-%m-%d}"
        shown = " " * len(today) if today == day else today
        day = today
        cells = (f"{shown} {at:%H:%M:%S}", texts[0].ljust(widths[0]), texts[1].ljust(widths[1]), texts[2])
        yield "  ".join(cells).rstrip()


def what(event: Event) -> str:
    """What happened."""
    source, to, reason = event.source, event.to, event.reason
    return {
        SWITCH: f"{source} -> {to}",
        DRILL: f"{source} -> {to}",
        START: f"lines to {to}" if source is None else f"{to} again",
        NODE_LOST: f"{source} left" if reason == SHUT_DOWN else f"{source} was lost",
        READY: f"{source} is ready" if reason == "yes" else f"{source} isn't ready",
        PAUSE: "resumed" if reason.startswith("resumed") else "paused",
        BY_HAND: "changed by hand" if event.minor else "moved by hand",
        WATCHDOG: "watchdog ran out",
        DEGRADED: "degraded",
    }[event.kind]


def why(event: Event) -> str:
    """Who did it, or why it happened, as far as the logs say."""
    return {
        DRILL: f"drill ({event.by})",
        SWITCH: event.reason or UNKNOWN,
        BY_HAND: f"{UNKNOWN} hand" if event.by == UNKNOWN else event.by,
        NODE_LOST: "" if event.to is None else f"{event.to} took over",
        START: "start",
        PAUSE: event.by,
        DEGRADED: event.source or "",
    }.get(event.kind, "")


def more(event: Event) -> str:
    """Which devices, how long, and what else was told."""
    reason = event.reason
    if event.kind in (SWITCH, START, NODE_LOST) or (event.kind == READY and reason == "yes"):
        reason = ""
    took = "" if event.seconds is None else f"{_TOOK.get(event.kind, 'after')} {duration(event.seconds)}".strip()
    if event.kind == PAUSE:
        reason = reason.partition(" ")[2]
    parts = [part for part in (reason.removeprefix("no: "), took, event.lateness) if part]
    devices = "" if any(f"{device} (" in reason for device in event.devices) else " ".join(event.devices)
    return " ".join(part for part in (devices, "; ".join(parts)) if part)


def summary(events: Sequence[Event], since: datetime, begins: datetime, now: datetime) -> str:
    """Who has the lines and since when, how often they moved since ``since``, and how far back the log goes.

    ``events`` are all that are known, those before ``since`` too.
    """
    moves = [event for event in events if event.moves_lines]
    parts = []
    if moves:
        parts.append(f"{moves[-1].to} has had the lines for {_long(now - moves[-1].arrived)}")
    count = sum(event.source is not None and event.at >= since for event in moves)
    parts.append(f"{count or 'no'} switch{'' if count == 1 else 'es'} in {_long(now - since)}")
    parts.append(f"the log reaches back to {begins.astimezone():%Y-%m-%d %H:%M}")
    return "; ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them: ``2.6 s``, ``3 min 10 s``, ``2 h 04 min``, ``9 days``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return _long(timedelta(seconds=seconds))


def _long(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 86400} days"
