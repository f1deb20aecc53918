"""Faults that a simulated device has: of a kind in ``fault_kinds``, for so many requests, seconds, or until cleared.

Their beginning and end are events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from berofos_ra.errors import ParameterError
from berofos_ra.settings import BY_KEYWORD
from berofos_ra.simulator.device import Emit
from berofos_ra.simulator.fault_kinds import KINDS
from berofos_ra.simulator.spec import is_mac
from berofos_ra.simulator.values import parse_raw

_MAX_NUMBER = 1_000_000  # short of what the operating system's timers take
_NUMBERS: Mapping[str, tuple[tuple[type, ...], int, int]] = {  # option: its types, lowest and highest value
    "count": ((int, type(None)), 1, _MAX_NUMBER),
    "duration": ((int, float, type(None)), 0, _MAX_NUMBER),
    "seconds": ((int, float), 0, _MAX_NUMBER),
    "rate": ((int,), 1, _MAX_NUMBER),
    "length": ((int, type(None)), 0, _MAX_NUMBER),
    "status": ((int,), 200, 599),
}


@dataclass(frozen=True)
class Fault:
    """One fault.

    ``count``: requests it is still good for, ``duration``: seconds; None: until cleared. ``on``: "any" request, or
    only a "read" or a "write". The others are its kind's own options. Raises ParameterError when it makes no sense.
    """

    kind: str
    face: str
    count: int | None = None
    duration: float | None = None
    on: str = "any"
    seconds: float = 0.0
    rate: int = 1
    status: int = 500
    location: str = ""
    length: int | None = None
    content_length: bool = True
    values: Mapping[str, Any] | None = None
    settings: tuple[str, ...] = ()
    mac: str | None = None

    def __post_init__(self) -> None:
        for nonsense in self._nonsense():
            raise ParameterError(f"fault {self.kind}{nonsense}")

    def _nonsense(self) -> Iterator[str]:
        """What makes no sense in it."""
        if self.face not in KINDS[self.kind].faces:
            yield f" is not for {self.face}"
        for option, (types, low, high) in _NUMBERS.items():
            value = getattr(self, option)
            number = isinstance(value, types) and not isinstance(value, bool)
            if not number or (value is not None and not low <= value <= high):  # not NaN either
                yield f": {option} can't be {value!r}"
        if self.on not in ("any", "read", "write"):
            yield f": on is any, read or write, not {self.on!r}"
        if self.count is not None and KINDS[self.kind].condition:
            yield " has no count; it lasts for its duration, or until cleared"
        if not isinstance(self.location, str) or not self.location.isprintable() or not self.location.isascii():
            yield f": location can't be {self.location!r}"
        if not isinstance(self.content_length, bool):
            yield ": content_length is true or false"
        if self.mac is not None and not is_mac(self.mac):
            yield f": mac can't be {self.mac!r}"
        if self.values is not None and not isinstance(self.values, Mapping):
            yield ": values are settings by keyword"
        for keyword, raw in (self.values or {}).items():
            setting = BY_KEYWORD.get(keyword)
            if setting is None or setting.read_key is None:
                yield f": {keyword!r} is not a setting that can be read"
            elif parse_raw(setting, raw) is None and not (isinstance(raw, str) and raw.isprintable()):
                yield f": neither a value of {keyword} nor a line of text"
        if not isinstance(self.settings, (list, tuple)):
            yield ": settings is a list of keywords"
        for keyword in self.settings:
            setting = BY_KEYWORD.get(keyword) if isinstance(keyword, str) else None
            if setting is None or setting.group is None:
                yield f": {keyword!r} is not a setting that can be written"

    def applies(self, face: str, tags: Set[str]) -> bool:
        """Whether it spoils a request with these tags (``fault_kinds``) that came to this face."""
        only = KINDS[self.kind].only
        if self.face != face or (self.on != "any" and self.on not in tags) or (only is not None and only not in tags):
            return False
        return not self.settings or not tags.isdisjoint(self.settings)

    def is_about(self, keyword: str) -> bool:
        """Whether the write of that setting is spoiled, of a request that is."""
        return not self.settings or keyword in self.settings

    def as_dict(self) -> dict[str, Any]:
        """What is common to all kinds and the kind's own options, for JSON."""
        names = ("kind", "face", "count", "duration", "on", *KINDS[self.kind].options)
        return {name: getattr(self, name) for name in names}


def make_fault(kind: object, /, **options: Any) -> Fault:
    """A fault from its kind and options by name; ParameterError when they make no sense."""
    found = KINDS.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise ParameterError(f"fault {kind!r} is none of: {', '.join(KINDS)}")
    for name in options:
        if name not in ("face", "count", "duration", "on", *found.options):
            raise ParameterError(f"fault {kind} has no option {name!r}")
    return Fault(str(kind), **{"face": found.faces[0], **found.options, **options})


class FaultList:
    """The faults of one device, on its clock. Not thread safe."""

    def __init__(self, emit: Emit, clock: Callable[[], float]) -> None:
        self._emit = emit
        self._clock = clock
        self._faults: list[tuple[Fault, float | None]] = []  # with the end of its duration on the clock

    def __contains__(self, kind: str) -> bool:
        return self.first(kind) is not None

    def first(self, kind: str) -> Fault | None:
        """The one of that kind that counts; the same object until it ends."""
        return next((fault for fault, _ in self._faults if fault.kind == kind), None)

    def add(self, fault: Fault) -> None:
        """Have it from the next request on."""
        until = None if fault.duration is None else self._clock() + fault.duration
        self._faults.append((fault, until))
        self._emit("fault begins", fault.as_dict())

    def clear(self, kind: str | None = None) -> None:
        """Forget those of one kind, or all."""
        self._end([fault for fault, _ in self._faults if kind in (None, fault.kind)])

    def advance(self) -> None:
        """Let those end whose time is up."""
        now = self._clock()
        self._end([fault for fault, until in self._faults if until is not None and until <= now])

    def next_deadline(self) -> float | None:
        """When, on the clock, the next one ends by itself."""
        return min((until for _, until in self._faults if until is not None), default=None)

    def take(self, face: str, tags: Set[str]) -> dict[str, Fault]:
        """The faults that spoil this request, one a kind at most, and count them down."""
        taken: dict[str, Fault] = {}
        used_up = []
        for number, (fault, until) in enumerate(self._faults):
            if fault.kind in taken or not fault.applies(face, tags):
                continue
            taken[fault.kind] = fault
            if fault.count == 1:
                used_up.append(fault)
            elif fault.count is not None:
                self._faults[number] = replace(fault, count=fault.count - 1), until
        self._end(used_up)
        return taken

    def as_dicts(self) -> list[dict[str, Any]]:
        """All, oldest first, with what is left of them, for JSON."""
        now = self._clock()
        return [
            {**fault.as_dict(), "duration": None if until is None else max(0.0, until - now)}
            for fault, until in self._faults
        ]

    def _end(self, ended: list[Fault]) -> None:
        # By identity: two faults may be equal.
        self._faults = [entry for entry in self._faults if not any(entry[0] is fault for fault in ended)]
        for fault in ended:
            self._emit("fault ends", {"kind": fault.kind})
