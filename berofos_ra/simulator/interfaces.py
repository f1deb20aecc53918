"""Which network interface has which IPv4 address, asked of Linux by netlink (rtnetlink(7))."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

_NETLINK_ROUTE = 0
_NEW_ADDRESS, _GET_ADDRESS = 20, 22
_REQUEST_DUMP = 0x301
_DONE, _ERROR = 3, 2
_ATTRIBUTE_LOCAL = 2
_MESSAGE = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ADDRESS = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, interface
_ATTRIBUTE = struct.Struct("=HH")  # length, type


def interface_numbers() -> dict[str, int]:
    """Every IPv4 address of this machine with its interface's number. Raises OSError."""
    found: dict[str, int] = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as netlink:
        netlink.settimeout(1)
        size = _MESSAGE.size + _ADDRESS.size
        netlink.send(
            _MESSAGE.pack(size, _GET_ADDRESS, _REQUEST_DUMP, 1, 0) + _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0)
        )
        while True:
            for kind, message in _parts(netlink.recv(1 << 16), _MESSAGE):
                if kind in (_DONE, _ERROR):
                    return found
                if kind != _NEW_ADDRESS:
                    continue
                interface = _ADDRESS.unpack_from(message)[4]
                for attribute, value in _parts(message[_ADDRESS.size :], _ATTRIBUTE):
                    if attribute == _ATTRIBUTE_LOCAL:
                        found[socket.inet_ntoa(value)] = interface


def _parts(data: bytes, header: struct.Struct) -> Iterator[tuple[int, bytes]]:
    """Type and content of each part; a header begins with length and type, parts are aligned to 4 bytes."""
    while len(data) >= header.size:
        length, kind = header.unpack_from(data)[:2]
        if length < header.size:
            return
        yield kind, data[header.size : length]
        data = data[(length + 3) & ~3 :]
