"""Taking a device's recording: how it answers what changes nothing.

By HTTP that is ``GET`` and ``HEAD`` without any ``cmd=``, which every write has; by GBL4 scan and ping. An unknown
command isn't among them: whatever number is unknown here may be known to a firmware, and do something. A login isn't
read into the recording, and a wrong one, offered once, has a password of its own.
"""

from __future__ import annotations

import socket
import time
from http import HTTPStatus

from berofos_ra import __version__
from berofos_ra.device import gbl4, gbl4_client, raw_http, recording
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.configtxt import parse_configtxt
from berofos_ra.device.raw_http import RawReply
from berofos_ra.device.recording import Gbl4Answers, HttpManners, Recording, Reply, Taken
from berofos_ra.device.redaction import PING_SEQUENCE, redact_config, redact_headers
from berofos_ra.errors import (
    BadAnswerError,
    ConnectionLostError,
    ConnectionRefusedByDeviceError,
    DeviceTimeoutError,
    InFlashModeError,
    LoginRefusedError,
    UnreachableError,
)
from berofos_ra.settings import SIMULATED_HEADER

_CONFIG, _WRONG_URL = "/config.txt", "/berofos-record.txt"
_WRONG_LOGIN = ("admin", "berofos-record")
_LATER = 3  # requests that are timed beside the first one
_BUSY_PAUSE = 0.3  # s until a device that takes no connection is asked again
_SERVED_WITHIN = 1.0  # s beyond its latency in which a device would answer a second connection
_SETTLE = (0.2, 1.0, 2.0)  # s until a device has noticed a connection
_FOREIGN_PING = 1.0  # s to wait for an answer that should not come


def max_seconds(timeout: float) -> float:
    """How long it may take where one answer may take ``timeout`` seconds."""
    answers = 12 + _LATER + 2 * len(_SETTLE)
    return answers * timeout + 2 * sum(_SETTLE) + _SERVED_WITHIN * len(_SETTLE) + _FOREIGN_PING


def record_device(config: DeviceConfig, timeout: float, today: str) -> Recording:
    """The recording of a device, redacted. ``timeout`` is for one answer, in seconds; ``today`` such as 2026-11-27.

    Raises:
        DeviceError: it can't be asked, isn't a berofos, or was changed meanwhile.
    """
    talk = _Talk(config, timeout)
    scan = _datagram(config, gbl4.Command.GET_NETCONF, gbl4.scan_request(), timeout)
    mac = _mac(scan) or config.mac
    first = talk.ask("GET", _CONFIG, login=None)
    shown, kept = _config_twice(talk, first)
    later = [talk.config() for _ in range(_LATER)]
    latency = recording.steady_latency(min(reply.seconds for reply in later))
    exchanges = {
        "config": shown,
        "no-login": first,
        "wrong-login": talk.ask("GET", _CONFIG, login=_WRONG_LOGIN),
        "wrong-url": talk.own("GET", _WRONG_URL),
        "head": talk.own("HEAD", _CONFIG),
        "front-page": talk.own("GET", "/"),
    }
    connections = _second_connection(talk, latency + _SERVED_WITHIN)
    ping, foreign_ping = (None, None) if mac is None else _pings(config, mac, timeout)
    text = shown.body.decode("latin-1")
    if redact_config(talk.config().body.decode("latin-1")) != redact_config(text):
        raise BadAnswerError("its settings changed while it was recorded", "try again while nobody changes them")
    simulated = shown.header(SIMULATED_HEADER) is not None
    milliseconds = tuple(round(reply.seconds * 1000) for reply in (first, *later))
    taken = Taken(today, f"berofos {__version__}", simulated, milliseconds)
    manners = HttpManners(kept, connections, latency, {name: _reply(raw) for name, raw in exchanges.items()})
    return recording.redacted(Recording(taken, text, manners, Gbl4Answers(scan, ping, foreign_ping)))


class _Talk:
    """Requests to one device, each over a connection of its own unless it is given one."""

    def __init__(self, config: DeviceConfig, timeout: float) -> None:
        self._config = config
        self.host, self.port = config.require_host(), config.port
        self._challenge: str | None = None
        self.timeout = timeout

    def connect(self) -> socket.socket:
        """A connection; one that is refused may be so because another is still being closed: asked for again."""
        busy_until = time.monotonic() + self.timeout
        while True:
            try:
                return raw_http.connect(self.host, self.port, self.timeout)
            except ConnectionRefusedByDeviceError:
                if time.monotonic() + _BUSY_PAUSE >= busy_until:
                    raise
            time.sleep(_BUSY_PAUSE)

    def headers(self, method: str, target: str, login: tuple[str, str] | None, ends: bool = True) -> dict[str, str]:
        """Those of a request; ``login`` in the way that was last asked for; ``ends``: the last on its connection."""
        headers = {"Host": self.host, **({"Connection": "close"} if ends else {})}
        if login is not None:
            url = f"http://{self.host}{target}"
            headers["Authorization"] = raw_http.authorization(self._challenge or "Basic", *login, method, url)
        return headers

    def ask(self, method: str, target: str, login: tuple[str, str] | None) -> RawReply:
        """Ask with this login, None: with none."""
        with self.connect() as connection:
            return raw_http.ask(connection, method, target, self.headers(method, target, login), self.timeout)

    def own(self, method: str, target: str) -> RawReply:
        """Ask with the device's login, once it has asked for one."""
        reply = self.ask(method, target, self.login)
        if self.login is not None and reply.status == HTTPStatus.UNAUTHORIZED and self.heed(reply):
            reply = self.ask(method, target, self.login)  # a nonce may be good for one request
        return reply

    def config(self) -> RawReply:
        """The settings, with the login that it takes. Raises DeviceError."""
        return _checked(self.own("GET", _CONFIG), self.timeout)

    def heed(self, reply: RawReply) -> bool:
        """Note how it asks for a login; whether it does."""
        asked = reply.header("WWW-Authenticate")
        self._challenge = asked or self._challenge
        return asked is not None

    @property
    def login(self) -> tuple[str, str] | None:
        """What to log in with; None before it has asked for that. Raises LoginRefusedError: none is configured."""
        if self._challenge is None:
            return None
        if self._config.user is None or self._config.password is None:
            raise LoginRefusedError("login demanded, none configured")
        return self._config.user, self._config.password


