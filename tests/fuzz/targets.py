"""What is fuzzed: the parsers of what comes from the network, files, logs and other people; what must hold of each.

A target takes any bytes. It may refuse them with an error of `berofos_ra.errors`, whose message is one printable line
and holds no password; it may raise nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st

from berofos_ra.bnfosconf.sections import parse_config, parse_mac
from berofos_ra.bnfosconf.writer import repaired
from berofos_ra.cli.replay import spec_options
from berofos_ra.device import gbl4
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.configtxt import parse_configtxt
from berofos_ra.device.recording import parse_recording, redacted, render_recording
from berofos_ra.device.traits import differences
from berofos_ra.errors import BadAnswerError, BerofosError, RecordingError
from berofos_ra.history.events import KINDS
from berofos_ra.history.log_lines import parse_journal_line, parse_line
from berofos_ra.history.page import page
from berofos_ra.history.story import tell
from berofos_ra.settings import BY_KEYWORD, CONFIG_MAGIC, SETTINGS, Kind
from berofos_ra.simulator import DeviceSpec

CORPUS = Path(__file__).parent / "corpus"
PASSWORD = "s3same"  # in the inputs, a part of any password
MAC = "00:19:32:00:12:1D"
NOW = datetime(2026, 11, 28, tzinfo=UTC)

Target = Callable[[bytes], None]


def configtxt(data: bytes) -> None:
    """``config.txt`` of a device; whole, and cut anywhere."""
    text = data.decode("latin-1")
    for complete in (True, False):
        try:
            values = parse_configtxt(text, complete)
        except BadAnswerError as error:
            check_message(error)
            continue
        assert CONFIG_MAGIC.partition("=")[0] + "=" in text
        for keyword, value in values.items():
            kind = BY_KEYWORD[keyword].kind
            assert type(value) is {Kind.BOOL: bool, Kind.INT: int}.get(kind, str)
            assert kind is not Kind.INT or 0 <= int(value) < 10**9


def gbl4_datagram(data: bytes) -> None:
    """A datagram, and an answer's payload without the frame that a fuzzer can't guess."""
    try:
        command, payload = gbl4.decode(data)
    except BadAnswerError as error:
        check_message(error)
    else:
        assert gbl4.encode(command, payload) == data
        gbl4_payload(payload)
    gbl4_payload(data)


def gbl4_payload(payload: bytes) -> None:
    try:
        answer = gbl4.parse_scan_answer(payload)
    except BadAnswerError as error:
        check_message(error)
    else:
        assert re.fullmatch("[0-9A-F]{2}(:[0-9A-F]{2}){5}", answer.mac)
        assert gbl4.mac_bytes(answer.mac) == payload[:6]
        assert answer.netconf.address.packed == payload[13:17]
        assert 0 <= answer.options <= 7
        assert 0 <= answer.netconf.http_port <= 65535
    try:
        assert 0 <= gbl4.parse_error_code(payload, MAC) <= 255
    except BadAnswerError as error:
        check_message(error)


def bnfosconf(data: bytes) -> None:
    """``bnfos.conf``, of which nothing is refused; and what becomes of it when it is repaired."""
    text = data.decode("utf-8-sig", "surrogateescape")
    devices, oddities = parse_config(text)
    lines = len(re.split(r"\r\n|\n|\r", text))
    for odd in oddities:
        assert 1 <= odd.line <= lines
        check_text(odd.what)
        check_text(odd.advice)
    names = [device.name for device in devices]
    assert len(set(names)) == len(names)
    for device in devices:
        assert re.fullmatch("fos[1-9][0-9]*", device.name, re.ASCII)
        assert not (device.host and device.host_problem)
        assert not (device.mac and device.mac_problem)
        assert device.mac is None or parse_mac(device.mac) == device.mac
        assert device.host is None or re.fullmatch("[A-Za-z0-9_.-]+", device.host, re.ASCII)
        assert 1 <= device.port <= 65535
        assert (device.user is None) == (device.password is None)
        assert device.password is None or device.password.isprintable()
        assert repr(device) == repr(device._replace(password="another"))
        assert PASSWORD not in f"{device.host_problem}{device.mac_problem}"
    strict = repaired(text)
    assert repaired(strict) == strict
    assert [reached(device) for device in parse_config(strict).devices] == [reached(device) for device in devices]


def reached(device: DeviceConfig) -> DeviceConfig:
    """The device without the lines in which something is wrong with it."""
    return device._replace(host_problem="", mac_problem="")


def history(data: bytes) -> None:
    """A log, of whatever kind: a story comes of it, whose words can be shown and whose times are in order."""
    lines = [
        parse_journal_line(text) or parse_line(text, NOW) for text in data.decode("utf-8", "replace").split("\n")
    ]
    story = tell(line for line in lines if line is not None)
    assert [event.at for event in story] == sorted(event.at for event in story)
    for event in story:
        assert event.kind in KINDS
        assert event.seconds is None or event.seconds >= 0
        json.dumps(event.as_json())
    for line in page(story):
        assert line.isprintable()


def recording(data: bytes) -> None:
    """A device's recording, as it comes, and with the digest that a fuzzer can't guess."""
    text = data.decode("utf-8", "replace")
    for candidate in (text, _with_digest(text)):
        try:
            parsed = parse_recording(candidate, "fos1.json")
        except RecordingError as error:
            check_message(error)
            continue
        assert redacted(parsed) == parsed
        assert parse_recording(render_recording(parsed), "fos1.json") == parsed
        differences(parsed)
        with contextlib.suppress(RecordingError):
            DeviceSpec("fos1", "127.0.0.1", MAC, **spec_options(parsed, "fos1.json"))


def _with_digest(text: str) -> str:
    """The text, a recording's ``sha256`` put right if it is JSON, for anybody can."""
    try:
        content = json.loads(text)
        content.pop("sha256", None)
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return json.dumps({**content, "sha256": digest})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return text


