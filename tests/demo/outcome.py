"""What a demo has come to, judged by the devices' own record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PROMISED_RATIO = 1.3  # relay switched within this many times of what a Dummy's start takes


class DemoFailed(Exception):  # noqa: N818 - reads as what happened
    """Something went otherwise than told. ``expected`` and ``found`` are sentences' ends."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected: {expected}; found: {found}")
        self.expected = expected
        self.found = found


@dataclass(frozen=True)
class Chapter:
    """One step of the story in the summary. ``seconds``: by device, from the step's cause to the relay's click."""

    what: str
    lines: str
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """Seconds from the kill to the last relay's click, and to the start of a Dummy in the same cluster."""

    relays: float
    dummy: float

    @property
    def ratio(self) -> float:
        """How many times as long the relay took."""
        return self.relays / self.dummy

    @property
    def kept(self) -> bool:
        """Whether that is what was promised."""
        return self.ratio <= PROMISED_RATIO


@dataclass(frozen=True)
class Outcome:
    """All that the summary tells. ``measured``: what the chapters' seconds are; changes are by device."""

    measured: str
    chapters: tuple[Chapter, ...]
    changes: Mapping[str, tuple[str, ...]]
    expected_changes: Mapping[str, tuple[str, ...]]
    comparison: Comparison | None = None

    def check(self) -> None:
        """Make sure that the lines went exactly where they should: each change more drops calls.

        Raises:
            DemoFailed: they didn't.
        """
        for device, changes in self.changes.items():
            needed = self.expected_changes[device]
            if changes != needed:
                expected, found = (" -> ".join(each) or "no change" for each in (needed, changes))
                raise DemoFailed(f"{device}'s relay changes to {expected}", found)


def changes_by_device(events: Iterable[Mapping[str, Any]], devices: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The positions that every device's relay was moved to, in order."""
    moved = [event for event in events if event["event"] == "relay"]
    return {name: tuple(event["to"] for event in moved if event["device"] == name) for name in devices}


def seconds_to_click(events: Iterable[Mapping[str, Any]], since: float) -> dict[str, float]:
    """By device, the seconds from ``since`` (monotonic clock) to its relay's first change after that."""
    clicks: dict[str, float] = {}
    for event in events:
        if event["event"] == "relay" and event["monotonic"] >= since:
            clicks.setdefault(event["device"], event["monotonic"] - since)
    return clicks
