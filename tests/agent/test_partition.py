"""Two nodes that are partitioned, in a cluster without fencing, don't throw the relay to and fro."""

from __future__ import annotations

from tests.agent.acted_cluster import recovers
from tests.agent.membership import in_membership
from tests.agent.site import B, D, Node, Site
from tests.support.waiting import wait_until


def loses_the_lines(site: Site, node: Node, peer: Node) -> None:
    """The membership is the node's own; the peer takes the lines, and Pacemaker tries to recover."""
    node.start()
    peer.start()
    reason = f"{site.label('fos1')}: relay is A--D, expected A--B"
    assert node.monitor(expected=1).reason == reason
    node.stop()


def test_owner_does_not_take_back_what_a_partitioned_peer_has_taken(site: Site) -> None:
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", "xivo-1")
    in_membership(peer, "2.17", D)
    loses_the_lines(site, node, peer)
    reason = f"{site.label('fos1')}: taken by xivo-2 while partitioned from it; if xivo-2 is dead: berofos switch b"
    for _ in range(2):
        assert node.start(expected=1).reason == reason
        node.stop()
        node.probe(expected=7)
    assert site.fos1.relay == "A--D"
    peer.monitor()


def test_owner_does_not_take_back_what_it_can_not_see(two: Site) -> None:
    """It judges after every device has answered or its time is over: one that is late may be the peer's by then."""
    node, peer = two.node(), two.node(D)
    in_membership(node, "1.17", "xivo-1")
    node.start()
    peer.start()
    node.monitor(expected=1)
    node.stop()
    two.fos2.set_settings({"mode": 1, "modedef": 1})
    two.fos1.add_fault("refuse", duration=2)
    reason = f"{two.label('fos1')}: taken by xivo-2 while partitioned from it; if xivo-2 is dead: berofos switch b"
    assert node.start(expected=1).reason == reason
    assert [device.relay for device in two] == ["A--D", "A--B"]


def test_owner_does_not_take_back_a_device_whose_mac_the_file_does_not_have(site: Site) -> None:
    """A thorough monitor learns the MAC, and the record that stop goes by has it; the next start doesn't."""
    site.write_config(without="mac")
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    node.start()
    node.monitor(depth=10)
    peer.start()
    node.monitor(expected=1)
    node.stop()
    assert "taken by xivo-2 while partitioned from it" in node.start(expected=1).reason
    assert site.fos1.relay == "A--D"


def test_a_release_that_version_0_1_0_recorded_counts(site: Site) -> None:
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    node.start()
    peer.start()
    node.stop()
    for file in node.run_directory.glob("*.released"):
        file.unlink()
    (node.run_directory / "berofos-lines.held").write_text("1.17")
    assert "taken by xivo-2 while partitioned from it" in node.start(expected=1).reason
    node.stop()
    in_membership(node, "1.25", B)
    node.start()
    assert not (node.run_directory / "berofos-lines.held").exists()


def test_owner_may_take_over_again_in_another_membership(site: Site) -> None:
    """The two have met since, and now the peer is really dead."""
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", "xivo-1")
    loses_the_lines(site, node, peer)
    in_membership(node, "1.25", "xivo-1")
    node.start()
    assert site.fos1.relay == "A--B"


def test_owner_does_not_take_back_what_a_peer_has_that_is_just_coming_back(site: Site) -> None:
    """Its own Pacemaker tries once more while the two become one cluster."""
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    loses_the_lines(site, node, peer)
    in_membership(node, "1.25", B, D, joined=[B])
    reason = f"{site.label('fos1')}: taken by xivo-2, which is just rejoining the cluster; not taken back at once"
    assert node.start(expected=1).reason == reason
    assert site.fos1.relay == "A--D"
    peer.monitor()


def test_owner_waits_once_only_for_a_peer_without_pacemaker(site: Site) -> None:
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    loses_the_lines(site, node, peer)
    in_membership(node, "1.25", B, D, joined=[B])
    node.start(expected=1)
    node.stop()
    node.start()
    assert site.fos1.relay == "A--B"


def test_owner_may_take_over_again_when_both_are_one_cluster(site: Site) -> None:
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    loses_the_lines(site, node, peer)
    in_membership(node, "1.25", B, D)
    node.start()
    assert site.fos1.relay == "A--B"


def test_a_start_that_was_decided_on_alone_takes_nothing_back_even_when_both_are_one_cluster(site: Site) -> None:
    """It was on its way. Pacemaker wouldn't start here what runs there, had it known."""
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    loses_the_lines(site, node, peer)
    in_membership(node, "1.25", B, D, last_on_d="start")
    reason = f"{site.label('fos1')}: taken by xivo-2, which is just rejoining the cluster; not taken back at once"
    assert node.start(expected=1).reason == reason
    assert site.fos1.relay == "A--D"
    node.stop()
    in_membership(node, "1.25", B, D, last_on_d="stop")
    node.start()
    assert site.fos1.relay == "A--B"


