"""A device's recording: everything of one device that matters for its behaviour, and nothing of whose it is. Pure.

``berofos record`` writes it, ``berofos simulate --from`` behaves like it. The file is JSON with a digest, so that one
that was cut or changed is known for it; what `redaction` would change in it doesn't belong there and is refused.
What ``taken`` has is about one recording; all else is about the device, and the same each time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeVar

from berofos_ra.device import gbl4
from berofos_ra.device.configtxt import parse_configtxt
from berofos_ra.device.redaction import (
    MASKED,
    STAND_INS,
    redact_config,
    redact_headers,
    redact_ping_answer,
    redact_scan_answer,
)
from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError, RecordingError

FORMAT, VERSION = "berofos-record", 1
MAX_BYTES = 256 * 1024  # of a file

# What a device is asked by HTTP, and how. The last one is for the acceptance test alone: an unknown command of this
# project's may be a known one of the firmware's.
UNKNOWN_COMMAND = "unknown-command"
EXCHANGES: Mapping[str, str] = {
    "config": "GET /config.txt, with the login where one is demanded",
    "no-login": "GET /config.txt without a login",
    "wrong-login": "GET /config.txt with a wrong login",
    "wrong-url": "GET of a page that isn't there",
    "head": "HEAD /config.txt",
    "front-page": "GET /",
    UNKNOWN_COMMAND: "GET of a write with an unknown command",
}
ANSWERED, CLOSED, RESET, SILENT = "answered", "closed", "reset", "silent"  # how an exchange ended
QUEUED, REFUSED, SERVED, DROPPED = "queued", "refused", "served", "dropped"  # what a second connection meets
KEPT, BROKEN, UNTRIED = "kept", "broken", "untried"  # a promise
# Promises whose outcome tells how a device is to be simulated.
OTHER_BOXES_STAY = "other-boxes-stay"  # a write leaves the other boxes of its group as they are
INTERVAL_FROM_NEXT_KICK = "interval-from-next-kick"  # a new watchdog interval counts from the next kick on
# Seconds before an answer, in steps so coarse that a busy machine doesn't change them.
_LATENCIES = {0.25: 0.0, 1.0: 0.5, 4.0: 2.0}
_MAX_LATENCY = 8.0

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NAME = "[a-z][a-z0-9-]{0,39}"  # of a promise

_Type = TypeVar("_Type")
_Number = TypeVar("_Number", int, float)


class Reply(NamedTuple):
    """How a device answered one HTTP request; all but ``ending`` is empty unless it did. Redacted."""

    ending: str
    status: int = 0
    protocol: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    has_body: bool = False


class HttpManners(NamedTuple):
    """How it behaves by HTTP. ``latency`` is in seconds, see `steady_latency`; ``exchanges`` by name."""

    keep_alive: bool
    connections: str
    latency: float
    exchanges: Mapping[str, Reply]


class Gbl4Answers(NamedTuple):
    """Its datagrams, None where there was no sound one. ``foreign_ping``: to a ping meant for another device."""

    scan: bytes | None
    ping: bytes | None
    foreign_ping: bytes | None


class Acceptance(NamedTuple):
    """What an acceptance test has shown: each promise's outcome, and times in seconds, by names of its own."""

    on: str
    outcomes: Mapping[str, str]
    seconds: Mapping[str, float]


class Taken(NamedTuple):
    """When, by which version, from a simulator or not; and how long each answer took, the first request's first."""

    on: str
    by: str
    simulated: bool
    milliseconds: tuple[int, ...] = ()


class Recording(NamedTuple):
    """One device. ``config`` is the redacted text of ``config.txt``."""

    taken: Taken
    config: str
    http: HttpManners
    datagrams: Gbl4Answers
    acceptance: Acceptance | None = None

    @property
    def scan(self) -> gbl4.ScanAnswer | None:
        """What its scan answer says, stand-ins where it says who and where it is; None without one."""
        try:
            return gbl4.parse_scan_answer(gbl4.decode(self.datagrams.scan or b"")[1])
        except BadAnswerError:
            return None

    @property
    def settings(self) -> Mapping[str, Value]:
        """Its settings by keyword; those that are left out were redacted, or it doesn't show them."""
        shown = "\n".join(line for line in self.config.splitlines() if line.partition("=")[2].strip() != MASKED)
        try:
            values = parse_configtxt(shown)
        except BadAnswerError:
            return {}
        return {keyword: value for keyword, value in values.items() if keyword not in STAND_INS}


def steady_latency(seconds: float) -> float:
    """A time before an answer, as one of a few that are far apart."""
    return next((step for bound, step in _LATENCIES.items() if seconds < bound), _MAX_LATENCY)


def redacted(recording: Recording) -> Recording:
    """The recording without anything that isn't known to be harmless."""
    told = recording.datagrams
    scan = _redact_datagram(told.scan, redact_scan_answer)
    mac = None if recording.scan is None else gbl4.mac_bytes(recording.scan.mac)

    def ping(payload: bytes) -> bytes:
        return redact_ping_answer(payload, mac)

    exchanges = {
        name: reply._replace(headers=redact_headers(reply.headers, -1))
        for name, reply in recording.http.exchanges.items()
    }
    return recording._replace(
        config=redact_config(recording.config),
        http=recording.http._replace(exchanges=exchanges),
        datagrams=Gbl4Answers(scan, _redact_datagram(told.ping, ping), _redact_datagram(told.foreign_ping, ping)),
    )


