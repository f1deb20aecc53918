"""Which devices a resource has."""

from __future__ import annotations

import os
from collections.abc import Sequence

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError
from berofos_ra.resource.parameters import Parameters


def devices_of(config: BnfosConfig, parameters: Parameters) -> tuple[DeviceConfig, ...]:
    """The devices of a resource with these parameters, from its config file.

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
    addresses = {_address(device) for device in listed}
    macs = {device.mac for device in listed if device.mac is not None}
    return tuple(device for device in devices if _address(device) in addresses or device.mac in macs)


def devices_named(names: tuple[str, ...], devices: Sequence[DeviceConfig]) -> tuple[DeviceConfig, ...]:
    """Those of ``devices`` that are called so; ``("all",)`` means every one."""
    return tuple(device for device in devices if names == ("all",) or device.name in names)


def _address(device: DeviceConfig) -> tuple[str, int]:
    return (device.host or "").lower(), device.port
