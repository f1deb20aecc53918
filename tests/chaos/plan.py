"""What is done to a cluster, and in which order: a pure function of the seed, so that what failed can be replayed.

A plan is an endless row of steps. Each begins with everything in order, brings some faults or commands about, lasts a
while, undoes them, and ends when all is in order again. Every step follows from seed and number alone. Targets are
roles: who is active as a fault comes is known only then.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tests.chaos.site import Site
from tests.lab.layout import QNETD

ACTIVE = "the active node"
STANDBY = "the standby"
CLUSTER = "the cluster"

_PAUSES = (0.0, 0.3, 1.0, 2.5, 4.0)  # s
_HOLDS = (0.0, 1.0, 3.0, 8.0)  # s
# s; a membership changes within 2.2 s, and a fight would take some more. An asterisk that hangs while it starts must
# not have hung for the 20 s that the examples give it: a start that fails is final for Pacemaker.
_LONG_HOLDS = (5.0, 10.0, 14.0)
_HOW_MANY = (1, 1, 1, 2, 2, 3)  # faults of a step


class Kind(Enum):
    """What can be done to a cluster; the values are for people."""

    NODE_DIES = "node dies"
    ALL_NODES_DIE = "all nodes lose power"
    NODE_HANGS = "node hangs"
    NODE_REBOOTS = "node is rebooted"
    COROSYNC_HANGS = "corosync hangs"
    PACEMAKER_HANGS = "Pacemaker hangs"
    PACEMAKER_STOPS = "Pacemaker is stopped"
    ASTERISK_DIES = "asterisk dies"
    NODES_CUT = "nodes lose sight of each other"
    NODE_ISOLATED = "node loses every link"
    DEVICES_CUT = "node loses all devices"
    DEVICE_CUT = "node loses one device"
    DEVICE_UNPLUGGED = "device is unplugged"
    DEVICE_OFF = "device loses power"
    DEVICE_ERRS = "device answers with errors"
    DEVICE_HANGS = "device takes requests and never answers"
    DEVICE_IS_SLOW = "relay moves seconds after the answer"
    DEVICE_REBOOTS = "device restarts after a write"
    RELAY_BY_HAND = "relay is moved by hand"
    STANDBY = "crm node standby"
    MOVE = "crm resource move"
    RESTART = "crm resource restart"
    STOP = "crm resource stop"
    REFRESH = "crm resource refresh"
    CLEANUP = "crm resource cleanup"
    MAINTENANCE = "maintenance mode"
    UNMANAGE = "crm resource unmanage"
    SECOND_RESOURCE = "second resource with the same device"
    FILE_TYPO = "typo in bnfos.conf"
    FILE_GROWS = "section added to bnfos.conf"
    FILE_SHRINKS = "section taken out of bnfos.conf"
    FILE_GONE = "bnfos.conf can't be read"
    REINSTALLED = "package is installed again"
    QUORUM_DEVICE_CUT = "quorum device loses every link"


_OF_NODES = (
    Kind.NODE_DIES,
    Kind.NODE_HANGS,
    Kind.NODE_REBOOTS,
    Kind.COROSYNC_HANGS,
    Kind.PACEMAKER_HANGS,
    Kind.PACEMAKER_STOPS,
    Kind.ASTERISK_DIES,
    Kind.NODES_CUT,
    Kind.NODE_ISOLATED,
    Kind.DEVICES_CUT,
    Kind.DEVICE_CUT,
    Kind.STANDBY,
    Kind.MOVE,
    Kind.FILE_TYPO,
    Kind.FILE_GROWS,
    Kind.FILE_SHRINKS,
    Kind.FILE_GONE,
    Kind.REINSTALLED,
)
_OF_DEVICES = (
    Kind.DEVICE_UNPLUGGED,
    Kind.DEVICE_OFF,
    Kind.DEVICE_ERRS,
    Kind.DEVICE_HANGS,
    Kind.DEVICE_IS_SLOW,
    Kind.DEVICE_REBOOTS,
    Kind.RELAY_BY_HAND,
)
_OF_ONE_DEVICE = (Kind.DEVICE_CUT, Kind.FILE_SHRINKS)
_FOR_TWO = (Kind.NODES_CUT, Kind.MOVE)
# Done at once, with nothing to undo.
PASSING = frozenset(
    (
        Kind.NODE_REBOOTS,
        Kind.ASTERISK_DIES,
        Kind.RELAY_BY_HAND,
        Kind.REFRESH,
        Kind.CLEANUP,
        Kind.REINSTALLED,
    )
)
# The worst day has more of these.
_OFTEN = (Kind.NODE_DIES, Kind.NODES_CUT, Kind.NODE_HANGS)


@dataclass(frozen=True)
class Fault:
    """One thing that is done to the cluster.

    Attributes:
        kind: What.
        target: A role, `CLUSTER`, or a device's name.
        device: The device that a node loses, or its file, for those kinds.
        pause: Seconds that are waited before it.
    """

    kind: Kind
    target: str
    device: str
    pause: float

    def __str__(self) -> str:
        target = "" if self.target == CLUSTER else f" ({self.target}{', ' + self.device if self.device else ''})"
        return self.kind.value + target


@dataclass(frozen=True)
class Undoing:
    """The end of one of the step's faults: its index, and the seconds that are waited before."""

    fault: int
    pause: float


