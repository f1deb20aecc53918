"""The world of the no-oscillator search: boxes that break, the lines behind them, nodes, and what each remembers.

Time is in seconds, and jumps from one event to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from berofos_ra.resource.repairs import MAX_PAUSE, STEADY, Histories
from berofos_ra.resource.verdict import Spans, needed

INTERVAL = 60.0  # of the watchdogs
FORGOTTEN = 8  # so many failures and more are all the same: the pause doesn't grow any more

# What may be wrong with a box. A refused login or a typo in its section is as NO_HTTP, another MAC as NO_UDP.
HEALTHY = "healthy"
NO_HTTP = "HTTP dead"
NO_UDP = "UDP dead"
NO_KICKS = "answers pings, but no kicks"
UNPLUGGED = "without network"
DEAD = "without power"
DEAF = "deaf to relay writes"
LATE = "its relay moves when the action is over"
VERY_LATE = "its relay moves when the next action is over, too"
FORGETFUL = "falls back by itself after each action"
KINDS = (NO_HTTP, NO_UDP, NO_KICKS, UNPLUGGED, DEAD, DEAF, LATE, VERY_LATE, FORGETFUL)
DELAYS = {LATE: 1, VERY_LATE: 2}  # in actions
CLICKS_BY_ITSELF = {LATE, VERY_LATE, FORGETFUL}  # what moves its relay, or has us move it, while nothing else changes


class Setup(NamedTuple):
    """What an administrator has chosen. ``modes``: the relay mode that joins the lines to each node."""

    devices: int = 1
    min_devices: int = 1
    pbx: bool = False  # xivo-pbx: the device's watchdog guards the node
    modes: tuple[int, ...] = (1, 0)
    bypass: bool = False  # on_stop
    trust: bool = True  # on_unreachable=degrade
    watched: bool = False  # spans
    fail_on_alarm: bool = False  # on_span_alarm=fail
    guarded: bool = True  # False: no monitor that kicks in time, so the watchdog isn't armed
    threshold: int = 0  # migration-threshold: 1, or none

    def __str__(self) -> str:
        topology = ("xivo-pbx" if self.pbx else "two-xivo") + f" {len(self.modes)} node(s)"
        words = [f"{topology}, {self.devices} device(s), min_devices={self.min_devices}"]
        words += ["on_stop=bypass"] * self.bypass + ["on_unreachable=fail"] * (not self.trust)
        words += ["spans"] * self.watched + ["on_span_alarm=fail"] * self.fail_on_alarm
        words += ["no watchdog"] * (self.pbx and not self.guarded) + ["migration-threshold=1"] * self.threshold
        return ", ".join(words)


@dataclass
class Box:
    """One device. ``under_way``: what it was told and will do, after how many actions."""

    kind: str = HEALTHY
    relay: int = 0
    default: int = 0
    armed: bool = False
    kicked: float = 0.0
    under_way: tuple[tuple[int, int], ...] = ()
    clicks: int = 0  # ours
    other_clicks: int = 0  # ours, for which a cause that lasts is to blame: see `World.goes_on`

    @property
    def answers_http(self) -> bool:
        return self.kind not in (NO_HTTP, UNPLUGGED, DEAD)

    @property
    def answers_pings(self) -> bool:
        return self.kind not in (NO_UDP, UNPLUGGED, DEAD)

    @property
    def answers_kicks(self) -> bool:
        return self.answers_pings and self.kind != NO_KICKS

    def told(self, mode: int, counted: bool) -> None:
        """It is sent a relay mode."""
        if self.kind in DELAYS:
            self.under_way += ((DELAYS[self.kind], mode),)
        elif self.kind != DEAF:
            self._move(mode, counted)

    def an_action_is_over(self) -> None:
        if self.under_way:
            for left, mode in self.under_way:
                if left == 1:
                    self._move(mode, counted=False)
            self.under_way = tuple((left - 1, mode) for left, mode in self.under_way if left > 1)
        if self.kind == FORGETFUL:
            self.relay = self.default = 0

    def _move(self, mode: int, counted: bool) -> None:
        if self.relay != mode:
            self.relay = mode
            if counted and self.kind not in CLICKS_BY_ITSELF:
                self.clicks += 1
            else:
                self.other_clicks += 1

    def breaks(self, kind: str) -> None:
        self.kind = kind
        self.under_way = ()
        if kind == DEAD:
            self.relay = 0
            self.armed = False

    def recovers(self, setup: Setup, now: float) -> None:
        if self.kind == DEAD:
            self.relay = self.default
            self.armed = setup.pbx and setup.guarded and self.default == 1  # wdogdef goes with modedef there
            self.kicked = now
        self.kind = HEALTHY
        for _, mode in self.under_way:
            self._move(mode, counted=False)
        self.under_way = ()


@dataclass
class Known:
    """What an ownership record has of a device."""

    ours: bool = False  # written to, or counted as right
    was_right: bool = False
    wrong: bool = False  # when last seen
    pending: bool = False
    armed: bool = False
    kicked: float = 0.0


Record = dict[int, Known]  # by device


@dataclass
class Resource:
    """A resource as Pacemaker and its nodes know it."""

    devices: tuple[int, ...]
    min_devices: int
    loaded: bool = True
    wanted: bool = True  # target-role
    where: int | None = None
    todo: tuple[tuple[str, int], ...] = ()  # stop or start, and on which node
    next_at: float = 0.0
    preferred: int = 0
    blocked: bool = False
    starts: int = 0  # that succeeded
    failed_until: list[float] = field(default_factory=list)  # by node
    owned: list[bool] = field(default_factory=list)
    records: list[Record | None] = field(default_factory=list)
    histories: list[Histories] = field(default_factory=list)

    @property
    def need(self) -> int:
        return needed(self.min_devices, len(self.devices))


@dataclass
class World:
    """Everything. ``mid``: what will happen in the middle of the next action. ``provider``: its lines are up."""

    setup: Setup
    boxes: list[Box]
    resources: list[Resource]
    up: list[bool]
    now: float = 0.0
    provider: bool = True
    typo: bool = False  # in bnfos.conf
    unmanaged: bool = False
    mid: tuple[str, int] | None = None
    changes: int = 0

    def spans(self, resource: Resource, node: int) -> Spans:
        if not self.setup.watched:
            return Spans.NOT_WATCHED
        mode = self.setup.modes[node]
        clear = sum(self.provider and self.boxes[place].relay == mode for place in resource.devices)
        if clear == len(resource.devices):
            return Spans.CLEAR
        return Spans.SOME_IN_ALARM if clear else Spans.ALL_IN_ALARM

    @property
    def goes_on(self) -> bool:
        """Whether something that isn't as it should be has relays clicked again and again, with growing pauses."""
        alarm = self.setup.fail_on_alarm and not self.provider
        return alarm or any(box.kind == VERY_LATE for box in self.boxes)

    def answers_http(self, place: int) -> bool:
        return self.boxes[place].answers_http and not self.typo

    def is_healthy(self, place: int) -> bool:
        return self.boxes[place].kind == HEALTHY and not self.typo


