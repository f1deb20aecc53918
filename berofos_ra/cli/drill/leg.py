"""One move of the lines from one node to the other: asked for, watched, and cleaned up after."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from berofos_ra.cli.drill.checks import Looked, Wish
from berofos_ra.cli.drill.relay_watch import RelayWatch
from berofos_ra.cli.interruption import Interruption
from berofos_ra.cluster import attribute_names
from berofos_ra.cluster.move import ask_move, clear, find_actions, find_operations, find_rule
from berofos_ra.cluster.rules import MoveRule
from berofos_ra.cluster.situation import Operation, Situation
from berofos_ra.cluster.tools import ToolFailedError, find_situation
from berofos_ra.cluster.view import ClusterSilentError
from berofos_ra.resource.deviations import desired_state
from berofos_ra.resource.drill_rule import Plan, Progress, progress
from berofos_ra.resource.verdict import Spans

_TICK = 0.1  # s
_ASK_CLUSTER = 0.5  # s between two looks at the cluster
_MAY_BEGIN = 10.0  # s in which Pacemaker has begun, unless its clock says that the rule is over
_RELAYS_LATE = 3  # times the timeout of a device: so long a new position may be seen after Pacemaker has settled
_CLEARS = 5  # tries to take the rule back, a second apart


class Ended(Enum):
    """How it ended."""

    MOVED = "moved"
    ELSEWHERE = "elsewhere"  # Pacemaker has come to rest, and not all is on the target
    NOT_BEGUN = "not begun"
    UNKNOWN = "unknown"  # Pacemaker still works on it
    INTERRUPTED = "interrupted"


class Leg(NamedTuple):
    """A move that was asked for, and what was measured, in seconds from then on; None where it didn't come to that.

    ``relays`` are by device, those that had to move. ``gap`` is how long there was no server behind the lines.
    ``left`` is the rule where it couldn't be taken back.
    """

    plan: Plan
    asked_at: datetime
    ended: Ended
    relays: Mapping[str, float | None]
    gap: float | None = None
    settled: float | None = None
    spans: float | None = None
    left: MoveRule | None = None
    why: str = ""

    @property
    def relays_took(self) -> float | None:
        """When the last relay had moved; None: not all did."""
        times = [one for one in self.relays.values() if one is not None]
        return max(times) if times and len(times) == len(self.relays) else None

    def as_json(self) -> dict[str, object]:
        """It for machines."""
        return {
            "from": self.plan.source,
            "to": self.plan.target,
            "asked_at": self.asked_at.isoformat(timespec="milliseconds"),
            "relays": {name: _tenths(took) for name, took in self.relays.items()},
            "server_gap_s": _tenths(self.gap),
            "settled_s": _tenths(self.settled),
            "spans_s": _tenths(self.spans),
        }


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def run_leg(
    looked: Looked, plan: Plan, wish: Wish, give_up: float, interruption: Interruption, tell: Callable[[str], None]
) -> Leg:
    """Move, tell each step, and take the rule back on every way out."""
    return _Move(looked, plan, wish, give_up, interruption, tell).run()


@dataclass
class _Move:
    """What is known of the move while it lasts; the times are in seconds from when it was asked for."""

    looked: Looked
    plan: Plan
    wish: Wish
    give_up: float
    interruption: Interruption
    tell: Callable[[str], None]
    before: Mapping[tuple[str, str], Operation] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    server_stopped: float | None = None
    settled: float | None = None
    spans: float | None = None
    idle_since: float | None = None
    begun: bool = False
    has_asked: bool = False  # so that a rule may be there

    def run(self) -> Leg:
        resources = self.looked.situation.resources if self.looked.situation else {}
        servers = {name for name, one in resources.items() if one.agent.endswith(":asterisk")}
        self._servers = servers & set(self.looked.moving)
        wanted = self._wanted()
        devices = [one for one in self.looked.devices if one.name in wanted]
        self._relays = RelayWatch(devices, wanted, self.wish.timeout)
        rule: MoveRule | None = None
        ended, why = Ended.ELSEWHERE, ""
        self._asked, asked_at = time.monotonic(), datetime.now().astimezone()
        try:
            self.before = find_operations()
            with self._relays:
                self._asked, asked_at = time.monotonic(), datetime.now().astimezone()
                self.has_asked = True
                rule = ask_move(self.plan.leader, self.plan.target, self.wish.lifetime)
                end = "" if rule.end is None else f" (the rule ends by itself at {rule.end.astimezone():%H:%M:%S})"
                self._say(0.0, f"asked: {self.plan.leader} to {self.plan.target}{end}")
                ended = self._watch()
        except ToolFailedError as error:
            why = str(error)
        finally:
            left = self._clear(rule) if self.has_asked else None
        relays: dict[str, float | None] = dict.fromkeys(wanted)
        relays |= {name: one.at - self._asked for name, one in self._relays.moved.items()}
        gap = None
        if self.server_stopped is not None and relays and None not in relays.values():
            gap = max(0.0, max(one for one in relays.values() if one is not None) - self.server_stopped)
        return Leg(self.plan, asked_at, ended, relays, gap, self.settled, self.spans, left, why)

    def _wanted(self) -> dict[str, str]:
        """Where the relays that have to move are to be."""
        wanted = {}
        for device in self.looked.devices:
            parameters = self.looked.claims[device.name].parameters
            before = desired_state(parameters, self.plan.source).position
            after = desired_state(parameters, self.plan.target).position
            if before != after:
                wanted[device.name] = after
        return wanted

    def _say(self, after: float, what: str) -> None:
        self.tell(f"{after:5.1f} s  {what}")

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._asked

    def _watch(self) -> Ended:
        asked_cluster = -_ASK_CLUSTER
        found = Progress.NOT_BEGUN
        while not self.interruption.wait(_TICK):
            self._tell_relays()
            if self.settled is not None:
                if self._relays.is_done or self._elapsed > self.settled + _RELAYS_LATE * self.wish.timeout:
                    self._tell_relays()
                    return Ended.MOVED if self._wait_for_spans() else Ended.INTERRUPTED
                continue
            if self._elapsed >= asked_cluster + _ASK_CLUSTER:
                asked_cluster = self._elapsed
                found = self._look()
                if found is Progress.SETTLED:
                    self.settled = self._elapsed
            if found is Progress.NOT_BEGUN and self._elapsed > _MAY_BEGIN:
                return Ended.NOT_BEGUN
            if self.idle_since is not None and self._elapsed > self.idle_since + 2 * _ASK_CLUSTER:
                return Ended.ELSEWHERE
            if self._elapsed > self.give_up:
                return Ended.UNKNOWN
        return Ended.INTERRUPTED

    def _look(self) -> Progress:
        """Ask the cluster how far it is; while it doesn't answer, it is under way."""
        try:
            operations = find_operations()
            situation = find_situation()
            changed = {key: one for key, one in operations.items() if key[0] in self.looked.moving}
            changed = {key: one for key, one in changed.items() if self.before.get(key) != one}
            pending = any(one.pending for one in changed.values())
            self.begun = self.begun or bool(changed)
            self._tell_server(changed)
            places = {name: _places(situation, name) for name in self.looked.moving}
            found = progress(places, pending, self.begun, self.plan.target)
            if found is Progress.UNDER_WAY and not pending and not find_actions():
                self.idle_since = self._elapsed if self.idle_since is None else self.idle_since
            else:
                self.idle_since = None
        except (ToolFailedError, ClusterSilentError):
            return Progress.UNDER_WAY
        return found

    def _tell_server(self, changed: Mapping[tuple[str, str], Operation]) -> None:
        for (name, node), operation in changed.items():
            if name not in self._servers:
                continue
            if (node, operation.name) == (self.plan.source, "stop"):
                if self.server_stopped is None:
                    self.server_stopped = self._elapsed
                self._tell_once(f"{name} on {node} stopping")
            elif (node, operation.name, operation.pending) == (self.plan.target, "start", False):
                self._tell_once(f"{name} on {node} runs")

    def _tell_once(self, what: str, after: float | None = None) -> None:
        if what not in self.told:
            self.told.add(what)
            self._say(self._elapsed if after is None else after, what)

    def _tell_relays(self) -> None:
        for one in sorted(self._relays.moved.values(), key=lambda moved: moved.at):
            self._tell_once(f"{one.name} {one.before} -> {one.after}", one.at - self._asked)

    def _wait_for_spans(self) -> bool:
        """Until the watched spans are clear, or have had their time; whether nobody interrupted it."""
        target = self.plan.target
        watching = [one for one in self.plan.relays.values() if one.spans_of(target)]
        deadline = self._elapsed + max((one.spans_wait for one in watching), default=0)
        while watching and self._elapsed < min(deadline, self.give_up):
            try:
                node = find_situation().node(target)
            except ClusterSilentError:
                node = None
            if node is not None and node.attributes.get(attribute_names.SPANS) == Spans.CLEAR.value:
                self.spans = self._elapsed
                self._say(self.spans, f"spans on {target} clear")
                return True
            if self.interruption.wait(_ASK_CLUSTER):
                return False
        return True

    def _clear(self, rule: MoveRule | None) -> MoveRule | None:
        """Take the rule back, also one that a failed tool may have left; it, where that isn't possible."""
        for attempt in range(_CLEARS):
            if attempt:
                time.sleep(1)
            try:
                mine = rule or find_rule(self.plan.leader, self.plan.target)
            except ToolFailedError:
                continue
            if mine is None or clear(mine):
                return None
        return rule or MoveRule(f"cli-prefer-{self.plan.leader}", self.plan.leader, self.plan.target, False, None)


def _places(situation: Situation, name: str) -> tuple[str, ...]:
    return situation.resources[name].nodes if name in situation.resources else ()
