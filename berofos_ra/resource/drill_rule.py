"""Whether a planned move of the lines may begin, and what has become of one that has. Pure.

A check is a line that is said where all is well, or problems, each with what to do. Nothing here can be forced but
what concerns the calls in progress.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from berofos_ra.cluster import attribute_names
from berofos_ra.cluster.rules import MoveRule
from berofos_ra.cluster.simulation import MOVE, Action
from berofos_ra.cluster.situation import DEGRADED, Situation
from berofos_ra.errors import WiringError
from berofos_ra.resource.actions import STANDBY_ADVICE

if TYPE_CHECKING:
    from berofos_ra.resource.parameters import Parameters

UNKNOWN_DRILL = 10.0  # s that one is taken to last, until it is known better
_PAUSE_HINT = "berofos resume, if it was berofos pause; else crm_attribute --name maintenance-mode --delete"


class Problem(NamedTuple):
    """Why it may not begin, and what to do."""

    what: str
    advice: str = ""


class Check(NamedTuple):
    """``fine`` is what is said where there are no ``problems``."""

    fine: str
    problems: tuple[Problem, ...] = ()


class Plan(NamedTuple):
    """What is to be moved: ``leader``, which the ``relays`` follow, and from where to where."""

    leader: str
    relays: Mapping[str, Parameters]
    source: str
    target: str


class DeviceFacts(NamedTuple):
    """A device before the move. ``deviations``: why it can't be asked, or what isn't as expected.

    ``interval`` and ``left`` are its watchdog's, in seconds, where it is armed.
    """

    name: str
    label: str
    position: str = ""
    deviations: tuple[str, ...] = ()
    interval: int | None = None
    left: int | None = None


def find_plan(
    situation: Situation, relays: Mapping[str, Parameters], leaders: Mapping[str, Collection[str]], to: str | None
) -> Plan | tuple[Problem, ...]:
    """What is to be moved, or why that can't be told. ``relays`` are the resources that are meant to run."""
    resources = situation.resources
    places = {name: resources[name].nodes if name in resources else () for name in relays}
    problems = [_not_on_one_node(name, nodes) for name, nodes in places.items() if len(nodes) != 1]
    if not relays:
        problems.append(Problem("the cluster has no berofos resource that runs", "berofos crm-config makes one"))
    followed = {leader for name in relays for leader in leaders[name]}
    if len(followed) > 1:
        advice = "move each of them with crm_resource"
        problems.append(Problem(f"the relays follow several resources: {', '.join(sorted(followed))}", advice))
    sources = {nodes[0] for nodes in places.values() if len(nodes) == 1}
    if len(sources) > 1:
        problems.append(Problem(f"the relays are on several nodes: {', '.join(sorted(sources))}", "see crm_mon"))
    if problems:
        return tuple(problems)
    (source,), (leader,) = sources, followed
    try:
        peers = {name: parameters.wiring.peer_of(source) for name, parameters in relays.items()}
    except WiringError as error:
        return (Problem(str(error)),)
    targets = {peer for peer in peers.values() if peer is not None}
    if not targets:
        advice = "the PBX gets them when Pacemaker stops, or with berofos pause --cluster --let-fall-back"
        return (Problem("nowhere to move to: no second XiVO is wired to the devices", advice),)
    if len(targets) > 1:
        return (Problem(f"the relays are wired to several other nodes: {', '.join(sorted(targets))}"),)
    (peer,) = targets
    if to is not None and to.casefold() != peer.casefold():
        already = to.casefold() == source.casefold()
        what = f"the lines are on {source} already" if already else f"{to} isn't the node wired to the other side"
        return (Problem(what, f"--to {peer}"),)
    node = situation.node(peer)
    return Plan(leader, relays, source, peer if node is None else node.name)


