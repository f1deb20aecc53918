"""Handing the lines to D on stop: watchdog off, relay to mode 0."""

from __future__ import annotations

import contextlib

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.placement import look_up
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Applied, Device
from berofos_ra.device.parallel import side_by_side
from berofos_ra.device.relay import A_D
from berofos_ra.errors import BerofosError, DeviceError, explain
from berofos_ra.resource.record import Record, boot_clock, write_record
from berofos_ra.wiring.topology import BYPASS_SETTINGS


def bypass(call: Call, record: Record | None) -> tuple[str, ...]:
    """Disarm the devices and switch them to A--D; those that this leaves unsafe, and why.

    Without a record there is nothing of ours to make safe: then what can't be done is only logged.
    """
    try:
        place = look_up(call)
    except BerofosError as error:
        left = record.devices if record is not None else {}
        reasons = [_left_alone(record, name, explain(error, known.label)) for name, known in left.items()]
        return tuple(reason for reason in reasons if reason is not None)

    asked: dict[str, Device] = {}

    def hand_over(device: DeviceConfig) -> Applied:
        with Device(device, place.parameters.timeout, call.devices_deadline) as berofos:
            asked[device.name] = berofos
            return berofos.attempt(BYPASS_SETTINGS)

    results = side_by_side(place.devices, hand_over, call.devices_deadline)
    unsafe = {}
    for device in place.devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            # The watchdog is turned off first: once anything was written it may not help any more.
            armed = not (device.name in asked and asked[device.name].has_written)
            trouble = f"{device.label}: {result}, expected {A_D}"
        else:
            armed = result.after.watchdog_on
            trouble = f"{device.label}: {', '.join(result.stuck)}" if result.stuck else ""
            if result.moved:
                lines_on = place.parameters.wiring.lines_on(mode=False)
                journal.switched(device.label, result.before.position, result.after.position, lines_on)
        reason = _left_alone(record, device.name, trouble, armed) if trouble else None
        if reason is not None:
            unsafe[device.name] = reason
            record = _without_watchdog(call, record, device.name)
    return tuple(unsafe.values())


def _without_watchdog(call: Call, record: Record | None, name: str) -> Record | None:
    """Forget that this device's watchdog is armed, so that another stop doesn't rely on it."""
    if record is None or name not in record.devices:
        return record
    record = record.with_device(name, record.devices[name]._replace(watchdog_interval=None))
    with contextlib.suppress(OSError):
        write_record(call.record, record)
    return record


def _left_alone(record: Record | None, name: str, trouble: str, armed: bool = True) -> str | None:
    """Log a device that couldn't be handed over; the reason why that is unsafe, None when it isn't.

    ``armed`` False: its watchdog has been turned off meanwhile.
    """
    known = record.devices.get(name) if record is not None else None
    left = known.watchdog_left(boot_clock()) if known is not None and armed else None
    if left is not None:
        journal.warning(f"{trouble}; its watchdog makes it fall back by itself within {left:.0f} s")
        return None
    if known is None or not known.touched:
        journal.warning(trouble)
        return None
    return trouble
