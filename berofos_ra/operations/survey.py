"""What every device shows of itself at one moment: its settings by HTTP, its firmware by GBL4."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.firmware import version_text
from berofos_ra.device.parallel import ask_all, side_by_side
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import AddressMissingError, DeviceError, DeviceTimeoutError, InFlashModeError, UnreachableError

if TYPE_CHECKING:
    from berofos_ra.device.device import Device

_SCAN_TIMEOUT = 1.0  # seconds; the firmware's version is worth no longer wait


@dataclass(frozen=True)
class DeviceSnapshot:
    """One device. ``state`` is None when its settings couldn't be read, and ``error`` says why.

    ``scan`` is its answer to a discovery, None when there was none. ``seconds``: how long its settings took.
    """

    device: DeviceConfig
    state: DeviceState | None = None
    scan: gbl4.ScanAnswer | None = None
    error: DeviceError | None = None
    seconds: float | None = None

    @property
    def firmware(self) -> str | None:
        """Its firmware's version, such as ``1.53``; None when unknown."""
        return None if self.scan is None else version_text(self.scan.firmware)


def survey(devices: Sequence[DeviceConfig], timeout: float) -> tuple[DeviceSnapshot, ...]:
    """Look at all devices side by side; one that doesn't answer costs ``timeout`` seconds, many not more."""
    states = ask_all(devices, timeout, time.monotonic() + timeout, _timed_read)
    # A device that is silent by HTTP is dead, or hangs: asking it by GBL4, too, would only take longer. Without an
    # address anybody might answer.
    hopeless = (DeviceTimeoutError, AddressMissingError)
    others = [device for device in devices if not isinstance(states[device.name], hopeless)]
    scan_timeout = min(timeout, _SCAN_TIMEOUT)
    scan_deadline = time.monotonic() + scan_timeout + 0.5
    scans = side_by_side(others, lambda device: gbl4_client.scan(device.host, scan_timeout), scan_deadline)
    return tuple(_snapshot(device, states[device.name], scans.get(device.name, ())) for device in devices)


def _timed_read(berofos: Device) -> tuple[DeviceState, float]:
    begun = time.monotonic()
    state = berofos.read()
    return state, time.monotonic() - begun


def _snapshot(
    device: DeviceConfig,
    state: tuple[DeviceState, float] | DeviceError,
    answers: tuple[gbl4.ScanAnswer, ...] | DeviceError,
) -> DeviceSnapshot:
    scan = None if isinstance(answers, DeviceError) or not answers else answers[0]
    if not isinstance(state, DeviceError):
        return DeviceSnapshot(device, state[0], scan, seconds=state[1])
    if isinstance(state, UnreachableError) and scan is not None and not scan.operational:
        state = InFlashModeError("in flash mode, its relay is A--D")
    return DeviceSnapshot(device, scan=scan, error=state)
