"""``berofos kick``: once, and as the service that keeps the lines on a single XiVO."""

from __future__ import annotations

import configparser
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from berofos_ra.cli.berofos import make_parser
from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import Done, Running
from tests.support.checkout import CHECKOUT
from tests.support.processes import within_reason
from tests.support.waiting import PATIENCE, wait_until

Keep = Callable[..., Running]
BYPASS = {"scenario": 1, "modedef": 1, "wdogdef": 1}


@pytest.fixture
def pbx(new_site: NewSite) -> OperatorSite:
    """One device in front of a PBX, provisioned: A--D, the watchdog off."""
    return new_site(settings={**BYPASS, "mode": 0, "wdog": 0})


@pytest.fixture
def keep(pbx: OperatorSite) -> Iterator[Keep]:
    """Starts the service, with asterisk "running" as long as a file is there."""
    started: list[Running] = []
    asterisk(pbx).touch()

    def begin(*arguments: str) -> Running:
        command = f"test -e '{asterisk(pbx)}'"
        started.append(pbx.begin(pbx.command, "kick", "--every", "0.1", *(arguments or ("--while", command))))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            stop(running)


def asterisk(site: OperatorSite) -> Path:
    return site.folder / "asterisk-runs"


def stop(running: Running) -> Done:
    running.process.send_signal(signal.SIGTERM)
    return running.finish()


def read_until(running: Running, words: str) -> list[str]:
    """Its lines up to the one with these words; if that doesn't come, the command is ended and the test fails."""
    assert running.process.stdout is not None
    lines: list[str] = []
    with within_reason(running.process):
        while not lines or words not in lines[-1]:
            lines.append(running.process.stdout.readline())
            assert lines[-1], lines
    return lines


def test_one_kick(two: OperatorSite) -> None:
    done = two.berofos("kick", "--device", "fos2")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{two.label('fos2')}: watchdog kicked")
    assert (two.kicks("fos1"), two.kicks("fos2") > 0) == (0, True)


def test_a_kick_without_answer_is_an_error(site: OperatorSite) -> None:
    site.fos1.add_fault("silent")
    done = site.berofos("kick", "--timeout", "0.5")
    assert done.status == 1
    assert f"{site.label()}: no GBL4 answer within 0.5 s" in done.err


def test_while_asterisk_runs_the_lines_are_kept_here(pbx: OperatorSite, keep: Keep) -> None:
    running = keep()
    wait_until(lambda: pbx.kicks() >= 5, "it is kicked again and again")
    assert pbx.fos1.relay == "A--B C--D"
    assert pbx.fos1.settings["wdogstate"] == 1
    done = stop(running)
    assert done.status == 0
    assert done.out.splitlines() == [
        "the command succeeds: keeping the lines here",
        f"{pbx.label()}: relay A--D -> A--B C--D, lines now here",
        f"{pbx.label()}: relay A--B C--D, watchdog on and kicked, it runs out after 60 s without",
        "stopped; armed watchdogs run out from now on",
    ]
    assert pbx.writes() == ["cmd=4&mode=1", "cmd=6&wen=1"]


def test_when_asterisk_ends_so_do_the_kicks_until_it_is_back(pbx: OperatorSite, keep: Keep) -> None:
    running = keep()
    read_until(running, "watchdog on and kicked")
    asterisk(pbx).unlink()
    assert "no more kicks, the lines go to the PBX" in read_until(running, "the command failed with 1")[-1]
    pbx.fos1.clear_requests()
    pbx.fos1.set_settings({"mode": 0, "wdog": 0})  # as the device does when its watchdog runs out
    asterisk(pbx).touch()
    lines = read_until(running, "lines now here")
    assert lines[0] == "the command succeeds: keeping the lines here\n"
    assert pbx.fos1.relay == "A--B C--D"


def test_without_kicks_the_device_gives_the_lines_to_the_pbx(pbx: OperatorSite, keep: Keep) -> None:
    pbx.fos1.set_settings({"wdogitime": 1})
    running = keep()
    read_until(running, "watchdog on and kicked")
    asterisk(pbx).unlink()
    pbx.fos1.wait_for_event(event="watchdog ran out")
    wait_until(lambda: pbx.fos1.relay == "A--D", "the lines are with the PBX")
    so_far = pbx.fos1.events()[-1]["number"]
    asterisk(pbx).touch()
    pbx.fos1.wait_for_event(event="relay", to="A--B C--D", since=so_far)
    wait_until(lambda: pbx.fos1.settings["wdogstate"] == 1, "the watchdog is armed again")


