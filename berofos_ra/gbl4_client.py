"""GBL4 over UDP to one device. What a datagram holds is in `gbl4`."""

from __future__ import annotations

import errno
import socket
import time

from berofos_ra import gbl4
from berofos_ra.errors import BadAnswerError, DeviceTimeoutError, UnreachableError

_RESEND_EVERY = 0.5  # seconds; a datagram may get lost, and every request here may be repeated


def kick(host: str, mac: str, timeout: float, port: int = gbl4.PORT) -> None:
    """Restart the countdown of the watchdog of the device with this MAC, and wait for its answer.

    Raises:
        DeviceTimeoutError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
    """
    exchange(host, gbl4.Command.KICK, gbl4.kick_request(mac), timeout, port)


def exchange(host: str, command: int, request: bytes, timeout: float, port: int = gbl4.PORT) -> bytes:
    """Send a request to one address until it is answered; the payload of the answer.

    Anything but a well-formed answer to this command from that address is dropped, as the vendor's tool does.

    Raises:
        DeviceTimeoutError: no answer within ``timeout`` seconds.
        UnreachableError: no way to it.
    """
    deadline = time.monotonic() + timeout
    try:
        address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    except (socket.gaierror, UnicodeError):
        raise UnreachableError("host name can't be resolved") from None
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(address)
            while True:
                udp.send(request)
                answer = _answer(udp, command, min(deadline, time.monotonic() + _RESEND_EVERY))
                if answer is not None:
                    return answer
                if time.monotonic() >= deadline:
                    raise DeviceTimeoutError(f"no GBL4 answer within {timeout:.3g} s")
    except OSError as error:
        if error.errno == errno.ECONNREFUSED:
            raise UnreachableError("GBL4 port closed") from None
        raise UnreachableError("no route to it") from None


def _answer(udp: socket.socket, command: int, deadline: float) -> bytes | None:
    while (remaining := deadline - time.monotonic()) > 0:
        udp.settimeout(remaining)
        try:
            datagram = udp.recv(2048)
        except socket.timeout:
            return None
        try:
            answered, payload = gbl4.decode(datagram)
        except BadAnswerError:
            continue
        if answered == command:
            return payload
    return None
