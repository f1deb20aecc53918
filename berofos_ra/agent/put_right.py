"""What a monitor puts right by itself: a device on the wrong side, while another proves that the lines are here.

It isn't left to Pacemaker's recovery, which would stop what depends on the resource and drop the calls of healthy
devices. Whether it may is `verdict.may_put_right`'s to say, and how often `repairs`'. A device that was replaced is
taken in likewise, and a watchdog armed that nobody has armed yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.in_effect import InEffect
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.known_devices import KnownDevice
from berofos_ra.agent.observation import Observation, answered
from berofos_ra.agent.outcome import cannot_write
from berofos_ra.agent.takeover import is_peers_hand, is_right, result_shown, take_over, taken_over
from berofos_ra.clock import boot_clock
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.errors import DeviceError, KickUnansweredError
from berofos_ra.resource import repairs
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.devices import history_key, is_same_device
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import all_records, update_record
from berofos_ra.resource.repairs import Histories, History
from berofos_ra.resource.verdict import DeviceFinding, Side, Spans, holds_the_lines, may_put_right


class Observations(NamedTuple):
    """What a monitor has seen until now; ``record`` is what the record file holds."""

    record: Record
    known: Mapping[str, KnownDevice]
    observed: Mapping[str, Observation]
    histories: Histories


def put_right(call: Call, effect: InEffect, seen: Observations, spans: Spans, kicks: Kicks) -> Observations:
    """Put right what may be put right now; what is seen then."""
    replaced = _replaced(call, seen) if any(one.successor is not None for one in seen.known.values()) else {}
    away = _away(effect, seen, spans)
    unarmed = [
        name
        for name, observation in seen.observed.items()
        if effect.desired.is_armed and _is_unarmed(observation) and name not in replaced
    ]
    if not (replaced or away or unarmed) or not call.pacemaker.is_managed(call.instance):
        return seen
    seen = _with_replaced(call, effect, seen, replaced)
    taken_in = [name for name in replaced if seen.known[name].successor is None]
    away = [name for name in seen.observed if name in away or name in taken_in]
    allowed = _allowed(call, effect, seen, away)
    seen = _with_left_to_the_peer(effect, seen, set(away).difference(allowed))
    chosen = [*allowed, *unarmed]
    if not chosen:
        return seen
    told = _noted_before(call, seen, chosen, effect.desired)
    return seen if told is None else _tell(call, effect, told, chosen, kicks)


def _away(effect: InEffect, seen: Observations, spans: Spans) -> list[str]:
    """The devices on the wrong side whose turn it is, while another proves that the lines are here."""
    findings = [observation.finding for observation in seen.observed.values()]
    if not holds_the_lines(findings, effect.parameters.trust_unreachable, spans):
        return []
    now = boot_clock()
    return [
        name
        for name, observation in seen.observed.items()
        if observation.finding.side is Side.ELSEWHERE
        and seen.histories.get(history_key(observation.record), History()).is_due(now)
    ]


def _is_unarmed(observation: Observation) -> bool:
    """Whether its watchdog is off, and not because somebody turned off what we armed."""
    state = observation.state
    never_armed = observation.record.watchdog_interval is None or observation.record.arming
    return observation.finding.side is Side.THIS_NODE and never_armed and state is not None and not state.watchdog_on


def _allowed(call: Call, effect: InEffect, seen: Observations, away: Sequence[str]) -> list[str]:
    """Those of the devices away that this monitor may put right; Pacemaker acts on the resource."""
    if not away:
        return []
    peer = effect.desired.wiring.peer_of(effect.desired.node)
    there = None if peer is None else call.pacemaker.peer_state(peer, call.instance)
    idle = True if peer is None else there is not None and there.is_idle
    down = there is not None and there.expected_down
    proven = any(observation.finding.side is Side.THIS_NODE for observation in seen.observed.values())
    return [
        name
        for name in away
        if (state := seen.observed[name].state) is not None
        and may_put_right(
            True,
            idle,
            down,
            peer is not None and is_peers_hand(state, effect.desired),
            _was_there(seen.record, name, state),
            proven,
        )
    ]


def _with_left_to_the_peer(effect: InEffect, seen: Observations, left: Collection[str]) -> Observations:
    """The same where those that aren't put right because of the peer say so."""
    peer, observed = effect.desired.wiring.peer_of(effect.desired.node), dict(seen.observed)
    for name in left:
        finding = observed[name].finding
        reason = f"{finding.reason}; left to {peer}, which may have taken it"
        observed[name] = observed[name]._replace(finding=finding._replace(reason=reason))
    return seen._replace(observed=observed)


