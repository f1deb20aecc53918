"""One line of a log, of whatever kind: the journal's JSON, syslog's two formats, Pacemaker's own log. Pure."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

_HOST = r"(?P<host>[^\s:]+)"
_RFC3339 = r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d))"
_TRADITIONAL = r"(?P<at>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)"
_PROGRAM = r"(?P<program>[^\s\[:]+)(?:\[(?P<process>\d+)\])?: ?(?P<message>.*)"
_SYSLOG = tuple(re.compile(rf"{stamp} {_HOST} {_PROGRAM}", re.ASCII) for stamp in (_RFC3339, _TRADITIONAL))
_PACEMAKER = re.compile(
    rf"{_TRADITIONAL} {_HOST} (?P<program>pacemaker-?[a-z]*) +\[(?P<process>\d+)\] \([^)]*\) *\t ?(?P<message>.*)",
    re.ASCII,
)
_SEVERITY = re.compile(r"\s*(?:crit|error|warning|notice|info|debug|trace): +")
_AGENT_OUTPUT = re.compile(
    r"(?P<resource>.+)_[a-z-]+_\d+\[(?P<process>\d+)\] error output \[ (?P<message>berofos .*) \]"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DISORDER = timedelta(minutes=1)  # by so much at most a log's lines aren't in order
_TOMORROW = timedelta(days=1)  # a clock may be ahead by so much; what is later still was last year


class LogLine(NamedTuple):
    """What one program said on one host.

    ``detailed``: it is from Pacemaker's own log, which has more than syslog. ``process`` is its number, where known.
    """

    at: datetime
    host: str
    program: str
    message: str
    detailed: bool = False
    process: str = ""


def parse_line(text: str, now: datetime, after: datetime | None = None) -> LogLine | None:
    """A line of syslog or of ``pacemaker.log``; None: it is none.

    Times without a zone are local, those without a year are the latest that aren't after ``now``. Of an hour that
    comes twice, at the end of daylight saving, the second is meant after a line from ``after`` it.
    """
    match = _PACEMAKER.match(text)
    detailed = match is not None
    match = match or next((found for pattern in _SYSLOG if (found := pattern.match(text))), None)
    at = None if match is None else _time(match["at"], now, after)
    if match is None or at is None:
        return None
    line = LogLine(at, match["host"], match["program"], _plain(match["message"]), detailed, match["process"] or "")
    # What Pacemaker's executor heard of the agent is the agent's own.
    own = _AGENT_OUTPUT.fullmatch(line.message) if line.program == "pacemaker-execd" else None
    if own is None:
        return line
    return line._replace(program=f"berofos({own['resource']})", message=own["message"], process=own["process"])


def parse_journal_line(text: str) -> LogLine | None:
    """A line of ``journalctl --output json``; None: it is none."""
    try:
        fields = json.loads(text)
        message = fields["MESSAGE"]
        if isinstance(message, list):  # bytes, where they aren't printable UTF-8
            message = bytes(message).decode("utf-8", "replace")
        at = datetime.fromtimestamp(int(fields["__REALTIME_TIMESTAMP"]) / 1e6).astimezone()
        host, program = str(fields["_HOSTNAME"]), str(fields["SYSLOG_IDENTIFIER"])
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None
    return LogLine(at, host, program, _plain(str(message)), process=str(fields.get("_PID", "")))


def without_repeats(lines: Iterable[LogLine]) -> list[LogLine]:
    """The lines in order of time, without what Pacemaker's own log repeats of syslog, by host."""
    ordered = sorted(lines, key=lambda line: line.at)
    begins: dict[str, datetime] = {}
    ends: dict[str, datetime] = {}
    for line in ordered:
        if not line.detailed:
            begins.setdefault(line.host, line.at)
            ends[line.host] = line.at + _DISORDER
    return [
        line
        for line in ordered
        if not line.detailed
        or line.program == "pacemaker-based"  # says what syslog doesn't get
        or line.host not in begins
        or not begins[line.host] <= line.at <= ends[line.host]
    ]


def _plain(message: str) -> str:
    """Without the severity that Pacemaker's daemons put before, and what could upset a terminal."""
    text = message.removeprefix(match[0]) if (match := _SEVERITY.match(message)) else message
    return "".join(character if character.isprintable() else "?" for character in text.strip())


def _time(text: str, now: datetime, after: datetime | None) -> datetime | None:
    try:
        if text[:4].isdigit():
            return datetime.fromisoformat(text)
        month = _MONTHS.index(text[:3]) + 1
        clock = datetime.fromisoformat(f"2000-01-01T{text[7:]}")
        for year in range(now.year + 1, now.year - 5, -1):
            with contextlib.suppress(ValueError):  # 29 February, of another year
                local = clock.replace(year=year, month=month, day=int(text[4:6]))
                at, again = local.astimezone(), local.replace(fold=1).astimezone()
                if at <= now + _TOMORROW:
                    return max(at, again) if after is not None and at < after - _DISORDER else at
    except (ValueError, OverflowError, OSError):
        pass
    return None
