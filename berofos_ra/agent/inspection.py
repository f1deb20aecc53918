"""The monitor of a node that owns the relay: kick, observe every device, put right what may be, judge, publish."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import ocf

from berofos_ra.agent import attributes, journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.in_effect import InEffect, in_effect
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.known_devices import KnownDevice, KnownDevices, known_devices
from berofos_ra.agent.observation import Observation, observe
from berofos_ra.agent.outcome import OCF_DEGRADED, SUCCESS, Outcome, cannot_write
from berofos_ra.agent.put_right import Observations, put_right
from berofos_ra.clock import boot_clock
from berofos_ra.cluster import attribute_names
from berofos_ra.resource import repairs, spans
from berofos_ra.resource.actions import SETTINGS_DEPTH
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.devices import history_key
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import read_histories, update_record, write_histories
from berofos_ra.resource.repairs import Histories
from berofos_ra.resource.verdict import Health, Side, Spans, Verdict, judge


def inspect(call: Call, record: Record, kicks: Kicks) -> Outcome:
    """The outcome of a monitor on the node that ``record`` makes the owner; what was right is kicked already."""
    effect = in_effect(call, record)
    if effect is None:
        return Outcome(OCF_DEGRADED, ("parameters make no sense, and the record is an older version's",))
    found = known_devices(record, effect.parameters)
    known = _with_macs(call, record, found.devices)
    for name, one in known.items():
        if one.elsewhere is not None:
            kicks.know_host(name, str(one.elsewhere.host))
    if call.is_recurring:
        completed = {name: _completed(record.devices[name], one) for name, one in known.items()}
        kicks.begin({name: one for name, one in completed.items() if one.is_worth_a_kick})
    return _inspect(call, record, effect, found._replace(devices=dict(known)), kicks)


def _with_macs(call: Call, record: Record, known: Mapping[str, KnownDevice]) -> Mapping[str, KnownDevice]:
    """The devices with the MACs that neither record nor file has, asked for now and then; at once to kick them."""
    lacking = [
        one.device
        for name, one in known.items()
        if one.device.mac is None
        and one.device.host is not None
        and (call.check_level >= SETTINGS_DEPTH or record.devices[name].watchdog_interval is not None)
    ]
    if not lacking:
        return known
    from berofos_ra.agent.whereabouts import learn_macs  # once in the life of an ownership

    learned = learn_macs(lacking)
    return {
        name: one._replace(device=one.device._replace(mac=learned[name])) if name in learned else one
        for name, one in known.items()
    }


def _completed(record: DeviceRecord, known: KnownDevice) -> DeviceRecord:
    """What a record of an older version lacks to be kicked."""
    device = known.device
    return record._replace(host=record.host or device.host or "", mac=device.mac)


def _inspect(call: Call, before: Record, effect: InEffect, found: KnownDevices, kicks: Kicks) -> Outcome:
    parameters, known = effect.parameters, found.devices
    answers = observe(call, effect, before, known, kicks)
    watched, alarms = _observe_spans(parameters.spans_of(effect.desired.node))
    histories_before = read_histories(call.record_path)
    observed, histories = _noted(histories_before, answers)
    seen = Observations(before, known, observed, histories)
    if call.is_recurring:
        seen = put_right(call, effect, seen, watched, kicks)
    observed = seen.observed
    verdict = judge(
        [observation.finding for observation in observed.values()],
        min_devices=parameters.min_devices,
        trust_unreachable=parameters.trust_unreachable,
        spans=watched,
        spans_reason=alarms,
        fail_on_all_spans=parameters.fail_on_span_alarm,
        cause=found.unusable,
        other_reasons=(*effect.reasons, *found.new, *_odd(seen)),
    )
    histories = _with_verdict(call, verdict, seen.histories)
    if histories != histories_before:
        write_histories(call.record_path, histories)
    record = before._replace(devices={name: observation.record for name, observation in observed.items()})
    record = record._replace(node=effect.desired.node, parameters=record.parameters or call.given_parameters)
    shown = {attribute_names.of_device(name): observation.shown for name, observation in observed.items()}
    if watched is not Spans.NOT_WATCHED or attribute_names.SPANS in record.attributes:
        # Beside the exit reason, which Pacemaker doesn't take over anew as long as the exit code stays the same.
        shown[attribute_names.SPANS] = alarms or watched.value
    record = _published(call, record, shown, effect.desired)
    after = _with_reasons(call, record, verdict, {observation.settings for observation in observed.values()})
    try:
        if after.without_kicks != seen.record.without_kicks and update_record(call.record_path, seen.record, after):
            _log_changes(before, after)
    except OSError as error:
        # What can't be remembered isn't logged: it would be at every monitor. Pacemaker logs the exit reason.
        return _outcome(verdict, *cannot_write(call.record_path, error).reasons)
    return _outcome(verdict)


def _odd(seen: Observations) -> list[str]:
    """What of file and record doesn't go together, but where the device has just been found."""
    return [
        one.odd
        for name, one in seen.known.items()
        if one.odd and (one.elsewhere is None or seen.observed[name].record.host != one.elsewhere.host)
    ]