def _redact_datagram(datagram: bytes | None, redact: Callable[[bytes], bytes]) -> bytes | None:
    try:
        command, payload = gbl4.decode(datagram or b"")
    except BadAnswerError:
        return None
    return gbl4.encode(command, redact(payload))


def render_recording(recording: Recording) -> str:
    """The file's text."""
    content = _to_json(redacted(recording))
    return json.dumps({**content, "sha256": _digest(content)}, indent=1) + "\n"


def parse_recording(text: str, file: str) -> Recording:
    """The recording that a file's text is; ``file`` is its name, for the errors.

    Raises:
        RecordingError: it isn't one, is another version's, or was cut, changed, or taken of another product.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise RecordingError(f"{file}: isn't a recording of a device, or was cut short") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RecordingError(f"{file}: isn't a recording of a device")
    version = content.get("version")
    if version != VERSION or isinstance(version, bool):
        is_newer = isinstance(version, int) and version > VERSION
        what = f"of version {version}" if isinstance(version, int) else "of no known version"
        advice = "upgrade resource-agents-berofos here" if is_newer else None
        raise RecordingError(f"{file}: is a recording {what}, expected {VERSION}", advice)
    digest = content.pop("sha256", None)
    try:
        if digest != _digest(content):
            raise RecordingError(f"{file}: was changed after it was taken: its digest is another")
        recording = _from_json(content)
        parse_configtxt(recording.config)
        is_whole = EXCHANGES.keys() - recording.http.exchanges.keys() <= {UNKNOWN_COMMAND}
        is_as_written = is_whole and _to_json(redacted(recording)) == content
    except (BadAnswerError, KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        is_as_written = False
    if not is_as_written:
        raise RecordingError(f"{file}: was changed after it was taken: no recording holds this")
    if recording.scan is not None and not recording.scan.is_berofos:
        product = f"another product, hardware 0x{recording.scan.hardware:04x}, not of a berofos"
        raise RecordingError(f"{file}: is a recording of {product}")
    return recording


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _to_json(recording: Recording) -> dict[str, Any]:
    taken, http, answers = recording.taken, recording.http, recording.datagrams
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "taken": {**taken._asdict(), "milliseconds": list(taken.milliseconds)},
        "config": re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", recording.config),
        "http": {
            **http._asdict(),
            "exchanges": {name: _reply_to_json(reply) for name, reply in http.exchanges.items()},
        },
        "gbl4": {name: None if data is None else data.hex() for name, data in answers._asdict().items()},
    }
    if recording.acceptance is not None:
        content["acceptance"] = recording.acceptance._asdict()
    return content


def _reply_to_json(reply: Reply) -> dict[str, Any]:
    if reply.ending != ANSWERED:
        return {"ending": reply.ending}
    return {**reply._asdict(), "headers": [f"{name}: {value}" for name, value in reply.headers]}


def _from_json(content: Mapping[str, Any]) -> Recording:
    """Raises KeyError, TypeError, ValueError or AttributeError for what can't be."""
    taken, http, answers, acceptance = (content.get(name) or {} for name in ("taken", "http", "gbl4", "acceptance"))
    return Recording(
        Taken(
            _matching(_DATE, taken["on"]),
            _matching(r"berofos [0-9a-z.+~-]{1,40}", taken["by"]),
            _is(bool, taken["simulated"]),
            tuple(_number(int, value, 10**7) for value in taken["milliseconds"]),
        ),
        "".join(content["config"]),
        HttpManners(
            _is(bool, http["keep_alive"]),
            _one_of((QUEUED, REFUSED, SERVED, DROPPED), http["connections"]),
            float(_one_of((*_LATENCIES.values(), _MAX_LATENCY), http["latency"])),
            {_one_of(EXCHANGES, name): _reply(reply) for name, reply in http["exchanges"].items()},
        ),
        Gbl4Answers(*(None if answers[n] is None else bytes.fromhex(answers[n]) for n in Gbl4Answers._fields)),
        _acceptance(acceptance) if acceptance else None,
    )


def _reply(content: Mapping[str, Any]) -> Reply:
    ending = _one_of((ANSWERED, CLOSED, RESET, SILENT), content["ending"])
    if ending != ANSWERED:
        return Reply(ending)
    return Reply(
        ending,
        _number(int, content["status"], 999),
        _matching(r"HTTP/[0-9]\.[0-9]", content["protocol"]),
        tuple((name, value) for name, _, value in (header.partition(": ") for header in content["headers"])),
        _is(bool, content["has_body"]),
    )


def _acceptance(content: Mapping[str, Any]) -> Acceptance:
    return Acceptance(
        _matching(_DATE, content["on"]),
        {_matching(_NAME, name): _one_of((KEPT, BROKEN, UNTRIED), it) for name, it in content["outcomes"].items()},
        {_matching(_NAME, name): _number(float, seconds, 10**6) for name, seconds in content["seconds"].items()},
    )


def _is(kind: type[_Type], value: object) -> _Type:
    if type(value) is not kind:
        raise ValueError
    return value


def _one_of(allowed: Collection[_Type], value: _Type) -> _Type:
    if value not in allowed:
        raise ValueError
    return value


def _matching(pattern: str, text: str) -> str:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError
    return text


def _number(kind: type[_Number], value: object, most: int) -> _Number:
    number = _is(kind, value)
    if not 0 <= number <= most:
        raise ValueError
    return number
