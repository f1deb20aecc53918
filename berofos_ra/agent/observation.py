"""What the devices answer to the monitor of a node that owns the relay; it kicks their watchdogs as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.agent.call import Call
from berofos_ra.agent.takeover import device_record, error_reason, error_shown, result_shown, take_over
from berofos_ra.clock import boot_clock
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device, DeviceState
from berofos_ra.errors import BadAnswerError, BerofosError, DeviceError, explain
from berofos_ra.resource.actions import SETTINGS_DEPTH
from berofos_ra.resource.deviations import Kind, deviations, setting_deviations
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.verdict import DeviceFinding, Side


class Observation(NamedTuple):
    """What one device answered, or why it didn't: for the verdict, for its node attribute, for the record.

    ``settings`` are those that aren't as provisioned, as the verdict's reason shows them.
    """

    finding: DeviceFinding
    shown: str
    record: DeviceRecord
    settings: str | None = None


def observe(call: Call, record: Record) -> dict[str, Observation]:
    """Ask all devices; by their names."""
    try:
        _ = call.desired  # raises where this node isn't wired
        devices = call.devices
    except BerofosError as error:
        # The lines don't depend on a file: every device is merely unknown.
        return {name: _unknown(known, explain(error), "unknown") for name, known in record.devices.items()}

    def observe_one(berofos: Device) -> Observation:
        device = berofos.config
        try:
            observation = _answered(call, device, berofos.read(), _known(record, device))
        except DeviceError as error:
            observation = _unanswered(call, device, error, _known(record, device))
        if call.desired.watchdog and observation.finding.side is not Side.ELSEWHERE:
            observation = _kick(berofos, observation)
        return observation

    results = call.ask_all(devices, observe_one)
    observed = {
        device.name: _unanswered(call, device, result, _known(record, device))
        if isinstance(result := results[device.name], DeviceError)
        else result
        for device in devices
    }
    return {**observed, **_bring_back(call, record, observed)}


def _known(record: Record, device: DeviceConfig) -> DeviceRecord:
    return record.devices.get(device.name, DeviceRecord(device.label))


def _answered(call: Call, device: DeviceConfig, state: DeviceState, known: DeviceRecord) -> Observation:
    found = deviations(state, call.desired, settings=False)
    # Where no watchdog guards this node it doesn't matter what became of one.
    elsewhere = [
        each.text
        for each in found
        if each.kind is Kind.RELAY or (each.kind is Kind.WATCHDOG_RAN_OUT and call.desired.watchdog)
    ]
    shown = state.position + _watchdog_shown(state)
    record = known._replace(was_right=not elsewhere, answered=True)
    if elsewhere:
        return Observation(DeviceFinding(Side.ELSEWHERE, f"{device.label}: {', '.join(elsewhere)}"), shown, record)
    watchdog_off = next((each.text for each in found if each.kind is Kind.WATCHDOG_OFF), None)
    if watchdog_off is not None:
        finding = DeviceFinding(Side.THIS_NODE, drift=f"{device.label}: {watchdog_off}")
        return Observation(finding, shown, record)
    settings = _settings(call, device, state) if call.check_level >= SETTINGS_DEPTH else None
    return Observation(DeviceFinding(Side.THIS_NODE, drift=settings), shown, record, settings)


def _settings(call: Call, device: DeviceConfig, state: DeviceState) -> str | None:
    try:
        found = ", ".join(each.text for each in setting_deviations(state, call.desired.provisioned))
    except BadAnswerError as error:
        found = str(error)
    return f"{device.label}: {found}" if found else None


def _unanswered(call: Call, device: DeviceConfig, error: DeviceError, known: DeviceRecord) -> Observation:
    return _unknown(known, error_reason(call, device, error), error_shown(error))


def _unknown(known: DeviceRecord, reason: str, shown: str) -> Observation:
    due = known.watchdog_left(boot_clock()) == 0
    finding = DeviceFinding(Side.UNKNOWN, reason, was_right=known.was_right, watchdog_due=due)
    return Observation(finding, shown, known._replace(answered=False))


def _kick(berofos: Device, observation: Observation) -> Observation:
    finding = observation.finding
    try:
        berofos.kick()
    except DeviceError as error:
        if finding.side is Side.UNKNOWN:
            return observation
        return observation._replace(
            finding=finding._replace(drift=finding.drift or f"{berofos.config.label}: {error}")
        )
    return observation._replace(
        finding=finding._replace(watchdog_due=False), record=observation.record._replace(kicked=boot_clock())
    )


def _watchdog_shown(state: DeviceState) -> str:
    if state.watchdog_ran_out:
        return " (watchdog ran out)"
    if not state.watchdog_on:
        return ""
    left, interval = state.values.get("wdogrtime"), state.values.get("wdogitime")
    # The seconds change all the time, and each change makes Pacemaker think: shown only when they run low.
    if isinstance(left, int) and isinstance(interval, int) and left * 4 < interval:
        return f" (watchdog {left} s)"
    return " (watchdog on)"


def _bring_back(call: Call, record: Record, observed: Mapping[str, Observation]) -> dict[str, Observation]:
    """Switch devices that were away until now and have come back elsewhere; they as they are now.

    Only while another device proves that the lines are still ours: after a partition they may have gone to the
    peer, and it is Pacemaker's to say who keeps them.
    """
    returned = [
        device
        for device in call.devices
        if observed[device.name].finding.side is Side.ELSEWHERE and not _known(record, device).answered
    ]
    if not returned or not any(each.finding.side is Side.THIS_NODE for each in observed.values()):
        return {}
    results = take_over(call, returned)
    return {
        device.name: Observation(
            DeviceFinding(Side.THIS_NODE), result_shown(result), device_record(call, device, result)
        )
        for device in returned
        if not isinstance(result := results[device.name], DeviceError)
    }