def test_a_command_that_hangs_counts_as_failed(pbx: OperatorSite, keep: Keep) -> None:
    hung = pbx.folder / "hung"
    running = keep("--while", f"test ! -e '{hung}' || sleep 3600")
    read_until(running, "watchdog on and kicked")
    hung.touch()
    read_until(running, "the command didn't end within 3 s")
    hung.unlink()
    read_until(running, "the command succeeds")


def test_stopping_ends_a_hanging_command_and_all_that_it_started(pbx: OperatorSite, keep: Keep) -> None:
    file = pbx.folder / "pid"
    running = keep("--while", f"sleep 3600 & echo $! > '{file}'; wait")
    wait_until(lambda: file.exists() and file.read_text().endswith("\n"), "the command runs")
    assert stop(running).status == 0
    wait_until(lambda: has_ended(int(file.read_text())), "what it started has ended")


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_trouble_with_a_device_is_told_once_and_its_end_too(pbx: OperatorSite, keep: Keep) -> None:
    running = keep("--timeout", "2", "--while", "true")
    read_until(running, "watchdog on and kicked")
    pbx.fos1.add_fault("refuse")
    read_until(running, f"{pbx.label()}: connection refused; check its power")
    before = pbx.kicks()
    wait_until(lambda: pbx.kicks() >= before + 3, "a device whose HTTP is away is kicked on")
    pbx.fos1.clear_faults()
    assert len(read_until(running, "watchdog on and kicked")) == 1


def test_a_device_that_is_not_for_a_pbx_is_not_touched(site: OperatorSite) -> None:
    running = site.begin(site.command, "kick", "--every", "0.1", "--while", "true")
    said = read_until(running, "scenario is fallback")[-1]
    assert "expected bypass; set it with berofos provision --topology xivo-pbx" in said
    stop(running)
    assert site.writes() == []
    assert site.fos1.relay == "A--D"


def test_too_short_an_interval_is_told(pbx: OperatorSite) -> None:
    pbx.fos1.set_settings({"wdogitime": 9})
    running = pbx.begin(pbx.command, "kick", "--while", "true")
    assert "that is too little for a kick every 5 s" in read_until(running, "watchdog on")[-1]
    stop(running)


@pytest.mark.parametrize(
    ("wdog", "words"), [(1, "watchdog kicked"), (0, "watchdog kicked, but it is off: nothing guards the lines")]
)
def test_kicks_alone_leave_the_relay(pbx: OperatorSite, wdog: int, words: str) -> None:
    pbx.fos1.set_settings({"mode": 1, "wdog": wdog})
    running = pbx.begin(pbx.command, "kick", "--every", "0.1")
    wait_until(lambda: pbx.kicks() >= 3, "it is kicked again and again")
    done = stop(running)
    assert done.out.splitlines()[0] == f"{pbx.label()}: {words}"
    assert pbx.writes() == []


def test_under_nohup_it_goes_on_when_its_terminal_is_lost(pbx: OperatorSite) -> None:
    running = pbx.begin(("nohup", *pbx.command), "kick", "--every", "0.1")
    wait_until(lambda: pbx.kicks() >= 1, "it is kicked")
    running.process.send_signal(signal.SIGHUP)
    before = pbx.kicks()
    wait_until(lambda: pbx.kicks() >= before + 3, "it is kicked on")
    stop(running)


def test_it_does_not_work_against_a_cluster(pbx: OperatorSite) -> None:
    pbx.acts_cluster(topology="xivo-pbx")
    done = pbx.berofos("kick", "--while", "true")
    assert done.status == 1
    assert "refused: the cluster's resource berofos-relay is in charge of fos1" in done.err
    assert pbx.writes() == []


def test_the_service_calls_a_command_that_exists() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(CHECKOUT / "systemd" / "berofos-kick.service", encoding="utf-8")
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    assert program == "@BINDIR@/berofos"
    args = make_parser().parse_args(words)
    assert args.every == 5
    assert args.condition == 'asterisk -rx "core show uptime"'


def test_systemd_understands_the_service(tmp_path: Path) -> None:
    text = (CHECKOUT / "systemd" / "berofos-kick.service").read_text(encoding="utf-8")
    unit, program = tmp_path / "berofos-kick.service", tmp_path / "berofos"
    unit.write_text(text.replace("@BINDIR@", str(tmp_path)), encoding="utf-8")
    program.touch(mode=0o755)
    verify = ["systemd-analyze", "verify", "--man=no", str(unit)]  # whether the manual is installed isn't asked
    done = subprocess.run(verify, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
