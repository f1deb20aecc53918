"""HTTP to one device: one request at a time over one connection, bounded in time and size.

A device answers ``GET /config.txt`` with its settings and takes ``GET /?cmd=...&NAME=VALUE`` as a write: so the
vendor's tool asks it. This module knows nothing of what is asked. Whatever a broken or hostile device sends ends in
one of the errors of `berofos_ra.errors`, in at most ``timeout`` seconds and 64 KiB.
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from berofos_ra.device.names import resolve
from berofos_ra.errors import (
    BadAnswerError,
    ConnectionLostError,
    ConnectionRefusedByDeviceError,
    DeviceError,
    DeviceTimeoutError,
    HostUnknownError,
    LoginRefusedError,
    NameServerSlowError,
    UnreachableError,
)

MAX_BYTES = 64 * 1024  # of one answer, headers included

# In WWW-Authenticate; a realm may be called anything, "basic" too.
_QUOTED = re.compile(r'"(\\.|[^"\\])*"?')
_BASIC = re.compile(r"(^|,)\s*basic\b", re.IGNORECASE)


class Answer(NamedTuple):
    """A 2xx answer's body. ``complete`` False: nothing vouches for its end, it may have been cut."""

    text: str
    complete: bool


class _Budget:
    """What is left of the time and size that one request may cost."""

    def __init__(self) -> None:
        self.start(0)

    def start(self, seconds: float) -> None:
        self.is_naming = False  # the host's name is being looked up, and that can't be interrupted
        self._naming = 0.0
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._bytes = MAX_BYTES

    def timeout(self) -> float:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise self.exceeded()
        return remaining

    def resolve(self, host: str) -> str:
        """The address of a host; its time is charged."""
        begun, self.is_naming = time.monotonic(), True
        address = resolve(host)
        self.is_naming, self._naming = False, time.monotonic() - begun
        return address

    def exceeded(self) -> DeviceTimeoutError:
        if self.is_naming or 2 * self._naming > self._seconds:
            return NameServerSlowError()
        return DeviceTimeoutError(f"no answer within {self._seconds:.3g} s")

    def spend(self, count: int) -> None:
        self._bytes -= count
        if self._bytes < 0:
            raise BadAnswerError(f"answer of more than {MAX_BYTES // 1024} KiB")


class _BoundedSocket(socket.socket):
    """A connected socket whose every read is charged to a budget.

    A socket's own timeout starts anew with each byte, so it can't stop a device that sends one byte a second. What is
    written are some hundred bytes, which wait for nobody.
    """

    def __init__(self, plain: socket.socket, budget: _Budget) -> None:
        super().__init__(fileno=plain.detach())
        self._budget = budget

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self._budget.timeout())
        try:
            count = super().recv_into(*args, **kwargs)
        except TimeoutError:
            raise self._budget.exceeded() from None
        self._budget.spend(count)
        return count


def _bounded_adapter(budget: _Budget) -> HTTPAdapter:
    class Connection(HTTPConnection):
        _dns_host: str

        def _new_conn(self) -> socket.socket:
            name = self._dns_host
            try:
                self._dns_host = budget.resolve(name)
                self.timeout = budget.timeout()  # a login may need a second connection
                return _BoundedSocket(super()._new_conn(), budget)  # type: ignore[misc]  # not in the stubs
            finally:
                self._dns_host = name

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
            self.poolmanager.pool_classes_by_scheme = {"http": Pool}

        def build_response(self, *args: Any, **kwargs: Any) -> requests.Response:
            # requests reads the body of a redirect or a Digest challenge itself, and would decompress what was
            # compressed, unasked: half a kilobyte may become gigabytes.
            response: requests.Response = super().build_response(*args, **kwargs)  # type: ignore[no-untyped-call]
            response.raw.headers.discard("Content-Encoding")
            return response

    return Adapter(max_retries=0)


class _DigestAuth(HTTPDigestAuth):
    """With an empty header where requests doesn't know that kind of Digest: older ones choke on their own None."""

    def build_digest_header(self, method: str, url: str) -> str:
        return super().build_digest_header(method, url) or ""  # type: ignore[no-untyped-call]


