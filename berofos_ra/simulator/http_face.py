"""A device's HTTP socket: a small embedded server that has one connection at a time, others queue."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable

from berofos_ra.simulator.spec import SimulatorError
from berofos_ra.simulator.web import Delivery

_BACKLOG = 16
_HEAD_LIMIT = 16 * 1024  # bytes
_HEAD_TIMEOUT = 5.0  # s for a whole request to come
_IDLE_TIMEOUT = 2.0  # s that a kept connection may block the others
_SEND_TIMEOUT = 30.0  # s
_JUNK = b"9_junk=0123456789abcdef\n" * 1024

# Answers a request's head (bytes up to the empty line) from a client; None: just hang up.
Answer = Callable[["HttpFace", bytes, str], "Delivery | None"]


class HttpFace:
    """Listens on an address from creation to ``close``.

    ``answer`` None: connections are made by the kernel, and nobody ever takes them (network unplugged). Raises
    SimulatorError when the address can't be had.
    """

    def __init__(self, device: str, address: str, port: int, answer: Answer | None) -> None:
        self.closing = threading.Event()
        self._answer = answer
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((address, port))
            self._listener.listen(_BACKLOG)
        except OSError as error:
            self._listener.close()
            raise SimulatorError(cannot_listen(f"{device}: HTTP", address, port, error)) from None
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"{device} http", daemon=True)
        if answer is not None:
            self._thread.start()

    def close(self) -> None:
        """Refuse connections from now on and cut the present one. Doesn't wait."""
        self.closing.set()
        # Closing alone leaves a thread that waits in accept or recv waiting, and the port taken.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    @property
    def alive(self) -> bool:
        """Whether its thread still runs; for a moment it does after ``close``."""
        return self._thread.is_alive()

    def join(self) -> None:
        """After ``close``: wait for the thread to end."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self.closing.is_set():
            try:
                connection, (source, _) = self._listener.accept()
            except OSError:
                if not self.closing.is_set():
                    self.closing.wait(0.05)  # out of file descriptors, or the client has left already
                continue
            with connection:
                with self._lock:
                    self._connection = connection
                if not self.closing.is_set():
                    with contextlib.suppress(OSError):
                        self._converse(connection, source)
                with self._lock:
                    self._connection = None

    def _converse(self, connection: socket.socket, source: str) -> None:
        rest = b""
        timeout = _HEAD_TIMEOUT
        while True:
            head, rest = self._read_head(connection, rest, timeout)
            delivery = self._answer(self, head, source) if head and self._answer is not None else None
            if delivery is None:
                return
            if not self._deliver(connection, delivery):
                return
            if not delivery.keep:
                break
            timeout = _IDLE_TIMEOUT
        connection.shutdown(socket.SHUT_WR)
        # Unread input would make the kernel reset the connection, and the answer be lost with it.
        connection.setblocking(False)
        while connection.recv(_HEAD_LIMIT):
            pass

    @staticmethod
    def _read_head(connection: socket.socket, data: bytes, timeout: float) -> tuple[bytes, bytes]:
        """The next request's head and what came after it; no head when the client left or was too slow."""
        deadline = time.monotonic() + timeout
        while True:
            if len(data) > _HEAD_LIMIT:
                return b"\n", b""  # answered as malformed
            for end in (b"\r\n\r\n", b"\n\n"):
                head, found, rest = data.partition(end)
                if found:
                    return head or b"\n", rest
            left = deadline - time.monotonic()
            if left <= 0:
                return b"", b""
            connection.settimeout(left)
            received = connection.recv(4096)
            if not received:
                return b"", b""  # half a request must not take effect
            data += received

    def _deliver(self, connection: socket.socket, delivery: Delivery) -> bool:
        """Send; False: cut off on the way."""
        if delivery.hang:
            connection.settimeout(None)
            while connection.recv(4096):
                pass
            return False
        if self.closing.wait(delivery.late):
            return False
        connection.settimeout(_SEND_TIMEOUT)
        if not self._send(connection, delivery.data, delivery.rate):
            return False
        while delivery.endless:
            if not self._send(connection, _JUNK, delivery.rate):
                return False
        return True

    def _send(self, connection: socket.socket, data: bytes, rate: int | None) -> bool:
        if rate is None:
            connection.sendall(data)
            return True
        piece = max(1, rate // 10)
        for start in range(0, len(data), piece):
            connection.sendall(data[start : start + piece])
            if self.closing.wait(piece / rate):
                return False
        return True


def cannot_listen(who: str, address: str, port: int, error: OSError) -> str:
    """One line that says what is in the way and what to do about it."""
    line = f"{who} can't listen on {address}:{port}: "
    if error.errno == errno.EADDRNOTAVAIL:
        return line + f"the address is not on this machine; add it: ip addr add {address}/32 dev lo"
    if error.errno == errno.EADDRINUSE:
        return line + "something else listens there; stop it, or give the device another address or port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return line + "not allowed; be root, or choose a port above 1023"
    return line + (error.strerror or "unknown error")
