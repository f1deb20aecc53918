"""Which devices a resource in the cluster's configuration has."""

from __future__ import annotations

import os
from collections.abc import Sequence

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.device.config import DeviceConfig


def listed_elsewhere(config: str, names: tuple[str, ...], ours: str) -> tuple[DeviceConfig, ...] | None:
    """The devices called ``names`` in the file ``config``; None when that is our own file, ``ours``.

    Raises:
        ConfigError: it can't be read here, or doesn't list them.
    """
    if os.path.realpath(config) == os.path.realpath(ours):
        return None
    return read_config(config).select(names)


def covered(
    names: tuple[str, ...], listed: Sequence[DeviceConfig] | None, devices: Sequence[DeviceConfig]
) -> list[DeviceConfig]:
    """Those of our ``devices`` that a resource has whose parameter ``devices`` is ``names``. Pure.

    ``listed`` are its devices as its own config file has them: they are known by address or MAC, whatever they are
    called. None: its file is ours, or there is nothing but the names to go by.
    """
    if listed is None:
        return [device for device in devices if names == ("all",) or device.name in names]
    places = {_place(device) for device in listed}
    macs = {device.mac for device in listed if device.mac is not None}
    return [device for device in devices if _place(device) in places or device.mac in macs]


def _place(device: DeviceConfig) -> tuple[str, int]:
    return (device.host or "").lower(), device.port
