"""A device that takes commands but can't be read, and a peer that is gone: it is told blindly, once."""

from __future__ import annotations

import pytest

from tests.agent.acted_cluster import recovers
from tests.agent.conftest import NewSite
from tests.agent.membership import in_membership
from tests.agent.site import B, D, Site
from tests.support.waiting import wait_until

UNREADABLE = ["garbage_body", "empty", "no_magic"]
BLINDLY = ["cmd=1&rm=1", "cmd=4&mode=1"]


@pytest.mark.parametrize("fault", UNREADABLE)
def test_unreadable_device_is_told_blindly_when_the_peer_is_gone(fault: str, site: Site) -> None:
    site.fos1.add_fault(fault, on="read")
    node = site.node()
    in_membership(node, "1.17", B)
    assert f"{site.label()}: can't be read; told blindly to join A--B" in "".join(node.start(expected=1).log)
    assert (site.fos1.relay, site.writes()) == ("A--B", BLINDLY)


def test_once_in_a_membership(site: Site) -> None:
    site.fos1.add_fault("garbage_body", on="read")
    node = site.node()
    in_membership(node, "1.17", B)
    node.start(expected=1)
    node.stop()
    site.forget_requests()
    node.start(expected=1)
    assert site.writes() == []
    node.stop()
    in_membership(node, "1.25", B)
    node.start(expected=1)
    assert site.writes() == BLINDLY


def test_device_that_answers_too_late_is_told_too(site: Site) -> None:
    site.fos1.add_fault("late", seconds=4, on="read")
    node = site.node(timeout="2")
    in_membership(node, "1.17", B)
    node.start(expected=1, timeout=20)
    wait_until(lambda: site.fos1.relay == "A--B", "the device to come to what it was told")


def test_a_check_that_is_still_asking_is_waited_for(site: Site) -> None:
    """It has the one connection that there is: a write beside it would be lost, and not be repeated."""
    site.fos1.add_fault("hang", on="read")
    site.fos1.add_fault("one_connection")
    node = site.node(timeout="1")
    in_membership(node, "1.17", B)
    node.begin("start", timeout=26).finish(1)
    assert (site.fos1.relay, site.writes()) == ("A--B", BLINDLY)


def test_one_that_hung_first_and_refuses_connections_then_is_told(site: Site) -> None:
    """It is there, and serves somebody else by now, or restarts."""
    site.fos1.add_fault("hang", on="read")
    node = site.node(timeout="1")
    in_membership(node, "1.17", B)
    start = node.begin("start", timeout=16)
    wait_until(lambda: len(site.fos1.requests) == 2, "it to be asked twice")
    site.fos1.add_fault("refuse", duration=3)
    start.finish(1)
    assert (site.fos1.relay, site.writes()) == ("A--B", BLINDLY)


def test_one_that_spoils_every_answer_is_told_everything(site: Site) -> None:
    site.fos1.add_fault("garbage")
    node = site.node()
    in_membership(node, "1.17", B)
    node.start(expected=1, timeout=20)
    assert (site.fos1.relay, site.fos1.settings["modedef"]) == ("A--B", True)


def test_others_are_enough_and_it_is_told_all_the_same(two: Site) -> None:
    two.fos2.add_fault("garbage_body", on="read")
    node = two.node()
    in_membership(node, "1.17", B)
    node.start()
    assert [device.relay for device in two] == ["A--B", "A--B"]


def test_not_while_the_peer_is_a_member(site: Site) -> None:
    site.fos1.add_fault("garbage_body", on="read")
    node = site.node()
    in_membership(node, "1.17", B, D)
    node.start(expected=1)
    assert site.writes() == []


def test_not_where_the_cluster_can_not_be_asked(site: Site) -> None:
    site.fos1.add_fault("garbage_body", on="read")
    site.node().start(expected=1)
    assert site.writes() == []


def test_not_by_a_node_that_has_given_the_relay_up(site: Site) -> None:
    """The peer may have it, and can't be seen in a device that can't be read."""
    node = site.node()
    in_membership(node, "1.17", B)
    node.start()
    recovers(node, site)
    site.fos1.add_fault("garbage_body", on="read")
    site.forget_requests()
    node.start(expected=1)
    assert site.writes() == []


def test_not_before_a_pbx(new_site: NewSite) -> None:
    """There the lines are safe where they are."""
    site = new_site(topology="xivo-pbx")
    site.fos1.add_fault("garbage_body", on="read")
    node = site.node()
    in_membership(node, "1.17", B)
    node.start(expected=1)
    assert site.writes() == []
