"""start: put every device's relay on this node's side, and own it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import ocf

from berofos_ra.agent import attributes, journal, partition, sharing
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome, cannot_write
from berofos_ra.agent.takeover import device_record, error_reason, is_unreachable, result_shown, take_over
from berofos_ra.cluster import attribute_names
from berofos_ra.device.device import Applied
from berofos_ra.errors import DeviceError
from berofos_ra.resource import spans
from berofos_ra.resource.record import DeviceRecord, Record, write_record
from berofos_ra.resource.verdict import needed
from berofos_ra.wiring.topology import interval_problem

_SPANS_POLL = 0.5  # seconds
_SPANS_SHARE = 0.65  # of start's timeout, after which it no longer waits for the spans


def start(call: Call) -> Outcome:
    """Take the lines over, or find that they are here already; then nothing is written."""
    parameters = call.parameters
    desired, devices = call.desired, call.devices
    journal.warn_of_readers(call.config)
    watched = parameters.spans_of(call.node)
    spans.require(watched)
    if desired.watchdog:
        problem = interval_problem(parameters.watchdog_interval, call.pacemaker.monitor_interval(call.instance))
        if problem is not None:
            journal.warning(problem.of("watchdog_interval"))  # not refused: the lines come first

    refused = sharing.refusal(call) or partition.refusal(call)
    if refused is not None:
        return Outcome(ocf.OCF_ERR_GENERIC, (refused,))

    record = Record(owned=False, devices={device.name: DeviceRecord(device.label) for device in devices})
    try:
        # Before anything is touched: a start that is killed leaves a trace of what it may have touched.
        write_record(call.record_path, record)
    except OSError as error:
        return cannot_write(call.record_path, error)

    results = take_over(call, devices)
    record = record._replace(devices={d.name: device_record(call, d, results[d.name]) for d in devices})
    clear = _needs_spans(results) and _wait_for_spans(call, watched)
    reasons = _not_here(call, results, lines_are_here=clear and bool(watched) and not desired.mode)
    for device in devices:
        if isinstance(results[device.name], DeviceError) and device.name not in reasons:
            record = record.with_device(device.name, record.devices[device.name]._replace(was_right=True))
    enough = len(devices) - len(reasons) >= needed(parameters.min_devices, len(devices))
    try:
        # Without enough devices it isn't owned, but stop must know which watchdogs were armed.
        write_record(call.record_path, record._replace(owned=enough))
        if not enough:
            return Outcome(ocf.OCF_ERR_GENERIC, tuple(reasons.values()))
        shown = {attribute_names.of_device(name): result_shown(result) for name, result in results.items()}
        write_record(call.record_path, attributes.publish(call, record._replace(owned=True), shown))
    except OSError as error:
        return cannot_write(call.record_path, error)
    partition.discard_release(call)
    for reason in reasons.values():
        journal.warning(reason)
    if not reasons:
        attributes.publish_readiness(call, None)
    return SUCCESS


def _not_here(call: Call, results: Mapping[str, Applied | DeviceError], lines_are_here: bool) -> dict[str, str]:
    """The devices that don't count as on this node's side, and why.

    ``lines_are_here``: the spans are clear on the node at D. A berofos without power joins A--D, so there an
    unreachable one counts.
    """
    return {
        device.name: error_reason(call, device, result)
        for device in call.devices
        if isinstance(result := results[device.name], DeviceError) and not (lines_are_here and is_unreachable(result))
    }


def _needs_spans(results: Mapping[str, Applied | DeviceError]) -> bool:
    """Whether the spans have something to tell: they come up after a switch, and speak for unreachable devices."""
    return any(isinstance(result, DeviceError) or result.moved for result in results.values())


def _wait_for_spans(call: Call, watched: tuple[int, ...]) -> bool:
    """Let the spans come up, within bounds; whether they all did."""
    deadline = min(time.monotonic() + call.parameters.spans_wait, call.started + call.timeout * _SPANS_SHARE)
    while alarms := spans.describe_alarms(spans.read_alarms(watched)):
        if time.monotonic() + _SPANS_POLL > deadline:
            journal.warning(f"spans on {call.node} still in alarm after the switch: {alarms}")
            return False
        time.sleep(_SPANS_POLL)
    return True
