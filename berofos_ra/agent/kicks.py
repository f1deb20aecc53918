"""Kicks that nothing starves: each device with a watchdog that we armed is kicked by a thread of its own.

A healthy site's watchdog must never run out because another device hangs, HTTP takes its time, or a start waits for
spans. So in every action that lasts a device is kicked at once, before any HTTP, and then at least every quarter of
its interval, until the action ends, its time is over, or whoever began it is gone. It needs neither HTTP nor the
config file nor a name server: the record has the address. It doesn't count as the one request in flight.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from berofos_ra.errors import DeviceError, DeviceTimeoutError, KickUnansweredError
from berofos_ra.resource.record import DeviceRecord
from berofos_ra.resource.record_file import stamp_attempt, stamp_kick

_SHARE = 4  # kicks within one interval, at least
_AGAIN = 1.0  # seconds until one that wasn't answered is kicked again
_MAX_PAUSE = 15.0  # seconds between two of them
_ATTEMPT = 1.0  # seconds for one way to reach a device, in which it is asked twice
_WAYS = 3  # the record's address, another one, by broadcast

_Kick = Callable[[str | None, str, float], None]


class Kicks:
    """The kicks of one action. ``record`` is the ownership record's path, ``ends_at`` a monotonic clock."""

    def __init__(self, record: Path, ends_at: float) -> None:
        self._record = record
        self._ends_at = ends_at
        self._parent = os.getppid()
        self._ended = threading.Event()
        self._devices: dict[str, DeviceRecord] = {}
        self._first: dict[str, threading.Event] = {}
        self._failed: dict[str, DeviceError | None] = {}
        self._answered: dict[str, float] = {}
        self._other_hosts: dict[str, str] = {}
        self._at_once: dict[str, threading.Event] = {}

    def __enter__(self) -> Kicks:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()  # one that is under way isn't waited for
        for event in self._at_once.values():
            event.set()

    def begin(self, devices: Mapping[str, DeviceRecord]) -> None:
        """Kick these from now on; those without a MAC, or whose watchdog we never told to be armed, are left out."""
        for name, device in devices.items():
            if device.mac is None or device.watchdog_interval is None or self._is_kicked_already(name, device):
                continue
            # Loaded here, since most have no watchdog; not by the thread, since an upgrade may have taken it away.
            from berofos_ra.device import gbl4_client

            self._devices[name], self._first[name], self._at_once[name] = device, threading.Event(), threading.Event()
            self._failed.pop(name, None)
            self._answered.pop(name, None)
            threading.Thread(target=self._run, args=(name, device, gbl4_client.kick), daemon=True).start()

    def _is_kicked_already(self, name: str, device: DeviceRecord) -> bool:
        return name in self._devices and self._devices[name].mac == device.mac

    def know_host(self, name: str, host: str) -> None:
        """Another address at which a device may be, such as the config file's: tried at once where it isn't there."""
        self._other_hosts[name] = host
        if name in self._devices:
            if self._failed.get(name) is not None:
                self._first[name].clear()
            self._at_once[name].set()

    def outcome(self, name: str) -> DeviceError | None:
        """What became of the last kick of a device, once there was one, by whatever way; None: it was answered."""
        if not self._first[name].wait(_ATTEMPT * _WAYS):
            return KickUnansweredError()
        return self._failed.get(name)

    def answered_at(self, name: str) -> float:
        """When a device last answered a kick, by the boot clock; 0: it hasn't."""
        return self._answered.get(name, 0.0)

    def wait(self) -> None:
        """Wait until each device has been kicked once, or hasn't answered."""
        for first in list(self._first.values()):
            first.wait(_ATTEMPT * _WAYS)

    def is_kicked(self, name: str) -> bool:
        """Whether a device is among those that are kicked."""
        return name in self._first

    def _run(self, name: str, device: DeviceRecord, kick: _Kick) -> None:
        pause = min(_MAX_PAUSE, (device.watchdog_interval or 0) / _SHARE)
        first, at_once = self._first[name], self._at_once[name]
        while not self._ended.is_set() and os.getppid() == self._parent and time.monotonic() < self._ends_at:
            next_kick = time.monotonic() + pause
            other_host = self._other_hosts.get(name)
            failed = self._kick(name, device, kick)
            if not self._is_kicked_already(name, device):
                return  # another box has its place
            if failed is not None and self._other_hosts.get(name) != other_host:
                continue
            self._failed[name] = failed
            first.set()
            at_once.wait(min(pause, _AGAIN) if failed is not None else max(0.0, next_kick - time.monotonic()))
            at_once.clear()

    def _kick(self, name: str, device: DeviceRecord, kick: _Kick) -> DeviceError | None:
        failed: DeviceError | None = None
        stamp_attempt(self._record, name)
        for host in dict.fromkeys((device.reached_at or None, self._other_hosts.get(name), None)):
            try:
                kick(host, str(device.mac), _ATTEMPT)
            except (DeviceTimeoutError, OSError, ImportError):  # no more sockets; no ifaddr amid an upgrade
                failed = failed or KickUnansweredError()
            except DeviceError as error:
                failed = failed or error
            else:
                self._answered[name] = stamp_kick(self._record, name)
                return None
        return failed
