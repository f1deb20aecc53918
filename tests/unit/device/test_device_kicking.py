"""Kicking one berofos' watchdog."""

from __future__ import annotations

import time

import pytest

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.errors import AddressMissingError, KickUnansweredError
from tests.support.wire import TcpServer, UdpServer
from tests.unit.device.device_server import IMPATIENCE, MAC, PATIENCE, Berofos, device


def test_a_kick_goes_to_the_device_by_its_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    with UdpServer(lambda request: [gbl4.encode(gbl4.Command.KICK, b"\0")]) as udp, TcpServer(Berofos()) as server:
        kick = gbl4_client.kick
        monkeypatch.setattr(gbl4_client, "kick", lambda host, mac, timeout: kick(host, mac, timeout, udp.port))
        with device(server) as one:
            one.kick()
    assert udp.requests[0] == gbl4.kick_request(MAC)


def test_a_kick_without_an_answer_had_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    with UdpServer(lambda request: []) as udp, TcpServer(Berofos()) as server:
        kick = gbl4_client.kick
        monkeypatch.setattr(gbl4_client, "kick", lambda host, mac, timeout: kick(host, mac, timeout, udp.port))
        with device(server, timeout=IMPATIENCE) as one, pytest.raises(KickUnansweredError) as caught:
            one.kick()
    assert str(caught.value) == "watchdog kick to its mac not answered"


def test_a_device_without_a_mac_can_t_be_kicked() -> None:
    nameless = DeviceConfig("fos1", "127.0.0.1")
    with Device(nameless, PATIENCE, time.monotonic() + 60) as one, pytest.raises(AddressMissingError, match="no mac"):
        one.kick()
