"""What happened to the simulated devices, in order: kept in memory, written as JSON lines, waited for.

An event is a mapping: ``number`` (from 1), ``time`` (Unix time, s), ``monotonic`` (s, by the clock that everything in
the simulator goes by, and other processes of this machine can), ``device``, ``event``, and by kind:

- ``relay``, a click: ``from``, ``to``, ``cause``; ``start``: ``relay``
- ``kick``, one that was heard: ``cause``
- ``fault begins``: the fault; ``fault ends``: its ``kind``
- ``forgotten``: the ``setting``
- others: ``cause`` where one is known

Causes are "http ADDRESS", "gbl4 ADDRESS", "watchdog", "power on", "power off", "reset", "forgotten" and "by hand".
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from berofos_ra.simulator.spec import SimulatorError

Event = dict[str, Any]


def matches(event: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Whether every one of ``fields`` is in ``event`` with that value."""
    return all(name in event and event[name] == value for name, value in fields.items())


def timestamps() -> dict[str, float]:
    """``time`` and ``monotonic`` of something that happens now."""
    return {"time": time.time(), "monotonic": time.monotonic()}


def clicks(events: Iterable[Event], device: str | None = None) -> list[Event]:
    """Those that are a change of a relay's position, of all devices or of one, oldest first."""
    return [event for event in events if event["event"] == "relay" and device in (None, event["device"])]


def describe(event: Mapping[str, Any]) -> str:
    """The event as one line for a person, local time first."""
    clock = time.strftime("%H:%M:%S", time.localtime(event["time"]))
    millis = int(event["time"] % 1 * 1000)
    if event["event"] == "relay":
        what = f"relay {event['from']} -> {event['to']}"
    elif event["event"] == "start":
        what = f"started, relay {event['relay']}"
    else:
        what = event["event"]
    detail = event.get("cause") or event.get("reason") or event.get("kind") or event.get("setting")
    return f"{clock}.{millis:03d} {event['device']}: {what}" + (f" ({detail})" if detail else "")


class EventLog:
    """Every event of one simulator, from many threads. ``path``: JSON lines are appended there too."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._events: list[Event] = []
        self._news = threading.Condition()
        self._listeners: list[Callable[[Event], None]] = []
        try:
            self._file = Path(path).open("a", encoding="utf-8") if path is not None else None  # noqa: SIM115
        except OSError as error:
            raise SimulatorError(f"can't write events to {path}: {error.strerror}") from None

    def add(self, device: str, event: str, details: Mapping[str, object]) -> None:
        """Record an event, now."""
        with self._news:
            number = len(self._events) + 1
            record: Event = {"number": number, **timestamps(), "device": device, "event": event, **details}
            self._events.append(record)
            if self._file is not None:
                # A full disk must not stop the devices.
                with contextlib.suppress(OSError):
                    self._file.write(json.dumps(record) + "\n")
                    self._file.flush()
            self._news.notify_all()
            for listener in self._listeners:
                listener(record)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have ``listener`` called with every event from now on; it must not block."""
        with self._news:
            self._listeners.append(listener)

    def since(self, number: int = 0, **fields: object) -> list[Event]:
        """The events after that number whose fields have these values, oldest first."""
        with self._news:
            return [dict(event) for event in self._events[max(number, 0) :] if matches(event, fields)]

    def wait(self, timeout: float, since: int = 0, **fields: object) -> Event:
        """The first event after number ``since`` with these fields; TimeoutError after ``timeout`` s."""
        with self._news:
            found = self._news.wait_for(lambda: self.since(since, **fields), timeout)
        if not found:
            raise TimeoutError(f"no event {fields} within {timeout} s")
        return found[0]

    def close(self) -> None:
        """Close the file; events can still be read."""
        with self._news:
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._file.close()
                self._file = None
