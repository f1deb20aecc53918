"""Handing the lines to D on stop: watchdog off, relay to mode 0."""

from __future__ import annotations

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.placement import look_up
from berofos_ra.bnfosconf import DeviceConfig
from berofos_ra.device import Applied, Device
from berofos_ra.errors import BerofosError, DeviceError, NoEffectError
from berofos_ra.fleet import side_by_side
from berofos_ra.ownership import Record, boot_clock
from berofos_ra.relay import A_D
from berofos_ra.topology import BYPASS_SETTINGS


def bypass(call: Call, record: Record | None) -> tuple[str, ...]:
    """Disarm the devices and switch them to A--D; those that this leaves unsafe, and why.

    Without a record there is nothing of ours to make safe: then what can't be done is only logged.
    """
    try:
        place = look_up(call.parameters, call.node)
    except BerofosError as error:
        left = record.devices if record is not None else {}
        reasons = [_left_alone(record, name, f"{known.label}: {error}") for name, known in left.items()]
        return tuple(reason for reason in reasons if reason is not None)

    def hand_over(device: DeviceConfig) -> Applied:
        with Device(device, place.parameters.timeout, call.devices_deadline) as berofos:
            return berofos.apply(BYPASS_SETTINGS)

    results = side_by_side(place.devices, hand_over, call.devices_deadline)
    unsafe = []
    for device in place.devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            reason = _left_alone(record, device.name, _trouble(device, result))
            if reason is not None:
                unsafe.append(reason)
        elif result.moved:
            lines_on = place.parameters.wiring.lines_on(mode=False)
            journal.switched(device.label, result.before.position, result.after.position, lines_on)
    return tuple(unsafe)


def _trouble(device: DeviceConfig, error: DeviceError) -> str:
    if isinstance(error, NoEffectError):
        return f"{device.label}: {error}"  # says itself what was expected
    return f"{device.label}: {error}, expected {A_D}"


def _left_alone(record: Record | None, name: str, trouble: str) -> str | None:
    """Log a device that couldn't be handed over; the reason why that is unsafe, None when it isn't."""
    known = record.devices.get(name) if record is not None else None
    left = known.watchdog_left(boot_clock()) if known is not None else None
    if left is not None:
        journal.warning(f"{trouble}; its watchdog makes it fall back by itself within {left:.0f} s")
        return None
    if known is None or not known.touched:
        journal.warning(trouble)
        return None
    return trouble
