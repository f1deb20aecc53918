"""The agent of the no-oscillator search: the flows of start, monitor and stop around the project's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from berofos_ra.resource import repairs, start_rule, stop_rule, verdict
from berofos_ra.resource.repairs import RESOURCE, History
from berofos_ra.resource.start_rule import Checked, Plan
from berofos_ra.resource.stop_rule import Leaving
from berofos_ra.resource.verdict import DeviceFinding, Health, Side, Spans, Verdict
from tests.unit.resource.model_world import INTERVAL, Box, Known, Record, Resource, World, owners

PATIENCE = 15.0  # a quarter of start's timeout


class Rules(NamedTuple):
    """The rules that are searched; a test may put a wrong one in its place."""

    plan_start: Callable[[Sequence[Checked], int], Plan] = start_rule.plan_start
    judge: Callable[..., Verdict] = verdict.judge
    holds_the_lines: Callable[[Sequence[DeviceFinding], bool, Spans], bool] = verdict.holds_the_lines
    may_put_right: Callable[[bool | None, bool | None, bool | None, bool, bool, bool], bool] = verdict.may_put_right
    gives_away: Callable[[Leaving], bool] = stop_rule.gives_away
    disarms: Callable[[Leaving], bool] = stop_rule.disarms
    is_unsafe: Callable[[Leaving], bool] = stop_rule.is_unsafe
    found_away: Callable[[repairs.Histories, str, float], repairs.Histories] = repairs.found_away
    put_right: Callable[[repairs.Histories, str, float], repairs.Histories] = repairs.put_right
    tried_in_vain: Callable[[repairs.Histories, str, float], repairs.Histories] = repairs.tried_in_vain
    found_right: Callable[[repairs.Histories, str, float], repairs.Histories] = repairs.found_right
    is_due: Callable[[History, float], bool] = History.is_due
    kicks_first: bool = True
    trusts_here: bool = True


Middle = Callable[[World], None]  # what else happens in the middle of an action


def start(world: World, resource: Resource, node: int, rules: Rules, middle: Middle) -> bool:
    """Whether it succeeded."""
    if world.typo or _is_anothers(world, resource, node):
        return False
    histories = resource.histories[node]
    plan = rules.plan_start(_check(world, resource, node, rules), resource.need)
    for due in sorted(history.due for history in histories.values() if world.now < history.due):
        if not plan.possible and due <= world.now + PATIENCE:  # a pause that is over soon is waited for
            world.now = due
            plan = rules.plan_start(_check(world, resource, node, rules), resource.need)
    if not plan.possible:
        return False
    middle(world)
    record: Record = {place: Known() for place in resource.devices}
    resource.records[node] = record
    resource.owned[node] = False
    defaults = [box.default for box in world.boxes]
    if plan.prove:
        told = [resource.devices[index] for index in plan.prove]
        in_vain = [place for place in told if not _tell_and_note(world, resource, node, place, rules)]
        plan = rules.plan_start(_check(world, resource, node, rules, in_vain), resource.need)
    right = 0
    if plan.possible:
        right = sum([_tell_and_note(world, resource, node, resource.devices[index], rules) for index in plan.then])
        for place in resource.devices:
            if _is_here(world, resource, node, place, rules):
                record[place].was_right = True
                right += 1
    if right >= resource.need:
        resource.owned[node] = True
        resource.histories[node] = rules.put_right(resource.histories[node], RESOURCE, world.now)
        return True
    for place, box in enumerate(world.boxes):
        if world.answers_http(place) and box.relay != world.setup.modes[node]:
            box.default = defaults[place]
    return False


def _is_anothers(world: World, resource: Resource, node: int) -> bool:
    """A device is held by another resource here, or is one of a resource that comes first and may run."""
    first = world.resources[0]
    if resource is not first and first.loaded and first.wanted and not first.blocked:
        return True
    return any(
        other is not resource and where == node and set(record) & set(resource.devices)
        for other, where, record in owners(world)
    )


def _check(world: World, resource: Resource, node: int, rules: Rules, in_vain: Sequence[int] = ()) -> list[Checked]:
    checked = []
    histories = resource.histories[node]
    resource_due = rules.is_due(histories.get(RESOURCE, History()), world.now)
    for place in resource.devices:
        box = world.boxes[place]
        history = histories.get(str(place), History())
        had = place not in in_vain and world.answers_http(place) and (box.answers_pings or not world.setup.pbx)
        checked.append(
            Checked(
                had=had,
                right=box.relay == world.setup.modes[node],
                here=_is_here(world, resource, node, place, rules),
                deaf=history.deaf,
                paused=not (resource_due and rules.is_due(history, world.now)),
            )
        )
    return checked


def _is_here(world: World, resource: Resource, node: int, place: int, rules: Rules) -> bool:
    """It can't be asked, but the lines are seen here: without power a device joins them to D."""
    at_d = not world.setup.pbx and world.setup.modes[node] == 0
    trusted = world.setup.trust or not rules.trusts_here
    return at_d and trusted and not world.answers_http(place) and world.spans(resource, node) is Spans.CLEAR


def _tell_and_note(world: World, resource: Resource, node: int, place: int, rules: Rules) -> bool:
    record = resource.records[node]
    assert record is not None
    is_right = _tell(world, node, place, record[place], rules)
    note = rules.put_right if is_right else rules.tried_in_vain
    resource.histories[node] = note(resource.histories[node], str(place), world.now)
    return is_right