def check_cluster(
    situation: Situation, plan: Plan, moving: Collection[str], over: Collection[MoveRule] = ()
) -> Check:
    """Whether Pacemaker is in charge, content, and bound by nobody's rule.

    ``moving`` are the resources that move; ``over`` are rules whose end has come.
    """
    found = [] if situation.has_quorum else [Problem("this partition has no quorum", "see corosync-quorumtool")]
    if situation.maintenance:
        found.append(Problem("the cluster is in maintenance mode", _PAUSE_HINT))
    for name in dict.fromkeys((*plan.relays, *moving)):
        resource = situation.resources.get(name)
        if resource is not None and not resource.managed and not situation.maintenance:
            found.append(Problem(f"{name} is unmanaged", f"berofos resume, or crm resource manage {name}"))
    for failure in situation.failures:
        if failure.code != DEGRADED and _of(failure.operation, (*plan.relays, *moving)):
            what = f"failed action {failure.operation} on {failure.node}"
            found.append(Problem(what, "crm_mon says why; then crm_resource --cleanup"))
    found += [
        Problem(f"a rule of an earlier move: {rule.words}", rule.clear_command)
        for rule in rules_on(situation.view.moves, plan, moving)
        if rule not in over
    ]
    fine = f"{', '.join(plan.relays)} on {plan.source}, managed, no failed action, no rule of an earlier move"
    return Check(fine, tuple(dict.fromkeys(found)))


def check_target(situation: Situation, plan: Plan, moving: Collection[str]) -> Check:
    """Whether the other node could take over, as far as Pacemaker and its own monitor know."""
    target, node = plan.target, situation.node(plan.target)
    found: list[Problem] = []
    if node is None or not node.online:
        return Check("", (Problem(f"{target} is offline", f"crm_mon; on {target}: systemctl status pacemaker"),))
    if not node.usable:
        advice = f"crm_mon; crm_standby --delete --node {target}, if it is that"
        found.append(Problem(f"{target} is in standby or maintenance, or joins or leaves", advice))
    ready = node.attributes.get(attribute_names.READY)
    if ready is None:
        found.append(Problem(f"{target} doesn't tell whether it is ready", "has it the config file? berofos doctor"))
    elif (reason := attribute_names.unready_reason(ready)) is not None:
        found.append(Problem(f"{target} isn't ready: {reason}", f"berofos doctor on {target} says more"))
    for name in plan.relays:
        if not situation.watches_standby(name, node.name):
            what = f"{name} has no monitor on the standby: nobody knows whether it is ready"
            found.append(Problem(what, STANDBY_ADVICE))
    for name in dict.fromkeys((*plan.relays, *moving)):
        if (name, node.name) in situation.fail_counts:
            advice = f"crm_resource --cleanup --resource {name} --node {target}"
            found.append(Problem(f"{name} has failed on {target} before", advice))
    return Check(f"{target} is online, and ready as its own monitor tells", tuple(found))


def check_devices(devices: Sequence[DeviceFacts], last: float | None) -> Check:
    """Whether they answer, are as they should be, and have watchdogs that outlast the move.

    ``last`` is how many seconds the last move took, where that is known.
    """
    found = [Problem(f"{one.label}: {text}", "berofos doctor") for one in devices for text in one.deviations]
    for one in devices:
        found += _watchdog_problems(one, last)
    armed = [f"{one.name}'s watchdog has {one.left} of {one.interval} s" for one in devices if one.interval]
    positions = ", ".join(f"{one.name} at {one.position}" for one in devices)
    return Check(f"devices answer: {positions}; {', '.join(armed) or 'no watchdog armed'}", tuple(found))


def _watchdog_problems(device: DeviceFacts, last: float | None) -> Iterator[Problem]:
    if device.interval is None:
        return
    needed = 3 * (UNKNOWN_DRILL if last is None else last)
    if device.interval < needed:
        what = f"{device.label}: its watchdog runs out after {device.interval} s; a move may take {needed / 3:g} s"
        yield Problem(what, f"watchdog_interval={needed:.0f} or more")
    if device.left is None or 2 * device.left < device.interval:
        left = "nobody knows how much" if device.left is None else f"{device.left} s"
        what = f"{device.label}: its watchdog has {left} left of {device.interval} s"
        yield Problem(what, "try again; if it stays so, who kicks it? berofos doctor")


