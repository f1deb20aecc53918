"""What stands out of a recording: how the device behaves, in words, beside how a simulated one does. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from berofos_ra.device import gbl4
from berofos_ra.device.recording import ANSWERED, BROKEN, Recording, Reply
from berofos_ra.device.redaction import MASKED, unknown_keys
from berofos_ra.errors import BadAnswerError
from berofos_ra.settings import BY_READ_KEY, CONFIG_MAGIC, SETTINGS, Kind

# Not the watchdog, which shows a figure: its state.
_BOXES = {setting.read_key for setting in SETTINGS if setting.kind is Kind.BOOL and setting.keyword != "wdog"}

# What `traits` says of a simulated device as it is delivered; a test holds it to that.
SIMULATOR: Mapping[str, str] = {
    "protocol": "HTTP/1.0",
    "Server": "berofos",
    "Content-Length": "told",
    "connection": "closed after an answer",
    "second connection": "queued",
    "time before an answer": "none",
    "wrong URL": "404",
    "HEAD": "501",
    "front page": "200",
    "spelling of booleans": "1 and 0",
    "lines of config.txt": "end in LF, the first is the magic",
    "settings that are missing": "none",
    "keys unknown here": "none",
    "scan": "answered by a berofos",
    "ping": "answered with MAC and sequence",
    "ping for another device": "not answered",
    "broken promises": "none",
}


def traits(recording: Recording) -> Mapping[str, str]:
    """The device's traits by name, those of `SIMULATOR`."""
    http, config, answers = recording.http, recording.config, recording.datagrams
    shown = http.exchanges["config"]
    headers = {name.lower(): value for name, value in shown.headers}
    missing = BY_READ_KEY.keys() - {line.partition("=")[0] for line in config.splitlines()}
    promises = {} if recording.acceptance is None else recording.acceptance.outcomes
    return {
        "protocol": shown.protocol,
        "Server": headers.get("server", "none"),
        "Content-Length": {None: "not told", "body": "told"}.get(headers.get("content-length"), "wrong"),
        "connection": "kept open after an answer" if http.keep_alive else "closed after an answer",
        "second connection": http.connections,
        "time before an answer": f"about {http.latency:g} s" if http.latency else "none",
        "wrong URL": _answered(http.exchanges.get("wrong-url")),
        "HEAD": _answered(http.exchanges.get("head")),
        "front page": _answered(http.exchanges.get("front-page")),
        "spelling of booleans": _spelling(config),
        "lines of config.txt": _lines(config),
        "settings that are missing": ", ".join(sorted(missing)) or "none",
        "keys unknown here": ", ".join(unknown_keys(config)) or "none",
        "scan": _scan(recording),
        "ping": _ping(answers.ping),
        "ping for another device": "not answered" if answers.foreign_ping is None else "answered",
        "broken promises": ", ".join(sorted(name for name, it in promises.items() if it == BROKEN)) or "none",
    }


def differences(recording: Recording) -> tuple[str, ...]:
    """Where the device differs from what the simulator does, a line each."""
    return tuple(
        f"{name}: {value} (simulator: {SIMULATOR[name]})"
        for name, value in traits(recording).items()
        if value != SIMULATOR[name]
    )


def login_of(recording: Recording) -> str:
    """How it asks for a login: basic, digest, or another word; empty when it doesn't."""
    reply = recording.http.exchanges.get("no-login")
    headers = {} if reply is None else {name.lower(): value for name, value in reply.headers}
    return headers.get("www-authenticate", "").partition(" ")[0].lower()


def _answered(reply: Reply | None) -> str:
    if reply is None:
        return "not tried"
    return str(reply.status) if reply.ending == ANSWERED else f"no answer, {reply.ending}"


def _spelling(config: str) -> str:
    pairs = (line.partition("=") for line in config.splitlines())
    shown = {value.strip() for key, _, value in pairs if key in _BOXES}
    if shown <= {"0", "1", "2"}:
        return "1 and 0"
    if shown <= {"checked", "", "0", "1", "2"}:
        return "checked and nothing" if shown <= {"checked", ""} else "1 and 0, or checked and nothing, by key"
    return "also " + ", ".join(sorted(shown - {"checked", "", "0", "1", "2"}))


def _lines(config: str) -> str:
    ends = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}
    seen = set(re.findall(r"\r\n|\r|\n", config))
    said = " and ".join(name for name, end in ends.items() if end in seen) or "nothing"
    lines = config.splitlines()
    magic = "the first is the magic" if lines[0] == CONFIG_MAGIC else "the magic isn't the first"
    odd = sum(1 for line in lines if line == MASKED)
    last = "" if config.endswith(("\n", "\r")) else ", the last without"
    return f"end in {said}{last}, {magic}" + (f", {odd} without an equals sign" if odd else "")


def _scan(recording: Recording) -> str:
    if recording.datagrams.scan is None:
        return "not answered"
    return "answered by a berofos" if recording.scan is not None else "answered in another length"


def _ping(datagram: bytes | None) -> str:
    try:
        payload = gbl4.decode(datagram or b"")[1]
    except BadAnswerError:
        return "not answered"
    return "answered with MAC and sequence" if len(payload) == 8 and payload[6:] != bytes(2) else "answered otherwise"
