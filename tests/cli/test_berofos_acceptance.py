"""``berofos acceptance`` as a process: what it says and asks, whom it refuses, and that signals leave nothing."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from berofos_ra.device.recording import BROKEN, KEPT, parse_recording
from berofos_ra.operations.promises import NAMES, Pace
from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite

_PACE = Pace(shown_within=5.0, looked_for=5.0, hold=0.3, drop=1, short=1, tolerance=5.0)
_QUICKLY = f"""
from berofos_ra.operations import promises
promises.Pace.__new__.__defaults__ = {tuple(_PACE)!r}
from berofos_ra.cli.berofos import main
raise SystemExit(main())
"""
ODD = {"mode": 1, "modedef": 1, "scenario": 1, "wdogitime": 77, "power2": 1}
SLOW = [word for name in ("kick-http", "kick-address", "interval", "arm", "settings") for word in ("--skip", name)]


def quickly(site: OperatorSite) -> tuple[str, ...]:
    """The command, with less patience than a person has."""
    return (sys.executable, "-c", _QUICKLY, "--config", str(site.config), "acceptance")


def settings(site: OperatorSite) -> dict[str, object]:
    return {k: v for k, v in site.fos1.settings.items() if k != "wdogrtime"}


def test_it_says_what_it_does_and_what_became_of_each_promise(new_site: NewSite) -> None:
    site = new_site(settings=ODD)
    before = settings(site)
    done = site.run(quickly(site), "--yes")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"{site.label()}: what will be done to it:"
    assert "  moves the relay to and fro: calls drop" in lines
    assert [line[11:27].strip() for line in lines if line[:10].strip() in ("ok", "note", "not tried")] == list(NAMES)
    assert f"{site.label()}: all settings are as before, byte for byte" in lines
    assert settings(site) == before


def test_a_problem_is_1_and_told_in_json_and_in_the_recording(new_site: NewSite) -> None:
    site = new_site(settings=ODD)
    site.fos1.add_fault("silent", face="gbl4", on="write")
    file = site.folder / "fos1.json"
    done = site.run(quickly(site), "--yes", "--json", "--skip", "settings", "--output", str(file))
    assert done.status == 1
    told = json.loads(done.out)
    results = {one["name"]: one["result"] for one in told["promises"]}
    assert results["kick-address"] == "problem"
    assert (results["kick-http"], results["settings"]) == ("ok", "not tried")
    assert (told["ok"], told["not_as_before"], told["firmware"]) == (False, [], "1.53")
    recorded = parse_recording(file.read_text(), str(file)).acceptance
    assert recorded is not None
    assert (recorded.outcomes["kick-address"], recorded.outcomes["switch"]) == (BROKEN, KEPT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_all_is_as_before(new_site: NewSite, number: int) -> None:
    site = new_site(settings=ODD)
    before = settings(site)
    running = site.begin(quickly(site), "--yes")
    site.fos1.wait_for_event(event="relay", cause="http 127.0.0.1")
    running.process.send_signal(number)
    running.process.send_signal(signal.SIGINT)  # a second one doesn't keep it from putting back
    done = running.finish()
    assert done.status == 130
    assert "stopped; everything is being put back" in done.err
    assert settings(site) == before


def test_on_a_terminal_it_asks_and_goes_on_without_the_plug(new_site: NewSite) -> None:
    site = new_site(settings=ODD)
    before = settings(site)
    answers = [("Begin? Type yes: ", "yes"), ("press Enter to leave that out: ", "")]
    done = site.on_terminal(quickly(site), *SLOW, answers=answers)
    assert done.status == 0
    assert "its plug wasn't pulled" in done.out
    assert settings(site) == before


def test_without_a_yes_nothing_is_done(site: OperatorSite) -> None:
    done = site.on_terminal(quickly(site), answers=[("Begin? Type yes: ", "no")])
    assert done.status == 1
    assert site.writes() == []
    done = site.berofos("acceptance")
    assert (done.status, site.writes()) == (2, [])
    assert "--yes" in done.err


def test_it_takes_one_device_at_a_time(two: OperatorSite) -> None:
    done = two.berofos("acceptance", "--yes")
    assert (done.status, two.writes("fos1"), two.writes("fos2")) == (2, [], [])
    assert "--device" in done.err


def test_a_device_that_a_cluster_has_is_refused(site: OperatorSite) -> None:
    site.acts_cluster()
    done = site.berofos("acceptance", "--yes")
    assert (done.status, site.writes()) == (1, [])
    assert done.err.startswith("berofos: refused: ")
    assert "--force" not in done.err


def test_an_armed_watchdog_is_refused(new_site: NewSite) -> None:
    site = new_site(settings={"wdog": 1})
    done = site.berofos("acceptance", "--yes")
    assert (done.status, site.writes(), done.err.count("\n")) == (1, [], 1)
    assert "berofos set wdog=0" in done.err


def test_a_file_that_is_no_recording_is_told_before_anything_is_done(site: OperatorSite) -> None:
    file = site.folder / "notes.txt"
    file.write_text("shopping")
    done = site.berofos("acceptance", "--yes", "--output", str(file))
    assert (done.status, site.writes(), file.read_text(), done.err.count("\n")) == (1, [], "shopping", 1)


def test_directory_that_is_not_there_is_told_before_anything_is_done(site: OperatorSite) -> None:
    done = site.berofos("acceptance", "--yes", "--output", str(site.folder / "gone" / "fos1.json"))
    assert (done.status, done.out) == (1, "")
    assert "can't be written: no such directory" in done.err
    assert site.writes() == []
