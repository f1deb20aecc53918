"""Scan, network settings, reset and firmware by GBL4, byte by byte and against simulated devices."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.firmware import cut
from berofos_ra.device.gbl4 import Command, NetConf
from berofos_ra.errors import BadAnswerError, DeviceTimeoutError, NotInFlashModeError
from berofos_ra.simulator import DeviceSpec, Simulator
from berofos_ra.simulator.running import RunningDevice
from tests.support.waiting import wait_until
from tests.support.wire import UdpServer

MAC = "00:19:32:00:12:1D"
HOST = "127.0.0.1"
PATIENCE = 10.0
IMPATIENCE = 0.2
NETCONF = NetConf(IPv4Address("10.0.0.9"), IPv4Address("255.0.0.0"), IPv4Address("10.0.0.1"), 1, False, True, 8080)
DATA = bytes(n * 7 % 251 for n in range(1300))


@pytest.fixture
def fos1() -> Iterator[RunningDevice]:
    with Simulator([DeviceSpec("fos1", HOST, MAC, port=0, gbl4_port=0)]) as simulator:
        yield simulator.device("fos1")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (gbl4.netconf_request(MAC, NETCONF), "02 00193200121D 0A000009 FF000000 0A000001 01 02 1F90"),
        (gbl4.flash_prepare_request(MAC, 0x0102, 0xAB), "03 00193200121D 0102 AB"),
        (gbl4.flash_page_request(MAC, 7, bytes(512)), "04 00193200121D 0007" + "00" * 512),
        (gbl4.reset_request(MAC), "05 00193200121D"),
    ],
)
def test_requests(request_: bytes, expected: str) -> None:
    assert request_[:-1] == bytes.fromhex("47424C04" + expected)
    assert gbl4.decode(request_)[0] == request_[4]


def test_an_error_code_counts_from_the_right_device_only() -> None:
    assert gbl4.parse_error_code(bytes.fromhex("00193200121D00"), MAC) == 0
    assert gbl4.parse_error_code(bytes.fromhex("00193200121D05"), MAC) == 5
    for payload in ("", "00193200121D", "00193200121E00"):
        with pytest.raises(BadAnswerError):
            gbl4.parse_error_code(bytes.fromhex(payload), MAC)


def test_scan_ends_with_the_answer_of_the_address_asked(fos1: RunningDevice) -> None:
    begun = time.monotonic()
    (answer,) = gbl4_client.scan(HOST, 3600, fos1.gbl4_port)
    assert time.monotonic() - begun < 1800
    assert (answer.mac, answer.netconf.address, answer.options) == (MAC, IPv4Address(HOST), 1)


def test_scan_leaves_out_other_products_and_noise() -> None:
    other = bytes.fromhex("00193200121D 0001") + bytes(22)
    noise = [b"noise", gbl4.encode(Command.PING, b""), gbl4.encode(Command.GET_NETCONF, b"short")]
    with UdpServer(lambda request: [*noise, gbl4.encode(Command.GET_NETCONF, other)]) as device:
        assert gbl4_client.scan(HOST, IMPATIENCE, device.port) == ()


def test_scan_is_not_flooded_by_answers_of_devices_that_there_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gbl4_client, "MAX_FOUND", 5)
    with socket.create_server(("127.0.0.2", 0)) as unused, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as joker:
        joker.bind(unused.getsockname())
        answer = bytes.fromhex("00193200121D 0050 0100 0135 00") + bytes(17)

        def flood(request: bytes) -> list[bytes]:
            for number in range(20):
                datagram = gbl4.encode(Command.GET_NETCONF, bytes([number]) + answer[1:])
                joker.sendto(datagram, device.senders[-1])
            return []

        with UdpServer(flood) as device:
            assert len(gbl4_client.scan(HOST, 0.7, device.port)) == 5


def test_scan_for_one_mac(fos1: RunningDevice) -> None:
    assert gbl4_client.scan(HOST, PATIENCE, fos1.gbl4_port, mac="00:19:32:00:12:FF") == ()
    assert len(gbl4_client.scan(HOST, PATIENCE, fos1.gbl4_port, mac=MAC)) == 1


def test_ping(fos1: RunningDevice) -> None:
    gbl4_client.ping(HOST, MAC, PATIENCE, fos1.gbl4_port)
    with pytest.raises(DeviceTimeoutError):
        gbl4_client.ping(HOST, "00:19:32:00:12:FF", IMPATIENCE, fos1.gbl4_port)


def test_netconf_and_reset_are_done_or_refused(fos1: RunningDevice) -> None:
    with pytest.raises(NotInFlashModeError, match="it refused, error code 1"):
        gbl4_client.set_netconf(HOST, MAC, NETCONF, PATIENCE, fos1.gbl4_port)
    with pytest.raises(NotInFlashModeError, match="it refused, error code 1"):
        gbl4_client.reset(HOST, MAC, PATIENCE, fos1.gbl4_port)
    fos1.power_on(flash=True)
    gbl4_client.set_netconf(HOST, MAC, NETCONF, PATIENCE, fos1.gbl4_port)
    (answer,) = gbl4_client.scan(HOST, PATIENCE, fos1.gbl4_port)
    assert answer.netconf == NETCONF
    gbl4_client.reset(HOST, MAC, PATIENCE, fos1.gbl4_port)
    assert fos1.events(event="reset")


def test_a_reset_is_asked_for_once(fos1: RunningDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gbl4_client, "_RESEND_EVERY", IMPATIENCE / 4)
    fos1.power_on(flash=True)
    fos1.add_fault("silent", count=1)
    with pytest.raises(DeviceTimeoutError):
        gbl4_client.reset(HOST, MAC, IMPATIENCE, fos1.gbl4_port)
    gbl4_client.exchange(HOST, Command.PING, gbl4.ping_request(MAC, 0), PATIENCE, fos1.gbl4_port, resend=False)
    assert [request.what for request in fos1.requests] == ["reset", "ping 0"]


def test_another_device_s_answer_doesn_t_count(fos1: RunningDevice) -> None:
    fos1.power_on(flash=True)
    fos1.add_fault("other_mac")
    with pytest.raises(DeviceTimeoutError):
        gbl4_client.set_netconf(HOST, MAC, NETCONF, IMPATIENCE, fos1.gbl4_port)


@pytest.fixture
def flashing(fos1: RunningDevice, monkeypatch: pytest.MonkeyPatch) -> RunningDevice:
    """In flash mode. A client that waits long for answers, and as long as it takes for requests to arrive.

    Where the device has a fault it waits for an answer no longer than it must.
    """
    exchange = gbl4_client.exchange
    sent = itertools.count(1)

    def one_exchange(host: str, command: int, request: bytes, timeout: float, port: int, *, resend: bool) -> bytes:
        assert not resend
        number = next(sent)
        try:
            patience = IMPATIENCE if fos1.state()["faults"] else PATIENCE
            return exchange(host, command, request, patience, port, resend=resend)
        except DeviceTimeoutError:
            wait_until(lambda: len(fos1.requests) == number, "the device has got it")
            raise

    monkeypatch.setattr(gbl4_client, "exchange", one_exchange)
    fos1.power_on(flash=True)
    return fos1


def test_a_lost_page_is_sent_again(flashing: RunningDevice) -> None:
    fos1 = flashing
    told: list[int] = []

    def progress(pages: int) -> None:
        told.append(pages)
        if pages == 1:
            fos1.add_fault("silent", count=1)

    gbl4_client.flash(HOST, MAC, cut(DATA), PATIENCE, progress, fos1.gbl4_port)
    assert told == [0, 1, 2, 3]
    assert fos1.flashed_image == DATA.ljust(1536, b"\0")
    pages = [request.what for request in fos1.requests if request.what.startswith("flash page")]
    assert pages == ["flash page 0", "flash page 1", "flash page 1", "flash page 2"]


def test_a_late_answer_to_a_page_isn_t_taken_for_the_next_one_s(flashing: RunningDevice) -> None:
    fos1 = flashing

    def progress(pages: int) -> None:
        if pages == 1:
            fos1.add_fault("late", face="gbl4", count=1, seconds=1.5 * IMPATIENCE)
        if pages == 2:
            fos1.add_fault("silent", count=1)

    gbl4_client.flash(HOST, MAC, cut(DATA), PATIENCE, progress, fos1.gbl4_port)
    assert fos1.flashed_image == DATA.ljust(1536, b"\0")


def test_a_device_that_vanishes_stops_it(flashing: RunningDevice) -> None:
    fos1 = flashing

    def progress(pages: int) -> None:
        if pages == 2:
            fos1.add_fault("silent")

    with pytest.raises(DeviceTimeoutError, match="page 3 of 3 isn't answered"):
        gbl4_client.flash(HOST, MAC, cut(DATA), PATIENCE, progress, fos1.gbl4_port)
    assert fos1.flashed_image is None
