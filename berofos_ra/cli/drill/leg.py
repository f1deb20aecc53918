"""One move of the lines from one node to the other: asked for, watched, and cleaned up after."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from berofos_ra.cli.drill.checks import Looked, Wish
from berofos_ra.cli.drill.relay_watch import RelayWatch
from berofos_ra.cli.interruption import Interruption
from berofos_ra.cluster import attribute_names
from berofos_ra.cluster.move import (
    ask_move,
    clear,
    find_actions,
    find_operations,
    find_rule,
)
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


class _Move:
    """What is known of the move while it lasts."""

    def __init__(
        self,
        looked: Looked,
        plan: Plan,
        wish: Wish,
        give_up: float,
        interruption: Interruption,
        tell: Callable[[str], None],
    ) -> None:
        self._looked, self._plan, self._wish = looked, plan, wish
        self._give_up, self._interruption, self._tell = give_up, interruption, tell
        self._servers = [
            name
            for name in looked.moving
            if looked.situation is not None and looked.situation.resources[name].agent.endswith(":asterisk")
        ]
        self._before: Mapping[tuple[str, str], Operation] = {}
        self._told: set[str] = set()
        self._server_stopped: float | None = None
        self._settled: float | None = None
        self._spans: float | None = None
        self._idle_since: float | None = None
        self._begun = False

    def run(self) -> Leg:
        wanted = self._wanted()
        devices = [one for one in self._looked.devices if one.name in wanted]
        self._relays = RelayWatch(devices, wanted, self._wish.timeout)
        rule: MoveRule | None = None
        ended, why = Ended.ELSEWHERE, ""
        self._asked, asked_at = time.monotonic(), datetime.now().astimezone()
        try:
            self._before = find_operations()
            with self._relays:
                self._asked, asked_at = time.monotonic(), datetime.now().astimezone()
                rule = ask_move(self._plan.leader, self._plan.target, self._wish.lifetime)
                end = "" if rule.end is None else f" (the rule ends by itself at {rule.end.astimezone():%H:%M:%S})"
                self._say(0.0, f"asked: {self._plan.leader} to {self._plan.target}{end}")
                ended = self._watch()
        except ToolFailedError as error:
            why = str(error)
        finally:
            left = self._clear(rule)
        relays: dict[str, float | None] = dict.fromkeys(wanted)
        relays |= {name: one.at - self._asked for name, one in self._relays.moved.items()}
        gap = None
        if self._server_stopped is not None and relays and None not in relays.values():
            gap = max(0.0, max(one for one in relays.values() if one is not None) - self._server_stopped)
        return Leg(self._plan, asked_at, ended, relays, gap, self._settled, self._spans, left, why)

    def _wanted(self) -> dict[str, str]:
        """Where the relays that have to move are to be."""
        wanted = {}
        for device in self._looked.devices:
            parameters = self._looked.claims[device.name].parameters
            before = desired_state(parameters, self._plan.source).position
            after = desired_state(parameters, self._plan.target).position
            if before != after:
                wanted[device.name] = after
        return wanted

    def _say(self, after: float, what: str) -> None:
        self._tell(f"{after:5.1f} s  {what}")

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._asked

    def _watch(self) -> Ended:
        """Until it has come to an end."""
        asked_cluster = -_ASK_CLUSTER
        found = Progress.NOT_BEGUN
        while not self._interruption.wait(_TICK):
            self._tell_relays()
            if self._settled is not None:
                if self._relays.is_done or self._elapsed > self._settled + _RELAYS_LATE * self._wish.timeout:
                    self._tell_relays()
                    return Ended.MOVED if self._wait_for_spans() else Ended.INTERRUPTED
                continue
            if self._elapsed >= asked_cluster + _ASK_CLUSTER:
                asked_cluster = self._elapsed
                found = self._look()
                if found is Progress.SETTLED:
                    self._settled = self._elapsed
            if found is Progress.NOT_BEGUN and self._elapsed > _MAY_BEGIN:
                return Ended.NOT_BEGUN
            if self._idle_since is not None and self._elapsed > self._idle_since + 2 * _ASK_CLUSTER:
                return Ended.ELSEWHERE
            if self._elapsed > self._give_up:
                return Ended.UNKNOWN
        return Ended.INTERRUPTED

    def _look(self) -> Progress:
        """Ask the cluster how far it is; while it doesn't answer, it is under way."""
        try:
            operations = find_operations()
            situation = find_situation()
            changed = {key: one for key, one in operations.items() if key[0] in self._looked.moving}
            changed = {key: one for key, one in changed.items() if self._before.get(key) != one}
            pending = any(one.pending for one in changed.values())
            self._begun = self._begun or bool(changed)
            self._tell_server(changed)
            places = {name: _places(situation, name) for name in self._looked.moving}
            found = progress(places, pending, self._begun, self._plan.target)
            if found is Progress.UNDER_WAY and not pending and not find_actions():
                self._idle_since = self._elapsed if self._idle_since is None else self._idle_since
            else:
                self._idle_since = None
        except (ToolFailedError, ClusterSilentError):
            return Progress.UNDER_WAY
        return found

    def _tell_server(self, changed: Mapping[tuple[str, str], Operation]) -> None:
        for (name, node), operation in changed.items():
            if name not in self._servers:
                continue
            if (node, operation.name) == (self._plan.source, "stop"):
                if self._server_stopped is None:
                    self._server_stopped = self._elapsed
                self._tell_once(f"{name} on {node} stopping")
            elif (node, operation.name, operation.pending) == (self._plan.target, "start", False):
                self._tell_once(f"{name} on {node} runs")

    def _tell_once(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._say(self._elapsed, what)

    def _tell_relays(self) -> None:
        for one in sorted(self._relays.moved.values(), key=lambda moved: moved.at):
            if one.name not in self._told:
                self._told.add(one.name)
                self._say(one.at - self._asked, f"{one.name} {one.before} -> {one.after}")

    def _wait_for_spans(self) -> bool:
        """Until the watched spans are clear, or have had their time; whether nobody interrupted it."""
        target = self._plan.target
        watching = [one for one in self._plan.relays.values() if one.spans_of(target)]
        deadline = self._elapsed + max((one.spans_wait for one in watching), default=0)
        while watching and self._elapsed < min(deadline, self._give_up):
            try:
                node = find_situation().node(target)
            except ClusterSilentError:
                node = None
            if node is not None and node.attributes.get(attribute_names.SPANS) == Spans.CLEAR.value:
                self._spans = self._elapsed
                self._say(self._spans, f"spans on {target} clear")
                return True
            if self._interruption.wait(_ASK_CLUSTER):
                return False
        return True

    def _clear(self, rule: MoveRule | None) -> MoveRule | None:
        """Take the rule back, also one that a failed tool may have left; it, where that isn't possible."""
        for attempt in range(_CLEARS):
            if attempt:
                time.sleep(1)
            try:
                mine = rule or find_rule(self._plan.leader, self._plan.target)
            except ToolFailedError:
                continue
            if mine is None or clear(mine):
                return None
        return rule or MoveRule(f"cli-prefer-{self._plan.leader}", self._plan.leader, self._plan.target, False, None)


def _places(situation: Situation, name: str) -> tuple[str, ...]:
    return situation.resources[name].nodes if name in situation.resources else ()
