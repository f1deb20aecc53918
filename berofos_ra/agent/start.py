"""start: put every device's relay on this node's side, and own it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import ocf

from berofos_ra.agent import attributes, journal, partition, sharing, takeover
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.agent.placement import Placement, look_up
from berofos_ra.cluster import pacemaker
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
    place = look_up(call, report_readers=True)
    watched = parameters.spans_of(call.node)
    spans.require(watched)

    if place.watchdog:
        problem = interval_problem(
            parameters.watchdog_interval, pacemaker.monitor_interval(call.instance, call.tools_patience)
        )
        if problem is not None:
            journal.warning(problem.of("watchdog_interval"))  # not refused: the lines come first

    refused = sharing.refusal(call, place) or partition.refusal(call, place)
    if refused is not None:
        return Outcome(ocf.OCF_ERR_GENERIC, (refused,))

    record = Record(owned=False, devices={device.name: DeviceRecord(device.label) for device in place.devices})
    try:
        # Before anything is touched: a start that is killed leaves a trace of what it may have touched.
        write_record(call.record, record)
    except OSError as error:
        return _cannot_write(call, error)

    results = takeover.take_over_all(place.devices, place, call.devices_deadline)
    devices = {d.name: takeover.device_record(d, place, results[d.name]) for d in place.devices}
    record = record._replace(devices=devices)
    clear = _needs_spans(results) and _wait_for_spans(call, watched)
    troubles = _troubles(place, results, lines_are_here=clear and bool(watched) and not place.mode)
    for device in place.devices:
        if isinstance(results[device.name], DeviceError) and device.name not in troubles:
            record = record.with_device(device.name, record.devices[device.name]._replace(was_right=True))
    enough = len(place.devices) - len(troubles) >= needed(parameters.min_devices, len(place.devices))
    try:
        # Without enough devices it isn't owned, but stop must know which watchdogs were armed.
        write_record(call.record, record._replace(owned=enough))
        if not enough:
            return Outcome(ocf.OCF_ERR_GENERIC, tuple(troubles.values()))
        shown = {device.name: takeover.show(results[device.name]) for device in place.devices}
        write_record(call.record, attributes.show(call, record._replace(owned=True), shown))
    except OSError as error:
        return _cannot_write(call, error)
    partition.forget_holding(call)
    for trouble in troubles.values():
        journal.warning(trouble)
    if not troubles:
        attributes.show_ready(call, None)
    return SUCCESS


def _cannot_write(call: Call, error: OSError) -> Outcome:
    return Outcome(ocf.OCF_ERR_GENERIC, (f"can't write {call.record}: {error.strerror}",))


def _troubles(place: Placement, results: Mapping[str, Applied | DeviceError], lines_are_here: bool) -> dict[str, str]:
    """The devices that don't count as right, and why.

    ``lines_are_here``: the spans are clear on the node at D. A berofos without power joins A--D, so there an
    unreachable one counts as right.
    """
    troubles = {}
    for device in place.devices:
        result = results[device.name]
        if isinstance(result, DeviceError) and not (lines_are_here and takeover.is_unreachable(result)):
            troubles[device.name] = takeover.trouble(device, place, result)
    return troubles


def _needs_spans(results: Mapping[str, Applied | DeviceError]) -> bool:
    """Whether the spans have something to tell: they come up after a switch, and speak for unreachable devices."""
    return any(
        isinstance(result, DeviceError) or result.before.position != result.after.position
        for result in results.values()
    )


def _wait_for_spans(call: Call, watched: tuple[int, ...]) -> bool:
    """Let the spans come up, within bounds; whether they all did."""
    deadline = min(time.monotonic() + call.parameters.spans_wait, call.started + call.timeout * _SPANS_SHARE)
    while alarms := spans.describe_alarms(spans.read_alarms(watched)):
        if time.monotonic() + _SPANS_POLL > deadline:
            journal.warning(f"spans on {call.node} still in alarm after the switch: {alarms}")
            return False
        time.sleep(_SPANS_POLL)
    return True
