"""Recordings of devices: what is in the file, what isn't, and which files are refused."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.device import gbl4
from berofos_ra.device.recording import (
    Gbl4Answers,
    Recording,
    parse_recording,
    redacted,
    render_recording,
    steady_latency,
)
from berofos_ra.device.redaction import redact_config, redact_headers, unknown_keys
from berofos_ra.errors import RecordingError, explain
from tests.unit.device.recordings import CONFIG, MAC, MARKERS, recording, scan_answer


def everything(text: str) -> str:
    """The text, and what is behind its hexadecimal and base64 parts, in lower case."""
    words = text.replace('"', " ").split()
    decoded = [bytes.fromhex(word) for word in words if len(word) % 2 == 0 and set(word) <= set("0123456789abcdef")]
    for word in words:
        try:
            decoded.append(base64.b64decode(word, validate=True))
        except ValueError:
            continue
    return "\n".join([text, *(data.decode("latin-1") for data in decoded), *(data.hex() for data in decoded)]).lower()


def test_nothing_in_the_file_tells_whose_device_it_is() -> None:
    said = everything(render_recording(recording()))
    assert [marker for marker in MARKERS if marker.lower() in said] == []
    for marker in MARKERS:
        assert marker.encode().hex() not in said
    assert MAC.hex() not in said
    assert MAC[3:].hex() not in said
    assert "0a220132" not in said, "its address"


def test_what_matters_for_its_behaviour_stays() -> None:
    text = render_recording(recording())
    for kept in ("1_rm=checked", "lwIP/1.3.1", "3_nm=255.255.255.0", "3_snmp=masked", "7_new=", "X-Serial: masked"):
        assert kept in text
    seen = parse_recording(text, "fos1.json")
    assert seen.scan is not None
    assert (seen.scan.firmware, seen.scan.bootloader, seen.scan.mac) == ((1, 53), (1, 2), "00:19:32:FA:CE:01")
    assert unknown_keys(seen.config) == ("3_snmp", "7_new")
    assert seen.config.count("\n") == CONFIG.count("\n")
    assert seen == redacted(recording())


def test_settings_that_were_redacted_are_none_to_restore() -> None:
    given = redacted(recording())
    shown = given._replace(config=given.config.replace("1_sz=0", "1_sz=masked")).settings
    assert shown.keys() == {"modedef", "netmask", "slgpt", "mode", "wdog", "wdogstate", "wdogitime", "wdogrtime"}
    assert shown["modedef"] is True


def test_a_countdown_is_recorded_as_its_interval() -> None:
    assert "0_wretv=60\n" in redact_config(CONFIG)
    assert "0_wretv=0" in redact_config("2_wintv=60\n0_wretv=0")


def test_line_ends_are_kept() -> None:
    assert redact_config("\r\n1_sz=1\r\n4_mode=0\r9_x=y\n3_dn=") == "\r\n1_sz=1\r\n4_mode=0\r9_x=masked\n3_dn="


@given(st.text(alphabet="1_szdnip=\r\n checked09.", max_size=60), st.lists(st.tuples(st.text(), st.text())))
def test_what_is_redacted_stays_as_it_is(config: str, headers: list[tuple[str, str]]) -> None:
    once = redact_config(config)
    assert redact_config(once) == once
    shown = redact_headers(headers, 7)
    assert redact_headers(shown, -1) == shown


@given(st.binary(max_size=40), st.binary(max_size=20))
def test_datagrams_that_are_redacted_stay_as_they_are(scan: bytes, ping: bytes) -> None:
    answers = Gbl4Answers(gbl4.encode(1, scan), gbl4.encode(9, ping), None)
    once = redacted(recording()._replace(datagrams=answers))
    assert redacted(once) == once


@pytest.mark.parametrize(
    "value",
    [
        "10.34.1.50",
        "mueller.example.net",
        "00:19:32:12:AB:1D",
        "001932 12 AB 1D",
        "anna@mueller",
        "lwIP/10.34.1.50",
        "4711",
        "7/8",
    ],
)
def test_headers_keep_known_words_and_versions_alone(value: str) -> None:
    ((_, shown),) = redact_headers([("Server", f"lwIP/1.4.1 {value}")], 0)
    assert shown.startswith("lwIP/1.4.1 ")
    assert set(shown.removeprefix("lwIP/1.4.1 ").replace("/", " ").split()) <= {"masked", "lwIP"}


@pytest.mark.parametrize(("seconds", "steady"), [(0.0, 0.0), (0.24, 0.0), (0.5, 0.5), (0.99, 0.5), (2, 2), (9, 8)])
def test_latencies_are_few(seconds: float, steady: float) -> None:
    assert steady_latency(seconds) == steady
    assert steady_latency(steady) == steady


def with_digest(content: dict[str, Any]) -> str:
    """As somebody would who knows how."""
    content.pop("sha256", None)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "sha256": digest})


def written() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(render_recording(recording()))
    return content


def refusal(text: str) -> str:
    with pytest.raises(RecordingError) as refused:
        parse_recording(text, "fos1.json")
    line = explain(refused.value)
    assert line.startswith("fos1.json: ")
    assert line.isprintable()
    return line


def test_another_version_s_file_says_what_to_do() -> None:
    assert "upgrade" in refusal(with_digest({**written(), "version": 2}))
    assert "berofos record" in refusal(with_digest({**written(), "version": 0}))
    odd: tuple[object, ...] = (None, True, "1", [])
    for version in odd:
        refusal(with_digest({**written(), "version": version}))


def test_a_file_that_was_cut_is_refused_wherever() -> None:
    text = render_recording(recording())
    for length in range(0, len(text) - 2, 7):
        refusal(text[:length])


def test_a_recording_of_another_product_is_refused() -> None:
    other = recording()._replace(datagrams=Gbl4Answers(scan_answer(hardware=0x1234), None, None))
    assert "0x1234" in refusal(render_recording(other))


def test_a_file_may_come_with_other_white_space() -> None:
    text = json.dumps(written(), indent="\t").replace("\n", "\r\n")
    assert parse_recording(text, "fos1.json") == redacted(recording())


def changed(*path: str | int, value: object) -> dict[str, Any]:
    content: Any = written()
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return dict(content)


@pytest.mark.parametrize(
    "edited",
    [
        changed("config", 1, value="1_sz=1\n"),
        changed("http", "latency", value=0.5),
        {**written(), "note": "fos1 of the office"},
    ],
)
def test_a_file_that_was_edited_is_refused(edited: dict[str, Any]) -> None:
    refusal(json.dumps(edited))


@pytest.mark.parametrize(
    "edited",
    [
        {**written(), "note": "fos1 of the office"},
        {**written(), "config": "text"},
        {**written(), "config": [1]},
        {**written(), "http": None},
        {**written(), "config": []},
        changed("http", "exchanges", value={}),
        {**written(), "gbl4": {}},
        {**written(), "taken": []},
        {**written(), "acceptance": 3},
        changed("config", 1, value="3_ip=10.34.1.50\n"),
        changed("config", 1, value="1_sz"),
        changed("http", "latency", value=0.3),
        changed("http", "latency", value=float("nan")),
        changed("http", "connections", value="many"),
        changed("http", "keep_alive", value=1),
        changed("http", "exchanges", "head", value={"ending": "never"}),
        changed("http", "exchanges", "other", value={"ending": "silent"}),
        changed("http", "exchanges", "config", "headers", value=["Server: kanzlei-mueller"]),
        changed("http", "exchanges", "config", "headers", value=["Server"]),
        changed("http", "exchanges", "config", "status", value=-1),
        changed("gbl4", "scan", value="zz"),
        changed("gbl4", "scan", value=scan_answer().hex()),
        changed("taken", "on", value="yesterday"),
        changed("taken", "by", value="mueller"),
        changed("taken", "milliseconds", value=["x"]),
        changed("acceptance", "outcomes", "click-is-seen", value="mostly"),
        changed("acceptance", "seconds", "until-seen", value=float("inf")),
    ],
)
def test_what_no_recording_holds_is_refused_whatever_its_digest(edited: dict[str, Any]) -> None:
    refusal(with_digest(edited))


@pytest.mark.parametrize("text", ["", "null", "[]", "3", "{}", '{"format": "x"}', "[" * 100_000, "\x00"])
def test_what_is_no_recording_is_refused(text: str) -> None:
    refusal(text)


def test_a_recording_needs_no_acceptance() -> None:
    plain: Recording = recording()._replace(acceptance=None)
    assert parse_recording(render_recording(plain), "fos1.json") == redacted(plain)
