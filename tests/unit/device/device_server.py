"""A device that tests can make to have manners of its own, and how they ask it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import pytest

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.device.values import Value
from berofos_ra.errors import DeviceError
from tests.support.wire import Reply, TcpServer, answer, target

MAC = "00:19:32:00:12:1D"
PATIENCE = 10.0  # far more than an answer takes
IMPATIENCE = 0.2

# A device as it comes out of its box.
FACTORY = {
    "1_sz": "0",
    "4_mode": "0",
    "1_rm": "0",
    "5_p0": "0",
    "1_p0": "1",
    "5_p1": "0",
    "1_p1": "0",
    "3_dn": "berofos",
    "3_ip": "127.0.0.1",
    "3_dhcp": "1",
    "3_pwd": "0",
    "3_port": "80",
    "3_log": "0",
    "3_loghost": "0.0.0.0",
    "6_wen": "0",
    "2_wen": "0",
    "6_wstate": "0",
    "2_wintv": "300",
    "2_as": "1",
    "2_men": "1",
    "0_wretv": "0",
}
# The parameters that aren't called as their config.txt key is.
KEYS = {"3_syslog": "3_log", "3_slgip": "3_loghost", "3_slgpt": "3_logport"}
BOXES = {"1": ("1_sz", "1_rm", "1_p0", "1_p1"), "2": ("2_wen", "2_as", "2_men"), "3": ("3_dhcp", "3_pwd", "3_log")}


class Berofos:
    """What a device does to its settings; ``writes`` are the queries it was sent, in order.

    ``clears_boxes``: a write clears the boxes of its form that it leaves out, as form handlers do.
    ``ignores`` are keys, with how many writes to each are accepted without effect.
    ``reply_to_write`` is its answer to a write (None: as it should be).
    """

    def __init__(self, **values: str) -> None:
        self.values = {**FACTORY, **values}
        self.writes: list[str] = []
        self.clears_boxes = False
        self.ignores: dict[str, int] = {}
        self.reply_to_write: Callable[[str], Reply | None] = lambda query: None

    def __call__(self, request: bytes) -> Reply:
        path, _, query = target(request).partition("?")
        if path == "/config.txt":
            lines = "".join(f"{key}={value}\n" for key, value in self.values.items())
            return answer(f"bnfos_confmap_magic=0.1\n{lines}".encode("latin-1"))
        assert path == "/"
        self.writes.append(query)
        self._write(query)
        return self.reply_to_write(query) or answer(b"<html>Ok</html>")

    def _write(self, query: str) -> None:
        (_, form), *fields = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
        if form == "5":
            (_, port), (_, state) = fields
            fields = [(f"p{port}", state)]
        if self.clears_boxes:
            self.values |= dict.fromkeys(BOXES.get(form, ()), "0")
        for name, value in fields:
            key = KEYS.get(f"{form}_{name}", f"{form}_{name}")
            assert key in self.values
            if self.ignores.get(key, 0) > 0:
                self.ignores[key] -= 1
                continue
            self.values[key] = value
            if key == "6_wen":
                self.values["6_wstate"] = value


def config(server: TcpServer) -> DeviceConfig:
    return DeviceConfig("fos1", "127.0.0.1", server.port, MAC, "admin", "Geheim7")


def device(server: TcpServer, timeout: float = PATIENCE, time_left: float = 60) -> Device:
    return Device(config(server), timeout, time.monotonic() + time_left)


def apply(berofos: Berofos, wanted: Mapping[str, Value]) -> Applied:
    with TcpServer(berofos) as server, device(server) as one:
        return one.apply(wanted)


def read(answer_: Callable[[bytes], Reply]) -> tuple[DeviceState, int]:
    """What was read, and how often it was asked for."""
    with TcpServer(answer_) as server, device(server) as one:
        return one.read(), len(server.requests)


def reading_fails(answer_: Callable[[bytes], Reply], kind: type[DeviceError]) -> int:
    """Check that it does; how often it was asked for."""
    with TcpServer(answer_) as server, device(server) as one:
        with pytest.raises(kind):
            one.read()
        return len(server.requests)
