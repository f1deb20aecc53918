"""Putting devices on this node's side, and telling what became of it: what start and a returning device share."""

from __future__ import annotations

from collections.abc import Sequence

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.clock import boot_clock
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Applied, Device
from berofos_ra.device.relay import joins
from berofos_ra.errors import DeviceError, DeviceTimeoutError, NoEffectError, UnreachableError
from berofos_ra.resource.record import DeviceRecord


def take_over(call: Call, devices: Sequence[DeviceConfig]) -> dict[str, Applied | DeviceError]:
    """Provision the devices, put their relays on this node's side, and log what happened; by the devices' names."""
    desired = call.desired

    def take_over_one(berofos: Device) -> Applied:
        label = berofos.config.label
        applied = berofos.attempt({**desired.provisioned, **desired.relay_settings})
        if applied.moved:
            journal.switched(label, applied.before.position, applied.after.position, desired.node)
        if not joins(applied.after.position, desired.position):
            raise NoEffectError(f"relay stays {applied.after.position}, expected {desired.position}")
        if desired.watchdog:
            if not applied.after.watchdog_on:
                raise NoEffectError("watchdog stays off, expected on")
            # The countdown of a watchdog that another node armed goes on; and a wrong MAC is found out now.
            berofos.kick()
            applied.after.get("wdogitime")
        for stuck in applied.stuck:
            # The lines are here all the same. A thorough monitor will find it too, and show it.
            journal.warning(f"{label}: {stuck}")
        return applied

    return call.ask_all(devices, take_over_one)


def error_reason(call: Call, device: DeviceConfig, error: DeviceError) -> str:
    """A device's error as messages show it: who, where, what was seen, what was expected."""
    if isinstance(error, NoEffectError):
        return f"{device.label}: {error}"  # says itself what was expected
    return f"{device.label}: {error}, expected {call.desired.position}"


def device_record(call: Call, device: DeviceConfig, result: Applied | DeviceError) -> DeviceRecord:
    """What is worth remembering of a take-over."""
    if isinstance(result, DeviceError):
        return DeviceRecord(device.label, touched=not result.nothing_written)
    known = DeviceRecord(device.label, was_right=True, answered=True)
    if not call.desired.watchdog:
        return known
    return known._replace(watchdog_interval=int(result.after.get("wdogitime")), kicked=boot_clock())


def result_shown(result: Applied | DeviceError) -> str:
    """What became of a device as its node attribute shows it."""
    if isinstance(result, DeviceError):
        return error_shown(result)
    return result.after.position + (" (watchdog on)" if result.after.watchdog_on else "")


def error_shown(error: DeviceError) -> str:
    """A device's error as its node attribute shows it."""
    return "unreachable" if is_unreachable(error) else str(error)


def is_unreachable(error: DeviceError) -> bool:
    """Whether nothing is known of the device at all: it may be without power."""
    return isinstance(error, (UnreachableError, DeviceTimeoutError))
