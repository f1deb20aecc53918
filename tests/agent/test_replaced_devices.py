"""A box is replaced by another one: the monitor takes the new one in, and touches no other."""

from __future__ import annotations

import pytest

from tests.agent import acted_cluster
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, D, Node, Site

NEW = "00:19:32:00:FF:02"
TWO = ("fos1", "fos2")


@pytest.fixture
def two_pbx(new_site: NewSite) -> Site:
    return new_site(TWO, "xivo-pbx")


def started(site: Site, **parameters: str) -> Node:
    node = site.node(timeout="1", **parameters)
    node.start()
    acted_cluster.shows(node, acted_cluster.resource("lines", node.name))
    acted_cluster.tells_of_nodes(node, peer=D)
    return node


def replace(site: Site, name: str = "fos1", *, in_file: bool = True) -> None:
    """Another box, as delivered, is at the address; its MAC is in the config file."""
    old = site.device(name).spec.mac
    site.device(name).add_fault("replaced", mac=NEW)
    if in_file:
        site.configure("".join(site.section(device) for device in site).replace(old, NEW))
    site.forget_requests()


@pytest.mark.parametrize("names", [("fos1",), TWO])
def test_new_box_is_taken_in_and_the_others_are_not_touched(names: tuple[str, ...], new_site: NewSite) -> None:
    site = new_site(names, "xivo-pbx")
    node = started(site)
    replace(site)
    done = node.monitor(news=True)
    assert any(f"{site.label()}: taken in, mac {NEW}, in place of the box with mac" in line for line in done.log)
    assert (site.fos1.relay, site.fos1.settings["wdogstate"]) == ("A--B C--D", 1)
    assert all(site.writes(name) == [] for name in names[1:])
    site.forget_requests()
    node.monitor()
    assert site.kicks() >= 1
    node.stop()
    assert [device.relay for device in site] == ["A--D"] * len(names)


def test_new_box_between_two_xivos(two: Site) -> None:
    node = started(two)
    replace(two)
    node.monitor(news=True)
    assert (two.fos1.relay, two.fos1.settings["modedef"]) == ("A--B", True)
    assert two.writes("fos2") == []
    node.monitor(depth=10)


def test_while_the_new_mac_is_not_in_the_file_nobody_trusts_the_new_box(two_pbx: Site) -> None:
    node = started(two_pbx)
    replace(two_pbx, in_file=False)
    log = "".join(node.monitor(expected=DEGRADED).log)  # Pacemaker's line is cut where the address is long
    assert "; not put right: ping to its mac not " in log
    assert two_pbx.writes() == []


def test_mac_in_the_file_that_is_merely_wrong_replaces_nothing(two_pbx: Site) -> None:
    node = started(two_pbx)
    old = two_pbx.fos1.spec.mac
    text = "".join(two_pbx.section(device) for device in two_pbx)
    two_pbx.configure(text.replace(old, NEW))
    two_pbx.forget_requests()
    reason = f"fos1 has another mac in {two_pbx.config} than what runs, {old}, and isn't replaced yet"
    assert node.monitor(expected=DEGRADED).reason == reason
    assert (two_pbx.writes(), two_pbx.writes("fos2")) == ([], [])
    assert two_pbx.kicks() >= 1


def test_new_box_that_can_not_be_asked_is_left_to_nobody(two_pbx: Site) -> None:
    """It has another login, and no other XiVO is wired to it."""
    node = started(two_pbx, devices="fos1")
    replace(two_pbx)
    two_pbx.fos1.add_fault("status", status=401)
    said = node.monitor(expected=DEGRADED)
    assert "left to" not in said.stderr
    assert "login demanded" in said.reason


def test_while_the_old_box_still_answers_nothing_is_replaced(two_pbx: Site) -> None:
    """The new one is being set up at an address of its own."""
    node = started(two_pbx, devices="fos1")
    old = two_pbx.section(two_pbx.fos1)
    new = two_pbx.section(two_pbx.fos2).replace("[fos2]", "[fos1]")
    assert old != new
    two_pbx.configure(new)
    two_pbx.forget_requests()
    node.monitor(expected=DEGRADED)
    assert (two_pbx.writes(), two_pbx.writes("fos2")) == ([], [])


def test_in_maintenance_mode_nothing_is_taken_in(two_pbx: Site) -> None:
    node = started(two_pbx)
    acted_cluster.shows(node, acted_cluster.resource("lines", node.name, managed=False))
    replace(two_pbx)
    node.monitor(expected=DEGRADED)
    assert two_pbx.writes() == []
    acted_cluster.shows(node, acted_cluster.resource("lines", node.name))
    node.monitor(news=True)
    assert two_pbx.fos1.relay == "A--B C--D"


def test_box_of_another_resource_is_not_taken_in(two_pbx: Site) -> None:
    node = started(two_pbx, devices="fos1")
    other = Node(node.name, node.run_directory, node.tools, {**node.parameters, "devices": "fos2"}, node.command)
    other.environment["OCF_RESOURCE_INSTANCE"] = "others"
    other.start()
    two_pbx.fos1.power_off()
    two_pbx.configure(two_pbx.section(two_pbx.fos2).replace("[fos2]", "[fos1]"))
    two_pbx.forget_requests()
    node.monitor(expected=DEGRADED)
    assert two_pbx.writes("fos2") == []
