"""Which devices a resource has."""

from __future__ import annotations

import os
from collections.abc import Sequence

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError
from berofos_ra.resource.parameters import Parameters
from berofos_ra.resource.record import DeviceRecord


def devices_of(config: BnfosConfig, parameters: Parameters) -> tuple[DeviceConfig, ...]:
    """The devices of a resource with these parameters, from its config file.

    Among all of a file some may lack what is needed: see `in_doubt`.

    Raises:
        ConfigError: the file doesn't list what is needed to switch them, or to kick their watchdogs.
    """
    devices = config.select(parameters.devices, kicked=parameters.wiring.topology.watchdog)
    if parameters.min_devices > len(devices):
        raise ConfigError(
            f"{config.path}: {len(devices)} devices, but min_devices is {parameters.min_devices}", "add the missing"
        )
    return devices


def devices_in_common(
    parameters: Parameters, devices: Sequence[DeviceConfig], config: str
) -> tuple[DeviceConfig, ...]:
    """Those of ``devices``, which are from the file ``config``, that a resource with these parameters has.

    In the same file their names say it. In another one they are known by address or MAC, whatever they are called.

    Raises:
        ConfigError: the resource's own file can't be read here, or doesn't list its devices.
    """
    if os.path.realpath(parameters.config) == os.path.realpath(config):
        return devices_named(parameters.devices, devices)
    listed = read_config(parameters.config).select(parameters.devices)
    addresses = {_address(device) for device in listed if device.host is not None}
    macs = {device.mac for device in listed if device.mac is not None}
    return tuple(device for device in devices if _address(device) in addresses or device.mac in macs)


def devices_named(names: tuple[str, ...], devices: Sequence[DeviceConfig]) -> tuple[DeviceConfig, ...]:
    """Those of ``devices`` that are called so; ``("all",)`` means every one."""
    return tuple(device for device in devices if names == ("all",) or device.name in names)


def is_same_device(one: DeviceConfig | DeviceRecord, other: DeviceConfig | DeviceRecord) -> bool:
    """Whether two ways to reach a device lead to the same box: by MAC where both have one, else by address."""
    if one.mac is not None and other.mac is not None:
        return one.mac == other.mac
    return bool(one.host) and _address(one) == _address(other)


def history_key(device: DeviceConfig | DeviceRecord) -> str:
    """What a device is known by in the histories, and in a release: its MAC, else its address.

    A MAC that the file lacks is none: a monitor may have learned it, and a start knows what the file says alone.
    """
    is_learned = isinstance(device, DeviceRecord) and device.mac_learned
    return device.mac if device.mac is not None and not is_learned else f"{device.host}:{device.port}"


def in_doubt(devices: Sequence[DeviceConfig], parameters: Parameters) -> dict[str, str]:
    """The sections that don't lead to a box of their own, by name, and what to say of each.

    One lacks what a resource with these parameters needs; another shares address or MAC with an earlier one, so that
    it can't be told which box is meant, and two requests at once to one box are too many.
    """
    found: dict[str, str] = {}
    for number, device in enumerate(devices):
        lacking = device.lacks(kicked=parameters.wiring.topology.watchdog)
        if lacking is not None:
            found[device.name] = str(lacking)
            continue
        for earlier in devices[:number]:
            if device.mac is not None and device.mac == earlier.mac:
                found[device.name] = f"section [{device.name}] has the same mac as {earlier.name}"
            elif _address(device) == _address(earlier):
                found[device.name] = f"section [{device.name}] has the same host as {earlier.name}"
    return found


def _address(device: DeviceConfig | DeviceRecord) -> tuple[str, int]:
    return (device.host or "").lower(), device.port
