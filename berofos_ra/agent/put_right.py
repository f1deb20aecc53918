"""What a monitor puts right by itself: a device on the wrong side, while another proves that the lines are here.

It isn't left to Pacemaker's recovery, which would stop what depends on the resource and drop the calls of healthy
devices. Whether it may is `verdict.may_put_right`'s to say, and how often `repairs`'.
"""

from __future__ import annotations

from collections.abc import Mapping

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.in_effect import InEffect
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.known_devices import KnownDevice
from berofos_ra.agent.observation import Observation
from berofos_ra.agent.takeover import (
    error_reason,
    history_key,
    is_peers_hand,
    is_right,
    result_shown,
    take_over,
    taken_over,
)
from berofos_ra.clock import boot_clock
from berofos_ra.device.device import Applied, Device
from berofos_ra.errors import NoEffectError
from berofos_ra.resource import repairs
from berofos_ra.resource.repairs import Histories, History
from berofos_ra.resource.verdict import DeviceFinding, Side, Spans, holds_the_lines, may_put_right

Observed = dict[str, Observation]


def put_right(
    call: Call,
    effect: InEffect,
    known: Mapping[str, KnownDevice],
    observed: Observed,
    histories: Histories,
    spans: Spans,
    kicks: Kicks,
) -> tuple[Observed, Histories]:
    """Put right what may be put right now; the observations and histories as they are then."""
    findings = [observation.finding for observation in observed.values()]
    if not holds_the_lines(findings, effect.parameters.trust_unreachable, spans):
        return observed, histories
    now = boot_clock()
    away = [
        name
        for name, observation in observed.items()
        if observation.finding.side is Side.ELSEWHERE
        and histories.get(history_key(observation.record), History()).is_due(now)
    ]
    if not away or not (allowed := _allowed(call, effect, observed, away)):
        return observed, histories

    def tell(berofos: Device) -> Applied:
        before = berofos.read((*effect.desired.provisioned, *effect.desired.relay_settings))
        if not is_right(before, effect.desired) and effect.desired.is_armed:
            berofos.ping()  # one that can't be kicked would only fall back again
        return take_over(berofos, before, effect.desired)

    devices = [known[name].device for name in allowed]
    results = call.ask_all(devices, tell, effect.parameters.timeout)
    after = dict(observed)
    for name in allowed:
        result, observation = results[name], observed[name]
        key = history_key(observation.record)
        if isinstance(result, Applied):
            record = taken_over(observation.record, result, effect.desired)
            after[name] = Observation(DeviceFinding(Side.THIS_NODE), result_shown(result), record, result.after)
            histories = repairs.put_right(histories, key, boot_clock())
            kicks.begin({name: record})
            continue
        journal.warning(f"can't be put right: {error_reason(known[name].device.label, result, effect.desired)}")
        if not result.nothing_written or isinstance(result, NoEffectError):
            histories = repairs.tried_in_vain(histories, key, boot_clock())
            told = observation.record._replace(told_at=None if result.nothing_written else boot_clock())
            finding = observation.finding._replace(is_deaf=True)
            after[name] = observation._replace(finding=finding, record=told)
    return after, histories


def _allowed(call: Call, effect: InEffect, observed: Observed, away: list[str]) -> list[str]:
    """Those of the devices away that this monitor may put right."""
    resource, node = call.instance, effect.desired.node
    managed = call.pacemaker.is_managed(resource)
    if not managed:
        return []
    peer = effect.desired.wiring.peer_of(node)
    there = None if peer is None else call.pacemaker.peer_state(peer, resource)
    idle = True if peer is None else there is not None and there.is_idle
    down = there is not None and there.expected_down
    return [
        name
        for name in away
        if (state := observed[name].state) is not None
        and may_put_right(managed, idle, down, is_peers_hand(state, effect.desired))
    ]
