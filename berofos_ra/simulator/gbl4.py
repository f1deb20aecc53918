"""What a device answers to one GBL4 datagram. No sockets here.

Codes and lengths are those of the vendor's tool. What it does not tell is chosen here: the error code 1 for
what works in flash mode only, no answer at all to flash pages outside of it, and answers' payloads where "any
well-formed answer" does.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Mapping
from functools import reduce
from ipaddress import IPv4Address
from operator import xor

from berofos_ra.simulator.device import Device, Emit
from berofos_ra.simulator.faults import Fault
from berofos_ra.simulator.spec import mac_bytes

_MAGIC = b"GBL\x04"
SCAN, SET_NETCONF, FLASH_PREPARE, FLASH_PAGE, RESET, PING, KICK = 1, 2, 3, 4, 5, 9, 11
_REQUESTS = {  # their names, and how many bytes of payload they have: after a MAC, but for a scan
    SCAN: ("scan", 0),
    SET_NETCONF: ("set netconf", 6 + 16),
    FLASH_PREPARE: ("flash prepare", 6 + 3),
    FLASH_PAGE: ("flash page", 6 + 2 + 512),
    RESET: ("reset", 6),
    PING: ("ping", 6 + 2),
    KICK: ("kick", 6 + 1),
}
_OPTION_DHCP, _OPTION_LOGIN, _OPTION_ACCESS_LIST = 0x01, 0x02, 0x04
_DONE, _REFUSED = b"\x00", b"\x01"


def checksum(data: bytes) -> int:
    """XOR of all bytes."""
    return reduce(xor, data, 0)


def encode(command: int, payload: bytes) -> bytes:
    """A whole datagram."""
    body = _MAGIC + bytes([command]) + payload
    return body + bytes([checksum(body)])


def decode(datagram: bytes) -> tuple[int, bytes] | None:
    """Command and payload (scan: empty; else with the MAC in front); None when it isn't a sound request."""
    if len(datagram) < 6 or not datagram.startswith(_MAGIC) or checksum(datagram) != 0:
        return None
    command, payload = datagram[4], datagram[5:-1]
    return (command, payload) if command in _REQUESTS and len(payload) == _REQUESTS[command][1] else None


def name_of(command: int, payload: bytes) -> str:
    """The request in words, for the log."""
    numbered = command in (FLASH_PAGE, PING)
    return _REQUESTS[command][0] + (f" {int.from_bytes(payload[6:8], 'big')}" if numbered else "")


class FlashMemory:
    """Takes a firmware image page by page. ``image`` is the last one that arrived whole and sound."""

    def __init__(self) -> None:
        self.image: bytes | None = None
        self._pages: dict[int, bytes] = {}
        self._wanted = 0
        self._xor = 0

    def prepare(self, pages: int, image_xor: int) -> None:
        """Expect that many pages, whose bytes give this XOR."""
        self._pages, self._wanted, self._xor = {}, pages, image_xor

    def store(self, number: int, page: bytes) -> bool | None:
        """Take a page; None: not the last one missing, else whether the image is sound."""
        if number >= self._wanted:
            return None
        self._pages[number] = page
        if len(self._pages) < self._wanted:
            return None
        image = b"".join(self._pages[n] for n in range(self._wanted))
        if checksum(image) != self._xor:
            return False
        self.image = image
        return True


def answer(device: Device, flash: FlashMemory, command: int, payload: bytes, cause: str, emit: Emit) -> bytes | None:
    """Do what a request to this device asks for; the answer, None for none."""
    mac, rest = mac_bytes(device.mac), payload[6:]
    if command == SCAN:
        return encode(SCAN, _netconf(device))
    if command == PING:
        repeated, zeros = device.spec.ping_answer
        return encode(PING, payload[:repeated] + bytes(zeros))
    if command == KICK:
        emit("kick", {"cause": cause})
        device.kick()
        return encode(KICK, mac + _DONE)
    if command in (SET_NETCONF, RESET):
        done = device.flash_mode and (command == RESET or _set_netconf(device, rest, cause))
        if done and command == RESET:
            device.reset()
        return encode(command, mac + (_DONE if done else _REFUSED))
    if not device.flash_mode:
        return None
    if command == FLASH_PREPARE:
        flash.prepare(int.from_bytes(rest[:2], "big"), rest[2])
    else:
        sound = flash.store(int.from_bytes(rest[:2], "big"), rest[2:])
        if sound and flash.image is not None:
            digest = hashlib.sha256(flash.image).hexdigest()
            emit("flashed", {"bytes": len(flash.image), "sha256": digest, "cause": cause})
        elif sound is False:
            emit("flash failed", {"reason": "the image's checksum is wrong", "cause": cause})
    return encode(command, mac + _DONE)


def is_meant(device: Device, command: int, payload: bytes) -> bool:
    """Whether the request is to this device: others' MACs are others' business."""
    return command == SCAN or payload[:6] == mac_bytes(device.mac)


def spoiled(answer: bytes, taken: Mapping[str, Fault]) -> bytes:
    """The answer with those faults that change its bytes."""
    if "other_mac" in taken:
        answer = encode(answer[4], bytes(byte ^ 0x55 for byte in answer[5:11]) + answer[11:-1])
    if "bad_checksum" in taken:
        answer = answer[:-1] + bytes([answer[-1] ^ 0xFF])
    if "truncated" in taken:
        cut = taken["truncated"].length
        answer = answer[: len(answer) // 2 if cut is None else cut]
    if "garbage" in taken:
        answer = b"\xff" + os.urandom(40)
    return b"" if "empty" in taken else answer


def _netconf(device: Device) -> bytes:
    spec = device.spec
    addresses = b"".join(IPv4Address(str(device.read(key))).packed for key in ("address", "netmask", "gateway"))
    options = (
        (_OPTION_DHCP if device.read("dhcp") else 0)
        | (_OPTION_LOGIN if device.read("pwd") else 0)
        | (_OPTION_ACCESS_LIST if spec.access_list else 0)
    )
    return (
        mac_bytes(device.mac)
        + struct.pack(">H4BB", spec.hardware_magic, *spec.boot_loader, *spec.firmware, device.flash_mode)
        + addresses
        + struct.pack(">BBBH", device.phy_configuration, spec.phy_state, options, int(device.read("port")))
    )


def _set_netconf(device: Device, rest: bytes, cause: str) -> bool:
    phy, options, port = struct.unpack(">BBH", rest[12:])
    if not port:
        return False
    for keyword, offset in (("address", 0), ("netmask", 4), ("gateway", 8)):
        device.write(keyword, str(IPv4Address(rest[offset : offset + 4])), cause)
    device.write("dhcp", bool(options & _OPTION_DHCP), cause)
    device.write("pwd", bool(options & _OPTION_LOGIN), cause)
    device.write("port", port, cause)
    device.phy_configuration = phy
    return True