class Calls(Enum):
    """What is done about calls in progress."""

    REFUSE = "refuse"
    WAIT = "wait for a moment without"
    DROP = "drop them"


def check_calls(calls: int | None, wish: Calls, plan: Plan, here: bool) -> Check:
    """Whether calls would drop; None: they can't be counted. ``here``: this is the node with the lines."""
    if calls is None:
        where = "asterisk here doesn't tell" if here else f"that takes asterisk on {plan.source}, and this is another"
        what = f"calls in progress can't be counted: {where}"
        if wish is Calls.DROP:
            return Check(what)
        return Check("", (Problem(what, f"run it on {plan.source}, or use --with-calls"),))
    counted = f"asterisk here: {calls} active channel{'' if calls == 1 else 's'}"
    if not calls:
        return Check(f"no call in progress ({counted})")
    what = f"calls in progress ({counted})"
    if wish is Calls.REFUSE:
        return Check("", (Problem(what, "wait, or --when-idle; --with-calls drops them"),))
    return Check(f"{what}: {'they will drop' if wish is Calls.DROP else 'they are waited for'}")


def check_simulation(there: Sequence[Action], afterwards: Sequence[Action], plan: Plan) -> Check:
    """Whether Pacemaker would move the relays, nothing but move, and leave it so when the rule has gone."""
    found = []
    moved = [one.resource for one in there if _moves(one, plan.source, plan.target)]
    for one in there:
        if not _moves(one, plan.source, plan.target):
            advice = "crm_mon; let it come to rest first"
            found.append(Problem(f"Pacemaker would also {one.what} {one.resource}", advice))
    missing = [name for name in plan.relays if name not in moved]
    if missing:
        advice = f"crm_simulate -sL; is {plan.leader} forbidden there?"
        found.append(Problem(f"Pacemaker would not move {', '.join(missing)} to {plan.target}", advice))
    if afterwards:
        names = ", ".join(dict.fromkeys(one.resource for one in afterwards))
        what = f"the lines would return by themselves when the rule goes: Pacemaker would act on {names}"
        found.append(Problem(what, "resource-stickiness=1000, and no location rule that outweighs it"))
    fine = f"Pacemaker would move: {', '.join(moved)}; nothing comes back when the rule goes"
    return Check(fine, tuple(found))


def rules_on(rules: Collection[MoveRule], plan: Plan, moving: Collection[str]) -> tuple[MoveRule, ...]:
    """The rules that concern what is to be moved."""
    return tuple(rule for rule in rules if rule.resource in {plan.leader, *plan.relays, *moving})


class Progress(Enum):
    """What has become of a move."""

    NOT_BEGUN = "not begun"
    UNDER_WAY = "under way"
    SETTLED = "settled"


def progress(places: Mapping[str, Sequence[str]], pending: bool, begun: bool, target: str) -> Progress:
    """It from where the moving resources are active, whether an action hasn't ended, and whether one has begun."""
    if not pending and all(tuple(nodes) == (target,) for nodes in places.values()):
        return Progress.SETTLED
    return Progress.UNDER_WAY if begun or pending else Progress.NOT_BEGUN


def _not_on_one_node(name: str, nodes: Sequence[str]) -> Problem:
    where = f"on {', '.join(nodes)}" if nodes else "nowhere"
    return Problem(f"{name} is active {where}", "crm_mon shows why")


def _moves(action: Action, source: str, target: str) -> bool:
    return (action.what, action.source, action.target) == (MOVE, source, target)


def _of(operation: str, names: Collection[str]) -> bool:
    return any(operation.startswith(f"{name}_") for name in names)
