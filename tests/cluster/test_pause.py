"""``berofos pause`` and ``resume`` on a real cluster: whatever is done meanwhile, no relay moves."""

from __future__ import annotations

import time

import pytest

from tests.cluster.wirings import PACEMAKER, Wired
from tests.lab.lab import Lab
from tests.support.examples import quick_example

INTERVAL = 20  # s, of the watchdog
A_WHILE, LONG = 25, 180  # s of maintenance
ARMED = "A--B C--D (watchdog on)"


@pytest.fixture
def alone(one_node: Lab) -> Wired:
    """One XiVO in front of a PBX."""
    wired = Wired(one_node, "xivo-pbx")
    wired.make_well(quick_example("xivo-pbx", INTERVAL))
    return wired


@pytest.fixture
def chain(lab: Lab) -> Wired:
    """Two XiVOs, and the PBX when neither can serve."""
    wired = Wired(lab, "two-xivo-with-pbx-bypass")
    wired.bring_up(quick_example("two-xivo-with-pbx-bypass", INTERVAL))
    return wired


def work_without_pacemaker(wired: Wired, seconds: float) -> None:
    """Pause everything, stop Pacemaker on all nodes for a while, and go on."""
    node = wired.lab.node("xivo-1")
    done = node.run("berofos pause --cluster --reason 'asterisk upgrade'")
    assert "watchdog off (was " in done.stdout
    assert "root: asterisk upgrade" in wired.lab.node_attributes("xivo-1")["berofos-paused"]
    for each in wired.lab.nodes.values():
        each.stop_service("pacemaker")
    time.sleep(seconds)
    for each in wired.lab.nodes.values():
        each.start_service("pacemaker")
    wired.lab.wait_online()
    wired.wait_for(lambda: wired.relay().nodes == ("xivo-1",), "Pacemaker knows again what runs")
    resumed = node.run("berofos resume", timeout=300)
    assert resumed.stdout.splitlines()[-1] == "the cluster monitors the relays again, and all is well"
    assert "berofos-paused" not in wired.lab.node_attributes("xivo-1")
    wired.wait_kicks("fos1")
    wired.wait_attribute("xivo-1", "berofos-fos1", ARMED)
    assert wired.relay_changes() == {}


def test_with_pacemaker_stopped_no_relay_moves(alone: Wired) -> None:
    work_without_pacemaker(alone, A_WHILE)


@pytest.mark.soak
@pytest.mark.parametrize("wiring", ["alone", "chain"])
def test_three_minutes_without_pacemaker_move_no_relay(wiring: str, request: pytest.FixtureRequest) -> None:
    work_without_pacemaker(request.getfixturevalue(wiring), LONG)


def test_paused_and_resumed_again_and_again_it_comes_to_its_end(alone: Wired) -> None:
    """Which monitor answers first, and so what Pacemaker keeps of their answers, is another matter each time."""
    node = alone.lab.node("xivo-1")
    for _ in range(4):
        node.run("berofos pause --cluster && berofos resume", timeout=300)
    alone.wait_attribute("xivo-1", "berofos-fos1", ARMED)
    assert alone.relay_changes() == {}


@pytest.mark.soak
def test_relays_that_are_paused_go_on_being_kicked(alone: Wired) -> None:
    node = alone.lab.node("xivo-1")
    assert "kick armed watchdogs" in node.run("berofos pause").stdout
    time.sleep(A_WHILE)
    alone.wait_kicks("fos1")
    refused = node.run("berofos pause", check=False)
    assert refused.returncode == 1
    node.run("berofos resume", timeout=300)
    assert (alone.relay_changes(), alone.relay().managed) == ({}, True)


@pytest.mark.soak
def test_let_fall_back_gives_the_lines_to_the_pbx_on_purpose(alone: Wired) -> None:
    node = alone.lab.node("xivo-1")
    assert node.run("berofos pause --cluster --let-fall-back", check=False).returncode == 2
    node.run("berofos pause --cluster --let-fall-back --yes")
    alone.wait_relays("A--D", "fos1")
    refused = node.run("berofos resume", check=False)
    assert refused.returncode == 1
    assert "relay is A--D, expected A--B C--D" in refused.stdout
    node.run("berofos resume --yes", timeout=300)
    alone.wait_relays("A--B C--D", "fos1")
    alone.wait_attribute("xivo-1", "berofos-fos1", ARMED)


@pytest.mark.soak
def test_killed_between_its_steps_it_is_taken_back_by_resume(alone: Wired) -> None:
    """The watchdog is off, and the cluster goes on: the mark tells of it."""
    node = alone.lab.node("xivo-1")
    kill = 'case "$*" in *maintenance-mode*) kill -9 $PPID ;; *) exec /usr/sbin/crm_attribute "$@" ;; esac'
    node.write("/usr/local/sbin/crm_attribute", f"#!/bin/sh\n{kill}\n", mode=0o755)
    try:
        killed = node.run("PATH=/usr/local/sbin:$PATH berofos pause --cluster --reason fan", check=False)
    finally:
        node.run("rm /usr/local/sbin/crm_attribute")
    assert killed.returncode != 0
    alone.wait_for(lambda: alone.lab.devices.state("fos1")["settings"]["wdogstate"] == 0, "the watchdog is off")
    assert "fan" in alone.lab.node_attributes("xivo-1")["berofos-paused"]
    told = node.run("berofos doctor", check=False).stdout
    assert "cut short" in told
    assert "-> berofos resume" in told
    node.run("berofos resume", timeout=300)
    alone.wait_kicks("fos1")
    alone.wait_attribute("xivo-1", "berofos-fos1", ARMED)
    assert "berofos-paused" not in alone.lab.node_attributes("xivo-1")
    assert alone.relay_changes() == {}


@pytest.mark.soak
def test_a_hung_pacemaker_changes_nothing_while_it_is_paused(alone: Wired) -> None:
    node = alone.lab.node("xivo-1")
    node.run("berofos pause --cluster")
    node.freeze(*PACEMAKER)
    time.sleep(A_WHILE)
    node.thaw(*PACEMAKER)
    node.run("berofos resume", timeout=300)
    assert alone.relay_changes() == {}