@dataclass(frozen=True)
class Step:
    """Some faults, how long they last, and in which order they are undone.

    Attributes:
        number: From 1.
        faults: In the order in which they come.
        hold: Seconds that they last together.
        awaited: Whether they last longer, until the cluster has come to terms with them.
        undoings: One for each fault that lasts.
    """

    number: int
    faults: tuple[Fault, ...]
    hold: float
    awaited: bool
    undoings: tuple[Undoing, ...]

    def __str__(self) -> str:
        return " + ".join(map(str, self.faults))


def steps(seed: int, site: Site, first: int = 1) -> Iterator[Step]:
    """The plan of a seed, from one of its steps on."""
    return (step(seed, site, number) for number in itertools.count(first))


def step(seed: int, site: Site, number: int) -> Step:
    """One step of a seed's plan."""
    chance = random.Random(f"{seed}/{site.example}/{number}")
    kinds = [kind for kind in (*Kind, *_OFTEN) if possible(kind, site)]
    chosen: list[Kind] = []
    for _ in range(chance.choice(_HOW_MANY)):
        chosen.append(chance.choice([kind for kind in kinds if kind not in chosen]))
    faults = tuple(_fault(chance, site, kind, first=not index) for index, kind in enumerate(chosen))
    awaited = chance.choice((True, False))
    hold = chance.choice(_LONG_HOLDS if awaited else _HOLDS)
    order = [index for index, fault in enumerate(faults) if fault.kind not in PASSING]
    chance.shuffle(order)
    undoings = tuple(
        Undoing(index, 0.0 if not place else chance.choice(_PAUSES)) for place, index in enumerate(order)
    )
    return Step(number, faults, hold, awaited, undoings)


def possible(kind: Kind, site: Site) -> bool:
    """Whether it can be done at a site."""
    if kind is Kind.QUORUM_DEVICE_CUT:
        return site.quorum_device
    return len(site.nodes) > 1 or kind not in _FOR_TWO


def _fault(chance: random.Random, site: Site, kind: Kind, first: bool) -> Fault:
    device = chance.choice(site.devices)
    node = chance.choice((ACTIVE, ACTIVE, STANDBY)) if len(site.nodes) > 1 else ACTIVE
    pause = 0.0 if first else chance.choice(_PAUSES)
    if kind in _OF_DEVICES:
        return Fault(kind, device, "", pause)
    if kind is Kind.MOVE:
        node = STANDBY
    if kind is Kind.ASTERISK_DIES:
        node = ACTIVE
    if kind is Kind.QUORUM_DEVICE_CUT:
        return Fault(kind, QNETD, "", pause)
    if kind in _OF_NODES:
        return Fault(kind, node, device if kind in _OF_ONE_DEVICE else "", pause)
    return Fault(kind, CLUSTER, "", pause)
