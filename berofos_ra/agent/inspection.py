"""The monitor of a node that owns the relay: observe every device, judge, publish it, and remember it."""

from __future__ import annotations

from collections.abc import Collection

import ocf

from berofos_ra.agent import attributes, journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.observation import observe
from berofos_ra.agent.outcome import OCF_DEGRADED, SUCCESS, Outcome, cannot_write
from berofos_ra.cluster import attribute_names
from berofos_ra.resource import spans
from berofos_ra.resource.actions import SETTINGS_DEPTH
from berofos_ra.resource.record import Record, update_record
from berofos_ra.resource.verdict import Health, Spans, Verdict, judge


def inspect(call: Call, record: Record) -> Outcome:
    """The outcome of a monitor on the node that ``record`` makes the owner."""
    before = record
    if not call.is_recurring:
        # A probe follows a restart of Pacemaker or a clean-up, which may have lost the attributes: set them again.
        record = record._replace(attributes={})
        attributes.forget_published(call)
    parameters = call.parameters
    observed = observe(call, record)
    watched, alarms = _observe_spans(call)
    verdict = judge(
        [observation.finding for observation in observed.values()],
        min_devices=parameters.min_devices,
        trust_unreachable=parameters.trust_unreachable,
        spans=watched,
        spans_reason=alarms,
        fail_on_all_spans=parameters.fail_on_span_alarm,
    )
    record = record._replace(devices={name: observation.record for name, observation in observed.items()})
    shown = {attribute_names.of_device(name): observation.shown for name, observation in observed.items()}
    if watched is not Spans.NOT_WATCHED or attribute_names.SPANS in record.attributes:
        # Beside the exit reason, which Pacemaker doesn't take over anew as long as the exit code stays the same.
        shown[attribute_names.SPANS] = alarms or watched.value
    record = attributes.publish(call, record, shown)
    if verdict.health is Health.OK:
        attributes.publish_readiness(call, None)
        if call.check_level >= SETTINGS_DEPTH:
            # When nodes meet again the CIB can lose attributes that Pacemaker knows (2.1.5 does). Setting a value
            # that is known already wouldn't bring it back.
            call.pacemaker.resend_attributes()
    after = _with_reasons(call, record, verdict, {observation.settings for observation in observed.values()})
    try:
        if after != before and update_record(call.record_path, before, after):
            _log_changes(record, after)
    except OSError as error:
        # What can't be remembered isn't logged: it would be at every monitor. Pacemaker logs the exit reason.
        return _outcome(verdict, *cannot_write(call.record_path, error).reasons)
    return _outcome(verdict)


def _observe_spans(call: Call) -> tuple[Spans, str]:
    alarms = spans.read_alarms(call.parameters.spans_of(call.node))
    if not alarms:
        return Spans.NOT_WATCHED, ""
    if not any(alarms.values()):
        return Spans.CLEAR, ""
    return Spans.ALL_IN_ALARM if all(alarms.values()) else Spans.SOME_IN_ALARM, spans.describe_alarms(alarms)


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