def _published(call: Call, record: Record, shown: dict[str, str], desired: DesiredState) -> Record:
    """The record with the node attributes as they are then."""
    if not call.is_recurring:
        # A probe follows a restart of Pacemaker or a clean-up, which may have lost the attributes: set them again.
        record = record._replace(attributes={})
        attributes.forget_published(call)
    elif call.check_level >= SETTINGS_DEPTH:
        record = attributes.restore_missing(call, record, desired.wiring.peer_of(desired.node))
    record = attributes.publish(call, record, shown)
    attributes.publish_readiness(call, None)  # the owner always is: else a rule would move it away
    return record


def _observe_spans(watched: tuple[int, ...]) -> tuple[Spans, str]:
    alarms = spans.read_alarms(watched)
    if not alarms:
        return Spans.NOT_WATCHED, ""
    if not any(alarms.values()):
        return Spans.CLEAR, ""
    return Spans.ALL_IN_ALARM if all(alarms.values()) else Spans.SOME_IN_ALARM, spans.describe_alarms(alarms)


def _noted(histories: Histories, observed: Mapping[str, Observation]) -> tuple[Mapping[str, Observation], Histories]:
    """The histories with what has moved away since, and with what stayed; the observations with what is deaf."""
    now, after = boot_clock(), dict(observed)
    for name, observation in observed.items():
        side, key = observation.finding.side, history_key(observation.record)
        if side is Side.ELSEWHERE and observation.record.is_ours:
            histories = repairs.found_away(histories, key, now)
        elif side is Side.THIS_NODE:
            histories = repairs.found_right(histories, key, now)
        if side is Side.ELSEWHERE and key in histories and histories[key].deaf:
            after[name] = observation._replace(finding=observation.finding._replace(is_deaf=True))
    return after, histories


def _with_verdict(call: Call, verdict: Verdict, histories: Histories) -> Histories:
    """The histories with what becomes of the resource as a whole."""
    if not call.is_recurring:
        return {}  # it is an operator's clean-up that begins with a probe; a failure-timeout doesn't
    if verdict.health is Health.FAILED:
        return repairs.found_away(histories, repairs.RESOURCE, boot_clock())
    if verdict.health is Health.OK:
        return repairs.found_right(histories, repairs.RESOURCE, boot_clock())
    return histories


def _with_reasons(call: Call, record: Record, verdict: Verdict, settings: Collection[str | None]) -> Record:
    """The record with the reasons that are to be logged.

    Settings apart: the monitors between two thorough ones don't see whether they still deviate.
    """
    reported = "; ".join(reason for reason in verdict.reasons if reason not in settings)
    drifted = record.drifted
    if call.check_level >= SETTINGS_DEPTH and not reported:  # else some devices' settings weren't compared
        drifted = "; ".join(verdict.reasons)
    return record._replace(reported=reported, drifted=drifted)


def _log_changes(before: Record, now: Record) -> None:
    """Log reasons once, when they come and when they go, and not at every monitor."""
    for old, new in ((before.reported, now.reported), (before.drifted, now.drifted)):
        if new and new != old:
            journal.warning(new)
        elif old and not new:
            journal.notice(f"{'over' if now.reported or now.drifted else 'all is well again'} (was: {old})")


def _outcome(verdict: Verdict, *more: str) -> Outcome:
    reasons = (*verdict.reasons, *more)
    if not reasons:
        return SUCCESS
    return Outcome(ocf.OCF_ERR_GENERIC if verdict.health is Health.FAILED else OCF_DEGRADED, reasons)
