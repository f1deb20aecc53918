"""Which network interface has which IPv4 address."""

from __future__ import annotations

import socket


def interface_numbers() -> dict[str, int]:
    """Every IPv4 address of this machine with its interface's number. Raises OSError."""
    import ifaddr  # only a broadcast needs it

    return {
        str(ip.ip): socket.if_nametoindex(adapter.name.partition(":")[0])  # the name may have a label: eth0:1
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if ip.is_IPv4
    }
