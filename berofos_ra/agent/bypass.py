"""Handing the lines to D on stop: watchdog off, relay to mode 0."""

from __future__ import annotations

import contextlib

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.clock import boot_clock
from berofos_ra.device.relay import A_D
from berofos_ra.errors import BerofosError, DeviceError, explain
from berofos_ra.resource.record import Record, write_record
from berofos_ra.wiring.topology import BYPASS_SETTINGS


def bypass(call: Call, record: Record | None) -> tuple[str, ...]:
    """Disarm the devices and switch them to A--D; those that this leaves unsafe, and why.

    Without a record there is nothing of ours to make safe: then what can't be done is only logged.
    """
    try:
        _ = call.desired  # raises where this node isn't wired
        devices = call.devices
    except BerofosError as error:
        known_devices = record.devices if record is not None else {}
        reasons = [_unsafe(record, name, explain(error, known.label)) for name, known in known_devices.items()]
        return tuple(reason for reason in reasons if reason is not None)

    results = call.ask_all(devices, lambda berofos: berofos.attempt(BYPASS_SETTINGS))
    unsafe = {}
    for device in devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            # The watchdog is turned off first: once anything was written it may not help any more.
            armed = result.nothing_written
            reason = f"{device.label}: {result}, expected {A_D}"
        else:
            armed = result.after.watchdog_on
            reason = f"{device.label}: {', '.join(result.stuck)}" if result.stuck else ""
            if result.moved:
                lines_on = call.parameters.wiring.lines_on(mode=False)
                journal.switched(device.label, result.before.position, result.after.position, lines_on)
        if reason and _unsafe(record, device.name, reason, armed):
            unsafe[device.name] = reason
            record = _without_watchdog(call, record, device.name)
    return tuple(unsafe.values())


def _without_watchdog(call: Call, record: Record | None, name: str) -> Record | None:
    """Record that this device's watchdog isn't armed any more, so that another stop doesn't rely on it."""
    if record is None or name not in record.devices:
        return record
    record = record.with_device(name, record.devices[name]._replace(watchdog_interval=None))
    with contextlib.suppress(OSError):
        write_record(call.record_path, record)
    return record


def _unsafe(record: Record | None, name: str, reason: str, armed: bool = True) -> str | None:
    """The reason why a device couldn't be handed over if that is unsafe; else None, and it is logged.

    ``armed`` False: its watchdog has been turned off meanwhile.
    """
    known = record.devices.get(name) if record is not None else None
    left = known.watchdog_left(boot_clock()) if known is not None and armed else None
    if left is not None:
        journal.warning(f"{reason}; its watchdog makes it fall back by itself within {left:.0f} s")
        return None
    if known is None or not known.touched:
        journal.warning(reason)
        return None
    return reason
