"""Ways in which a simulated device answers badly, for its next N answers or until cleared.

============== ========== =================================================================================
kind           face       what it does
============== ========== =================================================================================
late           both       answers after ``seconds``
drip           http       sends ``rate`` bytes a second, headers too
hang           http       takes the connection and the request, never answers
nothing        http       closes the connection without a byte
empty          both       200 and no body; GBL4: an empty datagram
truncated      both       cut after ``length`` bytes of the body (default half of it; GBL4: of the datagram);
                          ``content_length`` false: not announced, so that it looks complete
wrong          http       shows ``values`` (by keyword) in config.txt; default: the other relay mode
status         http       answers ``status``; a 3xx has ``location``; 401 asks for a login
garbage        both       binary junk instead of an answer
garbage_body   http       200 and binary junk
wrong_magic    http       config.txt with the magic line of another version
endless        http       a body that never ends
huge_headers   http       200 with 300 KB of headers
ignore_switch  http       accepts a write of ``mode`` and doesn't do it
ignore_writes  http       accepts any write and doesn't do it
reboot         http       does what a write asks for, then loses its power for a moment and boots: the answer gets
                          through if booting takes no time
refuse         http       refuses connections; until cleared
unplugged      both       network dead: connections are not taken, datagrams not heard; the relay stays;
                          until cleared
silent         gbl4       doesn't hear the request
bad_checksum   gbl4       answers with a wrong checksum
other_mac      gbl4       answers with another device's MAC
duplicate      gbl4       answers twice
============== ========== =================================================================================

Under hang, status, silent, unplugged and ignore_* a request has no effect; all others spoil only the answer:
what was asked is done. Faults of different kinds add up; of one kind the oldest comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from berofos_ra.errors import ParameterError
from berofos_ra.settings import BY_KEYWORD
from berofos_ra.simulator.values import parse_raw

FACES = ("http", "gbl4")
CONDITIONS = ("refuse", "unplugged")  # states of the network rather than answers: not counted

# kind: the faces it is for, and its own options.
_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "late": (FACES, ("seconds",)),
    "drip": (("http",), ("rate",)),
    "hang": (("http",), ()),
    "nothing": (("http",), ()),
    "empty": (FACES, ()),
    "truncated": (FACES, ("length", "content_length")),
    "wrong": (("http",), ("values",)),
    "status": (("http",), ("status", "location")),
    "garbage": (FACES, ()),
    "garbage_body": (("http",), ()),
    "wrong_magic": (("http",), ()),
    "endless": (("http",), ()),
    "huge_headers": (("http",), ()),
    "ignore_switch": (("http",), ()),
    "ignore_writes": (("http",), ()),
    "reboot": (("http",), ()),
    "refuse": (("http",), ()),
    "unplugged": (FACES, ()),
    "silent": (("gbl4",), ()),
    "bad_checksum": (("gbl4",), ()),
    "other_mac": (("gbl4",), ()),
    "duplicate": (("gbl4",), ()),
}
KINDS = tuple(_KINDS)
_HIGH = 1_000_000  # of any number, and short of what the operating system's timers take

# What some kinds are about, among a request's tags ("read", "write", "switch", "config"); else any request.
_ONLY = {
    "ignore_switch": "switch",
    "ignore_writes": "write",
    "reboot": "write",
    "wrong": "config",
    "wrong_magic": "config",
}


@dataclass(frozen=True)
class Fault:
    """One fault; see the module for kinds and options.

    ``count``: answers it is still good for, None: until cleared. ``on``: "any" request, or only a "read" or a
    "write" (GBL4: everything but scan and ping is a write). Raises ParameterError when it makes no sense.
    """

    kind: str
    face: str = "http"
    count: int | None = None
    on: str = "any"
    seconds: float = 5.0
    rate: int = 10
    status: int = 500
    location: str = "/elsewhere"
    length: int | None = None
    content_length: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.face not in _KINDS[self.kind][0]:
            raise ParameterError(f"fault {self.kind} is not for {self.face}")
        for option, types, low in (
            ("count", (int, type(None)), 1),
            ("length", (int, type(None)), 0),
            ("seconds", (int, float), 0),
            ("rate", (int,), 1),
        ):
            value = getattr(self, option)
            number = isinstance(value, types) and not isinstance(value, bool)
            if not number or (value is not None and not low <= value <= _HIGH):  # not NaN either
                raise ParameterError(f"fault {self.kind}: {option} can't be {value!r}")
        if self.on not in ("any", "read", "write"):
            raise ParameterError(f"fault {self.kind}: on is any, read or write, not {self.on!r}")
        if self.count is not None and self.kind in CONDITIONS:
            raise ParameterError(f"fault {self.kind} lasts until cleared, it has no count")
        if not isinstance(self.status, int) or not 200 <= self.status <= 599:
            raise ParameterError(f"fault {self.kind}: status can't be {self.status!r}")
        if not isinstance(self.location, str) or not self.location.isprintable() or not self.location.isascii():
            raise ParameterError(f"fault {self.kind}: location can't be {self.location!r}")
        if not isinstance(self.content_length, bool):
            raise ParameterError(f"fault {self.kind}: content_length is true or false")
        self._check_values()

    def _check_values(self) -> None:
        if not isinstance(self.values, Mapping):
            raise ParameterError(f"fault {self.kind}: values are settings by keyword")
        for keyword, raw in self.values.items():
            setting = BY_KEYWORD.get(keyword)
            if setting is None or setting.read_key is None:
                raise ParameterError(f"fault {self.kind}: {keyword!r} is not a setting that can be read")
            if parse_raw(setting, raw) is None:
                raise ParameterError(f"fault {self.kind}: not a value of {keyword}")

    def applies(self, face: str, tags: Set[str]) -> bool:
        """Whether it spoils a request with these tags that came to this face."""
        only = _ONLY.get(self.kind)
        return self.face == face and (self.on == "any" or self.on in tags) and (only is None or only in tags)

    def as_dict(self) -> dict[str, Any]:
        """Kind, face, count, on and the kind's own options, for JSON."""
        return {name: getattr(self, name) for name in ("kind", "face", "count", "on", *_KINDS[self.kind][1])}


