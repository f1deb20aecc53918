"""GBL4 over UDP: to one device, or by broadcast to all. What a datagram holds is in `gbl4`.

Where a function takes ``host``, None means broadcast: the request leaves by every network interface that has an
address, and the device with the right MAC takes it.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from berofos_ra.device import gbl4
from berofos_ra.device.firmware import Image
from berofos_ra.device.gbl4 import Command, NetConf, ScanAnswer
from berofos_ra.device.names import resolve
from berofos_ra.errors import BadAnswerError, Gbl4ClosedError, Gbl4SilentError, NotInFlashModeError, UnreachableError

RESET_TIMEOUT = 8.0  # s; how long the vendor's tool waits for the answer to a reset
MAX_FOUND = 1000  # devices that one scan tells of, lest a flood of forged answers fills the memory
ADVICE_HALF_FLASHED = "it has no firmware now: leave it in flash mode and flash it again"

_BROADCAST = "255.255.255.255"
_RESEND_EVERY = 0.5  # seconds; a datagram may get lost, and most requests here may be repeated
_PAGE_ATTEMPTS = 3

_Answer = TypeVar("_Answer")


def kick(host: str | None, mac: str, timeout: float, port: int = gbl4.PORT) -> None:
    """Restart the countdown of the watchdog of the device with this MAC, and wait for its answer.

    Raises:
        Gbl4SilentError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
    """
    _ask_one(host, Command.KICK, gbl4.kick_request(mac), mac, timeout, port)


def ping(host: str | None, mac: str, timeout: float, port: int = gbl4.PORT) -> None:
    """Ask the device with this MAC whether it is there; the errors are those of `kick`."""
    _ask_one(host, Command.PING, gbl4.ping_request(mac, 0), mac, timeout, port)


def scan(
    host: str | None, timeout: float, port: int = gbl4.PORT, *, mac: str | None = None
) -> tuple[ScanAnswer, ...]:
    """The berofos devices that answer within ``timeout`` seconds, ordered by address.

    The vendor's other products are left out. Asking one address ends with the answer from there, and looking for one
    ``mac`` with that device's, and then there is no other in the result.

    Raises:
        UnreachableError: nothing could be sent.
    """
    found: dict[str, ScanAnswer] = {}
    deadline = time.monotonic() + timeout
    with _UdpChannel(host, port, any_source=True) as channel:
        while time.monotonic() < deadline:
            channel.send(gbl4.scan_request())
            for payload, sender in channel.answers(Command.GET_NETCONF, _next_round(deadline)):
                with contextlib.suppress(BadAnswerError):
                    answer = gbl4.parse_scan_answer(payload)
                    if mac in (None, answer.mac) and len(found) < MAX_FOUND:
                        found[answer.mac] = answer
                    if sender == channel.peer or mac == answer.mac:
                        deadline = 0.0
                        break
    return tuple(sorted((a for a in found.values() if a.is_berofos), key=lambda a: (a.netconf.address, a.mac)))


def set_netconf(host: str | None, mac: str, netconf: NetConf, timeout: float, port: int = gbl4.PORT) -> None:
    """Give the device with this MAC, which must be in flash mode, other network settings.

    Raises:
        NotInFlashModeError: it refused.
        DeviceError: no way to it, or no answer within ``timeout`` seconds.
    """
    _have_done(host, mac, Command.SET_NETCONF, gbl4.netconf_request(mac, netconf), timeout, port, resend=True)


def reset(host: str | None, mac: str, timeout: float = RESET_TIMEOUT, port: int = gbl4.PORT) -> None:
    """Erase settings and firmware of the device with this MAC, which must be in flash mode.

    It is asked once, since it may be erasing already; ``timeout`` is in seconds.

    Raises:
        NotInFlashModeError: it refused.
        DeviceError: no way to it, or no answer in time.
    """
    _have_done(host, mac, Command.RESET, gbl4.reset_request(mac), timeout, port, resend=False)


def flash(
    host: str | None,
    mac: str,
    image: Image,
    timeout: float,
    progress: Callable[[int], None] = lambda pages: None,
    port: int = gbl4.PORT,
) -> None:
    """Send a firmware image to the device with this MAC, which must be in flash mode.

    ``timeout`` is for one page, in seconds; a page without an answer is sent again. ``progress`` is told how many
    pages have arrived, from 0 once the device is prepared: from then on until the last one it has no firmware.

    Raises:
        DeviceError: no way to it, the image couldn't be announced, or a page isn't answered.
    """
    count = len(image.pages)
    prepare = gbl4.flash_prepare_request(mac, count, image.checksum)
    # Once only: the device may be erasing its memory meanwhile.
    exchange(host, Command.FLASH_PREPARE, prepare, timeout, port, resend=False)
    progress(0)
    for number, page in enumerate(image.pages):
        request = gbl4.flash_page_request(mac, number, page)
        for attempt in range(1, _PAGE_ATTEMPTS + 1):
            try:
                # From another port each time: an answer doesn't tell its page, so a late one must not be heard.
                exchange(host, Command.FLASH_PAGE, request, timeout, port, resend=False)
                break
            except Gbl4SilentError:
                if attempt == _PAGE_ATTEMPTS:
                    raise Gbl4SilentError(f"page {number + 1} of {count} isn't answered") from None
        progress(number + 1)


def exchange(
    host: str | None, command: int, request: bytes, timeout: float, port: int = gbl4.PORT, *, resend: bool = True
) -> bytes:
    """Send a request until it is answered; the payload of the answer.

    Anything but a well-formed answer to this command from that address is dropped, as the vendor's tool does.
    ``resend`` False: the request is sent once.

    Raises:
        Gbl4SilentError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
    """
    with _UdpChannel(host, port) as channel:
        return channel.ask(command, request, timeout, resend, lambda payload: payload)


def _ask_one(host: str | None, command: int, request: bytes, mac: str, timeout: float, port: int) -> None:
    """Ask until that device answers; another's answer doesn't count."""
    with _UdpChannel(host, port) as channel:
        channel.ask(command, request, timeout, True, lambda payload: gbl4.sender_checked(payload, mac))


def _have_done(
    host: str | None, mac: str, command: Command, request: bytes, timeout: float, port: int, resend: bool
) -> None:
    with _UdpChannel(host, port, any_source=True) as channel:  # the answer may come from a new address
        code = channel.ask(command, request, timeout, resend, lambda payload: gbl4.parse_error_code(payload, mac))
    if code != 0:
        raise NotInFlashModeError(f"it refused, error code {code}")


def _next_round(deadline: float) -> float:
    return min(deadline, time.monotonic() + _RESEND_EVERY)


class _UdpChannel:
    """UDP to one address, or by broadcast. A context manager.

    ``any_source``: answers are heard wherever they come from, else from the address asked only (a broadcast has
    none). ``peer`` is the address asked, None for a broadcast.
    """

    def __init__(self, host: str | None, port: int, any_source: bool = False) -> None:
        self._host = host
        self._port = port
        self._connected = host is not None and not any_source
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.poll()
        self.peer: str | None = None

    def __enter__(self) -> _UdpChannel:
        if self._host is None:
            for interface in _interfaces():
                with contextlib.suppress(UnreachableError):
                    self._open(interface)
            if not self._sockets:
                self._open()
        else:
            self.peer = resolve(self._host)
            udp = self._open()
            if self._connected:
                try:
                    udp.connect((self.peer, self._port))
                except OSError as error:
                    self._close()
                    raise _unreachable(error) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def send(self, request: bytes) -> None:
        """Send it by every way there is; one is enough.

        Raises:
            UnreachableError: none took it.
        """
        failed: list[OSError] = []
        for udp in self._sockets.values():
            try:
                if self._connected:
                    udp.send(request)
                else:
                    udp.sendto(request, (self.peer or _BROADCAST, self._port))
            except OSError as error:
                failed.append(error)
        if failed and len(failed) == len(self._sockets):
            raise _unreachable(failed[-1]) from None

    def answers(self, command: int, deadline: float) -> Iterator[tuple[bytes, str]]:
        """Payload and sender of every sound answer to this command until the deadline (monotonic clock).

        Raises:
            UnreachableError: the device's port is closed.
        """
        while (remaining := deadline - time.monotonic()) > 0:
            for number, _ in self._poll.poll(remaining * 1000 + 1):
                try:
                    datagram, (sender, _) = self._sockets[number].recvfrom(2048)
                except OSError as error:
                    raise _unreachable(error) from None
                with contextlib.suppress(BadAnswerError):
                    answered, payload = gbl4.decode(datagram)
                    if answered == command:
                        yield payload, sender

    def ask(
        self, command: int, request: bytes, timeout: float, resend: bool, parse: Callable[[bytes], _Answer]
    ) -> _Answer:
        """Send a request, again and again with ``resend``, until an answer that ``parse`` takes; what it makes of it.

        ``parse`` refuses an answer with a BadAnswerError.

        Raises:
            Gbl4SilentError: no such answer within ``timeout`` seconds.
            UnreachableError: no way to it.
        """
        deadline = time.monotonic() + timeout
        while True:
            self.send(request)
            for payload, _ in self.answers(command, _next_round(deadline) if resend else deadline):
                with contextlib.suppress(BadAnswerError):
                    return parse(payload)
            if time.monotonic() >= deadline:
                raise Gbl4SilentError(f"no GBL4 answer within {timeout:.3g} s")

    def _open(self, interface: str | None = None) -> socket.socket:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            if not self._connected:
                udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if interface is not None:
                # So a broadcast needs no route, and reaches the networks behind all interfaces.
                udp.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        except OSError as error:
            udp.close()
            raise _unreachable(error) from None
        self._sockets[udp.fileno()] = udp
        self._poll.register(udp, select.POLLIN)
        return udp

    def _close(self) -> None:
        for udp in self._sockets.values():
            udp.close()
        self._sockets.clear()


def _interfaces() -> list[str]:
    """The network interfaces that have an IPv4 address, without the loopback interface."""
    import ifaddr  # only a broadcast needs it

    # An address may have a label, and then comes under a name such as eth0:1.
    addresses = [
        (adapter.name.partition(":")[0], str(ip.ip))
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if ip.is_IPv4
    ]
    loopback = {name for name, address in addresses if address.startswith("127.")}
    return [name for name in dict.fromkeys(name for name, _ in addresses) if name not in loopback]


def _unreachable(error: OSError) -> UnreachableError:
    if error.errno == errno.ECONNREFUSED:
        return Gbl4ClosedError("GBL4 port closed")
    return UnreachableError("no route to it")
