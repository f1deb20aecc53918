"""GBL4 over UDP: to one device, or by broadcast to all. What a datagram holds is in `gbl4`.

Where a function takes ``host``, None means broadcast: the request leaves by every network interface that has an
address, and the device with the right MAC takes it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TypeVar

from berofos_ra.device import gbl4
from berofos_ra.device.firmware import Image
from berofos_ra.device.gbl4 import Command, NetConf, ScanAnswer
from berofos_ra.errors import (
    BadAnswerError,
    Gbl4ClosedError,
    Gbl4SilentError,
    HostUnknownError,
    NotInFlashModeError,
    UnreachableError,
)

RESET_TIMEOUT = 8.0  # s; how long the vendor's tool waits for the answer to a reset
SCAN_TIMEOUT = 3.0  # s
_MOST_FOUND = 1000  # devices, by one scan; more are somebody's joke

_BROADCAST = "255.255.255.255"
_RESEND_EVERY = 0.5  # seconds; a datagram may get lost, and most requests here may be repeated
_PAGE_ATTEMPTS = 3
_GET_INTERFACE_ADDRESS = 0x8915  # ioctl SIOCGIFADDR, see netdevice(7)

_Answer = TypeVar("_Answer")


def kick(host: str | None, mac: str, timeout: float, port: int = gbl4.PORT) -> None:
    """Restart the countdown of the watchdog of the device with this MAC, and wait for its answer.

    Raises:
        Gbl4SilentError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
    """
    _ask_one(host, Command.KICK, gbl4.kick_request(mac), mac, timeout, port)


def ping(host: str | None, mac: str, timeout: float, port: int = gbl4.PORT) -> None:
    """Ask the device with this MAC whether it is there.

    Raises:
        Gbl4SilentError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
    """
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
    request = gbl4.scan_request()
    with _Line(host, port, any_source=True) as line:
        while time.monotonic() < deadline:
            line.send(request)
            for payload, sender in line.answers(Command.GET_NETCONF, _next_round(deadline)):
                with contextlib.suppress(BadAnswerError):
                    answer = gbl4.parse_scan_answer(payload)
                    if mac in (None, answer.mac) and len(found) < _MOST_FOUND:
                        found[answer.mac] = answer
                    if sender == line.peer or mac == answer.mac:
                        deadline = 0.0
                        break
    return tuple(sorted((a for a in found.values() if a.is_berofos), key=lambda a: (a.netconf.address, a.mac)))


def set_netconf(host: str | None, mac: str, netconf: NetConf, timeout: float, port: int = gbl4.PORT) -> None:
    """Give the device with this MAC, which must be in flash mode, other network settings.

    Raises:
        Gbl4SilentError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
        NotInFlashModeError: it refused.
    """
    request = gbl4.netconf_request(mac, netconf)
    with _Line(host, port, any_source=True) as line:  # the answer may come from its new address
        _expect_done(line, Command.SET_NETCONF, request, mac, timeout, resend=True)


def reset(host: str | None, mac: str, timeout: float = RESET_TIMEOUT, port: int = gbl4.PORT) -> None:
    """Erase settings and firmware of the device with this MAC, which must be in flash mode.

    Raises:
        Gbl4SilentError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
        NotInFlashModeError: it refused.
    """
    with _Line(host, port, any_source=True) as line:
        _expect_done(line, Command.RESET, gbl4.reset_request(mac), mac, timeout, resend=False)


def flash(
    host: str | None,
    mac: str,
    image: Image,
    timeout: float,
    progress: Callable[[int], None] = lambda pages: None,
    port: int = gbl4.PORT,
) -> None:
    """Send a firmware image to the device with this MAC, which must be in flash mode.

    ``timeout`` is the patience with one page, in seconds; a page without an answer is sent again. ``progress`` is
    told how many pages have arrived, from 0 once the device is prepared: from then on until the last one it has no
    firmware.

    Raises:
        Gbl4SilentError: the image couldn't be announced, or a page isn't answered.
        UnreachableError: no way to it.
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
    with _Line(host, port) as line:
        return _first_answer(line, command, request, timeout, resend, lambda payload: payload)


def _ask_one(host: str | None, command: int, request: bytes, mac: str, timeout: float, port: int) -> None:
    with _Line(host, port) as line:
        _first_answer(line, command, request, timeout, True, lambda payload: gbl4.sender_checked(payload, mac))


def resolve(host: str) -> str:
    """The IPv4 address of a host.

    Raises:
        HostUnknownError: it has none.
    """
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0])
    except (socket.gaierror, UnicodeError):
        raise HostUnknownError() from None


def _expect_done(line: _Line, command: int, request: bytes, mac: str, timeout: float, resend: bool) -> None:
    code = _first_answer(line, command, request, timeout, resend, lambda payload: gbl4.parse_error_code(payload, mac))
    if code != 0:
        raise NotInFlashModeError(f"it refused, error code {code}")


def _first_answer(
    line: _Line, command: int, request: bytes, timeout: float, resend: bool, parse: Callable[[bytes], _Answer]
) -> _Answer:
    """The first answer that ``parse`` doesn't refuse with a BadAnswerError."""
    deadline = time.monotonic() + timeout
    while True:
        line.send(request)
        for payload, _ in line.answers(command, _next_round(deadline) if resend else deadline):
            with contextlib.suppress(BadAnswerError):
                return parse(payload)
        if time.monotonic() >= deadline:
            raise Gbl4SilentError(f"no GBL4 answer within {timeout:.3g} s")


def _next_round(deadline: float) -> float:
    return min(deadline, time.monotonic() + _RESEND_EVERY)


class _Line:
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

    def __enter__(self) -> _Line:
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def send(self, request: bytes) -> None:
        """Send it by every way there is; one is enough.

        Raises:
            UnreachableError: none took it.
        """
        trouble: OSError | None = None
        sent = False
        for udp in self._sockets.values():
            try:
                if self._connected:
                    udp.send(request)
                else:
                    udp.sendto(request, (self.peer or _BROADCAST, self._port))
                sent = True
            except OSError as error:
                trouble = error
        if trouble is not None and not sent:
            raise _unreachable(trouble) from None

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
    """The network interfaces that have an IPv4 address; not the one that leads nowhere."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(any_socket, _GET_INTERFACE_ADDRESS, struct.pack("16s240x", name.encode()))
            except OSError:  # no address
                continue
            if answer[20] != 127:
                found.append(name)
    return found


def _unreachable(error: OSError) -> UnreachableError:
    if error.errno == errno.ECONNREFUSED:
        return Gbl4ClosedError("GBL4 port closed")
    return UnreachableError("no route to it")
