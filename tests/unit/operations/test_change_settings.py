"""Changing settings after which a device is to be asked otherwise."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

import pytest

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import READ_REQUESTS, Device, apply_requests
from berofos_ra.device.values import Value
from berofos_ra.errors import DeviceError, DeviceTimeoutError, LoginRefusedError, NoEffectError
from berofos_ra.operations.change_settings import Change, change_settings, max_requests
from tests.support.addresses import own_address
from tests.support.wire import Clock, Reply, TcpServer, answer, header

PATIENCE = 10.0
LINES = "bnfos_confmap_magic=0.1\n4_mode=0\n1_sz=0\n3_ip={address}\n3_port={port}\n3_pwd={pwd}\n2_wintv={interval}\n"


class Movable:
    """A device that moves at once, from one place to another, when it is told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.values = {"address": "127.0.0.1", "port": "0", "pwd": "0", "interval": "60"}
        self.moved = False
        self.lost = False
        self.obeys = True

    def here(self, request: bytes, moved: bool) -> Reply:
        if self.lost or self.moved != moved:
            return self.clock.too_late(PATIENCE)
        target = request.split(b" ")[1].decode()
        if self.values["pwd"] == "1" and header(request, b"Authorization") is None:
            return answer(b"", b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"')
        if target == "/config.txt":
            return answer(LINES.format(**self.values).encode())
        if self.obeys:
            self.write(dict(parse_qsl(target[2:])))
        return answer()

    def write(self, query: Mapping[str, str]) -> None:
        for name, keyword in (("ip", "address"), ("port", "port"), ("pwd", "pwd"), ("wintv", "interval")):
            if name in query:
                self.values[keyword] = query[name]
        if "port" in query:
            self.moved = True
        if "ip" in query:
            self.lost = True


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Movable:
    return Movable(Clock(monkeypatch))


class Changed(NamedTuple):
    """What was written, how the device is asked then, and its old and its new port."""

    changes: tuple[Change, ...]
    config: DeviceConfig
    old: int
    new: int


def run(device: Movable, wanted: Mapping[str, Value]) -> Changed:
    with TcpServer(lambda r: device.here(r, False)) as old, TcpServer(lambda r: device.here(r, True)) as new:
        device.values["port"] = str(old.port)
        wanted = {k: new.port if k == "port" else v for k, v in wanted.items()}
        config = DeviceConfig("fos1", "127.0.0.1", old.port)
        with Device(config, PATIENCE, time.monotonic() + 3600) as berofos:
            return Changed(change_settings(berofos, wanted), berofos.config, old.port, new.port)


def test_a_device_is_found_at_its_new_port_and_the_rest_is_done_before(device: Movable) -> None:
    changed = run(device, {"port": 1, "wdogitime": 30})
    assert [one.keyword for one in changed.changes] == ["wdogitime", "port"]
    assert (changed.changes[1].before, changed.changes[1].after) == (changed.old, changed.new)
    there = f"127.0.0.1:{changed.new}"
    assert changed.changes[1].note == f"it answers at {there} now; correct its host in the config file"
    assert changed.config.port == changed.new
    assert device.values["interval"] == "30"


def test_a_change_has_time_for_the_new_place_and_the_old_one() -> None:
    reads = READ_REQUESTS
    assert max_requests(["mode", "wdogitime"]) == apply_requests(2)
    assert max_requests(["mode", "address"]) == apply_requests(1) + 1 + reads + reads


def test_a_device_that_moved_out_of_sight_is_told(device: Movable) -> None:
    with pytest.raises(DeviceTimeoutError, match="address: written, but it answers neither at ") as caught:
        run(device, {"address": own_address()})
    assert caught.value.advice == "find it with berofos scan"


def test_a_device_that_stays_what_it_was_is_told(device: Movable) -> None:
    device.obeys = False
    with pytest.raises(NoEffectError, match="port stays"):
        run(device, {"port": 1})


def test_a_demanded_login_that_is_not_known_is_told(device: Movable) -> None:
    with pytest.raises(LoginRefusedError, match="pwd: it demands a login now, and not the one in the config file"):
        run(device, {"pwd": True})


def test_a_password_comes_before_the_demand_for_it(device: Movable) -> None:
    changed = run(device, {"pwd": True, "apwd": "new"})
    assert [one.keyword for one in changed.changes] == ["apwd", "pwd"]
    assert "can't be verified while pwd is 0" in changed.changes[0].note
    assert (changed.config.user, changed.config.password) == ("admin", "new")


def test_nothing_is_written_that_is_right_already(device: Movable) -> None:
    changed = run(device, {"address": "127.0.0.1", "wdogitime": 60, "pwd": False})
    assert changed.changes == ()
    assert not device.lost


def test_a_dead_device_is_an_error_before_anything_moves(device: Movable) -> None:
    device.lost = True
    with pytest.raises(DeviceError, match="no answer within 10 s"):
        run(device, {"port": 1})
