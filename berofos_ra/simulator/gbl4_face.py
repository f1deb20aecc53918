"""The GBL4 socket of one or more devices.

Devices at loopback addresses have a socket each. As soon as another address is among them, one socket on the
wildcard address serves all with that port: only so is a datagram to 255.255.255.255 received. Which device
is meant is told by the datagram's destination (IP_PKTINFO), and the answer leaves from that device's address.
A broadcast comes in once on every interface that is on the network: each device hears it on its own.
"""

from __future__ import annotations

import contextlib
import heapq
import ipaddress
import itertools
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from berofos_ra.simulator.http_face import cannot_listen
from berofos_ra.simulator.spec import SimulatorError

_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)  # Linux's number; Python knows the name from 3.12 on
_PKTINFO = struct.Struct("=I4s4s")  # interface, local address, destination in the header
_ANY = "0.0.0.0"  # noqa: S104 - see above

# Takes a datagram and the client's address; answers with how late (s) and what.
Answer = Callable[[bytes, str], Iterable["tuple[float, bytes]"]]


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.IPv4Address(address).is_loopback


class Gbl4Face:
    """Listens for devices, given as (address, answer), from creation to ``close``.

    Raises SimulatorError when the address can't be had.
    """

    def __init__(self, who: str, port: int, devices: Sequence[tuple[str, Answer]]) -> None:
        self._devices = list(devices)
        addresses = {address for address, _ in devices}
        address = addresses.pop() if len(addresses) == 1 and is_loopback(devices[0][0]) else _ANY
        self._queue: list[tuple[float, int, bytes, tuple[str, int], str]] = []  # answers that are to be late
        self._numbers = itertools.count()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wake, self._waker = socket.socketpair()
        try:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            self._socket.bind((address, port))
        except OSError as error:
            self._close_sockets()
            raise SimulatorError(cannot_listen(f"{who}: GBL4", address, port, error)) from None
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"{who} gbl4", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and wait until that is so."""
        self._waker.close()
        self._thread.join()
        self._close_sockets()

    def _close_sockets(self) -> None:
        for each in (self._socket, self._wake, self._waker):
            each.close()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while True:
            timeout = max(0.0, self._queue[0][0] - time.monotonic()) * 1000 + 1 if self._queue else None  # ms
            ready = [number for number, _ in poll.poll(timeout)]
            if self._wake.fileno() in ready:
                return
            if ready:
                with contextlib.suppress(OSError):
                    self._receive()
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, _, answer, client, address = heapq.heappop(self._queue)
                with contextlib.suppress(OSError):
                    self._send(answer, client, address)

    def _receive(self) -> None:
        datagram, ancillary, _, client = self._socket.recvmsg(65535, socket.CMSG_SPACE(_PKTINFO.size))
        for level, kind, data in ancillary:
            if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
                interface, local, destination = _PKTINFO.unpack(data[: _PKTINFO.size])
                for address, answer in self._meant(interface, socket.inet_ntoa(local), socket.inet_ntoa(destination)):
                    for late, reply in answer(datagram, client[0]):
                        due = time.monotonic() + late
                        heapq.heappush(self._queue, (due, next(self._numbers), reply, client, address))

    def _meant(self, interface: int, local: str, destination: str) -> list[tuple[str, Answer]]:
        if local == destination:
            return [(address, answer) for address, answer in self._devices if address == destination]
        # A broadcast: the destination in the header isn't the local address that took it. An address of the
        # loopback interface is reached through every other one.
        numbers = _interface_numbers()
        near = (interface, socket.if_nametoindex("lo"))
        return [(address, answer) for address, answer in self._devices if numbers.get(address, interface) in near]

    def _send(self, answer: bytes, client: tuple[str, int], address: str) -> None:
        source = _PKTINFO.pack(0, socket.inet_aton(address), bytes(4))
        self._socket.sendmsg([answer], [(socket.IPPROTO_IP, _IP_PKTINFO, source)], 0, client)


def _interface_numbers() -> dict[str, int]:
    """Every IPv4 address of this machine with its interface's number. Raises OSError."""
    import ifaddr  # only a broadcast needs it

    return {
        str(ip.ip): socket.if_nametoindex(adapter.name.partition(":")[0])  # the name may have a label: eth0:1
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if ip.is_IPv4
    }
