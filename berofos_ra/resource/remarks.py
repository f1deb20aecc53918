"""What an administrator should know of the resources in a running cluster, beside their devices. Pure.

Could another node take over, does the resource run on one node, what have maintenance and earlier moves left? The
devices' own state is `deviations`' to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from berofos_ra.cluster.attribute_names import unready_reason
from berofos_ra.resource.actions import STANDBY_ADVICE

if TYPE_CHECKING:
    from berofos_ra.cluster.rules import MoveRule
    from berofos_ra.cluster.view import ClusterView, RelayResource
    from berofos_ra.device.state import DeviceState
    from berofos_ra.resource.parameters import Parameters


class Remark(NamedTuple):
    """One thing, and what to do about it.

    ``counts``: something isn't as it should be; else it is merely to be known. ``is_grave``: the lines may be wrong
    now, not only when the node dies.
    """

    what: str
    advice: str
    counts: bool = True
    is_grave: bool = False


def place_remarks(view: ClusterView, relay: RelayResource, parameters: Parameters) -> Iterator[Remark]:
    """Where a resource is active, and where it can't be."""
    name = relay.name
    if relay.is_cloned:
        advice = "take the clone away: one node has the lines"
        yield Remark(f"{name}: is cloned, which would throw the relay to and fro", advice, is_grave=True)
    if len(relay.nodes) != 1:
        where = f"active on {', '.join(relay.nodes)}" if relay.nodes else "active nowhere"
        yield Remark(f"{name}: {where}", "crm_mon shows why; then crm_resource --cleanup", is_grave=True)
    for node in parameters.wiring.nodes:
        if node.casefold() in view.remote:
            what = f"{name}: {node} is a Pacemaker Remote node, which can't be wired to the relay"
            yield Remark(what, "make it a cluster node", is_grave=True)


def standby_remarks(view: ClusterView, relay: RelayResource, parameters: Parameters) -> Iterator[Remark]:
    """Why no other wired node could take the lines over, if it had to; what it tells itself is apart."""
    name, wired = relay.name, parameters.wiring.nodes
    if len(relay.nodes) != 1 or len(wired) < 2:
        return
    away = {node.casefold(): why for node, why in view.away.items()}
    ready = {node.casefold() for node in view.ready}
    members = {node.casefold() for node in view.nodes}
    for node in wired:
        if node.casefold() == relay.nodes[0].casefold() or node.casefold() not in members:
            continue
        if node.casefold() in away:
            yield Remark(f"{name}: no standby: {node} is {away[node.casefold()]}", f"bring {node} back")
        elif not relay.watches_standby:
            what = f"{name}: no standby is known: no monitor tells whether {node} could take over"
            yield Remark(what, STANDBY_ADVICE)
        elif node.casefold() not in ready:
            what = f"{name}: no standby is known: {node} hasn't told yet whether it could take over"
            yield Remark(what, "wait for its monitor, then see its log")


def readiness_remarks(view: ClusterView) -> Iterator[Remark]:
    """Which nodes couldn't take over, as they tell themselves."""
    for node, value in view.ready.items():
        reason = unready_reason(value)
        if reason is not None:
            advice = f"put it right on {node}: berofos doctor there says more"
            yield Remark(f"node {node} couldn't take over: {reason}", advice)


def move_remarks(moves: Collection[MoveRule], now: datetime) -> Iterator[Remark]:
    """What earlier moves have left."""
    for rule in moves:
        clear = rule.clear_command
        if rule.is_over(now):
            yield Remark(f"{rule.id}: a rule of an earlier move, which is over", f"{clear} --expired", counts=False)
        else:
            until = "without end" if rule.end is None else f"until {rule.end:%Y-%m-%d %H:%M:%S%Z}"
            yield Remark(f"{rule.id}: a rule of an earlier move still binds {rule.resource}, {until}", clear)


def pause_remarks(view: ClusterView) -> Iterator[Remark]:
    """Since when, by whom and why there is a pause."""
    for pause in view.pauses:
        what = f"{pause.words} (as {pause.node} has it)"
        if all(relay.managed for relay in view.relays):
            what = f"{what}, but that was cut short: Pacemaker acts on the relays"
            yield Remark(what, "berofos resume takes back what was done of it")
        else:
            yield Remark(what, "berofos resume ends it", counts=False)


def watchdog_remark(relay: RelayResource, parameters: Parameters, label: str, state: DeviceState) -> Remark | None:
    """An armed watchdog that Pacemaker doesn't have kicked, and what becomes of the lines."""
    if relay.is_watched or not parameters.wiring.topology.watchdog or not state.shows_watchdog_on:
        return None
    left = state.values.get("wdogrtime")
    when = f"in {left} s" if isinstance(left, int) else "soon"
    lines_on = parameters.wiring.lines_on(mode=False)
    what = f"{label}: watchdog runs out {when}, the lines then go to {lines_on}: in maintenance mode nobody kicks it"
    return Remark(what, "end the maintenance, or turn it off: berofos set wdog=0", is_grave=True)