class HttpClient:
    """A session with one device. Use as a context manager; not for several threads at once."""

    def __init__(self, host: str, port: int, user: str | None, password: str | None) -> None:
        self._base = f"http://{host}:{port}"
        self._login = None if user is None or password is None else (user, password)
        self._budget = _Budget()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Encoding"] = "identity"
        self._session.mount("http://", _bounded_adapter(self._budget))
        if self._login is not None:
            # Sends no login until a device has asked for Digest; one that asks for Basic is dealt with in get().
            self._session.auth = _DigestAuth(*self._login)

    @property
    def is_naming(self) -> bool:
        """Whether the host's name is being looked up, for another thread that wonders what takes so long."""
        return self._budget.is_naming

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def get(self, target: str, timeout: float) -> Answer:
        """Ask for ``target`` (path and query) and read the whole answer within ``timeout`` seconds.

        Raises:
            DeviceTimeoutError: no complete answer in time.
            UnreachableError: no connection.
            LoginRefusedError: status 401 and no login that would change it.
            BadAnswerError: any other status than 2xx, too much, cut short, or not HTTP.
        """
        self._budget.start(timeout)
        try:
            response = self._request(target)
            if response.status_code == 401 and self._ask_for_basic(response):
                response = self._request(target)
            return self._read(response)
        except (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
            reason: DeviceError = self._budget.exceeded()
        except (requests.exceptions.InvalidURL, urllib3.exceptions.LocationParseError):
            reason = HostUnknownError()
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            reason = _network_error(error)
        except (KeyError, ValueError, TypeError, AttributeError):  # what Digest and header parsing raise on nonsense
            reason = BadAnswerError("answer isn't HTTP")
        # Only now, not to carry the libraries' errors along: they quote the request, which may hold a password.
        raise reason

    def _request(self, target: str) -> requests.Response:
        return self._session.get(
            self._base + target, timeout=self._budget.timeout(), allow_redirects=False, stream=True
        )

    def _ask_for_basic(self, response: requests.Response) -> bool:
        """Whether to try again with a Basic login, which is then set."""
        if self._login is None or not isinstance(self._session.auth, HTTPDigestAuth):
            return False
        if not _BASIC.search(_QUOTED.sub('""', response.headers.get("WWW-Authenticate", ""))):
            return False
        response.close()
        user, password = (part.encode() for part in self._login)
        self._session.auth = HTTPBasicAuth(user, password)
        return True

    def _read(self, response: requests.Response) -> Answer:
        with response:
            status = response.status_code
            if status == 401:
                demands_digest = response.headers.get("WWW-Authenticate", "").lower().startswith("digest")
                if self._login is not None and demands_digest and not response.request.headers.get("Authorization"):
                    # requests has made nothing of it, as of one with an algorithm that it doesn't know.
                    raise BadAnswerError("login: demands a Digest that isn't supported")
                raise LoginRefusedError("login demanded, none configured" if self._login is None else "login refused")
            if not 200 <= status < 300:
                raise BadAnswerError(f"HTTP status {status}")
            body = response.raw.read(MAX_BYTES)
            length = response.headers.get("Content-Length")
            if length is not None and length.strip() != str(len(body)):
                raise BadAnswerError(f"answer cut short: {len(body)} of {length.strip()[:9]} bytes")
            complete = length is not None or "chunked" in response.headers.get("Transfer-Encoding", "").lower()
            return Answer(body.decode("latin-1"), complete)


def _network_error(error: BaseException) -> DeviceError:
    causes = list(_causes(error))
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError)]
    cut = (http.client.RemoteDisconnected, http.client.IncompleteRead)

    def has(kind: type[BaseException]) -> bool:
        return any(isinstance(cause, kind) for cause in causes)

    if has(socket.gaierror):
        return HostUnknownError()
    if has(ConnectionRefusedError):
        return ConnectionRefusedByDeviceError("connection refused")
    if errno.EHOSTUNREACH in numbers or errno.ENETUNREACH in numbers or has(urllib3.exceptions.NewConnectionError):
        return UnreachableError("no route to it")  # or whatever else kept it from connecting
    if any(isinstance(cause, http.client.HTTPException) and not isinstance(cause, cut) for cause in causes):
        return BadAnswerError("answer isn't HTTP")
    return ConnectionLostError("connection lost in the middle of an answer")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it wraps, in whichever of the libraries' several ways."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        one = queue.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            queue += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