def new_world(setup: Setup) -> World:
    """A cluster that has just been configured: nothing runs yet."""
    nodes = len(setup.modes)
    resources = [
        Resource(devices, min_devices, loaded=not second, wanted=True)
        for second, devices, min_devices in (
            (False, tuple(range(setup.devices)), setup.min_devices),
            (True, (0,), 1),
        )
    ]
    for resource in resources:
        resource.failed_until = [0.0] * nodes
        resource.owned = [False] * nodes
        resource.records = [None] * nodes
        resource.histories = [{} for _ in range(nodes)]
    return World(setup, [Box() for _ in range(setup.devices)], resources, [True] * nodes)


def copy_of(world: World) -> World:
    """Another world, in which something else may happen."""
    return World(
        world.setup,
        [Box(**vars(box)) for box in world.boxes],
        [
            Resource(
                one.devices,
                one.min_devices,
                one.loaded,
                one.wanted,
                one.where,
                one.todo,
                one.next_at,
                one.preferred,
                one.blocked,
                one.starts,
                one.failed_until[:],
                one.owned[:],
                [
                    record and {place: Known(**vars(known)) for place, known in record.items()}
                    for record in one.records
                ],
                one.histories[:],
            )
            for one in world.resources
        ],
        world.up[:],
        world.now,
        world.provider,
        world.typo,
        world.unmanaged,
        world.mid,
        world.changes,
    )


State = tuple[object, ...]


def states_of(world: World) -> tuple[State, State]:
    """What the world is, apart from when; and with it. Boxes that only differ in their numbers are the same."""
    now = world.now
    timeless: list[State] = []
    timed: list[State] = []
    for place, box in enumerate(world.boxes):
        what: list[object] = [box.kind, box.relay, box.default, box.armed, box.under_way, box.clicks]
        when: list[float] = [now - box.kicked if box.armed else 0.0]
        for resource in world.resources:
            if resource.loaded and place in resource.devices:
                for record, histories in zip(resource.records, resource.histories, strict=True):
                    _add_known(what, when, record, place, now)
                    _add_history(what, when, histories, str(place), now)
        timeless.append(tuple(what))
        timed.append((*what, *when))
    if not world.resources[1].loaded:  # else the first device is another than the others
        timeless.sort()
        timed.sort()
    rest: list[object] = [*world.up, world.provider, world.typo, world.unmanaged, world.mid]
    times: list[float] = []
    for resource in world.resources:
        rest += [
            resource.loaded,
            resource.wanted,
            resource.where,
            resource.todo,
            resource.preferred,
            resource.blocked,
        ]
        if resource.loaded:
            times.append(max(0.0, resource.next_at - now))
            times += [max(0.0, until - now) for until in resource.failed_until]
            for histories, owned in zip(resource.histories, resource.owned, strict=True):
                rest.append(owned)
                _add_history(rest, times, histories, "", now)
    return (*timeless, *rest), (*timed, *rest, *times)


def _add_known(what: list[object], when: list[float], record: Record | None, place: int, now: float) -> None:
    if record is None:
        what.append(())
        return
    known = record[place]
    what.append((known.ours, known.was_right, known.wrong, known.pending, known.armed))
    when.append(min(now - known.kicked, INTERVAL) if known.armed else 0.0)


def _add_history(what: list[object], when: list[float], histories: Histories, key: str, now: float) -> None:
    history = histories.get(key)
    if history is None:
        what.append(())
        return
    what.append((min(history.failures, FORGOTTEN), history.away, history.deaf))
    when.append(min(now - history.tried, max(MAX_PAUSE, STEADY)))


def owners(world: World) -> Iterator[tuple[Resource, int, Record]]:
    """Who has a record, where."""
    for resource in world.resources:
        for node, record in enumerate(resource.records):
            if record is not None:
                yield resource, node, record
