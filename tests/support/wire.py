"""Servers that send what a test tells them to, byte by byte: what a broken or hostile device might."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

import pytest

import berofos_ra.device.device
import berofos_ra.device.http

# What a server does to one request: send these bytes, or do this with the connection and tell if it stays open.
Reply = bytes | Callable[[socket.socket], bool]


class TcpServer:
    """Reads requests without a body and answers each with what ``answer`` makes of it. Use as a context manager."""

    def __init__(self, answer: Callable[[bytes], Reply]) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> TcpServer:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _run(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._open.append(connection)
            self._run(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while request := _read_request(connection):
                self.requests.append(request)
                reply = self._answer(request)
                if isinstance(reply, bytes):
                    connection.sendall(reply)
                elif not reply(connection):
                    return


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        received += chunk
    return received


def always(reply: Reply) -> Callable[[bytes], Reply]:
    """The same reply to every request."""
    return lambda request: reply


def in_turn(*replies: Reply) -> Callable[[bytes], Reply]:
    """One reply after the other; no more requests are expected than these."""
    left = iter(replies)
    return lambda request: next(left, then_close(b"HTTP/1.1 599 more requests than expected\r\n\r\n"))


def answer(body: bytes = b"", status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """A proper HTTP answer."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def then_close(data: bytes) -> Reply:
    """Send this and hang up."""

    def reply(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return reply


def hang(connection: socket.socket) -> bool:
    """Send nothing until the client hangs up."""
    while connection.recv(65536):
        pass
    return False


class Clock:
    """The time of a client for which it goes on only when its device lets it: so nothing depends on the machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = time.monotonic()
        for module in (berofos_ra.device.device, berofos_ra.device.http):
            monkeypatch.setattr(module, "time", self)

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def after(self, seconds: float, reply: bytes) -> Reply:
        """Send this when so many seconds have gone by."""

        def late(connection: socket.socket) -> bool:
            self._now += seconds
            connection.sendall(reply)
            return True

        return late

    def too_late(self, seconds: float) -> Reply:
        """Begin an answer after so many seconds, which are more than the client has; if it stays, go on."""

        def late(connection: socket.socket) -> bool:
            self._now += seconds
            whole = answer(b"late")
            connection.sendall(whole[:1])
            if not select.select([connection], [], [], 60)[0]:
                connection.sendall(whole[1:])
            return False

        return late


def drip(start: bytes, piece: bytes, times: int) -> Reply:
    """Send ``start``, then ``piece`` so many times, 20 a second, and hang up."""

    def reply(connection: socket.socket) -> bool:
        connection.sendall(start)
        for _ in range(times):
            if select.select([connection], [], [], 0.05)[0]:  # the client hung up
                return False
            connection.sendall(piece)
        return False

    return reply


def header(request: bytes, name: bytes) -> bytes | None:
    """The value of a request's header."""
    for line in request.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name.lower():
            return value.strip()
    return None


def target(request: bytes) -> str:
    """What a request asks for: path and query."""
    return request.split(b" ")[1].decode("ascii")


class UdpServer:
    """Answers every datagram with those that ``answer`` makes of it. Use as a context manager."""

    def __init__(self, answer: Callable[[bytes], list[bytes]]) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        self.senders: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> UdpServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # it isn't connected, but this wakes the thread all the same
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            datagram, sender = self._socket.recvfrom(2048)
            if sender is None or not datagram:
                return
            self.senders.append(sender)
            self.requests.append(datagram)
            for reply in self._answer(datagram):
                with contextlib.suppress(OSError):  # the test may have ended
                    self._socket.sendto(reply, sender)


def all_it_says(error: BaseException) -> str:
    """Everything that an error and the errors behind it would tell a reader."""
    said: list[str] = []
    one: BaseException | None = error
    while one is not None:
        said += [str(one), repr(one), getattr(one, "advice", ""), *(repr(argument) for argument in one.args)]
        if one.__cause__ is not None and one.__cause__ is not one.__context__:
            said.append(all_it_says(one.__cause__))
        one = one.__context__
    return "\n".join(said)
