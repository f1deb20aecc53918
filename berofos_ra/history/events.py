"""One event of the story, and the events of several nodes' logs made one story. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

SWITCH, START, BY_HAND, NODE_LOST, WATCHDOG = "switch", "start", "by_hand", "node_lost", "watchdog"
PAUSE, DRILL, DEGRADED, READY = "pause", "drill", "degraded", "ready"
KINDS = (SWITCH, START, BY_HAND, NODE_LOST, WATCHDOG, PAUSE, DRILL, DEGRADED, READY)
UNKNOWN = "unknown"
SHUT_DOWN = "was shut down"  # why a node left

_SAME = timedelta(seconds=5)  # so far the clocks of two nodes, and what they hear of an event, may be apart
_ALIKE = (
    (DRILL, NODE_LOST, SWITCH),  # of the same from and to; the first says most
    (WATCHDOG, BY_HAND),
)


class Event(NamedTuple):
    """One thing that happened, or was told, at a time.

    ``source`` and ``to`` are who had the lines before and after, where they moved; for what is about one node (it
    died, it isn't ready, it is degraded) ``source`` is that node alone. ``seconds``: until the lines were had again,
    or it was over; None: not known, or not over. ``by``: who did it, empty where nobody did. ``reason``: why, or what
    was told. ``log``: whose log tells it. ``minor``: of interest only when everything is. ``not_before``: it was
    only noticed at ``at``, and happened then or since that time.
    """

    at: datetime
    kind: str
    source: str | None = None
    to: str | None = None
    devices: tuple[str, ...] = ()
    seconds: float | None = None
    by: str = ""
    reason: str = ""
    log: str = ""
    minor: bool = False
    not_before: datetime | None = None

    @property
    def moves_lines(self) -> bool:
        """Whether somebody else has the lines since."""
        return self.to is not None and self.source != self.to

    @property
    def arrived(self) -> datetime:
        """When the lines were where they came to; of what moved none, when it was."""
        lasted = self.seconds if self.kind == NODE_LOST and self.moves_lines else None
        return self.at + timedelta(seconds=lasted or 0)

    @property
    def lateness(self) -> str:
        """That it was noticed later than it happened, in words; empty: it wasn't."""
        return "" if self.not_before is None else f"seen late, happened after {self.not_before.astimezone():%H:%M:%S}"

    def as_json(self) -> dict[str, object]:
        """The event for machines."""
        return {
            "at": self.at.isoformat(),
            "kind": self.kind,
            "from": self.source,
            "to": self.to,
            "devices": list(self.devices),
            "seconds": self.seconds,
            "by": self.by or None,
            "reason": "; ".join(filter(None, (self.reason, self.lateness))) or None,
            "source": self.log,
        }


def merge(stories: Iterable[Sequence[Event]]) -> list[Event]:
    """The stories of several nodes as one: what more than one of them tells is told once."""
    merged: list[Event] = []
    for story in stories:
        free = list(range(len(merged)))  # of what other logs tell, each is told at most once by this one
        for event in story:
            alike = [number for number in free if _are_same(merged[number], event)]
            apart = [(abs(merged[number].arrived - event.arrived), number) for number in alike]
            if not apart:
                merged.append(event)
            else:
                _, same = min(apart)
                free.remove(same)
                merged[same] = _joined(merged[same], event)
    return sorted(merged, key=lambda event: event.at)


def _are_same(one: Event, other: Event) -> bool:
    group = next((kinds for kinds in _ALIKE if one.kind in kinds), (one.kind,))
    if other.kind not in group or (one.source, one.to) != (other.source, other.to):
        return False
    if one.devices and other.devices and not set(one.devices) & set(other.devices):
        return False
    early, late = _earliest(one) - _SAME, one.arrived + _SAME
    return _earliest(other) <= late and early <= other.arrived


def _earliest(event: Event) -> datetime:
    return event.not_before or event.arrived


def _joined(one: Event, other: Event) -> Event:
    """Both in one: what is known of either, and of two times that of the log that saw it happen."""
    kinds = next((kinds for kinds in _ALIKE if one.kind in kinds), (one.kind,))
    first, second = sorted((one, other), key=lambda event: (kinds.index(event.kind), event.at))
    seen = second if first.not_before is not None else first
    return first._replace(
        at=seen.at,
        not_before=seen.not_before,
        devices=tuple(sorted({*one.devices, *other.devices})),
        seconds=second.seconds if first.seconds is None else first.seconds,
        by=next((by for by in (first.by, second.by) if by not in ("", UNKNOWN)), first.by or second.by),
        reason=first.reason or second.reason,
        log=", ".join(dict.fromkeys((*one.log.split(", "), *other.log.split(", ")))),
        minor=one.minor and other.minor,
    )
