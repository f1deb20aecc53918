"""HTTP to one device with nothing hidden: each answer's head as it comes, and how connections end.

`http` is for work; this is for finding out how a device behaves. One request at a time, bounded in time and size.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import NamedTuple

from berofos_ra.errors import (
    ConnectionRefusedByDeviceError,
    DeviceTimeoutError,
    HostUnknownError,
    LoginRefusedError,
    UnreachableError,
)

MAX_BYTES = 64 * 1024  # of one answer
_STATUS_LINE = re.compile(rb"(HTTP/[0-9]\.[0-9]) ([0-9]{3})(?: [^\r\n]*)?")
_CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,6})[ \t]*(?:;[^\r\n]*)?\r\n")
_AFTERTHOUGHT = 0.5  # s for a body that should not come


class RawReply(NamedTuple):
    """An answer. ``status`` is None when there was no sound one, and ``lost`` says whether the connection ended.

    ``seconds`` is how long it took, from before the connection was made where it was made for it.
    """

    status: int | None
    protocol: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    lost: bool = False
    reset: bool = False
    seconds: float = 0.0

    def header(self, name: str) -> str | None:
        """The first header of that name, None without one."""
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)


def connect(host: str, port: int, timeout: float) -> socket.socket:
    """A connection.

    Raises:
        DeviceError: there is none within ``timeout`` seconds.
    """
    try:
        return socket.create_connection((host, port), timeout)
    except TimeoutError:
        raise DeviceTimeoutError(f"no connection within {timeout:.3g} s") from None
    except (socket.gaierror, UnicodeError):
        raise HostUnknownError() from None
    except ConnectionRefusedError:
        raise ConnectionRefusedByDeviceError("connection refused") from None
    except OSError:
        raise UnreachableError("no route to it") from None


def ask(connection: socket.socket, method: str, target: str, headers: Mapping[str, str], timeout: float) -> RawReply:
    """Send a request without a body, and read what comes back, for ``timeout`` seconds."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    begin = time.monotonic()
    try:
        connection.settimeout(timeout)
        connection.sendall("\r\n".join(lines).encode("latin-1"))
    except OSError:
        return RawReply(None, lost=True, reset=True)
    return read_reply(connection, method, begin, begin + timeout)


def read_reply(connection: socket.socket, method: str, begin: float, deadline: float) -> RawReply:
    """The answer that comes until the deadline; both times are the monotonic clock's."""
    reader = _Reader(connection, deadline)
    end = reader.until(lambda data: data.find(b"\r\n\r\n") + 1)
    status_line, *lines = reader.data[: end - 1].split(b"\r\n") if end else [b""]
    match = _STATUS_LINE.fullmatch(status_line)
    if match is None:
        return RawReply(None, lost=reader.ended, reset=reader.reset, seconds=time.monotonic() - begin)
    pairs = [line.decode("latin-1").partition(":") for line in lines]
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    reply = RawReply(int(match[2]), match[1].decode(), headers)
    rest = _Reader(connection, deadline, reader.data[end + 3 :])
    length = reply.header("content-length") or ""
    if method == "HEAD":
        rest.deadline = min(deadline, time.monotonic() + _AFTERTHOUGHT)
        rest.until(lambda data: 0)
    elif "chunked" in (reply.header("transfer-encoding") or "").lower():
        rest.until(lambda data: data.endswith(b"0\r\n\r\n"))
        rest.data = _unchunked(rest.data)
    elif re.fullmatch("[0-9]{1,6}", length, re.ASCII):
        rest.until(lambda data: len(data) >= int(length))
    else:
        rest.until(lambda data: 0)
    return reply._replace(body=rest.data, lost=rest.ended, reset=rest.reset, seconds=time.monotonic() - begin)


def is_closed(connection: socket.socket) -> bool:
    """Whether the device has ended a connection on which nothing was asked."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


class _Reader:
    """What a connection brings until a deadline (monotonic clock), its end, or the most that is taken."""

    def __init__(self, connection: socket.socket, deadline: float, data: bytes = b"") -> None:
        self._connection = connection
        self.deadline = deadline
        self.data = data
        self.ended = self.reset = False

    def until(self, found: Callable[[bytes], int]) -> int:
        """Read until that is something else than 0 for what has come; what it is at last."""
        while not (place := found(self.data)) and not self.ended and len(self.data) <= MAX_BYTES:
            remaining = self.deadline - time.monotonic()
            if remaining <= 0:
                break
            self._connection.settimeout(remaining)
            try:
                piece = self._connection.recv(4096)
            except TimeoutError:
                break
            except OSError:
                self.ended = self.reset = True
                break
            self.data += piece
            self.ended = not piece
        return place


def _unchunked(data: bytes) -> bytes:
    body = b""
    while head := _CHUNK_HEAD.match(data):
        end = head.end() + int(head[1], 16)
        body, data = body + data[head.end() : end], data[end + 2 :]
    return body


def authorization(challenge: str, user: str, password: str, method: str, url: str) -> str:
    """The header by which a login proves itself, for this request, to a device that asks for one like this.

    Raises:
        LoginRefusedError: it asks for a kind of login that isn't known here.
    """
    scheme, _, rest = challenge.partition(" ")
    if scheme.lower() == "basic":
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    with contextlib.suppress(ValueError, IndexError, urllib.error.URLError):
        asked = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
        passwords = urllib.request.HTTPPasswordMgr()
        passwords.add_password(asked.get("realm", ""), url, user, password)
        digest = urllib.request.HTTPDigestAuthHandler(passwords)
        header = digest.get_authorization(urllib.request.Request(url, method=method), asked)  # noqa: S310 - http
        if scheme.lower() == "digest" and header is not None:
            return f"Digest {header}"
    raise LoginRefusedError("asks for a kind of login that isn't known here")
