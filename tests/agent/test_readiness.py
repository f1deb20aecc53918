"""berofos-ready: could the node that stands by take over? Seen before the day it must."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.agent import acted_cluster
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, B, D, Node, Site

READY = "berofos-ready"


def ready(node: Node) -> str | None:
    """What the node's monitor for the role Stopped leaves."""
    node.watch_standby()
    return node.tools.attributes.get(READY)


def another(node: Node, name: str = "others", **given: str) -> Node:
    """Another resource on the same node."""
    other = Node(node.name, node.run_directory, node.tools, {**node.parameters, **given}, node.command)
    other.environment["OCF_RESOURCE_INSTANCE"] = name
    return other


def as_if_not_monitored_for(node: Node, seconds: float) -> None:
    for file in node.run_directory.glob("*.ready"):
        before = file.stat().st_mtime
        if file.name != "berofos.ready":
            os.utime(file, (before - seconds, before - seconds))


def test_standby_tells_whether_it_could_take_over(two: Site) -> None:
    node = two.node(D)
    node.watch_standby()
    assert node.tools.updates == [(READY, "yes")]
    node.watch_standby()
    assert len(node.tools.updates) == 1
    two.fos2.add_fault("refuse")
    trouble = f"{two.label('fos2')}: connection refused"
    assert node.watch_standby().log == [f"berofos xivo-2 couldn't hold the relay: {trouble}"]
    assert node.watch_standby().log == []
    assert node.tools.updates[1:] == [(READY, f"no: {trouble}")]
    two.fos2.clear_faults()
    assert node.watch_standby().log == ["berofos xivo-2 could hold the relay again"]
    assert node.tools.attributes == {READY: "yes"}
    node.probe()
    node.watch_standby()
    assert len(node.tools.updates) == 4


def test_standby_tells_what_it_lacks(new_site: NewSite, folder: Path) -> None:
    site = new_site(password="secret")
    node = site.node(D)
    assert ready(node) == "yes"
    site.write_config(login="admin:wrong")
    assert ready(node) == f"no: {site.label('fos1')}: login refused"
    site.write_config(without="[")
    assert ready(node) == f"no: {site.config}: no section [fos1]; add it, or take fos1 from devices"
    site.config.unlink()
    assert ready(node) == f"no: {site.config}: no such file; list the berofos devices there"
    site.write_config()
    node.parameters["topology"] = "star"
    assert ready(node) == "no: topology: 'star' is none of two-xivo, two-xivo-pbx, xivo-pbx"


def test_standby_monitor_moves_and_writes_nothing(site: Site) -> None:
    site.node(D).watch_standby()
    assert [request.what for request in site.fos1.requests] == ["GET /config.txt"]


def test_node_that_is_not_wired_says_nothing(site: Site) -> None:
    node = site.node("xivo-3")
    assert node.watch_standby().log == []
    assert node.tools.updates == []
    node = site.node(D)
    assert ready(node) == "yes"
    node.parameters["port_d_node"] = "xivo-3"
    assert ready(node) is None
    assert node.tools.updates[-1] == (READY, None)
    node.tools.forget()
    node.watch_standby()
    assert node.tools.updates == []


@pytest.mark.parametrize("fault", ["silent", "other_mac", "new_mac"])
def test_standby_that_could_not_kick_is_not_ready(fault: str, pbx: Site) -> None:
    node = pbx.node(timeout="1")
    pbx.fos1.add_fault(fault, face="gbl4")
    assert ready(node) == f"no: {pbx.label('fos1')}: ping to its mac not answered"
    pbx.fos1.clear_faults()
    assert ready(node) == "yes"


def test_where_nobody_kicks_a_standby_needs_no_gbl4(site: Site) -> None:
    site.fos1.add_fault("silent", face="gbl4")
    assert ready(site.node(D)) == "yes"


def test_devices_that_can_not_be_told_apart_are_not_ready(two: Site) -> None:
    two.configure(two.section(two.fos1) + two.section(two.fos1).replace("[fos1]", "[fos2]"))
    assert "has the same mac as fos1" in str(ready(two.node(D)))


def test_box_that_two_sections_mean_is_asked_once(two: Site) -> None:
    two.configure(two.section(two.fos1) + two.section(two.fos1).replace("[fos1]", "[fos2]"))
    two.node(D).watch_standby()
    assert [request.what for request in two.fos1.requests] == ["GET /config.txt"]


# The owner, which a rule would move away if it weren't ready.


def test_owner_is_ready_also_while_it_is_degraded(two: Site) -> None:
    node = two.node()
    two.fos1.add_fault("refuse")
    assert str(ready(node)).startswith("no: ")
    two.fos1.clear_faults()
    node.start()
    assert node.tools.attributes[READY] == "yes"
    two.fos2.power_off()
    node.monitor(expected=DEGRADED)
    assert node.tools.attributes[READY] == "yes"
    assert [update for update in node.tools.updates if update[0] == READY][1:] == [(READY, "yes")]


def test_owner_of_one_relay_is_ready_whatever_it_stands_by_for(two: Site) -> None:
    node = two.node(devices="fos1")
    node.start()
    two.fos2.add_fault("refuse")
    assert ready(another(node, devices="fos2")) == "yes"
    node.stop()
    assert str(ready(another(node, devices="fos2"))).startswith("no: ")


# One attribute for all resources of this agent.


def test_node_is_ready_when_all_its_resources_are(two: Site) -> None:
    node = two.node(D, devices="fos1")
    other = another(node, devices="fos2")
    two.fos2.add_fault("refuse")
    trouble = f"no: {two.label('fos2')}: connection refused"
    assert ready(node) == "yes"
    assert ready(other) == trouble
    assert ready(node) == trouble
    two.fos2.clear_faults()
    assert ready(other) == "yes"


def test_resource_that_is_gone_does_not_count(two: Site) -> None:
    node = two.node(D, devices="fos1")
    other = another(node, devices="fos2")
    two.fos2.add_fault("refuse")
    node.watch_standby()
    assert str(ready(other)).startswith("no: ")
    as_if_not_monitored_for(node, 60)  # of an interval of 30 s: it may just be late
    assert str(ready(node)).startswith("no: ")
    as_if_not_monitored_for(node, 40)
    assert ready(node) == "yes"


def test_resource_that_became_owner_elsewhere_and_was_unready_here_before_is_judged_anew(two: Site) -> None:
    node = two.node(devices="fos1")
    two.fos1.add_fault("refuse")
    assert str(ready(node)).startswith("no: ")
    two.fos1.clear_faults()
    node.start()
    node.stop()
    assert ready(another(node, devices="fos2")) == "yes"


def test_readiness_that_could_not_be_told_is_told_later(site: Site) -> None:
    node = site.node(D)
    node.tools.put("attrd_updater", "exit 102")
    node.watch_standby()
    node.tools.put("attrd_updater")
    node.tools.forget()
    assert ready(node) == "yes"


# Pacemaker may lose what it was told.


def test_a_probe_has_it_told_once_more(site: Site) -> None:
    node = site.node(D)
    node.watch_standby()
    node.probe()
    node.tools.forget()
    assert ready(node) == "yes"


def test_thorough_monitor_tells_anew_what_pacemaker_has_forgotten(site: Site) -> None:
    node = site.node(B)
    node.start()
    acted_cluster.tells_of_nodes(node, attributes=["berofos-fos1"])
    node.tools.forget()
    node.monitor(depth=10)
    assert node.tools.updates == [(READY, "yes")]
    assert node.tools.resends == 0