def _was_there(record: Record, name: str, state: DeviceState) -> bool:
    """Whether the monitor before saw the relay on the other side already, as it is now."""
    known = record.devices.get(name)
    return known is not None and not known.was_right and known.seen == state.position


def _replaced(call: Call, seen: Observations) -> dict[str, DeviceConfig]:
    """The devices in whose place there is another box now, that no other resource here has."""
    from berofos_ra.agent.whereabouts import replaced  # hardly ever needed

    taken: list[DeviceRecord] = [
        held
        for instance, record in all_records(call.record_path.parent)
        for name, held in record.devices.items()
        if instance != call.instance or name not in seen.known or seen.known[name].successor is None
    ]
    return {
        name: device
        for name, device in replaced(seen.known).items()
        if not any(is_same_device(device, held) for held in taken)
    }


def _with_replaced(
    call: Call, effect: InEffect, seen: Observations, replaced: Mapping[str, DeviceConfig]
) -> Observations:
    """The same with the new boxes in the place of the old ones, as far as they can be asked."""
    states = call.ask_all(
        list(replaced.values()),
        lambda berofos: berofos.read(effect.desired.relay_settings),
        effect.parameters.timeout,
    )
    known, observed = dict(seen.known), dict(seen.observed)
    for name, state in states.items():
        successor, device = seen.known[name].successor, replaced[name]
        if isinstance(state, DeviceState) and successor is not None:
            old = seen.known[name].device
            journal.notice(f"{device.label}: taken in, mac {device.mac}, in place of the box with mac {old.mac}")
            known[name] = KnownDevice(device)
            record = DeviceRecord(str(successor.host), str(device.host), device.port, device.mac)
            observed[name] = answered(call, effect.desired, device.label, state, record, None)
    return seen._replace(known=known, observed=observed)


def _noted_before(
    call: Call, seen: Observations, chosen: Sequence[str], desired: DesiredState
) -> Observations | None:
    """Before anything is written the record says what may be on its way; None: it can't be noted, or was stopped."""
    record = seen.record
    for name in chosen:
        one = seen.observed[name].record
        moves = seen.observed[name].finding.side is Side.ELSEWHERE
        record = record.with_device(name, one.told(boot_clock(), moves, desired.armed_for))
    try:
        if not update_record(call.record_path, seen.record, record):
            return None
    except OSError as error:
        journal.warning(f"nothing is put right: {cannot_write(call.record_path, error).reasons[0]}")
        return None
    return seen._replace(record=record)


def _tell(call: Call, effect: InEffect, seen: Observations, chosen: Sequence[str], kicks: Kicks) -> Observations:
    desired = effect.desired

    def tell(berofos: Device) -> Applied:
        before = berofos.read((*desired.provisioned, *desired.relay_settings))
        if not is_right(before, desired) and desired.is_armed:
            berofos.ping()  # one that can't be kicked would only fall back again
        return take_over(berofos, before, desired)

    results = call.ask_all([seen.known[name].device for name in chosen], tell, effect.parameters.timeout)
    observed, histories = dict(seen.observed), seen.histories
    for name in chosen:
        result, before = results[name], observed[name]
        key, now = history_key(before.record), boot_clock()
        if isinstance(result, Applied):
            record = taken_over(before.record, result, desired)
            observed[name] = Observation(DeviceFinding(Side.THIS_NODE), result_shown(result), record, result.after)
            histories = repairs.put_right(histories, key, now)
            kicks.begin({name: record})
            continue
        observed[name] = _not_put_right(before, result, effect)
        if result.nothing_written:
            continue
        if isinstance(result, KickUnansweredError):
            histories = repairs.put_right(histories, key, now)  # it obeys; it is to wait until it can be kicked
        else:
            histories = repairs.tried_in_vain(histories, key, now)
    return seen._replace(observed=observed, histories=histories)


def _not_put_right(before: Observation, error: DeviceError, effect: InEffect) -> Observation:
    """A device that wasn't put right, and what may have been written to it all the same."""
    moves, finding = before.finding.side is Side.ELSEWHERE, before.finding
    if moves:
        finding = finding._replace(reason=f"{finding.reason}; not put right: {error}")
    if error.nothing_written:
        return before._replace(finding=finding)
    if moves:
        finding = finding._replace(is_deaf=not isinstance(error, KickUnansweredError))
    return before._replace(finding=finding, record=before.record.told(boot_clock(), moves, effect.desired.armed_for))
