"""Lines of logs: every format in which one thing can be said, and what is no line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from berofos_ra.history.log_lines import LogLine, parse_journal_line, parse_line, without_repeats

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SAID = "Setting berofos-fos1[xivo-2]: (unset) -> A--D"


def at(line: LogLine | None) -> str:
    assert line is not None
    return line.at.astimezone(UTC).isoformat(timespec="milliseconds")


@pytest.mark.parametrize(
    "text",
    [
        f"2026-11-27T19:46:29.111977+00:00 xivo-1 pacemaker-attrd[24]:  notice: {SAID} ",
        f"2026-11-27T20:46:29.111977+01:00 xivo-1 pacemaker-attrd[24]:  notice: {SAID} ",
        f"2026-11-27T19:46:29.111Z xivo-1 pacemaker-attrd:  notice: {SAID}",
    ],
)
def test_syslog_with_a_zone(text: str) -> None:
    line = parse_line(text, NOW)
    assert line is not None
    assert line[1:] == ("xivo-1", "pacemaker-attrd", SAID, False, "24" if "[24]" in text else "")
    assert at(line) == "2026-11-27T19:46:29.111+00:00"


def test_syslog_without_a_zone_is_local_time() -> None:
    line = parse_line(f"Nov 27 19:46:29 xivo-1 pacemaker-attrd[24]:  notice: {SAID}", NOW)
    assert line is not None
    assert line.at == datetime(2026, 11, 27, 19, 46, 29).astimezone()
    assert line.message == SAID


def test_pacemakers_own_log() -> None:
    text = f"Nov 27 19:46:29.108 xivo-1 pacemaker-attrd     [24] (update_attr_on_host) \tnotice: {SAID} | from xivo-2"
    line = parse_line(text, NOW)
    assert line is not None
    assert line[1:] == ("xivo-1", "pacemaker-attrd", f"{SAID} | from xivo-2", True, "24")


def test_what_pacemaker_heard_of_the_agent_is_the_agents() -> None:
    said = "berofos fos1 (10.34.1.20): relay A--D -> A--B, lines now on xivo-1"
    heard = f"r_start_0[406] error output [ {said} ]"
    text = f"Nov 27 19:46:09.232 xivo-1 pacemaker-execd [23] (log_op_output) \tinfo: {heard}"
    line = parse_line(text, NOW)
    assert line is not None
    assert (line.program, line.message, line.process) == ("berofos(r)", said, "406")


@pytest.mark.parametrize(
    ("text", "year"),
    [("Nov 28 11:00:00", 2026), ("Nov 29 11:59:59", 2026), ("Nov 29 12:00:01", 2025), ("Feb 29 00:00:00", 2024)],
)
def test_a_time_without_a_year_is_the_latest_that_can_be(text: str, year: int) -> None:
    line = parse_line(f"{text} xivo-1 berofos: x", NOW.astimezone())
    assert line is not None
    assert line.at.astimezone().year == year


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   indented, as a traceback is",
        "Nov 31 10:00:00 xivo-1 berofos: there is no such day",
        "Nov 27 25:00:00 xivo-1 berofos: nor such an hour",
        "2026-13-27T19:46:29+00:00 xivo-1 berofos: nor such a month",
        "Foo 27 10:00:00 xivo-1 berofos: nor such a name",
        "2026-11-27T19:46:29+00:00 xivo-1",
    ],
)
def test_what_is_no_line(text: str) -> None:
    assert parse_line(text, NOW) is None


def journal(**fields: object) -> str:
    given = {
        "__REALTIME_TIMESTAMP": "1795808789111977",
        "_HOSTNAME": "xivo-1",
        "SYSLOG_IDENTIFIER": "pacemaker-attrd",
        "_PID": "24",
    }
    return json.dumps({**given, "MESSAGE": f" notice: {SAID}", **fields})


def test_the_journal() -> None:
    line = parse_journal_line(journal())
    assert line is not None
    assert line[1:] == ("xivo-1", "pacemaker-attrd", SAID, False, "24")
    assert at(line) == "2026-11-27T19:46:29.111+00:00"
    line = parse_journal_line(journal(MESSAGE=list(b"caf\xc3\xa9 \x1b[31m \xff")))
    assert line is not None
    assert line.message == "caf\u00e9 ?[31m \ufffd"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        journal(MESSAGE=None)[:-5],
        journal(__REALTIME_TIMESTAMP="soon"),
        journal(__REALTIME_TIMESTAMP="9" * 30),
        journal(MESSAGE=[256]),
    ],
)
def test_what_is_no_line_of_the_journal(text: str) -> None:
    assert parse_journal_line(text) is None


def test_pacemakers_own_log_only_tells_what_syslog_does_not() -> None:
    def line(seconds: float, program: str, detailed: bool, host: str = "xivo-1") -> LogLine:
        return LogLine(NOW + timedelta(seconds=seconds), host, program, "x", detailed)

    early = line(0, "pacemaker-attrd", True)
    first = line(1, "pacemaker-attrd", False)
    again = line(1.001, "pacemaker-attrd", True)
    rule = line(2, "pacemaker-based", True)
    other = line(3, "pacemaker-attrd", True, "xivo-2")
    late = line(600, "pacemaker-attrd", True)  # syslog's file is an older one: it goes on in another, or not at all
    assert without_repeats([late, rule, other, again, first, early]) == [early, first, rule, other, late]
