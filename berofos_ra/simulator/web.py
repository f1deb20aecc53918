"""What a device answers to one HTTP request, as bytes and a manner of sending them. No sockets here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import responses
from urllib.parse import urlsplit

from berofos_ra.settings import BY_KEYWORD, CONFIG_MAGIC, SIMULATED_HEADER
from berofos_ra.simulator.configmap import OTHER_MAGIC, masked_query, parse_write, render_config, render_like
from berofos_ra.simulator.device import Device
from berofos_ra.simulator.faults import Fault, FaultList
from berofos_ra.simulator.login import Login
from berofos_ra.simulator.spec import AnswerStyle
from berofos_ra.simulator.values import Value, parse_raw

_FRONT_PAGE = "<html><head><title>berofos</title></head><body>berofos</body></html>\n"
_JUNK_BYTES = 512
_NO_REASON = "Odd"  # of a status that is none of HTTP's
_WRONG_LENGTH = "other"  # of an `AnswerStyle`


@dataclass(frozen=True)
class HttpRequest:
    """The head of a request; header names in lower case. Bytes were taken as Latin-1."""

    method: str
    target: str
    version: str
    headers: Mapping[str, str]
    path: str  # the target without its query
    query: str  # undecoded

    def masked(self) -> str:
        """Method and target for logs, passwords hidden."""
        return f"{self.method} {self.path}" + (f"?{masked_query(self.query)}" if self.query else "")


@dataclass(frozen=True)
class Delivery:
    """An answer and how to send it. ``what``, ``write`` and ``status`` describe the request for the log."""

    what: str = ""
    write: bool = False
    status: int | None = None
    data: bytes = b""
    late: float = 0.0  # s before the first byte
    rate: int | None = None  # bytes a second, None: at once
    hang: bool = False  # never send, nor close
    reset: bool = False  # send nothing, reset the connection
    endless: bool = False  # go on with junk until the client goes away
    keep: bool = False  # leave the connection open

    @property
    def seconds(self) -> float:
        """Until it is answered, from now on."""
        return self.late + (len(self.data) / self.rate if self.rate else 0.0)


@dataclass
class _Response:
    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    announce: int | None = None  # Content-Length, None: not told
    protocol: str = "HTTP/1.0"

    def encode(self, keep: bool) -> bytes:
        lines = [f"{self.protocol} {self.status} {responses.get(self.status, _NO_REASON)}"]
        lines += [f"{name}: {value}" for name, value in self._told(keep)]
        lines.append(f"{SIMULATED_HEADER}: yes")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body

    def _told(self, keep: bool) -> Iterator[tuple[str, str]]:
        """The headers; what is about the message itself in the place where its name stands."""
        for name, value in self.headers:
            lowered = name.lower()
            if lowered == "content-length":
                if self.announce is not None:
                    yield name, str(self.announce + (value == _WRONG_LENGTH))
            elif lowered == "connection" and keep == (value.lower() == "close"):
                yield name, "keep-alive" if keep else "close"
            elif keep or lowered != "keep-alive":
                yield name, value


def parse_head(head: bytes) -> HttpRequest | None:
    """The request in ``head`` (up to the empty line), None when it isn't one."""
    first, *rest = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    try:
        method, target, version = first.split(" ")
        url = urlsplit(target)
    except ValueError:
        return None
    if not method or not target or not version.startswith("HTTP/1."):
        return None
    fields = (line.partition(":") for line in rest if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    return HttpRequest(method, target, version, headers, url.path, url.query)


def answer(device: Device, login: Login, faults: FaultList, head: bytes, source: str) -> Delivery:
    """Do what the request asks for and say how to answer. ``source`` is the client's address."""
    request = parse_head(head)
    authorized = request is not None and _is_authorized(device, login, request)
    written, tags = _meaning(request, authorized, device.spec.form_like)
    what = "malformed request" if request is None else request.masked()
    taken = faults.take("http", tags)
    if "hang" in taken or "reset" in taken:
        return Delivery(what, "write" in tags, hang="hang" in taken, reset="reset" in taken)
    kind = _kind(request, authorized)
    style = None if "status" in taken else device.spec.answers.get(kind)
    response = _response(device, login, request, kind, taken)
    if style is not None:
        _restyle(response, style)
    delivery = _spoiled(device, response, taken, _wants_keep_alive(device, request))
    if style is not None and style.ending != "answered":
        silent, reset = style.ending == "silent", style.ending == "reset"
        delivery = replace(delivery, status=None, data=b"", hang=silent, reset=reset, keep=False)
    if not {"status", "ignore_writes"} & taken.keys():
        if "ignore_switch" in taken:
            del written["mode"]
        _carry_out(device, written, taken, delivery.seconds, f"http {source}")
    if "reboot" in taken:
        device.reboot(taken["reboot"].seconds, after=delivery.seconds)
    return replace(delivery, what=what, write="write" in tags)


def _meaning(request: HttpRequest | None, authorized: bool, form_like: bool) -> tuple[dict[str, Value], set[str]]:
    """What the request writes, by keyword, and its tags, see ``fault_kinds``."""
    if request is None or request.method != "GET":
        return {}, {"read"}
    if request.path == "/config.txt" and authorized:
        return {}, {"read", "config"}
    if request.path != "/" or "cmd=" not in request.query:
        return {}, {"read"}
    written = parse_write(request.query, form_like) if authorized else {}
    return written, {"write", *written, *(["effect"] if written else [])}


def _carry_out(
    device: Device, written: Mapping[str, Value], taken: Mapping[str, Fault], answered_after: float, cause: str
) -> None:
    """Write, with the faults that make a write's effect another one."""
    late, forgets = taken.get("late_effect"), taken.get("forgets")
    for keyword, value in written.items():
        device.write(
            keyword,
            value,
            cause,
            after=answered_after + late.seconds if late and late.is_about(keyword) else 0.0,
            forgotten_after=forgets.seconds if forgets and forgets.is_about(keyword) else None,
        )


def _is_authorized(device: Device, login: Login, request: HttpRequest) -> bool:
    return not device.read("pwd") or login.accepts(
        request.headers.get("authorization", ""), request.method, request.target, device.password
    )


def _kind(request: HttpRequest | None, authorized: bool) -> str:
    """Which of ``spec.ANSWERS`` it gets, or none of them."""
    if request is None:
        return "malformed"
    if request.method != "GET":
        return "head" if request.method == "HEAD" else "other method"
    if not authorized:
        return "wrong-login" if "authorization" in request.headers else "no-login"
    return {"/": "front-page", "/config.txt": "config"}.get(request.path, "wrong-url")


_FAILURES = {
    "malformed": 400,
    "no-login": 401,
    "wrong-login": 401,
    "wrong-url": 404,
    "head": 501,
    "other method": 501,
}


def _response(
    device: Device, login: Login, request: HttpRequest | None, kind: str, taken: Mapping[str, Fault]
) -> _Response:
    """The answer, spoiled in meaning only."""
    if "status" in taken:
        response = _failure(taken["status"].status, login, taken["status"].location)
    elif kind in _FAILURES:
        response = _failure(_FAILURES[kind], login)
    elif kind == "front-page":
        response = _page(200, _FRONT_PAGE, "text/html")
    else:
        response = _page(200, _config(device, taken), "text/plain")
    response.protocol = "HTTP/1.1" if device.spec.keep_alive else "HTTP/1.0"
    return response


def _config(device: Device, taken: Mapping[str, Fault]) -> str:
    values = device.read_all()
    if "wrong" in taken:
        lies = taken["wrong"].values or {"mode": not values["mode"]}
        for keyword, raw in lies.items():
            lie = parse_raw(BY_KEYWORD[keyword], raw)
            values[keyword] = raw if lie is None else lie
    magic = None if "no_magic" in taken else OTHER_MAGIC if "wrong_magic" in taken else CONFIG_MAGIC
    if device.spec.config_txt is None:
        return render_config(values, device.spec.bool_style, magic)
    return render_like(device.spec.config_txt, values, magic)


def _failure(status: int, login: Login, location: str = "") -> _Response:
    headers = []
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append(("WWW-Authenticate", login.challenge()))
    if 300 <= status < 400:
        headers.append(("Location", location))
    return _page(status, f"{status} {responses.get(status, _NO_REASON)}\n", "text/plain", headers)


def _page(status: int, text: str, kind: str, headers: Sequence[tuple[str, str]] = ()) -> _Response:
    first, last = [("Server", "berofos"), ("Content-Type", kind)], [("Content-Length", ""), ("Connection", "close")]
    return _Response(status, text.encode(), [*first, *headers, *last])


def _restyle(response: _Response, style: AnswerStyle) -> None:
    """Give the answer another look; what it asks a login with is the answer's own."""
    challenge = dict(response.headers).get("WWW-Authenticate", "")
    response.headers = [(name, challenge if name.lower() == "www-authenticate" else v) for name, v in style.headers]
    response.status, response.protocol = style.status, style.protocol
    response.body = (response.body or b"\n") if style.has_body else b""
    if any((name.lower(), value.lower()) == ("transfer-encoding", "chunked") for name, value in style.headers):
        response.body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(response.body), response.body)


