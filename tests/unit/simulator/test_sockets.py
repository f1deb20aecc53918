"""Where the simulator listens: it has no login worth the name, so nobody else is to reach it unless it is told so."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

from berofos_ra.simulator import DeviceSpec, Simulator


def own_sockets() -> dict[str, str]:
    """The local addresses of this process's TCP and UDP sockets, by what the kernel calls each."""
    inodes = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            inodes.add(str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
    found = {}
    for table in ("tcp", "udp"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in inodes:
                found[words[9]] = socket.inet_ntoa(bytes.fromhex(words[1].partition(":")[0])[::-1])
    return found


def opened_since(before: Mapping[str, str]) -> set[str]:
    return {address for number, address in own_sockets().items() if number not in before}


def test_devices_at_loopback_addresses_and_the_control_interface_are_reached_from_here_alone() -> None:
    before = own_sockets()
    specs = [DeviceSpec(f"fos{n}", f"127.40.0.{n}", f"00:19:32:00:00:0{n}", port=0, gbl4_port=0) for n in (1, 2)]
    with Simulator(specs, control=("127.0.0.1", 0)):
        assert opened_since(before) == {"127.40.0.1", "127.40.0.2", "127.0.0.1"}


def test_there_is_no_control_interface_unless_asked_for() -> None:
    before = own_sockets()
    with Simulator([DeviceSpec("fos1", "127.40.0.1", "00:19:32:00:00:01", port=0, gbl4_port=0)]):
        assert opened_since(before) == {"127.40.0.1"}
