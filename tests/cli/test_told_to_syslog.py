"""Every move by hand is one line in syslog: who, what, from, to. Never a password."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from berofos_ra.operations.promises import NAMES
from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite
from tests.cli.test_berofos_acceptance import quickly
from tests.cli.vendor_site import BEROFOS, BNFOS, NEW_PASSWORD, PASSWORD, XIVO
from tests.support.waiting import wait_until

# Loaded by Python before anything else: what goes to syslog goes to a file.
_RECORDER = """\
import syslog
def openlog(ident="", logoption=0, facility=0):
    global program
    program = ident
def log(priority, text):
    with open({path!r}, "a") as file:
        file.write(f"{{program}} {{priority}} {{text}}\\n")
syslog.openlog, syslog.syslog = openlog, log
"""
ME = getpass.getuser()
NOTICE = 5


@pytest.fixture
def site(new_site: NewSite) -> OperatorSite:
    site = new_site()
    (site.folder / "sitecustomize.py").write_text(_RECORDER.format(path=str(site.folder / "syslog")))
    site.environment["PYTHONPATH"] += f":{site.folder}"
    return site


def told(site: OperatorSite) -> list[str]:
    file = Path(site.folder, "syslog")
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize(
    ("program", "arguments", "line"),
    [
        (BEROFOS, ("switch", "d"), "switch d: fos1 A--B C--D -> A--D, wdog 1 -> 0"),
        (BEROFOS, ("switch", "d", "--force"), "switch d --force: fos1 A--B C--D -> A--D, wdog 1 -> 0"),
        (BEROFOS, ("set", "mode=0", "syslog=yes"), "set: fos1 mode 1 -> 0, syslog 0 -> 1"),
        (BEROFOS, ("set", f"apwd={NEW_PASSWORD}"), "set: fos1 apwd changed"),
        (BEROFOS, ("set", "wdog=1"), "set: fos1 wdog 1 -> 1"),
        (
            BEROFOS,
            ("provision", "--topology", "two-xivo", "--force"),
            "provision --topology two-xivo --force: fos1 wdog 1 -> 0, scenario 1 -> 0, modedef 0 -> 1",
        ),
        (BEROFOS, ("password",), "password: fos1 apwd changed"),
        (BNFOS, ("--set", "mode=0", "-f", "fos1"), "--set mode: fos1 mode 1 -> 0"),
        (BNFOS, ("--set", f"apwd={NEW_PASSWORD}", "-f", "fos1"), "--set apwd: fos1 apwd changed"),
        (XIVO, ("slave",), "slave: fos1 A--B C--D -> A--D"),
        (XIVO, ("--force", "-q", "slave"), "slave --force: fos1 A--B C--D -> A--D"),
    ],
)
def test_a_change_is_a_line(
    site: OperatorSite, program: tuple[str, ...], arguments: tuple[str, ...], line: str
) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "wdog": 1})
    site.environment["SUDO_USER"] = "anna"
    command = (*program, *(("--config", str(site.config)) if program == BEROFOS else ()))
    done = site.run(command, *arguments, text=f"{NEW_PASSWORD}\n")
    assert done.status == 0, done
    name = "bnfos" if program == BNFOS else "xivo-berofos" if program == XIVO else "berofos"
    assert told(site) == [f"{name} {NOTICE} {ME} (sudo: anna): {line}"]


def test_a_reset_is_a_line(site: OperatorSite) -> None:
    site.fos1.power_on(flash=True)
    assert site.berofos("reset", "--yes").status == 0
    assert told(site) == [f"berofos {NOTICE} {ME}: reset: fos1 settings and firmware erased"]


def test_each_device_has_its_line(new_site: NewSite, site: OperatorSite) -> None:
    two = new_site(2)
    two.environment["PYTHONPATH"] = site.environment["PYTHONPATH"]
    two.fos2.set_settings({"mode": 1})
    assert two.berofos("set", "mode=1", "modedef=1").status == 0
    assert told(site) == [
        f"berofos {NOTICE} {ME}: set: fos1 mode 0 -> 1, modedef 0 -> 1",
        f"berofos {NOTICE} {ME}: set: fos2 modedef 0 -> 1",
    ]


@pytest.mark.parametrize(
    ("program", "arguments", "line"),
    [
        (BNFOS, ("--set", "mode=1", "-f", "fos1"), "--set mode: fos1 mode ? -> 1 (not seen)"),
        (XIVO, ("master",), "master: fos1 ? -> A--B (not seen)"),
    ],
)
def test_what_nobody_could_see_is_told_as_such(
    site: OperatorSite, program: tuple[str, ...], arguments: tuple[str, ...], line: str
) -> None:
    site.fos1.add_fault("garbage_body")
    assert site.run(program, *arguments).status == 1
    assert [one.partition(": ")[2] for one in told(site)] == [line]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("switch", "b"), "switch b: fos1 mode ? -> 1 (not seen)"),
        (("set", "modedef=1"), "set: fos1 modedef ? -> 1 (not seen)"),
        (("power", "fos1", "2", "on"), "power 2 on: fos1 power2 ? -> 1 (not seen)"),
        (("provision", "--topology", "two-xivo", "--side", "b"), None),
    ],
)
def test_what_was_sent_and_could_not_be_read_back_is_told_as_such(
    site: OperatorSite, arguments: tuple[str, ...], line: str | None
) -> None:
    """The write is done, and the device is gone then."""
    site.fos1.set_settings({"power2": 0})
    site.fos1.add_fault("reboot", seconds=3600)
    assert site.berofos(*arguments, "--timeout", "1").status == 1
    (told_of,) = told(site)
    assert told_of.endswith(line or "(not seen)")


def test_settings_that_were_changed_before_another_failed_are_told(site: OperatorSite) -> None:
    site.fos1.add_fault("ignore_switch")
    done = site.berofos("set", "mode=1", "syslog=yes")
    assert (done.status, done.out) == (1, f"{site.label()}: syslog 0 -> 1\n")
    assert told(site) == [f"berofos {NOTICE} {ME}: set: fos1 syslog 0 -> 1"]


def test_keeping_the_lines_tells_of_what_it_had_to_change(site: OperatorSite) -> None:
    site.fos1.set_settings({"scenario": 1})
    running = site.begin(site.command, "kick", "--while", "true", "--every", "0.1")
    wait_until(lambda: site.kicks() >= 4, "four kicks")
    running.process.terminate()
    running.finish()
    assert told(site) == [f"berofos {NOTICE} {ME}: kick --while: fos1 A--D -> A--B C--D, wdog 0 -> 1"]


@pytest.mark.parametrize(
    "arguments", [("switch", "d"), ("set", "mode=0"), ("switch", "b", "--timeout", "1"), ("show",)]
)
def test_what_changes_nothing_is_no_line(site: OperatorSite, arguments: tuple[str, ...]) -> None:
    if "b" in arguments:
        site.fos1.power_off()
    site.berofos(*arguments)
    assert told(site) == []


def test_no_line_has_a_password_or_what_could_forge_one(site: OperatorSite) -> None:
    site.environment["SUDO_USER"] = "x\n): forged: \x1b"
    site.berofos("switch", "b")
    (line,) = told(site)
    assert "(sudo: xforged): switch b: " in line
    assert PASSWORD not in line


def test_what_a_replacement_gets_is_a_line(site: OperatorSite) -> None:
    file = site.folder / "settings.json"
    file.write_text('{"fos1": {"modedef": true, "wdogitime": 77, "mode": true}}')
    assert site.berofos("restore", str(file), "--dry-run").status == 0
    assert told(site) == []
    assert site.berofos("restore", str(file)).status == 0
    assert told(site) == [f"berofos {NOTICE} {ME}: restore: fos1 modedef 0 -> 1, wdogitime 60 -> 77"]


def test_the_moves_of_an_acceptance_are_a_line(site: OperatorSite) -> None:
    skipped = [word for name in NAMES if name != "switch" for word in ("--skip", name)]
    assert site.run(quickly(site), "--yes", *skipped).status == 0
    assert told(site) == [f"berofos {NOTICE} {ME}: acceptance: fos1 A--D -> A--B, A--B -> A--D"]