def _spoiled(device: Device, response: _Response, taken: Mapping[str, Fault], keep: bool) -> Delivery:
    """The response in bytes, with those faults that need no understanding of it."""
    keep = keep and not {"truncated", "endless", "garbage", "nothing"} & taken.keys()
    if "empty" in taken:
        response.status, response.body = 200, b""
    if "garbage_body" in taken:
        response.body = os.urandom(_JUNK_BYTES)
    if "huge_headers" in taken:
        response.headers += [("X-Long", "x" * 100_000)] + [(f"X-{n}", "x" * 1000) for n in range(200)]
    response.announce = len(response.body)
    if "truncated" in taken:
        cut = taken["truncated"].length
        response.body = response.body[: len(response.body) // 2 if cut is None else cut]
    if "endless" in taken or ("truncated" in taken and not taken["truncated"].content_length):
        response.announce = None
    data = response.encode(keep)
    if "garbage" in taken:
        data = b"\xff\x00\x9c" + os.urandom(_JUNK_BYTES)
    if "nothing" in taken:
        data = b""
    return Delivery(
        status=None if {"garbage", "nothing"} & taken.keys() else response.status,
        data=data,
        late=device.spec.latency + (taken["late"].seconds if "late" in taken else 0),
        rate=taken["drip"].rate if "drip" in taken else None,
        endless="endless" in taken,
        keep=keep,
    )


def _wants_keep_alive(device: Device, request: HttpRequest | None) -> bool:
    if request is None or request.method != "GET" or not device.spec.keep_alive or request.version != "HTTP/1.1":
        return False
    # A body, which GET has no use for, would be taken for the next request.
    return request.headers.get("connection", "").lower() != "close" and "content-length" not in request.headers
