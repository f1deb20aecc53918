"""The address of a device's host name."""

from __future__ import annotations

import socket

from berofos_ra.errors import HostUnknownError


def resolve(host: str) -> str:
    """The IPv4 address of a host. It may take its time, which nothing bounds.

    Raises:
        HostUnknownError: it has none.
    """
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0])
    except (socket.gaierror, UnicodeError):
        raise HostUnknownError() from None
