"""The monitor of a node that owns the relay: kick, observe every device, put right what may be, judge, publish."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import ocf

from berofos_ra.agent import attributes, journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.in_effect import InEffect, in_effect
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.known_devices import KnownDevice, known_devices
from berofos_ra.agent.observation import Observation, observe
from berofos_ra.agent.outcome import OCF_DEGRADED, SUCCESS, Outcome, cannot_write
from berofos_ra.agent.put_right import put_right
from berofos_ra.agent.takeover import history_key
from berofos_ra.clock import boot_clock
from berofos_ra.cluster import attribute_names
from berofos_ra.resource import repairs, spans
from berofos_ra.resource.actions import SETTINGS_DEPTH
from berofos_ra.resource.record import Record
from berofos_ra.resource.record_file import read_histories, update_record, write_histories
from berofos_ra.resource.repairs import Histories
from berofos_ra.resource.verdict import Health, Side, Spans, Verdict, judge


def inspect(call: Call, record: Record) -> Outcome:
    """The outcome of a monitor on the node that ``record`` makes the owner."""
    with Kicks(call.record_path, call.started + call.timeout) as kicks:
        if call.is_recurring:
            # By what was last seen: whatever else is the matter, the lines are to stay where they are.
            kicks.begin({name: one for name, one in record.devices.items() if one.was_right or not one.answered})
        effect = in_effect(call, record)
        if effect is None:
            return Outcome(OCF_DEGRADED, ("parameters make no sense, and the record is an older version's",))
        known, odd = known_devices(record, effect.parameters)
        for name, one in known.items():
            if one.elsewhere is not None:
                kicks.know_host(name, str(one.elsewhere.host))
        return _inspect(call, record, effect, known, (*effect.reasons, *odd), kicks)


def _inspect(
    call: Call,
    before: Record,
    effect: InEffect,
    known: Mapping[str, KnownDevice],
    odd: tuple[str, ...],
    kicks: Kicks,
) -> Outcome:
    parameters, record = effect.parameters, before
    if not call.is_recurring:
        # A probe follows a restart of Pacemaker or a clean-up, which may have lost the attributes: set them again.
        record = record._replace(attributes={})
        attributes.forget_published(call)
    observed = observe(call, effect, record, known, kicks)
    watched, alarms = _observe_spans(parameters.spans_of(effect.desired.node))
    histories = _noted(read_histories(call.record_path), observed)
    if call.is_recurring:
        observed, histories = put_right(call, effect, known, observed, histories, watched, kicks)
    verdict = judge(
        [observation.finding for observation in observed.values()],
        min_devices=parameters.min_devices,
        trust_unreachable=parameters.trust_unreachable,
        spans=watched,
        spans_reason=alarms,
        fail_on_all_spans=parameters.fail_on_span_alarm,
        other_reasons=odd,
    )
    _remember(call, verdict, histories)
    record = record._replace(devices={name: observation.record for name, observation in observed.items()})
    record = record._replace(node=effect.desired.node, parameters=record.parameters or call.given_parameters)
    shown = {attribute_names.of_device(name): observation.shown for name, observation in observed.items()}
    if watched is not Spans.NOT_WATCHED or attribute_names.SPANS in record.attributes:
        # Beside the exit reason, which Pacemaker doesn't take over anew as long as the exit code stays the same.
        shown[attribute_names.SPANS] = alarms or watched.value
    record = attributes.publish(call, record, shown)
    if verdict.health is not Health.FAILED:
        attributes.publish_readiness(call, None)  # the owner always is: else a rule would move it away
        if call.check_level >= SETTINGS_DEPTH:
            attributes.resend_missing(call, record)
    after = _with_reasons(call, record, verdict, {observation.settings for observation in observed.values()})
    try:
        if after != before and update_record(call.record_path, before, after):
            _log_changes(record, after)
    except OSError as error:
        # What can't be remembered isn't logged: it would be at every monitor. Pacemaker logs the exit reason.
        return _outcome(verdict, *cannot_write(call.record_path, error).reasons)
    return _outcome(verdict)


def _observe_spans(watched: tuple[int, ...]) -> tuple[Spans, str]:
    alarms = spans.read_alarms(watched)
    if not alarms:
        return Spans.NOT_WATCHED, ""
    if not any(alarms.values()):
        return Spans.CLEAR, ""
    return Spans.ALL_IN_ALARM if all(alarms.values()) else Spans.SOME_IN_ALARM, spans.describe_alarms(alarms)


def _noted(histories: Histories, observed: Mapping[str, Observation]) -> Histories:
    """The histories with what has moved away since, and with what stayed."""
    now = boot_clock()
    for observation in observed.values():
        side, key = observation.finding.side, history_key(observation.record)
        if side is Side.ELSEWHERE and observation.record.is_ours:
            histories = repairs.found_away(histories, key, now)
        elif side is Side.THIS_NODE:
            histories = repairs.found_right(histories, key, now)
    return histories


def _remember(call: Call, verdict: Verdict, histories: Histories) -> None:
    if not call.is_recurring:
        histories = {}  # it is an operator's clean-up that begins with a probe; a failure-timeout doesn't
    elif verdict.health is Health.FAILED:
        histories = repairs.found_away(histories, repairs.RESOURCE, boot_clock())
    elif verdict.health is Health.OK:
        histories = repairs.found_right(histories, repairs.RESOURCE, boot_clock())
    write_histories(call.record_path, histories)


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
