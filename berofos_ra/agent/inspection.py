"""The monitor of a node that owns the relay: look at every device, kick its watchdog, judge, and show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import ocf

from berofos_ra.agent import attributes, journal, takeover
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import OCF_DEGRADED, SUCCESS, Outcome
from berofos_ra.agent.placement import Placement, look_up
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device, DeviceState
from berofos_ra.device.parallel import side_by_side
from berofos_ra.device.relay import joins
from berofos_ra.errors import BadAnswerError, BerofosError, DeviceError, explain
from berofos_ra.resource import spans
from berofos_ra.resource.record import DeviceRecord, Record, boot_clock, update_record
from berofos_ra.resource.verdict import Found, Health, Sight, Spans, Verdict, judge

_SETTINGS_LEVEL = 10  # the monitor depth from which on settings are compared too


class Look(NamedTuple):
    """One device as this monitor saw it: for the verdict, for its node attribute, for the record.

    ``settings`` are those that aren't as provisioned, as the verdict's reason shows them.
    """

    found: Found
    shown: str
    record: DeviceRecord
    settings: str | None = None


def inspect(call: Call, record: Record) -> Outcome:
    """The outcome of a monitor on the node that ``record`` makes the owner."""
    found = record
    if not call.is_recurring:
        # A probe follows a restart of Pacemaker or a clean-up, which may have lost the attributes: set them again.
        record = record._replace(attributes={})
        attributes.forget(call)
    parameters = call.parameters
    looks = _look_at_devices(call, record)
    watched, alarms = _look_at_spans(call)
    verdict = judge(
        [look.found for look in looks.values()],
        min_devices=parameters.min_devices,
        trust_unreachable=parameters.trust_unreachable,
        spans=watched,
        spans_reason=alarms,
        fail_on_all_spans=parameters.fail_on_span_alarm,
    )
    record = record._replace(devices={name: look.record for name, look in looks.items()})
    shown = {name: look.shown for name, look in looks.items()}
    if watched is not Spans.NOT_WATCHED or "berofos-spans" in record.attributes:
        # Beside the exit reason, which Pacemaker doesn't take over anew as long as the exit code stays the same.
        shown["spans"] = alarms or watched.value
    record = attributes.show(call, record, shown)
    if verdict.health is Health.OK:
        attributes.show_ready(call, None)
        if call.check_level >= _SETTINGS_LEVEL:
            attributes.restore(call)
    now = _with_trouble(call, record, verdict, {look.settings for look in looks.values()})
    try:
        if now != found and update_record(call.record, found, now):
            _log_changes(record, now)
    except OSError as error:
        # What can't be remembered isn't logged: it would be at every monitor. Pacemaker logs the exit reason.
        return _outcome(verdict, f"can't write {call.record}: {error.strerror}")
    return _outcome(verdict)


def _look_at_devices(call: Call, record: Record) -> dict[str, Look]:
    try:
        place = look_up(call)
    except BerofosError as error:
        # The lines don't depend on a file: every device is merely unknown.
        return {name: _unknown(known, explain(error), "unknown") for name, known in record.devices.items()}

    def look(device: DeviceConfig) -> Look:
        known = record.devices.get(device.name, DeviceRecord(device.label))
        with Device(device, call.parameters.timeout, call.devices_deadline) as berofos:
            return _look_at_device(call, place, berofos, device, known)

    results = side_by_side(place.devices, look, call.devices_deadline)
    looks: dict[str, Look] = {}
    for device in place.devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            known = record.devices.get(device.name, DeviceRecord(device.label))
            result = _unknown(known, takeover.trouble(device, place, result), takeover.trouble_word(result))
        looks[device.name] = result
    return {**looks, **_bring_back(call, place, record, looks)}


def _look_at_device(call: Call, place: Placement, berofos: Device, device: DeviceConfig, known: DeviceRecord) -> Look:
    try:
        look = _answered(call, place, berofos.read(), device, known)
    except DeviceError as error:
        look = _unknown(known, takeover.trouble(device, place, error), takeover.trouble_word(error))
    if place.watchdog and look.found.sight is not Sight.WRONG:
        look = _kick(berofos, device, look)
    return look


def _answered(call: Call, place: Placement, state: DeviceState, device: DeviceConfig, known: DeviceRecord) -> Look:
    ran_out = place.watchdog and state.watchdog_ran_out
    right = joins(state.position, place.expected) and not ran_out
    shown = state.position + _watchdog_words(state)
    record = known._replace(was_right=right, answered=True)
    if not right:
        why = "watchdog ran out, " if ran_out else ""
        reason = f"{device.label}: {why}relay is {state.position}, expected {place.expected}"
        return Look(Found(Sight.WRONG, reason), shown, record)
    if place.watchdog and not state.watchdog_on:
        return Look(Found(Sight.RIGHT, drift=f"{device.label}: watchdog is off, expected on"), shown, record)
    settings = _differing_settings(call, place, state, device)
    return Look(Found(Sight.RIGHT, drift=settings), shown, record, settings)


def _differing_settings(call: Call, place: Placement, state: DeviceState, device: DeviceConfig) -> str | None:
    if call.check_level < _SETTINGS_LEVEL:
        return None
    try:
        differing = state.differing(place.provisioned)
    except BadAnswerError as error:
        return f"{device.label}: {error}"
    if not differing:
        return None
    drifted = ", ".join(f"{k} is {int(state.get(k))}, expected {int(place.provisioned[k])}" for k in differing)
    return f"{device.label}: {drifted}"


def _kick(berofos: Device, device: DeviceConfig, look: Look) -> Look:
    try:
        berofos.kick()
    except DeviceError as error:
        if look.found.sight is Sight.UNKNOWN:
            return look
        drift = f"{device.label}: {error}"
        return look._replace(found=look.found._replace(drift=look.found.drift or drift))
    found = look.found._replace(watchdog_due=False)
    return look._replace(found=found, record=look.record._replace(kicked=boot_clock()))


def _watchdog_words(state: DeviceState) -> str:
    if state.watchdog_ran_out:
        return " (watchdog ran out)"
    if not state.watchdog_on:
        return ""
    left, interval = state.values.get("wdogrtime"), state.values.get("wdogitime")
    # The seconds change with every look, and each change makes Pacemaker think: shown only when they run low.
    if isinstance(left, int) and isinstance(interval, int) and left * 4 < interval:
        return f" (watchdog {left} s)"
    return " (watchdog on)"


def _unknown(known: DeviceRecord, reason: str, shown: str) -> Look:
    due = known.watchdog_left(boot_clock()) == 0
    found = Found(Sight.UNKNOWN, reason, was_right=known.was_right, watchdog_due=due)
    return Look(found, shown, known._replace(answered=False))


def _bring_back(call: Call, place: Placement, record: Record, looks: Mapping[str, Look]) -> dict[str, Look]:
    """Switch devices that were away until now and have come back on the wrong side; they as they are now.

    Only while another device proves that the lines are still ours: after a partition they may have gone to the
    peer, and it is Pacemaker's to say who keeps them.
    """
    returned = [
        device
        for device in place.devices
        if looks[device.name].found.sight is Sight.WRONG
        and not record.devices.get(device.name, DeviceRecord(device.label)).answered
    ]
    if not returned or not any(look.found.sight is Sight.RIGHT for look in looks.values()):
        return {}
    results = takeover.take_over_all(returned, place, call.devices_deadline)
    return {
        device.name: Look(Found(Sight.RIGHT), takeover.show(result), takeover.device_record(device, place, result))
        for device in returned
        if not isinstance(result := results[device.name], DeviceError)
    }


def _look_at_spans(call: Call) -> tuple[Spans, str]:
    alarms = spans.read_alarms(call.parameters.spans_of(call.node))
    if not alarms:
        return Spans.NOT_WATCHED, ""
    if not any(alarms.values()):
        return Spans.CLEAR, ""
    return Spans.ALL_IN_ALARM if all(alarms.values()) else Spans.SOME_IN_ALARM, spans.describe_alarms(alarms)


def _with_trouble(call: Call, record: Record, verdict: Verdict, settings: Collection[str | None]) -> Record:
    """The record with the trouble that is to be logged.

    Settings apart: the monitors between two thorough ones don't see whether they are still wrong.
    """
    reported = "; ".join(reason for reason in verdict.reasons if reason not in settings)
    drifted = record.drifted
    if call.check_level >= _SETTINGS_LEVEL and not reported:  # else some devices' settings weren't looked at
        drifted = "; ".join(verdict.reasons)
    return record._replace(reported=reported, drifted=drifted)


def _log_changes(before: Record, now: Record) -> None:
    """Log trouble once, when it comes and when it goes, and not at every monitor."""
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
