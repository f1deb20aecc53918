"""GBL4 datagrams, byte by byte."""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.device import gbl4
from berofos_ra.device.gbl4 import Command, NetConf, ScanAnswer
from berofos_ra.errors import BadAnswerError

MAC = "00:19:32:00:12:1D"

# A berofos at 10.34.1.50, and its answer to a scan written down by hand.
SCAN_PAYLOAD = bytes.fromhex(
    "00193200121D"  # MAC
    "0050"  # hardware: a berofos
    "0102"  # boot loader 1.2
    "0103"  # firmware 1.3
    "00"  # operational
    "0A220132"  # 10.34.1.50
    "FFFFFF00"  # 255.255.255.0
    "0A220101"  # 10.34.1.1
    "03"  # phy automatic
    "07"  # link, 100 Mbit, full duplex
    "02"  # no DHCP, HTTP login, no access list
    "1F90"  # 8080
)
SCAN_ANSWER = ScanAnswer(
    mac=MAC,
    hardware=0x50,
    bootloader=(1, 2),
    firmware=(1, 3),
    operational=True,
    netconf=NetConf(
        IPv4Address("10.34.1.50"),
        IPv4Address("255.255.255.0"),
        IPv4Address("10.34.1.1"),
        phy=3,
        dhcp=False,
        http_login=True,
        http_port=8080,
    ),
    phy_state=7,
    access_list=False,
)


# "GBL" 04 is 47 42 4C 04, whose XOR is 4D; the MAC's is 24.
@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (gbl4.scan_request(), "47424C04 01 4C"),
        (gbl4.kick_request(MAC), "47424C04 0B 00193200121D 00 62"),
        (gbl4.ping_request(MAC, 0x0102), "47424C04 09 00193200121D 0102 63"),
        (gbl4.encode(Command.RESET, gbl4.mac_bytes(MAC)), "47424C04 05 00193200121D 6C"),
    ],
)
def test_requests_are_what_the_vendor_s_tool_sends(request_: bytes, expected: str) -> None:
    assert request_ == bytes.fromhex(expected)


def test_a_ping_s_sequence_wraps_at_16_bits() -> None:
    assert gbl4.ping_request(MAC, 0x10000) == gbl4.ping_request(MAC, 0)


@given(st.integers(0, 255), st.binary(max_size=600))
def test_what_is_encoded_decodes_to_the_same(command: int, payload: bytes) -> None:
    assert gbl4.decode(gbl4.encode(command, payload)) == (command, payload)


@given(st.integers(0, 255), st.binary(max_size=40), st.data())
def test_no_single_changed_byte_goes_unnoticed(command: int, payload: bytes, data: st.DataObject) -> None:
    datagram = bytearray(gbl4.encode(command, payload))
    place = data.draw(st.integers(0, len(datagram) - 1))
    datagram[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadAnswerError):
        gbl4.decode(bytes(datagram))


@pytest.mark.parametrize(
    ("datagram", "complaint"),
    [
        (b"", "not a GBL4 datagram"),
        (b"GBL\x04\x0b", "not a GBL4 datagram"),
        (b"GBL\x05\x0b\x46", "not a GBL4 datagram"),
        (b"GBL\x04\x0b\x47", "GBL4 datagram with a wrong checksum"),
    ],
)
def test_what_is_no_datagram_is_told(datagram: bytes, complaint: str) -> None:
    with pytest.raises(BadAnswerError) as caught:
        gbl4.decode(datagram)
    assert str(caught.value) == complaint


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"GBL\x04" + rest))
def test_garbage_is_a_bad_answer_and_nothing_else(garbage: bytes) -> None:
    with contextlib.suppress(BadAnswerError):
        gbl4.decode(garbage)
    with contextlib.suppress(BadAnswerError):
        gbl4.parse_scan_answer(garbage)


def test_a_scan_answer_is_read() -> None:
    assert gbl4.parse_scan_answer(SCAN_PAYLOAD) == SCAN_ANSWER


@given(st.binary(min_size=30, max_size=30))
def test_any_30_bytes_are_a_scan_answer(payload: bytes) -> None:
    answer = gbl4.parse_scan_answer(payload)
    assert gbl4.mac_bytes(answer.mac) == payload[:6]
    assert answer.netconf.address.packed == payload[13:17]
    assert answer.netconf.http_port == payload[28] * 256 + payload[29]


@pytest.mark.parametrize("payload", [b"", SCAN_PAYLOAD[:-1], SCAN_PAYLOAD + b"\0"])
def test_a_scan_answer_of_another_length_is_bad(payload: bytes) -> None:
    with pytest.raises(BadAnswerError) as caught:
        gbl4.parse_scan_answer(payload)
    assert str(caught.value) == f"scan answer of {len(payload)} bytes, expected 30"


@pytest.mark.parametrize(
    ("options", "dhcp", "http_login", "access_list"),
    [(0, False, False, False), (1, True, False, False), (2, False, True, False), (4, False, False, True)],
)
def test_each_option_has_its_bit(options: int, dhcp: bool, http_login: bool, access_list: bool) -> None:
    answer = gbl4.parse_scan_answer(SCAN_PAYLOAD[:27] + bytes([options]) + SCAN_PAYLOAD[28:])
    assert (answer.netconf.dhcp, answer.netconf.http_login, answer.access_list) == (dhcp, http_login, access_list)


@pytest.mark.parametrize(("mode", "operational"), [(0, True), (1, False), (255, False)])
def test_any_device_mode_but_0_is_flash_mode(mode: int, operational: bool) -> None:
    answer = gbl4.parse_scan_answer(SCAN_PAYLOAD[:12] + bytes([mode]) + SCAN_PAYLOAD[13:])
    assert answer.operational is operational


@pytest.mark.parametrize(("hardware", "berofos"), [(0x0050, True), (0x00BB, True), (0x0051, False), (0x5000, False)])
def test_the_vendor_s_other_products_are_told_apart(hardware: int, berofos: bool) -> None:
    payload = SCAN_PAYLOAD[:6] + hardware.to_bytes(2, "big") + SCAN_PAYLOAD[8:]
    assert gbl4.parse_scan_answer(payload).is_berofos is berofos


@given(st.binary(min_size=6, max_size=6))
def test_a_mac_survives_as_text(mac: bytes) -> None:
    assert gbl4.mac_bytes(gbl4.mac_text(mac)) == mac


def test_a_mac_is_shown_in_capitals_and_read_in_any_case() -> None:
    assert gbl4.mac_text(b"\x00\x19\x32\x00\x12\x1d") == MAC
    assert gbl4.mac_bytes(MAC.lower()) == b"\x00\x19\x32\x00\x12\x1d"
