"""What every device shows of itself at one moment: its settings by HTTP, its firmware by GBL4."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import DeviceState
from berofos_ra.device.parallel import ask_all, side_by_side
from berofos_ra.errors import DeviceError, DeviceTimeoutError, UnreachableError

_SCAN_PATIENCE = 1.0  # seconds; the firmware's version is worth no longer wait


@dataclass(frozen=True)
class Seen:
    """One device. ``state`` is None when its settings couldn't be read, and ``error`` says why.

    ``scan`` is its answer to a discovery, None when there was none.
    """

    device: DeviceConfig
    state: DeviceState | None = None
    scan: gbl4.ScanAnswer | None = None
    error: DeviceError | None = None

    @property
    def firmware(self) -> str | None:
        """Its firmware's version, such as ``1.53``; None when unknown."""
        return None if self.scan is None else ".".join(map(str, self.scan.firmware))


def survey(devices: Sequence[DeviceConfig], timeout: float) -> tuple[Seen, ...]:
    """Look at all devices side by side; one that doesn't answer costs ``timeout`` seconds, many not more."""
    states = ask_all(devices, timeout, time.monotonic() + timeout, lambda berofos: berofos.read())
    # Whoever is dead by TCP is asked no more.
    others = [device for device in devices if not isinstance(states[device.name], DeviceTimeoutError)]
    patience = min(timeout, _SCAN_PATIENCE)
    scans = side_by_side(others, lambda device: _scan(device, patience), time.monotonic() + patience + 0.5)
    return tuple(_seen(device, states[device.name], scans.get(device.name)) for device in devices)


def _seen(device: DeviceConfig, state: DeviceState | DeviceError, scan: gbl4.ScanAnswer | DeviceError | None) -> Seen:
    if isinstance(scan, DeviceError):
        scan = None
    if not isinstance(state, DeviceError):
        return Seen(device, state, scan)
    if isinstance(state, UnreachableError) and scan is not None and not scan.operational:
        return Seen(device, scan=scan, error=UnreachableError("in flash mode, its relay is A--D"))
    return Seen(device, scan=scan, error=state)


def _scan(device: DeviceConfig, timeout: float) -> gbl4.ScanAnswer | None:
    return next(iter(gbl4_client.scan(device.host, timeout)), None)