def _tell(world: World, node: int, place: int, known: Known, rules: Rules) -> bool:
    """Put a device on this node's side; whether it is seen to be there."""
    box, mode = world.boxes[place], world.setup.modes[node]
    if not world.answers_http(place):
        return False
    if world.setup.pbx and rules.kicks_first and not box.answers_kicks:
        return False
    known.ours = True
    box.default = mode
    if box.relay != mode:
        known.pending = True
        box.told(mode, counted=not world.goes_on)
    if world.setup.pbx and world.setup.guarded:  # also where the relay isn't seen to move: it may yet
        box.armed = known.armed = True
        box.kicked = known.kicked = world.now
        if not box.answers_kicks:
            return False
    if box.relay != mode:
        return False
    known.pending = known.wrong = False
    known.was_right = True
    return True


def monitor(world: World, resource: Resource, node: int, rules: Rules, middle: Middle) -> Health:
    """What the recurring monitor of an owner finds, once it has put right what it may."""
    record = resource.records[node]
    assert record is not None
    setup, now = world.setup, world.now
    kick_all(world, record)
    seen_before = {place: known.wrong for place, known in record.items()}
    found = [_look(world, node, place, record[place], resource) for place in resource.devices]
    middle(world)
    spans = world.spans(resource, node)
    holds = rules.holds_the_lines(found, setup.trust, spans)
    proven = any(one.side is Side.THIS_NODE for one in found)
    for index, place in enumerate(resource.devices):
        side = found[index].side
        if side is Side.THIS_NODE:
            resource.histories[node] = rules.found_right(resource.histories[node], str(place), now)
        elif side is not Side.UNKNOWN:
            resource.histories[node] = rules.found_away(resource.histories[node], str(place), now)
            history = resource.histories[node][str(place)]
            box = world.boxes[place]
            if history.deaf:
                found[index] = found[index]._replace(is_deaf=True)
            can_be_told = world.answers_http(place) and (box.answers_kicks or not setup.pbx or not rules.kicks_first)
            may_be_told = holds and rules.is_due(history, now)
            may_be_told = may_be_told and _may_put_right(world, node, box, seen_before[place], proven, rules)
            if can_be_told and may_be_told and _tell_and_note(world, resource, node, place, rules):
                found[index] = found[index]._replace(side=Side.THIS_NODE)
    health = rules.judge(found, resource.min_devices, setup.trust, spans, "", setup.fail_on_alarm).health
    note = rules.found_away if health is Health.FAILED else rules.found_right
    resource.histories[node] = note(resource.histories[node], RESOURCE, now)
    return health


def kick_all(world: World, record: Record) -> None:
    """Kick what was armed and wasn't wrong when last seen."""
    for place, known in record.items():
        if known.armed and not known.wrong and world.boxes[place].answers_kicks:
            known.kicked = world.boxes[place].kicked = world.now


def _look(world: World, node: int, place: int, known: Known, resource: Resource) -> DeviceFinding:
    box = world.boxes[place]
    if not world.answers_http(place):
        due = known.armed and world.now >= known.kicked + INTERVAL
        return DeviceFinding(Side.UNKNOWN, "", known.was_right, due)
    known.was_right = box.relay == world.setup.modes[node]
    known.wrong = not known.was_right
    if known.wrong:
        return DeviceFinding(Side.ELSEWHERE, "wrong")
    known.ours = True
    known.pending = False
    if world.setup.pbx and world.setup.guarded and not (box.armed and known.armed):
        box.armed = known.armed = True
        box.kicked = known.kicked = world.now
    return DeviceFinding(Side.THIS_NODE)


def _may_put_right(world: World, node: int, box: Box, seen_before: bool, proven: bool, rules: Rules) -> bool:
    """The peer, where there is one, is up and idle, or it is known to be down: no node dies unfenced here."""
    other_side = 1 - world.setup.modes[node]
    peers_hand = len(world.up) > 1 and not world.setup.pbx and box.relay == box.default == other_side
    peer_is_idle = all(world.up)
    return rules.may_put_right(not world.unmanaged, peer_is_idle, not peer_is_idle, peers_hand, seen_before, proven)


def stop(world: World, resource: Resource, node: int, rules: Rules, middle: Middle) -> bool:
    """Whether it succeeded."""
    record = resource.records[node]
    if record is None:
        middle(world)
        return True
    if world.setup.bypass:
        for place, known in record.items():
            if rules.gives_away(_leaving(world, node, place, known)) and world.answers_http(place):
                world.boxes[place].told(1 - world.setup.modes[node], counted=not world.goes_on)
        middle(world)
        for place, known in record.items():
            if rules.disarms(_leaving(world, node, place, known)) and world.answers_http(place):
                world.boxes[place].armed = known.armed = False
        if any(rules.is_unsafe(_leaving(world, node, place, known)) for place, known in record.items()):
            return False
    else:
        middle(world)
    resource.records[node] = None
    resource.owned[node] = False
    return True


def _leaving(world: World, node: int, place: int, known: Known) -> Leaving:
    box = world.boxes[place]
    side, is_armed = Side.UNKNOWN, known.armed
    if world.answers_http(place):
        side = Side.THIS_NODE if box.relay == world.setup.modes[node] else Side.ELSEWHERE
        is_armed = known.armed and box.armed
    left = max(0.0, known.kicked + INTERVAL - world.now) if is_armed else None
    return Leaving(known.ours, side, known.was_right, known.pending, left)
