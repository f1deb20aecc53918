"""What is to happen to a device, and when: in the order of time, whoever looks at the clock how late."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from itertools import count
from typing import NamedTuple


class _Entry(NamedTuple):
    due: float
    number: int  # of two that are due at one time the one that was added first comes first
    what: str
    act: Callable[[], None]


class Schedule:
    """Deeds to come, on a clock in seconds. Not thread safe."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers = count()

    def add(self, what: str, due: float, act: Callable[[], None]) -> None:
        """Have ``act`` called once it is ``due``; ``what`` is its name for ``due`` and ``cancel``."""
        insort(self._entries, _Entry(due, next(self._numbers), what, act))

    def due(self, what: str) -> float | None:
        """When the next of that name is due, None when there is none."""
        return next((entry.due for entry in self._entries if entry.what == what), None)

    def cancel(self, what: str) -> None:
        """Forget all of that name."""
        self._entries = [entry for entry in self._entries if entry.what != what]

    def clear(self) -> None:
        """Forget everything."""
        self._entries = []

    def run_due(self, now: float) -> None:
        """Do what is due, also what that adds or takes away."""
        while self._entries and self._entries[0].due <= now:
            self._entries.pop(0).act()

    def next_due(self) -> float | None:
        """When there is something to do next, None when there is nothing."""
        return self._entries[0].due if self._entries else None
