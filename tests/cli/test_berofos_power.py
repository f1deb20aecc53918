"""``berofos power``: what hangs on a device's power ports."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.cli.operator_site import OperatorSite
from tests.support.waiting import comes_true


def ports(site: OperatorSite) -> list[bool]:
    settings = site.fos1.settings
    return [bool(settings["power1"]), bool(settings["power2"])]


def test_a_port_is_switched_alone_and_seen_to_be(site: OperatorSite) -> None:
    done = site.berofos("power", "fos1", "2", "on")
    assert (done.status, done.out, done.err) == (0, f"{site.label()}: power port 2 on\n", "")
    assert ports(site) == [False, True]
    again = site.berofos("power", "FOS1", "2", "on")
    assert again.out == f"{site.label()}: power port 2 already on\n"
    assert len(site.writes()) == 1
    assert site.berofos("power", "fos1", "2", "off", "--yes").status == 0
    assert ports(site) == [False, False]


def test_switching_off_is_asked_for(site: OperatorSite) -> None:
    site.fos1.set_settings({"power1": 1})
    for action in ("off", "cycle"):
        silent = site.berofos("power", "fos1", "1", action)
        assert silent.status == 2
        assert "no terminal to ask whether you mean it; say so with --yes" in silent.err
        declined = site.on_terminal(site.command, "power", "fos1", "1", action, answers=[("Type yes: ", "no")])
        assert declined.status == 1
        assert "nothing was done" in declined.out
    assert site.writes() == []
    meant = site.on_terminal(site.command, "power", "fos1", "1", "off", answers=[("Type yes: ", "yes")])
    assert f"Switch off whatever hangs on power port 1 of {site.label()}?" in meant.out
    assert ports(site) == [False, False]


def test_off_and_on_again(site: OperatorSite) -> None:
    site.fos1.set_settings({"power1": 1})
    done = site.berofos("power", "fos1", "1", "cycle", "--wait", "0.1", "--yes")
    label = site.label()
    assert (done.status, done.out) == (0, f"{label}: power port 1 off\n{label}: power port 1 on\n")
    assert site.writes() == ["cmd=5&p=0&s=0", "cmd=5&p=0&s=1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_is_interrupted_leaves_nothing_without_power(site: OperatorSite, number: signal.Signals) -> None:
    site.fos1.set_settings({"power1": 1})
    command = [*site.command, "power", "fos1", "1", "cycle", "--wait", "3600", "--yes"]
    process = subprocess.Popen(command, env=site.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "power port 1 off" in process.stdout.readline()
    assert comes_true(lambda: ports(site) == [False, False], 60)
    os.kill(process.pid, number)
    assert "power port 1 on" in process.stdout.read()
    assert process.wait() == 130
    process.stdout.close()
    assert ports(site) == [True, False]


def test_a_device_that_does_not_switch_is_an_error(site: OperatorSite) -> None:
    site.fos1.add_fault("ignore_writes")
    done = site.berofos("power", "fos1", "1", "on")
    assert done.status == 1
    assert done.out == ""
    assert "power1 stays 0, expected 1" in done.err


def test_a_cluster_in_charge_is_not_fought(site: OperatorSite) -> None:
    site.acts_cluster()
    done = site.berofos("power", "fos1", "1", "on")
    assert done.status == 1
    assert "is in charge of fos1" in done.err
    assert site.writes() == []
    assert site.berofos("power", "fos1", "1", "on", "--force").status == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("fos1", "3", "on"), 2),
        (("fos1", "1", "on", "--wait", "1"), 2),
        (("fos1", "1", "cycle", "--yes", "--wait", "0"), 2),
        (("all", "1", "on"), 2),
        (("box", "1", "on"), 2),
        (("fos9", "1", "on"), 1),
    ],
)
def test_bad_usage(site: OperatorSite, arguments: tuple[str, ...], status: int) -> None:
    done = site.berofos("power", *arguments)
    assert (done.status, done.out) == (status, "")
    assert len(done.err.splitlines()) == 1
    assert site.writes() == []
