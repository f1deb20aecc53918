"""The one table of ways in which a simulated device misbehaves; ``GET /faults`` shows it.

Common to all: ``count``, the requests that a fault is still good for, and ``duration``, the seconds; with neither it
lasts until cleared, with both until one is used up. Faults of different kinds add up; of one kind the oldest comes
first. So for example:

- GBL4 is filtered while HTTP answers: ``silent``. HTTP is stuck while GBL4 answers: ``hang``, or ``refuse``.
- ``config.txt`` can't be used, writes can: ``garbage_body``, ``empty`` or ``late`` with ``on`` "read".
- A write is done, its answer lost: ``nothing``. The device dies of it, too: ``nothing`` and ``reboot``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

FACES = ("http", "gbl4")

# What a kind is about, among a request's tags: "read" or "write" (GBL4: everything but scan and ping); of what is let
# in, "config" is config.txt, "effect" a write that means something, and the keyword of each setting that it writes.
_CONFIG, _EFFECT = "config", "effect"


class FaultKind(NamedTuple):
    """One kind of fault.

    ``faces``: what it can be for, its usual one first. ``options``: its own, with what they are unless told.
    ``only``: the tag of the requests that it is about, None: any. ``condition``: a state of the device or its network
    rather than of answers, so that it has no count.
    """

    meaning: str
    faces: tuple[str, ...] = ("http",)
    options: Mapping[str, Any] = {}
    only: str | None = None
    condition: bool = False


KINDS: Mapping[str, FaultKind] = {
    # Answers that are spoiled; what was asked is done.
    "late": FaultKind("answers after `seconds`", FACES, {"seconds": 5.0}),
    "drip": FaultKind("sends `rate` bytes a second, headers too", options={"rate": 10}),
    "nothing": FaultKind("closes the connection without a byte"),
    "empty": FaultKind("200 and no body; GBL4: an empty datagram", FACES),
    "truncated": FaultKind(
        "cut after `length` bytes of the body (none told: half of it; GBL4: of the datagram); with `content_length` "
        "false that isn't announced, so that it looks complete",
        FACES,
        {"length": None, "content_length": True},
    ),
    "garbage": FaultKind("binary junk instead of an answer", FACES),
    "garbage_body": FaultKind("200 and binary junk"),
    "endless": FaultKind("a body that never ends"),
    "huge_headers": FaultKind("200 with 300 KB of headers"),
    "wrong": FaultKind(
        "shows `values` (by keyword) in config.txt, none told: the other relay mode; a text that is no value of the "
        "setting is shown as it is",
        options={"values": {}},
        only=_CONFIG,
    ),
    "wrong_magic": FaultKind("config.txt with the magic line of another version", only=_CONFIG),
    "no_magic": FaultKind("config.txt without its magic line", only=_CONFIG),
    "bad_checksum": FaultKind("answers with a wrong checksum", ("gbl4",)),
    "other_mac": FaultKind("answers with another device's MAC", ("gbl4",)),
    "duplicate": FaultKind("answers twice", ("gbl4",)),
    # Requests that have no effect.
    "hang": FaultKind("takes the connection and the request, never answers"),
    "reset": FaultKind("takes the connection and the request, then resets it"),
    "status": FaultKind(
        "answers `status`; a 3xx has `location`; 401 asks for a login",
        options={"status": 500, "location": "/elsewhere"},
    ),
    "silent": FaultKind("doesn't hear the request", ("gbl4",)),
    "ignore_switch": FaultKind("accepts a write of `mode` and doesn't do it", only="mode"),
    "ignore_writes": FaultKind("accepts any write and doesn't do it", only=_EFFECT),
    # Writes whose effect is another; with `settings` only if they are of one of these.
    "late_effect": FaultKind(
        "does what a write asks for `seconds` after it has answered; writes under way keep their order",
        options={"seconds": 5.0, "settings": ()},
        only=_EFFECT,
    ),
    "forgets": FaultKind(
        "does what a write asks for, and after `seconds` goes back to what was so before, unless it is written anew",
        options={"seconds": 5.0, "settings": ()},
        only=_EFFECT,
    ),
    "reboot": FaultKind(
        "does what a write asks for and answers, then loses its power for a moment and boots, `seconds` longer than "
        "usual",
        options={"seconds": 0.0, "settings": ()},
        only=_EFFECT,
    ),
    # States of the device and its network.
    "refuse": FaultKind("refuses connections", condition=True),
    "one_connection": FaultKind("refuses connections while it has one, others don't queue", condition=True),
    "unplugged": FaultKind(
        "network dead: connections are not taken, datagrams not heard; the relay stays", FACES, condition=True
    ),
    "new_mac": FaultKind(
        "another box is at the address, set up alike: GBL4 is heard and answered for `mac` alone, none told: made up",
        ("gbl4",),
        {"mac": None},
        condition=True,
    ),
    "replaced": FaultKind(
        "another box is at the address, as delivered, with `mac`, none told: made up; when cleared, the old one is "
        "put back and switched on",
        FACES,
        {"mac": None},
        condition=True,
    ),
}
