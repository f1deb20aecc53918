"""Where history's lines come from: the journal if it has any, else syslog; Pacemaker's own log beside either."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from berofos_ra.history import sources
from tests.support.processes import PATH

NOW = datetime(2026, 11, 27, 20).astimezone()
SINCE = NOW - timedelta(hours=1)
SAID = "Setting berofos-fos1[xivo-1]: (unset) -> A--B"


class Host:
    """A machine with the logs that a test gives it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.syslog, self.pacemaker, self.journal = folder / "syslog", folder / "pacemaker.log", folder / "journal"
        monkeypatch.setattr(sources, "SYSLOG", str(self.syslog))
        monkeypatch.setattr(sources, "_PACEMAKER", (str(self.pacemaker),))
        monkeypatch.setattr(sources, "_JOURNALS", (str(self.journal),))
        self.tools = folder / "tools"
        self.tools.mkdir()
        monkeypatch.setenv("PATH", f"{self.tools}:{PATH}")

    def has_journal(self, *messages: str) -> None:
        """It has a journal with these; journalctl is a stand-in that shows them, whatever it is asked for."""
        self.journal.mkdir()
        lines = [
            json.dumps(
                {
                    "__REALTIME_TIMESTAMP": f"{NOW.timestamp() * 1e6:.0f}",
                    "_HOSTNAME": "xivo-1",
                    "SYSLOG_IDENTIFIER": "pacemaker-attrd",
                    "MESSAGE": message,
                }
            )
            for message in messages
        ]
        shown = self.journal / "shown"
        shown.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        tool = self.tools / "journalctl"
        tool.write_text(f"#!/bin/sh\necho \"$@\" >> '{self.tools}/asked'\ncat '{shown}'\n", encoding="utf-8")
        tool.chmod(0o755)

    def read(self) -> sources.Logs:
        return sources.read_logs([], SINCE, NOW)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def programs(logs: sources.Logs) -> set[str]:
    return {line.program for line in logs.lines}


def write(path: Path, said: str = SAID, program: str = "pacemaker-attrd") -> None:
    path.write_text(
        f"2026-11-20T10:00:00+00:00 xivo-1 kernel: x\n2026-11-27T19:00:00+00:00 xivo-1 {program}: {said}\n"
    )


def test_the_journal_is_asked_for_what_matters_since_then(host: Host) -> None:
    host.has_journal(SAID)
    write(host.syslog, program="attrd")
    logs = host.read()
    assert programs(logs) == {"pacemaker-attrd"}
    assert logs.begins == NOW
    asked = (host.tools / "asked").read_text(encoding="utf-8")
    assert f"--since=@{SINCE.timestamp():.0f}" in asked
    assert "--identifier=berofos" in asked


def test_a_journal_that_can_not_be_searched_is_told(host: Host) -> None:
    host.has_journal(SAID)
    tool = host.tools / "journalctl"
    refused = "case \"$*\" in *--grep*) echo 'Compiled without pattern matching support' >&2; exit 1 ;; esac\n"
    tool.write_text(
        tool.read_text(encoding="utf-8").replace("#!/bin/sh\n", f"#!/bin/sh\n{refused}"), encoding="utf-8"
    )
    assert host.read().unreadable == ("journal: Compiled without pattern matching support",)


def test_an_empty_journal_is_none(host: Host) -> None:
    host.has_journal()
    write(host.syslog, program="attrd")
    assert programs(host.read()) == {"attrd"}


def test_syslog_with_its_older_files_tells_how_far_back_it_goes(host: Host) -> None:
    write(host.syslog)
    older = host.syslog.with_name("syslog.1")
    older.write_text("2026-11-10T10:00:00+00:00 xivo-1 cron: x\n", encoding="utf-8")
    logs = host.read()
    assert [line.message for line in logs.lines] == [SAID]
    assert logs.begins == datetime.fromisoformat("2026-11-10T10:00:00+00:00")
    assert logs.unreadable == ()


def test_pacemakers_own_log_is_read_beside_syslog(host: Host) -> None:
    write(host.syslog)
    rule = '++ /cib:  <rsc_location id="cli-prefer-xivo" rsc="xivo"/>'
    said = f"Nov 27 19:46:28.272 xivo-1 pacemaker-based     [21] (cib_perform_op) \tinfo: {rule}\n"
    host.pacemaker.write_text(said, encoding="utf-8")
    assert programs(host.read()) == {"pacemaker-attrd", "pacemaker-based"}


@pytest.mark.parametrize("syslog", [None, "", "no line of a log\n"])
def test_without_any_line_it_says_what_is_missing(host: Host, syslog: str | None) -> None:
    if syslog is not None:
        host.syslog.write_text(syslog, encoding="utf-8")
    with pytest.raises(sources.NoLogError, match="syslog") as caught:
        host.read()
    assert "rsyslog" in caught.value.advice


def test_a_file_that_is_none_is_named() -> None:
    with pytest.raises(sources.NoLogError, match=r"/nowhere/syslog: .*"):
        sources.read_logs(["/nowhere/syslog"], SINCE, NOW)


def test_what_the_journal_shows_for_both_questions_is_told_once(host: Host) -> None:
    """A drill's line has a name of ours in it, and comes from a program of ours."""
    host.has_journal("berofos drill: xivo-1 -> xivo-2, 2.6 s, root", "berofos drill: xivo-2 -> xivo-1, 2.4 s, root")
    assert len(host.read().lines) == 2


BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def test_the_hour_that_comes_twice_is_told_in_its_order(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of daylight saving a log without time zones goes back by an hour."""
    monkeypatch.setenv("TZ", BERLIN)
    time.tzset()
    try:
        clocks = ("01:59:59", "02:10:00", "02:09:59", "02:59:59", "02:00:00", "02:30:00", "02:29:59", "03:00:00")
        host.syslog.write_text(
            "".join(f"Oct 25 {clock} xivo-1 pacemaker-attrd: {SAID}\n" for clock in clocks), encoding="utf-8"
        )
        shown = [f"{line.at.astimezone(UTC):%H:%M:%S}" for line in host.read().lines]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert shown == ["23:59:59", "00:10:00", "00:09:59", "00:59:59", "01:00:00", "01:30:00", "01:29:59", "02:00:00"]
