"""What every device shows of itself at one moment: its settings by HTTP, its firmware by GBL4."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device, DeviceState
from berofos_ra.device.parallel import side_by_side
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
    begun = time.monotonic()

    def look(device: DeviceConfig) -> Seen:
        try:
            with Device(device, timeout, time.monotonic() + timeout) as berofos:
                state = berofos.read()
        except DeviceTimeoutError as error:
            return Seen(device, error=error)  # whoever is dead by TCP is asked no more
        except UnreachableError as error:
            scan = _scan(device, timeout)
            if scan is not None and not scan.operational:
                return Seen(device, scan=scan, error=UnreachableError("in flash mode, its relay is A--D"))
            return Seen(device, scan=scan, error=error)
        except DeviceError as error:
            return Seen(device, scan=_scan(device, timeout), error=error)
        return Seen(device, state, _scan(device, timeout))

    results = side_by_side(devices, look, begun + timeout + _SCAN_PATIENCE + 1)
    return tuple(
        Seen(device, error=result) if isinstance(result, DeviceError) else result
        for device in devices
        for result in [results[device.name]]
    )


def _scan(device: DeviceConfig, timeout: float) -> gbl4.ScanAnswer | None:
    with contextlib.suppress(DeviceError):
        return next(iter(gbl4_client.scan(device.host, min(timeout, _SCAN_PATIENCE))), None)
    return None
