"""GBL4, the vendor's UDP protocol: datagrams to and from bytes, and nothing else. Pure.

Wire facts are from the vendor's tool: ``"GBL" 0x04 command payload checksum``, numbers big-endian, the checksum
the XOR of every byte before it. Apart from discovery, a request's payload starts with the MAC of the device
that is meant. There is no authentication. Sending and receiving is in `gbl4_client`.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from functools import reduce
from ipaddress import IPv4Address
from operator import xor
from typing import NamedTuple

from berofos_ra.errors import BadAnswerError

PORT = 50123
_MAGIC = b"GBL\x04"
_SCAN_ANSWER = struct.Struct(">6sHBBBBB4s4s4sBBBH")
_NETCONF = struct.Struct(">4s4s4sBBH")
_FLASH_PREPARE = struct.Struct(">HB")
_BEROFOS_HARDWARE = (0x0050, 0x00BB)
_OPTION_DHCP, _OPTION_HTTP_LOGIN, _OPTION_ACCESS_LIST = 1, 2, 4
PAGE_SIZE = 512  # bytes of a firmware image that one datagram carries

# Bits of ``NetConf.phy`` and ``ScanAnswer.phy_state``.
PROBE_10MBIT, PROBE_100MBIT = 1, 2
PROBE_AUTO = PROBE_10MBIT | PROBE_100MBIT
LINK_BEAT, LINK_100MBIT, LINK_FULL_DUPLEX = 1, 2, 4


class Command(IntEnum):
    """What a datagram asks for; an answer carries the command of its request."""

    GET_NETCONF = 1
    SET_NETCONF = 2
    FLASH_PREPARE = 3
    FLASH_PAGE = 4
    RESET = 5
    PING = 9
    KICK = 11


class NetConf(NamedTuple):
    """Network settings of a device.

    ``phy`` bit 0 probes 10 Mbit, bit 1 100 Mbit; ``http_port`` is a TCP port.
    """

    address: IPv4Address
    netmask: IPv4Address
    gateway: IPv4Address
    phy: int
    dhcp: bool
    http_login: bool
    http_port: int

    @property
    def options(self) -> int:
        """The options byte that says the same."""
        return _OPTION_DHCP * self.dhcp | _OPTION_HTTP_LOGIN * self.http_login


class ScanAnswer(NamedTuple):
    """What a device tells of itself when it is discovered.

    ``phy_state`` bit 0 link, bit 1 100 Mbit, bit 2 full duplex. ``access_list``: the device filters by IP address.
    """

    mac: str
    hardware: int
    bootloader: tuple[int, int]
    firmware: tuple[int, int]
    operational: bool
    netconf: NetConf
    phy_state: int
    access_list: bool

    @property
    def is_berofos(self) -> bool:
        """False for the vendor's other products, which answer the same discovery."""
        return self.hardware in _BEROFOS_HARDWARE

    @property
    def options(self) -> int:
        """The options byte, as far as its bits are known."""
        return self.netconf.options | _OPTION_ACCESS_LIST * self.access_list


def encode(command: int, payload: bytes = b"") -> bytes:
    """A datagram."""
    body = _MAGIC + bytes([command]) + payload
    return body + bytes([checksum(body)])


def decode(datagram: bytes) -> tuple[int, bytes]:
    """Command and payload of a datagram.

    Raises:
        BadAnswerError: too short, not GBL4, or its checksum is wrong.
    """
    if len(datagram) < len(_MAGIC) + 2 or not datagram.startswith(_MAGIC):
        raise BadAnswerError("not a GBL4 datagram")
    if datagram[-1] != checksum(datagram[:-1]):
        raise BadAnswerError("GBL4 datagram with a wrong checksum")
    return datagram[4], datagram[5:-1]


def scan_request() -> bytes:
    """Discovery: every device that hears it answers."""
    return encode(Command.GET_NETCONF)


def kick_request(mac: str) -> bytes:
    """Restart the watchdog's countdown of the device with this MAC."""
    return encode(Command.KICK, mac_bytes(mac) + b"\0")


def ping_request(mac: str, sequence: int) -> bytes:
    """Is the device with this MAC there? ``sequence`` counts from 0 and wraps at 16 bits."""
    return encode(Command.PING, mac_bytes(mac) + struct.pack(">H", sequence & 0xFFFF))


def netconf_request(mac: str, netconf: NetConf) -> bytes:
    """Give the device with this MAC other network settings; it obeys in flash mode only."""
    addresses = (netconf.address.packed, netconf.netmask.packed, netconf.gateway.packed)
    settings = _NETCONF.pack(*addresses, netconf.phy, netconf.options, netconf.http_port)
    return encode(Command.SET_NETCONF, mac_bytes(mac) + settings)


def flash_prepare_request(mac: str, pages: int, image_checksum: int) -> bytes:
    """Announce a firmware image of so many pages and the XOR of its bytes; the device obeys in flash mode only."""
    return encode(Command.FLASH_PREPARE, mac_bytes(mac) + _FLASH_PREPARE.pack(pages, image_checksum))


def flash_page_request(mac: str, number: int, page: bytes) -> bytes:
    """A page of the announced image: numbers begin at 0, and a page has `PAGE_SIZE` bytes."""
    return encode(Command.FLASH_PAGE, mac_bytes(mac) + struct.pack(">H", number) + page)


def reset_request(mac: str) -> bytes:
    """Erase settings and firmware of the device with this MAC; it obeys in flash mode only."""
    return encode(Command.RESET, mac_bytes(mac))


def parse_error_code(payload: bytes, mac: str) -> int:
    """What the device with this MAC says to new network settings or a reset: 0 done, else why not (undocumented).

    Raises:
        BadAnswerError: too short, or another device's.
    """
    if len(payload) < 7 or payload[:6] != mac_bytes(mac):
        raise BadAnswerError("answer is another device's")
    return payload[6]


def parse_scan_answer(payload: bytes) -> ScanAnswer:
    """What a discovery answer says.

    Raises:
        BadAnswerError: not 30 bytes long.
    """
    if len(payload) != _SCAN_ANSWER.size:
        raise BadAnswerError(f"scan answer of {len(payload)} bytes, expected {_SCAN_ANSWER.size}")
    fields = _SCAN_ANSWER.unpack(payload)
    mac, hardware, *versions, mode, address, netmask, gateway, phy, phy_state, options, port = fields
    netconf = NetConf(
        IPv4Address(address),
        IPv4Address(netmask),
        IPv4Address(gateway),
        phy,
        dhcp=bool(options & _OPTION_DHCP),
        http_login=bool(options & _OPTION_HTTP_LOGIN),
        http_port=port,
    )
    return ScanAnswer(
        mac_text(mac),
        hardware,
        bootloader=(versions[0], versions[1]),
        firmware=(versions[2], versions[3]),
        operational=mode == 0,
        netconf=netconf,
        phy_state=phy_state,
        access_list=bool(options & _OPTION_ACCESS_LIST),
    )


def mac_bytes(mac: str) -> bytes:
    """``00:19:32:00:12:1D`` as six bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(mac: bytes) -> str:
    """Six bytes as ``00:19:32:00:12:1D``."""
    return mac.hex(":").upper()


def checksum(data: bytes) -> int:
    """XOR of all bytes: a datagram's checksum, and a firmware image's."""
    return reduce(xor, data, 0)