def test_owner_takes_back_what_a_peer_in_the_same_membership_does_not_run(site: Site) -> None:
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", "xivo-1", "xivo-2")
    loses_the_lines(site, node, peer)
    node.start()
    assert site.fos1.relay == "A--B"


def test_owner_takes_back_what_a_hand_has_moved_while_alone(site: Site) -> None:
    node = site.node()
    in_membership(node, "1.17", "xivo-1")
    node.start()
    site.fos1.set_settings({"mode": 0})
    node.monitor(expected=1)
    node.stop()
    node.start()
    assert site.fos1.relay == "A--B"


def test_without_provisioning_a_moved_relay_is_taken_for_the_peer_s(site: Site) -> None:
    """Nobody sets the default relay mode then, which else tells a peer from a hand."""
    node, peer = site.node(provision="no"), site.node(D, provision="no")
    site.fos1.set_settings({"modedef": 1})
    in_membership(node, "1.17", B)
    loses_the_lines(site, node, peer)
    assert "taken by xivo-2" in node.start(expected=1).reason
    assert site.fos1.relay == "A--D"


def test_a_device_that_can_be_asked_and_is_ours_still_speaks_for_those_that_can_not(two: Site) -> None:
    node = two.node(min_devices="1")
    in_membership(node, "1.17", B)
    node.start()
    node.stop()
    two.fos1.add_fault("refuse")
    node.start(timeout=20)


def test_nothing_is_held_against_a_peer_once_the_lines_were_taken_back(site: Site) -> None:
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    loses_the_lines(site, node, peer)
    in_membership(node, "1.25", B)
    node.start()
    in_membership(node, "1.33", B, D)
    node.stop()
    peer.start()
    in_membership(node, "1.41", B, D, joined=[B])
    node.start()
    assert site.fos1.relay == "A--B"


# A node that knows that the peer is down may take the lines: nobody fights with it.


def test_the_only_living_node_takes_the_lines_of_a_peer_that_left_cleanly_or_was_fenced(site: Site) -> None:
    """The device has forgotten its settings, or was replaced: it looks as the peer's takeover leaves one."""
    node = site.node()
    in_membership(node, "1.17", B)
    node.start()
    recovers(node, site)
    in_membership(node, "1.17", B, down=[D])
    node.start()
    assert (site.fos1.relay, site.fos1.settings["modedef"]) == ("A--B", True)


def test_where_the_peer_is_hard_dead_the_message_says_what_to_do_and_that_works(site: Site) -> None:
    """With a device as delivered again: that can't be told from the peer's hand."""
    node = site.node()
    in_membership(node, "1.17", B)
    node.start()
    recovers(node, site)
    assert node.start(expected=1).reason.endswith("if xivo-2 is dead: berofos switch b")
    node.stop()
    site.fos1.set_settings({"mode": 1})  # what the command does
    node.start()
    node.monitor()
    assert site.fos1.settings["modedef"] is True


def test_a_start_that_failed_makes_nobody_yield(site: Site) -> None:
    """It had nothing that it could have given up."""
    node = site.node()
    in_membership(node, "1.17", B)
    site.fos1.add_fault("ignore_switch")
    node.start(expected=1)
    node.stop()
    site.fos1.clear_faults()
    node.start()
    assert site.fos1.relay == "A--B"


def test_before_it_takes_back_a_node_that_is_alone_looks_a_second_time(site: Site) -> None:
    """The peer's takeover may be on its way: then the relay would be thrown twice within seconds."""
    node, peer = site.node(), site.node(D)
    in_membership(node, "1.17", B)
    node.start()
    site.fos1.set_settings({"mode": 0})  # a hand: the default relay mode is still this node's
    node.monitor(expected=1)
    node.stop()
    site.forget_requests()
    start = node.begin("start")
    wait_until(lambda: site.fos1.requests, "it looks a first time")
    peer.start()
    assert "taken by xivo-2 while partitioned from it" in start.finish(1).reason
    assert site.fos1.relay == "A--D"


def test_a_node_that_has_given_up_nothing_does_not_look_twice(site: Site) -> None:
    """A failover takes as long as it must, and no longer."""
    node = site.node()
    in_membership(node, "1.17", B)
    node.start()
    assert [request.what for request in site.fos1.requests if not request.write].count("GET /config.txt") <= 3


def test_a_start_that_fails_leaves_a_default_mode_as_it_was_where_it_moved_no_relay(site: Site) -> None:
    """It is what the peer goes by: else the device would look as if this node had taken it."""
    site.fos1.add_fault("ignore_switch")
    node = site.node()
    node.start(expected=1)
    assert "cmd=1&rm=1" in site.writes("fos1")
    assert (site.fos1.relay, site.fos1.settings["modedef"]) == ("A--D", False)
