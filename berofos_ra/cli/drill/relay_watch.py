"""When the relays move, as the devices themselves show it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.relay import joins
from berofos_ra.errors import DeviceError

_EVERY = 0.2  # s


class Moved(NamedTuple):
    """A relay that has moved, and when, on the monotonic clock."""

    name: str
    before: str
    after: str
    at: float


class RelayWatch:
    """Asks each device again and again, one request at a time, until its relay is where it is wanted.

    Each time over a connection of its own: a device may have room for one, and the agent needs it.
    """

    def __init__(self, devices: Sequence[DeviceConfig], wanted: Mapping[str, str], timeout: float) -> None:
        self._wanted = wanted
        self._timeout = timeout
        self._over = threading.Event()
        self.moved: dict[str, Moved] = {}
        self._threads = [threading.Thread(target=self._watch, args=(one,), daemon=True) for one in devices]

    def __enter__(self) -> RelayWatch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    @property
    def is_done(self) -> bool:
        """Whether all have moved."""
        return self.moved.keys() == self._wanted.keys()

    def _watch(self, device: DeviceConfig) -> None:
        before, last = "?", time.monotonic()
        while not self._over.is_set():
            begun = time.monotonic()
            try:
                with Device(device, self._timeout, begun + self._timeout) as berofos:
                    position = berofos.read(retry_for=0).position
            except DeviceError:
                position = before
            else:
                now = time.monotonic()
                if joins(position, self._wanted[device.name]):
                    # It moved between two looks: half-way is the least wrong.
                    self.moved[device.name] = Moved(device.name, before, position, (last + now) / 2)
                    return
                before, last = position, now
            self._over.wait(max(0.0, begun + _EVERY - time.monotonic()))
