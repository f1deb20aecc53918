"""Pacemaker and the adversary of the no-oscillator search: what is done next, and what may happen meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, inf

from berofos_ra.resource.repairs import RESOURCE, STEADY
from berofos_ra.resource.verdict import Health
from tests.unit.resource import model_agent as agent
from tests.unit.resource.model_agent import Rules
from tests.unit.resource.model_world import (
    DEAD,
    HEALTHY,
    INTERVAL,
    KINDS,
    NO_KICKS,
    NO_UDP,
    Known,
    Resource,
    State,
    World,
    owners,
    states_of,
)

MONITOR_INTERVAL = 10.0
FAILURE_TIMEOUT = 30.0
Change = tuple[str, int]


class BrokenPromiseError(Exception):
    """An action did what it must not do."""


def is_over(world: World) -> bool:
    """Whether nothing will happen any more unless the world changes."""
    return _next_time(world) == inf


def act(world: World, rules: Rules) -> None:
    """The next thing happens."""
    before, _ = states_of(world)
    world.now = max(world.now, _next_time(world))
    for resource, node, record in owners(world):
        if resource.owned[node]:
            agent.kick_all(world, record)  # by the monitors that found nothing new, and were left out
    acting = None
    if not _watchdogs_run_out(world):
        acting = min((one for one in world.resources if _may_act(one)), key=lambda one: one.next_at)
        _act(world, acting, rules)
        for box in world.boxes:
            box.an_action_is_over()
    after, _ = states_of(world)
    for resource in world.resources:
        if before != after:
            wake(world, resource)
        elif resource is acting:
            resource.next_at = _wakes(world, resource)


def wake(world: World, resource: Resource) -> None:
    """Something is new: it is looked at again, as soon as it would be."""
    if resource.todo:
        resource.next_at = world.now
    elif resource.where is not None:
        resource.next_at = min(resource.next_at, world.now + MONITOR_INTERVAL)
    else:
        resource.next_at = max(world.now, _may_start_at(world, resource))


def _next_time(world: World) -> float:
    times = [one.next_at for one in world.resources if _may_act(one)]
    times += [box.kicked + INTERVAL for place, box in enumerate(world.boxes) if _runs_out(world, place)]
    return min(times, default=inf)


def _may_act(resource: Resource) -> bool:
    if resource.blocked:
        return False
    return bool(resource.todo) or resource.where is not None or (resource.loaded and resource.wanted)


def _runs_out(world: World, place: int) -> bool:
    """Whether nobody kicks its armed watchdog."""
    box = world.boxes[place]
    if not box.armed or box.kind == DEAD:
        return False
    if not box.answers_kicks:
        return True
    return not any(
        resource.owned[node] and place in record and record[place].armed and not record[place].wrong
        for resource, node, record in owners(world)
    )


def _watchdogs_run_out(world: World) -> bool:
    ran_out = False
    for place, box in enumerate(world.boxes):
        if _runs_out(world, place) and box.kicked + INTERVAL <= world.now:
            box.relay = 0
            box.armed = False
            ran_out = True
    return ran_out


def _act(world: World, resource: Resource, rules: Rules) -> None:
    if resource.todo:
        (what, node), *rest = resource.todo
        resource.todo = tuple(rest)
        if what == "stop":
            _stop(world, resource, node, rules)
        else:
            _start(world, resource, node, rules)
        return
    if resource.where is None:
        _choose(world, resource, begin=True)
        return
    node = resource.where
    serving = sum(world.is_healthy(place) and _is_right(world, node, place) for place in resource.devices)
    calm = world.mid is None
    if agent.monitor(world, resource, node, rules, _middle) is not Health.FAILED:
        resource.next_at = world.now + MONITOR_INTERVAL
        return
    alarm = world.setup.fail_on_alarm and not world.provider
    if serving >= resource.need and not alarm and calm:
        raise BrokenPromiseError("it is recovered though as many as it needs are healthy and right")
    if world.unmanaged:
        resource.next_at = world.now + MONITOR_INTERVAL
        return
    resource.where = None
    resource.failed_until[node] = world.now + FAILURE_TIMEOUT if world.setup.threshold else 0.0
    resource.todo = (("stop", node),)


def _start(world: World, resource: Resource, node: int, rules: Rules) -> None:
    if agent.start(world, resource, node, rules, _middle):
        resource.where = node
        resource.starts += 1
        resource.next_at = world.now + MONITOR_INTERVAL
    else:
        resource.failed_until[node] = world.now + FAILURE_TIMEOUT
        resource.todo = (("stop", node),)


def _stop(world: World, resource: Resource, node: int, rules: Rules) -> None:
    record = resource.records[node]
    was_guarded = all(_is_safe(world, node, place, known) for place, known in (record or {}).items())
    was_calm = world.mid is None
    stopped = agent.stop(world, resource, node, rules, _middle)
    if not stopped:
        if was_guarded and was_calm:
            raise BrokenPromiseError("stop fails for what it has done itself")
        if record is None or all(_is_safe(world, node, place, known) for place, known in record.items()):
            raise BrokenPromiseError("stop fails though no line would end at a stopped XiVO")
        resource.blocked = True
        return
    if world.setup.bypass and record is not None:
        for place, known in record.items():
            box = world.boxes[place]
            relay = box.under_way[-1][1] if box.under_way else box.relay
            if known.ours and relay == world.setup.modes[node] and not box.armed:
                raise BrokenPromiseError("stop succeeds though lines end at a stopped XiVO that nothing guards")
    _choose(world, resource)


def _is_safe(world: World, node: int, place: int, known: Known) -> bool:
    """Whether it can be seen that no line of this owner ends here unguarded."""
    is_away = world.answers_http(place) and not _is_right(world, node, place)
    return is_away or world.boxes[place].armed or not known.ours


def _is_right(world: World, node: int, place: int) -> bool:
    return world.boxes[place].relay == world.setup.modes[node]


def _choose(world: World, resource: Resource, begin: bool = False) -> None:
    """Where to start it next, if anywhere."""
    if resource.loaded and resource.wanted:
        for node in sorted(range(len(world.up)), key=lambda one: one != resource.preferred):
            if world.up[node] and resource.failed_until[node] <= world.now:
                resource.todo = (("start", node),)
                resource.preferred = node
                return
    resource.next_at = _may_start_at(world, resource)


def _may_start_at(world: World, resource: Resource) -> float:
    return min((until for node, until in enumerate(resource.failed_until) if world.up[node]), default=inf)


def _wakes(world: World, resource: Resource) -> float:
    """When a look can find something new though the world stays as it is: pauses and histories end."""
    times: list[float] = []
    for node, histories in enumerate(resource.histories):
        if world.up[node] and node == (node if resource.where is None else resource.where):
            for key, history in histories.items():
                times.append(history.due)
                if key == RESOURCE or not history.away:
                    times.append(history.tried + STEADY)
    for _, _, record in owners(world):
        times += [known.kicked + INTERVAL for known in record.values() if known.armed]
    wakes = min((time for time in times if time > world.now), default=inf)
    if wakes == inf:
        return inf
    if resource.where is not None:
        return max(wakes, world.now + MONITOR_INTERVAL)
    again = _may_start_at(world, resource)
    return again + FAILURE_TIMEOUT * max(0, ceil((wakes - agent.PATIENCE - again) / FAILURE_TIMEOUT))


def _middle(world: World) -> None:
    if world.mid is not None:
        change, world.mid = world.mid, None
        if change in changes_of(world, mid=True):
            apply(world, change)


def changes_of(world: World, second: bool = False, mid: bool = False) -> Iterator[Change]:
    """What may happen to this world."""
    for place, box in enumerate(world.boxes):
        if box.kind != HEALTHY:
            yield "recovers", place
        else:
            for kind in KINDS:
                if world.setup.pbx or kind not in (NO_UDP, NO_KICKS):
                    yield kind, place
        if world.boxes[place].answers_http:  # over which a hand comes
            yield "moved by hand", place
    if mid:
        return
    if world.setup.watched:
        yield "provider", 0
    yield "typo", 0
    yield "move", 0
    for node in range(len(world.up)):
        if not world.up[node] or sum(world.up) > 1 or len(world.up) == 1:
            yield "node", node
    if world.resources[0].blocked:
        yield "cleanup", 0
    if second:
        yield "second resource", 0


def apply(world: World, change: Change) -> None:
    """It happens."""
    what, which = change
    weight = 1
    if what in KINDS:
        world.boxes[which].breaks(what)
    elif what == "recovers":
        world.boxes[which].recovers(world.setup, world.now)
    elif what == "moved by hand":
        world.boxes[which].relay ^= 1
    elif what == "provider":
        world.provider = not world.provider
    elif what == "typo":
        world.typo = not world.typo
    elif what == "move":
        _move(world, world.resources[0])
    elif what == "node":
        _node(world, which)
    elif what == "cleanup":
        weight = 2  # what is known of the devices is forgotten, so that the next start may fail again
        owner = next(node for resource, node, _ in owners(world) if resource is world.resources[0])
        world.resources[0].blocked = False
        world.resources[0].todo = (("stop", owner),)
        world.resources[0].histories[owner] = {}
    elif what == "second resource":
        second = world.resources[1]
        second.loaded = not second.loaded
        if not second.loaded:
            second.where = None
            second.blocked = False
            second.todo = tuple(("stop", node) for node in range(len(world.up)))
    world.changes += weight
    for resource in world.resources:
        wake(world, resource)
        if not resource.todo and resource.where is not None:
            resource.next_at = world.now


def _move(world: World, resource: Resource) -> None:
    """Moved to the other node, or stopped, or started again, where there is none."""
    resource.failed_until = [0.0] * len(world.up)
    owner = resource.where
    if len(world.up) > 1:
        resource.preferred ^= 1
    else:
        resource.wanted = not resource.wanted
    if owner is not None:
        resource.where = None
        resource.todo = (("stop", owner),)


def _node(world: World, node: int) -> None:
    """It is lost, and forgets all; or is back."""
    world.up[node] = not world.up[node]
    for resource in world.resources:
        if not world.up[node]:
            if resource.records[node] is not None:
                resource.blocked = False
            resource.records[node] = None
            resource.owned[node] = False
            resource.histories[node] = {}
            resource.todo = tuple(one for one in resource.todo if one[1] != node)
            if resource.where == node:
                resource.where = None
        resource.failed_until[node] = 0.0


__all__ = ["BrokenPromiseError", "Change", "State", "act", "apply", "changes_of", "is_over", "wake"]
