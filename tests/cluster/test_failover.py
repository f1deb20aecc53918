"""Nodes die, rest, come back, lose sight of each other: the lines follow asterisk and move no more than they must."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cluster.scenario import SHOWN_ON_B, SHOWN_ON_D, Scenario, both, switch_lines
from tests.lab import asterisk
from tests.lab.lab import Lab
from tests.support.examples import quick_example

TO_XIVO_2 = "A--B -> A--D by xivo-2"
TO_XIVO_1 = "A--D -> A--B by xivo-1"


def test_the_lines_leave_a_node_that_dies_and_stay_away_when_it_comes_back(running: Scenario) -> None:
    running.lab.node("xivo-1").kill()
    running.wait_running("xivo-2")
    asterisk_before = running.asterisk("xivo-2")
    assert running.relay_changes() == both(TO_XIVO_2)
    assert running.switches_logged("xivo-2") == switch_lines("A--B -> A--D", "xivo-2")
    assert running.device_attributes("xivo-2") == SHOWN_ON_D

    running.lab.node("xivo-1").start()
    running.lab.wait_online()
    running.wait_attribute("xivo-1", "berofos-ready", "yes")
    running.wait_running("xivo-2")
    assert running.relay_changes() == both(TO_XIVO_2)
    assert running.asterisk("xivo-2") == asterisk_before
    assert running.device_attributes("xivo-1") == {}
    assert running.relay().failures == ()


def test_standby_hands_the_lines_over_once(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    node.run("crm node standby xivo-1")
    running.wait_running("xivo-2")
    assert running.device_attributes("xivo-1") == {}
    node.run("crm node online xivo-1")
    running.wait_attribute("xivo-1", "berofos-ready", "yes")
    running.wait_running("xivo-2")
    assert running.relay_changes() == both(TO_XIVO_2)
    assert running.switches_logged("xivo-2") == switch_lines("A--B -> A--D", "xivo-2")
    assert running.switches_logged("xivo-1") == []


def test_a_move_and_the_way_back_switch_each_relay_twice(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    node.run("crm resource move xivo xivo-2")
    running.wait_running("xivo-2")
    node.run("crm resource clear xivo")
    running.lab.wait_quiet()
    node.run("crm resource move xivo xivo-1")
    running.wait_running("xivo-1")
    assert running.relay_changes() == both(TO_XIVO_2, TO_XIVO_1)
    assert running.switches_logged("xivo-1") == switch_lines("A--D -> A--B", "xivo-1")
    assert running.device_attributes("xivo-2") == {}


def test_no_relay_moves_when_both_nodes_are_rebooted(running: Scenario) -> None:
    for node in running.lab.nodes.values():
        node.kill()
    for node in running.lab.nodes.values():
        node.start()
    running.lab.wait_online()
    running.wait_running("xivo-1")
    running.wait_attribute("xivo-2", "berofos-ready", "yes")
    assert running.relay_changes() == {}
    assert running.device_attributes("xivo-1") == SHOWN_ON_B


@pytest.fixture
def three_nodes(new_lab: Callable[..., Lab]) -> Iterator[Scenario]:
    """The example with a third node, which is wired to nothing and gives the others a majority."""
    scenario = Scenario(new_lab(nodes=3, files=asterisk.files()))
    scenario.load(quick_example() + "\nlocation xivo-not-on-xivo-3 xivo -inf: xivo-3\n")
    yield scenario
    assert scenario.places_with_password() == []


def test_the_lines_leave_a_node_that_has_lost_quorum_and_stay_away(three_nodes: Scenario) -> None:
    lab = three_nodes.lab
    lab.cut("xivo-1", "nodes")
    three_nodes.wait_running("xivo-2", asked="xivo-2")
    three_nodes.wait_stopped(asked="xivo-1")
    three_nodes.wait_looks("xivo-2", "fos1")
    assert three_nodes.asterisk("xivo-1") == ""
    assert three_nodes.relay_changes() == both(TO_XIVO_2)

    lab.heal()
    lab.wait_online()
    three_nodes.wait_running("xivo-2")
    three_nodes.wait_attribute("xivo-1", "berofos-ready", "yes")
    three_nodes.wait_no_failures()
    assert three_nodes.relay_changes() == both(TO_XIVO_2)
    assert three_nodes.switches_logged("xivo-2") == switch_lines("A--B -> A--D", "xivo-2")
    assert three_nodes.switches_logged("xivo-1") == []
