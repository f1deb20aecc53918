"""A device's HTTP socket: a small embedded server with one connection at a time, others queue, unless told."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import threading
import time
from collections.abc import Callable

from berofos_ra.simulator.spec import DROPPED, SERVED, SimulatorError
from berofos_ra.simulator.web import Delivery

_BACKLOG = 16
_MAX_HEAD = 16 * 1024  # bytes
_HEAD_TIMEOUT = 5.0  # s for a whole request to come
_IDLE_TIMEOUT = 2.0  # s that a kept connection may block the others
_SEND_TIMEOUT = 30.0  # s
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time
_JUNK = b"9_junk=0123456789abcdef\n" * 1024

# Answers a request's head (bytes up to the empty line) from a client; None: just hang up.
Answer = Callable[["HttpFace", bytes, str], "Delivery | None"]


class HttpFace:
    """Listens on an address from creation to ``close``.

    ``answer`` None: connections are made by the kernel, and nobody ever takes them (network unplugged).
    ``connections`` is as in `DeviceSpec`. Raises SimulatorError when the address can't be had.
    """

    def __init__(self, device: str, address: str, port: int, answer: Answer | None, connections: str) -> None:
        self.closing = threading.Event()  # no further request is answered
        self._cut = threading.Event()  # nor is the rest of an answer sent
        self._answer = answer
        self._lock = threading.Lock()
        self._connections = connections
        self._open: dict[socket.socket, bool] = {}  # whether each is being answered
        self._threads: list[threading.Thread] = []
        self._one_connection = False
        self._taken: set[socket.socket] = set()  # those that leave no room for another
        self._listening = True
        try:
            self._listener = _listener(address, port)
        except OSError as error:
            raise SimulatorError(cannot_listen(f"{device}: HTTP", address, port, error)) from None
        self.port: int = self._listener.getsockname()[1]
        if answer is not None:
            self._start(self._run, name=f"{device} http")

    def close(self, finish_answer: bool = False) -> None:
        """Refuse connections from now on and cut the present one, unless its answer is to be finished. Doesn't wait.

        May be called again, to cut it after all.
        """
        self.closing.set()
        # Closing alone leaves a thread that waits in accept or recv waiting, and the port taken.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            finishing = finish_answer and any(self._open.values())
            if not finishing:
                self._cut.set()
            for connection, answering in self._open.items():
                if not (finishing and answering):
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)

    def take_one_connection(self, only: bool) -> None:
        """Whether to refuse connections while there is one; else they queue."""
        with self._lock:
            self._one_connection = only
            self._listen_while_there_is_room()

    @property
    def alive(self) -> bool:
        """Whether a thread of it still runs; for a moment one does after ``close``."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """After ``close``: wait for its threads to end."""
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *args: object, name: str | None = None) -> None:
        thread = threading.Thread(target=target, args=args, name=name, daemon=True)
        # In place, for `join`: it waits first for the one that starts the others.
        self._threads[:] = [*filter(threading.Thread.is_alive, self._threads), thread]
        thread.start()

    def _run(self) -> None:
        while not self.closing.is_set():
            try:
                connection, (source, _) = self._listener.accept()
            except OSError:
                if not self.closing.is_set():
                    self.closing.wait(0.05)  # out of file descriptors, or the client has left already
                continue
            if self._connections == DROPPED and self._taken:
                connection.close()
                continue
            self._take_room(connection)
            if self._connections in (SERVED, DROPPED):
                self._start(self._attend, connection, source)
            else:
                self._attend(connection, source)

    def _attend(self, connection: socket.socket, source: str) -> None:
        with connection:
            if not self.closing.is_set():
                with contextlib.suppress(OSError):
                    self._converse(connection, source)
            self._free_room(connection)
        with self._lock:
            del self._open[connection]

    def _take_room(self, connection: socket.socket) -> None:
        with self._lock:
            self._open[connection] = False
            self._taken.add(connection)
            self._listen_while_there_is_room()

    def _free_room(self, connection: socket.socket) -> None:
        """Before the client can know that it was answered: else its next connection could be refused."""
        with self._lock:
            self._taken.discard(connection)
            self._listen_while_there_is_room()

    def _listen_while_there_is_room(self) -> None:
        wanted = not self._taken or not self._one_connection
        if wanted == self._listening or self.closing.is_set():
            return
        self._listening = wanted
        with contextlib.suppress(OSError):
            if wanted:
                self._listener.listen(_BACKLOG)
            else:
                self._listener.shutdown(socket.SHUT_RDWR)  # the port remains its own: Linux lets it listen again

    def _converse(self, connection: socket.socket, source: str) -> None:
        rest = b""
        timeout = _HEAD_TIMEOUT
        keep = True
        while keep:
            head, rest = self._read_head(connection, rest, timeout)
            if not head or self._answer is None:
                return
            self._open[connection] = True
            try:
                delivery = self._answer(self, head, source)
                if delivery is None or not self._deliver(connection, delivery):
                    return
            finally:
                self._open[connection] = False
            keep = delivery.keep and not self.closing.is_set()
            timeout = _IDLE_TIMEOUT
        self._free_room(connection)
        connection.shutdown(socket.SHUT_WR)
        # Unread input would make the kernel reset the connection, and the answer be lost with it.
        connection.setblocking(False)
        while connection.recv(_MAX_HEAD):
            pass

    @staticmethod
    def _read_head(connection: socket.socket, data: bytes, timeout: float) -> tuple[bytes, bytes]:
        """The next request's head and what came after it; no head when the client left or was too slow."""
        deadline = time.monotonic() + timeout
        while True:
            if len(data) > _MAX_HEAD:
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
            self._open[connection] = False  # there is no answer to finish
            connection.settimeout(None)
            while connection.recv(4096):
                pass
            return False
        if delivery.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            return False
        if self._cut.wait(delivery.late):
            return False
        connection.settimeout(_SEND_TIMEOUT)
        if not self._send(connection, delivery.data, delivery.rate, last=not (delivery.keep or delivery.endless)):
            return False
        while delivery.endless:
            if not self._send(connection, _JUNK, delivery.rate):
                return False
        return True

    def _send(self, connection: socket.socket, data: bytes, rate: int | None, last: bool = False) -> bool:
        piece = len(data) if rate is None else max(1, rate // 10)
        for start in range(0, len(data), max(1, piece)):
            if last and start + piece >= len(data):
                self._free_room(connection)
            connection.sendall(data[start : start + piece])
            if self._cut.wait(piece / rate if rate else 0):
                return False
        return True


def _listener(address: str, port: int) -> socket.socket:
    """A socket that listens; ``port`` 0: any. Raises OSError."""
    if port:
        return socket.create_server((address, port), backlog=_BACKLOG)
    # Linux leaves a port that it chose itself to others as soon as nobody listens for a moment.
    with socket.socket() as chosen:
        chosen.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        chosen.bind((address, 0))
        return _listener(address, chosen.getsockname()[1])


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
