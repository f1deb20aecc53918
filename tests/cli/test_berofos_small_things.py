"""What makes ``berofos`` easy at night: words that are nearly right, and answers that don't mislead."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.berofos import main
from berofos_ra.cli.commands import status_table
from berofos_ra.cli.commands.status_report import make_report
from tests.cli.operator_site import OperatorSite


class Shell:
    """``berofos`` in this process, with its config file and acted tools."""

    def __init__(
        self, site: OperatorSite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self._site, self._capfd = site, capfd
        monkeypatch.setenv("PATH", site.tools.path)
        for stream in ("stdout", "stderr"):
            monkeypatch.setattr(sys, stream, getattr(sys, stream))  # a command makes them anew

    def __call__(self, *words: str) -> Said:
        try:
            status = main(["--config", str(self._site.config), *words])
        except SystemExit as end:
            status = int(str(end.code))
        said = self._capfd.readouterr()
        return Said(status, said.out, said.err)


class Said(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def berofos(site: OperatorSite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    return Shell(site, monkeypatch, capfd)


def test_a_side_may_be_written_in_capitals(site: OperatorSite, berofos: Shell) -> None:
    assert berofos("switch", "B").status == 0
    assert site.fos1.relay == "A--B"


@pytest.mark.parametrize(("word", "scenario"), [("Bypass", True), ("FALLBACK", False), ("bypass", True)])
def test_a_scenario_has_a_name(word: str, scenario: bool, site: OperatorSite, berofos: Shell) -> None:
    site.fos1.set_settings({"scenario": not scenario})
    assert berofos("set", f"scenario={word}").status == 0
    assert site.fos1.settings["scenario"] is scenario


def test_a_command_that_is_nearly_right_is_guessed(berofos: Shell) -> None:
    said = berofos("stauts")
    assert said.status == 2
    assert "did you mean status?" in said.err
    assert len(said.err.splitlines()) == 1


def test_alone_it_shows_the_commands(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert "doctor" in said.err


def test_a_device_needs_no_option_for_its_status(berofos: Shell) -> None:
    assert "fos1" in berofos("status", "fos1").out
    said = berofos("status", "fos2")
    assert (said.status, said.out) == (1, "")
    assert "fos2" in said.err


def test_config_after_the_command_is_told_where_it_goes(berofos: Shell) -> None:
    said = berofos("status", "--config", "/etc/bnfos.conf")
    assert said.status == 2
    assert "--config goes before the command" in said.err


def test_the_interval_is_set_before_the_watchdog_is_armed(site: OperatorSite, berofos: Shell) -> None:
    site.fos1.clear_requests()
    assert berofos("set", "wdog=1", "wdogitime=3").status == 0
    written = site.writes()
    assert written[:2] == ["cmd=2&wintv=3", "cmd=6&wen=1"], written


def test_a_kick_of_a_watchdog_that_is_off_says_that_nothing_guards(site: OperatorSite, berofos: Shell) -> None:
    said = berofos("kick")
    assert (said.status, "nothing guards" in said.out) == (0, True)
    site.fos1.set_settings({"wdog": 1})
    assert "nothing guards" not in berofos("kick").out
    site.fos1.add_fault("refuse")
    assert berofos("kick").status == 0


def test_a_firmware_file_is_looked_at_before_the_device(berofos: Shell, tmp_path: Path) -> None:
    said = berofos("flash", str(tmp_path / "none.bin"), "--device", "fos7")
    assert said.status == 1
    assert "none.bin" in said.err


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        (200, {"device", "address", "state", "fw", "scenario", "relay", "default", "watchdog", "LEDs"}),
        (40, {"device", "address", "state", "relay", "watchdog"}),
        (20, {"device", "state", "relay"}),
    ],
)
def test_a_narrow_terminal_keeps_what_counts(columns: int, left: set[str], site: OperatorSite) -> None:
    site.fos1.set_settings({"scenario": 0})
    report = make_report(str(site.config), read_config(str(site.config)).select(("all",)), 30.0)
    console = Console(width=columns, force_terminal=False)
    table = status_table.rendering(report, console, narrow=True).renderables[0]
    shown = {str(column.header) for column in table.columns}  # type: ignore[union-attr]
    if columns == 40:
        assert {"scenario", "fw"}.isdisjoint(shown)
        assert {"device", "state", "relay"} <= shown
    else:
        assert shown == left


def test_wiring_is_the_cluster_s_where_it_isn_t_given(site: OperatorSite, berofos: Shell) -> None:
    said = berofos("wiring")
    assert said.status == 2
    assert "--topology: give it" in said.err
    site.acts_cluster(topology="xivo-pbx")
    said = berofos("wiring")
    assert said.status == 0
    assert "lines on the PBX" in said.out


def test_provision_takes_topology_and_interval_from_the_cluster(site: OperatorSite, berofos: Shell) -> None:
    assert berofos("provision").status == 2
    site.acts_cluster(topology="xivo-pbx", managed=False, watchdog_interval="90")
    assert berofos("provision").status == 0
    assert (site.fos1.settings["scenario"], site.fos1.settings["wdogitime"]) == (True, 90)


def test_what_is_refused_never_reads_like_done(site: OperatorSite, berofos: Shell) -> None:
    site.acts_cluster()
    said = berofos("provision", "--topology", "two-xivo", "--side", "b")
    assert (said.status, said.out) == (1, "")
    assert "refused" in said.err


def test_an_empty_config_file_is_to_a_drawing_as_none(site: OperatorSite, berofos: Shell) -> None:
    site.configure("# nothing yet\n")
    assert berofos("wiring", "--topology", "two-xivo").status == 0


def test_a_new_password_is_to_go_to_the_other_nodes(
    site: OperatorSite, berofos: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("berofos_ra.cli.commands.password.read_secret", lambda _: "nEw#mark1")
    site.acts_cluster()
    said = berofos("password")
    assert said.status == 0
    assert said.out.splitlines()[-1].startswith(f"copy {site.config} to xivo-2 now")


def test_what_a_complaint_repeats_upsets_no_terminal(berofos: Shell) -> None:
    said = berofos("--config", "/nowhere/\x1b[2Jfile", "status")
    assert said.status == 1
    assert "/nowhere/?[2Jfile" in said.err