def check_message(error: BerofosError) -> None:
    """One printable line, and no other error behind it that says more."""
    check_text(str(error))
    assert error.__context__ is None or error.__suppress_context__


def check_text(message: str) -> None:
    """One printable line without a password."""
    assert message
    assert message.isprintable()
    assert len(message) < 1000
    assert PASSWORD not in message


TARGETS: Mapping[str, Target] = {
    "configtxt": configtxt,
    "gbl4": gbl4_datagram,
    "bnfosconf": bnfosconf,
    "history": history,
    "recording": recording,
}

# What inputs are made of, beside any bytes: so that some get past the first check.
_PIECES: Mapping[str, tuple[bytes, ...]] = {
    "configtxt": (
        CONFIG_MAGIC.encode(),
        b"bnfos_confmap_magic=0.2",
        b"\n",
        b"\r\n",
        b"\r",
        b"=",
        b"1",
        b"checked",
        b"-1",
        b"99999999999",
        b"\xb2",
        b"\x00",
        *(f"{setting.read_key}=".encode() for setting in SETTINGS if setting.read_key),
    ),
    "gbl4": (
        b"GBL\x04",
        b"\x01",
        b"\x02",
        b"\x05",
        b"\x0b",
        bytes(24),
        gbl4.mac_bytes(MAC),
        b"\x00\x50",
        gbl4.scan_request(),
        gbl4.kick_request(MAC),
    ),
    "bnfosconf": (
        b"[fos1]\n",
        b"[FOS2] # x\n",
        b"[",
        b"]",
        b"[fos0]\n",
        b"[fos:] x\n",
        b"mac = 00-19-32-00-12-1d ; as printed\n",
        b"host 10.34.1.020\n",
        b"host = 255.255.255.255\n",
        b"\xfc",
        b"mac = 00:19:32:00:12:1D\n",
        b"host = 10.34.1.50\n",
        b"host = h:65536\n",
        b"login = admin:s3same/0pen=%#;\n",
        b"login = s3same\n",
        b"login",
        b"=",
        b":",
        b"#",
        b";",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        "\u2028\u0085\x0c\ufeff".encode(),
        b"\x00",
    ),
    "history": (
        *(
            f"\n{stamp} xivo-{host} {program}[7]:  notice: ".encode()
            for stamp in ("2026-11-27T19:46:29.1+01:00", "Nov 27 19:46:29", "Feb 29 00:00:00", "2026-11-27T19:47:00Z")
            for host in (1, 2)
            for program in ("pacemaker-attrd", "berofos(r)", "berofos", "pacemaker-based")
        ),
        *(
            f"Setting {name}[xivo-{host}]: {old} -> {new}".encode()
            for name in ("berofos-fos1", "berofos-fos2", "berofos-ready", "shutdown", "fail-count-r#monitor_1")
            for host in (1, 2)
            for old, new in (
                ("(unset)", "A--B"),
                ("A--B", "A--D"),
                ("A--D", "(unset)"),
                ("yes", "no: x"),
                ("no", "yes"),
            )
        ),
        *(f"Node xivo-{host} state is now {state}".encode() for host in (1, 2) for state in ("lost", "member")),
        b"berofos fos1 (h): relay A--D -> A--B, lines now on xivo-1",
        b"berofos fos1 (h): watchdog ran out",
        b"berofos fos1 (h): taken by xivo-2 while partitioned from it",
        b"berofos all is well again (was: fos1 (h): x)",
        b"berofos drill: xivo-1 -> xivo-2, 2.6 s, root: x",
        b"root (sudo: anna): switch d: fos1 A--B -> A--D",
        b"root: pause: x",
        b'++ <rsc_location id="cli-prefer-x"',
        b'\n{"MESSAGE": "Setting berofos-fos1[xivo-1]: (unset) -> A--B", "_HOSTNAME": "xivo-1",',
        b' "__REALTIME_TIMESTAMP": "1795808789111977", "SYSLOG_IDENTIFIER": "pacemaker-attrd"}',
        b"\n",
        b"[",
        b"9" * 30,
    ),
}


def inputs(name: str) -> st.SearchStrategy[bytes]:
    """Bytes for a target."""
    if name == "recording":
        return st.one_of(st.binary(max_size=200), _EDITED_RECORDINGS)
    pieces = st.lists(st.one_of(st.sampled_from(_PIECES[name]), st.binary(max_size=8)), max_size=30).map(b"".join)
    return st.one_of(pieces, st.binary(max_size=200), pieces.map(_framed)) if name == "gbl4" else pieces


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just([]), st.just({})
)


def _edited(places: list[int], value: object) -> bytes:
    """A sound recording with another value somewhere: ``places`` lead there, step by step."""
    content = json.loads((CORPUS / "recording" / "simulated").read_text())
    inner = content
    for number, place in enumerate(places):
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = keys[place % len(keys)]
        if number == len(places) - 1 or not isinstance(inner[key], (dict, list)) or not inner[key]:
            inner[key] = value
            break
        inner = inner[key]
    return json.dumps(content).encode()


_EDITED_RECORDINGS = st.builds(_edited, st.lists(st.integers(0, 50), min_size=1, max_size=5), _SCALARS)


def _framed(payload: bytes) -> bytes:
    return gbl4.encode(1, payload)


def corpus(name: str) -> list[Path]:
    """The inputs that are kept for a target."""
    return sorted((CORPUS / name).iterdir())