def _config_twice(talk: _Talk, first: RawReply) -> tuple[RawReply, bool]:
    """The settings, and whether the connection stays open for another request."""
    if first.status == HTTPStatus.UNAUTHORIZED:
        talk.heed(first)
    with talk.connect() as connection:
        headers = talk.headers("GET", _CONFIG, talk.login, ends=False)
        shown = _checked(raw_http.ask(connection, "GET", _CONFIG, headers, talk.timeout), talk.timeout)
        if shown.lost:
            return shown, False
        headers = talk.headers("GET", _CONFIG, talk.login)
        return shown, raw_http.ask(connection, "GET", _CONFIG, headers, talk.timeout).status is not None


def _checked(reply: RawReply, timeout: float) -> RawReply:
    if reply.lost and reply.status is None:
        raise ConnectionLostError("connection lost in the middle of an answer")
    if reply.status is None:
        raise DeviceTimeoutError(f"no answer within {timeout:.3g} s")
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise LoginRefusedError("login refused")
    if not 200 <= reply.status < 300:
        raise BadAnswerError(f"HTTP status {reply.status}")
    if len(reply.body) > raw_http.MAX_BYTES:
        raise BadAnswerError(f"answer of more than {raw_http.MAX_BYTES // 1024} KiB")
    parse_configtxt(reply.body.decode("latin-1"))
    return reply


def _reply(raw: RawReply) -> Reply:
    if raw.status is None:
        return Reply(recording.RESET if raw.reset else recording.CLOSED if raw.lost else recording.SILENT)
    told = [(name, value) for name, value in raw.headers if name.lower() != SIMULATED_HEADER.lower()]
    headers = redact_headers(told, len(raw.body))
    return Reply(recording.ANSWERED, raw.status, raw.protocol, headers, bool(raw.body))


def _second_connection(talk: _Talk, within: float) -> str:
    """What a connection meets while there is another one on which nothing is asked."""
    for pause in _SETTLE:
        time.sleep(pause)  # until the device has noticed that the one before is gone
        with talk.connect() as idle:
            time.sleep(pause)  # and that this one is there
            outcome = recording.DROPPED if raw_http.is_closed(idle) else _beside(talk, idle, within)
        if outcome != recording.DROPPED:
            return outcome
    return recording.DROPPED


def _beside(talk: _Talk, idle: socket.socket, within: float) -> str:
    try:
        second = raw_http.connect(talk.host, talk.port, talk.timeout)
    except ConnectionRefusedByDeviceError:
        return recording.REFUSED
    with second:
        reply = raw_http.ask(second, "GET", _CONFIG, talk.headers("GET", _CONFIG, talk.login), within)
        if reply.status is not None or reply.lost:
            return recording.DROPPED if reply.status is None else recording.SERVED
        idle.close()
        begin = time.monotonic()
        late = raw_http.read_reply(second, "GET", begin, begin + talk.timeout)
        return recording.DROPPED if late.status is None else recording.QUEUED


def _mac(scan: bytes | None) -> str | None:
    """The MAC in a scan's answer; None without one. Raises DeviceError: it isn't a berofos, or not in operation."""
    if scan is None:
        return None
    answer = gbl4.parse_scan_answer(gbl4.decode(scan)[1])
    if not answer.is_berofos:
        raise BadAnswerError(f"it isn't a berofos but another product, hardware 0x{answer.hardware:04x}")
    if not answer.operational:
        raise InFlashModeError("in flash mode, its relay is A--D")
    return answer.mac


def _pings(config: DeviceConfig, mac: str, timeout: float) -> tuple[bytes | None, bytes | None]:
    """The answers to a ping of the device, and to one of a device that isn't there."""
    other = gbl4.mac_text(bytes(byte ^ 0xFF for byte in gbl4.mac_bytes(mac)))

    def ping(mac: str, timeout: float) -> bytes | None:
        return _datagram(config, gbl4.Command.PING, gbl4.ping_request(mac, PING_SEQUENCE), timeout)

    return ping(mac, timeout), ping(other, min(timeout, _FOREIGN_PING))


def _datagram(config: DeviceConfig, command: int, request: bytes, timeout: float) -> bytes | None:
    """The answer to a GBL4 request, None without one: whether GBL4 is let through is no matter of the device."""
    try:
        return gbl4.encode(command, gbl4_client.exchange(config.require_host(), command, request, timeout))
    except (DeviceTimeoutError, UnreachableError):
        return None
