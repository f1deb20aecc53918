"""Where the lines of the story are: the journal, else syslog's files, and Pacemaker's own; or the files given."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from berofos_ra.errors import BerofosError
from berofos_ra.history.log_lines import LogLine, parse_journal_line, parse_line

SYSLOG = "/var/log/syslog"
_PACEMAKER = ("/var/log/pacemaker/pacemaker.log", "/var/log/pacemaker.log")
_OF_INTEREST = re.compile(r"berofos|bnfos|attrd|pacemaker-based.*(?:cli-|standby)")
_STAMP = len("Nov 27 19:46:28")
_JOURNALS = ("/var/log/journal", "/run/log/journal")
_JOURNALCTL = ("journalctl", "--quiet", "--no-pager", "--output=json")
_FIELDS = "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_HOSTNAME,_PID,__REALTIME_TIMESTAMP"
_SAID = ("--grep=berofos|state is now|Setting (shutdown|fail-count)", "--case-sensitive=yes")
_PROGRAMS = ("--identifier=berofos", "--identifier=bnfos", "--identifier=xivo-berofos")


class NoLogError(BerofosError):
    """No log can be read."""


class Logs(NamedTuple):
    """What could be read: the lines of interest, since when there are any lines at all, and what couldn't be read."""

    lines: tuple[LogLine, ...]
    begins: datetime
    unreadable: tuple[str, ...]


def read_logs(files: Sequence[str], since: datetime, now: datetime) -> Logs:
    """Read these files, else this machine's own logs: its journal from ``since`` on, or syslog's files.

    Raises:
        NoLogError: none can be read.
    """
    lines: list[LogLine] = []
    begins: list[datetime] = []
    unreadable: list[str] = []
    if not files and shutil.which("journalctl") is not None and any(Path(name).is_dir() for name in _JOURNALS):
        begins = _journal_begins()
        lines += _journal(since, unreadable) if begins else ()
    own = [path for name in (*_PACEMAKER, *(() if begins else (SYSLOG,))) for path in _rotated(name)]
    for path in [Path(name) for name in files] or own:
        try:
            for line in _lines(path, now):
                begins = [min(line.at, *begins)] if begins else [line.at]
                if _OF_INTEREST.search(f"{line.program} {line.message}"):
                    lines.append(line)
        except (OSError, EOFError, zlib.error) as error:
            unreadable.append(f"{path}: {getattr(error, 'strerror', None) or error}")
    if not begins and unreadable:
        raise NoLogError("; ".join(unreadable), "run it as root, or as a member of the group adm")
    if not begins:
        nothing = f"no log with a line in it, neither a journal nor {SYSLOG}"
        raise NoLogError(nothing, "install rsyslog; or name a log's file")
    return Logs(tuple(lines), begins[0], tuple(unreadable))


def _rotated(name: str) -> list[Path]:
    path = Path(name)
    return sorted(file for file in path.parent.glob(f"{path.name}*") if file.is_file())


def _lines(path: Path, now: datetime) -> Iterator[LogLine]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        last, before = None, ""
        for raw in file:
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            is_json = text.startswith("{")
            goes_back = not is_json and text[:_STAMP] < before[:_STAMP]
            if goes_back and (line := parse_line(before, now, last)) is not None:
                last = line.at
            if last is None or goes_back or _OF_INTEREST.search(text):
                line = parse_journal_line(text) if is_json else parse_line(text, now, last)
                if line is not None:
                    last = line.at
                    yield line
            before = text


def _journal(since: datetime, unreadable: list[str]) -> Iterator[LogLine]:
    shown: dict[bytes, None] = {}  # each entry, with its cursor: some are among both
    for chosen in (_SAID, _PROGRAMS):
        command = (*_JOURNALCTL, _FIELDS, f"--since=@{since.timestamp():.0f}", *chosen)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        shown |= dict.fromkeys(done.stdout.splitlines())
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        if done.returncode != 0 and told:  # it may be built without --grep; without a word it has found nothing
            unreadable.append(f"journal: {told[-1]}")
    for raw in shown:
        line = parse_journal_line(raw.decode("utf-8", "replace"))
        if line is not None:
            yield line


def _journal_begins() -> list[datetime]:
    with subprocess.Popen((*_JOURNALCTL, _FIELDS), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as oldest:
        line = parse_journal_line((oldest.stdout or io.BytesIO()).readline().decode("utf-8", "replace"))
        oldest.kill()
    return [] if line is None else [line.at]