def make_fault(kind: object, /, **options: Any) -> Fault:
    """A fault from its kind and options by name; ParameterError when they make no sense."""
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ParameterError(f"fault {kind!r} is none of: {', '.join(KINDS)}")
    faces, own = _KINDS[kind]
    for name in options:
        if name not in ("face", "count", "on", *own):
            raise ParameterError(f"fault {kind} has no option {name!r}")
    return Fault(kind, **{"face": faces[0], **options})


class FaultList:
    """The faults of one device. Not thread safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __contains__(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self._faults)

    def add(self, fault: Fault) -> None:
        """Have it from the next request on."""
        self._faults.append(fault)

    def clear(self, kind: str | None = None) -> None:
        """Forget those of one kind, or all."""
        self._faults = [fault for fault in self._faults if kind is not None and fault.kind != kind]

    def take(self, face: str, tags: Set[str]) -> dict[str, Fault]:
        """The faults that spoil this request, one a kind at most, and count them down."""
        taken: dict[str, Fault] = {}
        left: list[Fault] = []
        for fault in self._faults:
            if fault.kind in taken or not fault.applies(face, tags):
                left.append(fault)
                continue
            taken[fault.kind] = fault
            if fault.count is None:
                left.append(fault)
            elif fault.count > 1:
                left.append(replace(fault, count=fault.count - 1))
        self._faults = left
        return taken

    def as_dicts(self) -> list[dict[str, Any]]:
        """All, oldest first, for JSON."""
        return [fault.as_dict() for fault in self._faults]
