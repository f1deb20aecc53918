"""The events of one host's story as they are written down: what has begun, and what it turned out to be. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from berofos_ra.device.config import is_device_name
from berofos_ra.history.events import Event

TOGETHER = timedelta(seconds=2)  # devices that change so soon after each other do so for the same reason


class Ledger:
    """Events by their numbers; those that aren't over are known by their kind, and the device or node in question."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._events: list[Event] = []
        self._void: set[int] = set()
        self._open: dict[tuple[str, str], int] = {}

    def __getitem__(self, number: int) -> Event:
        return self._events[number]

    def __setitem__(self, number: int, event: Event) -> None:
        self._events[number] = event._replace(log=self._host)

    @property
    def story(self) -> list[Event]:
        """All that happened, as far as it has been heard."""
        return [event for number, event in enumerate(self._events) if number not in self._void]

    def tell(self, event: Event) -> int:
        """Write it down; its number."""
        self._events.append(event._replace(log=self._host))
        return len(self._events) - 1

    def latest(self, since: datetime, kind: str, source: str, to: str) -> int | None:
        """The last event of this kind, from and to."""
        for number, event in reversed(list(enumerate(self._events))):
            if event.at < since:
                break
            if (event.kind, event.source, event.to) == (kind, source, to):
                return number
        return None

    def opened(self, kind: str, about: str) -> int | None:
        """The event of this kind about it that isn't over."""
        return self._open.get((kind, about))

    def all_open(self, kind: str) -> set[int]:
        """All of a kind that aren't over."""
        return {number for (other, _), number in self._open.items() if other == kind}

    def begin(self, kind: str, about: str, event: Event) -> None:
        """Something isn't as it should be; several devices at once are one event."""
        if (kind, about) in self._open:
            return
        devices = (about,) if is_device_name(about) else ()
        for number in range(len(self._events) - 1, max(-1, len(self._events) - 4), -1):
            other = self._events[number]
            same = (other.kind, other.source, other.by) == (event.kind, event.source, event.by)
            if same and devices and other.devices and event.at - other.at <= TOGETHER:
                self._events[number] = other._replace(devices=tuple(sorted({*other.devices, *devices})))
                self._open[kind, about] = number
                return
        self._open[kind, about] = self.tell(event._replace(devices=event.devices or devices))

    def end(self, at: datetime, kind: str, about: str) -> None:
        """It is over, as late as for the last device."""
        number = self._open.pop((kind, about), None)
        if number is not None:
            event = self._events[number]
            self._events[number] = event._replace(seconds=max(event.seconds or 0.0, rounded(at - event.at)))

    def reopen(self, kind: str, about: str, number: int) -> None:
        """What was written down before isn't over yet."""
        self._open[kind, about] = number

    def forget(self, kind: str, about: str) -> None:
        """Nobody will know when it was over."""
        self._open.pop((kind, about), None)

    def replace(self, numbers: set[int], event: Event) -> int:
        """They all were this one; its number. Nothing is open any more."""
        self._open.clear()
        if not numbers:
            return self.tell(event)
        first = min(numbers)
        self[first] = event
        self._void |= numbers - {first}
        return first


def rounded(span: timedelta) -> float:
    """Its seconds, to a tenth."""
    return round(max(0.0, span.total_seconds()), 1)
