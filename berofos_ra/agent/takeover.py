"""Putting devices on this node's side, and telling what became of it: what start and a returning device share."""

from __future__ import annotations

from collections.abc import Sequence

from berofos_ra.agent import journal
from berofos_ra.agent.placement import Placement
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Applied, Device
from berofos_ra.device.parallel import side_by_side
from berofos_ra.device.relay import joins
from berofos_ra.errors import DeviceError, DeviceTimeoutError, NoEffectError, UnreachableError
from berofos_ra.resource.record import DeviceRecord, boot_clock


def take_over_all(
    devices: Sequence[DeviceConfig], place: Placement, deadline: float
) -> dict[str, Applied | DeviceError]:
    """Provision the devices, put their relays on this node's side, and log what happened; by the devices' names."""
    asked: dict[str, Device] = {}

    def take_over(device: DeviceConfig) -> Applied:
        with Device(device, place.parameters.timeout, deadline) as berofos:
            asked[device.name] = berofos
            applied = berofos.attempt({**place.provisioned, **place.relay_settings})
            if applied.moved:
                journal.switched(device.label, applied.before.position, applied.after.position, place.node)
            if not joins(applied.after.position, place.expected):
                raise NoEffectError(f"relay stays {applied.after.position}, expected {place.expected}")
            if place.watchdog:
                if not applied.after.watchdog_on:
                    raise NoEffectError("watchdog stays off, expected on")
                # The countdown of a watchdog that another node armed goes on; and a wrong MAC is found out now.
                berofos.kick()
                applied.after.get("wdogitime")
        for stuck in applied.stuck:
            # The lines are here all the same. A thorough monitor will find it too, and show it.
            journal.warning(f"{device.label}: {stuck}")
        return applied

    results = side_by_side(devices, take_over, deadline)
    for name, result in results.items():
        if isinstance(result, DeviceError) and name in asked and not asked[name].has_written:
            result.nothing_written = True
    return results


def trouble(device: DeviceConfig, place: Placement, error: DeviceError) -> str:
    """A device that isn't right as messages show it: who, where, what was seen, what was expected."""
    if isinstance(error, NoEffectError):
        return f"{device.label}: {error}"  # says itself what was expected
    return f"{device.label}: {error}, expected {place.expected}"


def device_record(device: DeviceConfig, place: Placement, result: Applied | DeviceError) -> DeviceRecord:
    """What is worth remembering of a take-over."""
    if isinstance(result, DeviceError):
        return DeviceRecord(device.label, touched=not result.nothing_written)
    known = DeviceRecord(device.label, was_right=True, answered=True)
    if not place.watchdog:
        return known
    interval = int(result.after.get("wdogitime"))
    return DeviceRecord(known.label, known.was_right, known.answered, watchdog_interval=interval, kicked=boot_clock())


def show(result: Applied | DeviceError) -> str:
    """A device as its node attribute shows it."""
    if isinstance(result, DeviceError):
        return trouble_word(result)
    return result.after.position + (" (watchdog on)" if result.after.watchdog_on else "")


def trouble_word(error: DeviceError) -> str:
    """A device's error as its node attribute shows it."""
    return "unreachable" if is_unreachable(error) else str(error)


def is_unreachable(error: DeviceError) -> bool:
    """Whether nothing is known of the device at all: it may be without power."""
    return isinstance(error, (UnreachableError, DeviceTimeoutError))
