"""A relay is moved under a running resource: put right by the monitor, without the recovery that drops calls."""

from __future__ import annotations

import pytest

from tests.agent import acted_cluster
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, B, D, Node, Site


@pytest.fixture
def two_pbx(new_site: NewSite) -> Site:
    return new_site(("fos1", "fos2"), "xivo-pbx")


def started(site: Site, **parameters: str) -> Node:
    node = site.node(**parameters)
    node.start()
    managed(node)
    acted_cluster.tells_of_nodes(node, peer=D)
    site.forget_requests()
    return node


def managed(node: Node, yes: bool = True) -> None:
    acted_cluster.shows(node, acted_cluster.resource("lines", node.name, managed=yes))


def moved_away(site: Site) -> None:
    site.fos2.set_settings({"mode": 0, "modedef": 0})


@pytest.mark.parametrize("min_devices", ["0", "1"])
def test_one_of_two_moved_by_hand_is_put_right(min_devices: str, two: Site) -> None:
    node = started(two, min_devices=min_devices)
    two.fos2.set_settings({"mode": 0})
    done = node.monitor(news=True)
    assert f"berofos {two.label('fos2')}: relay A--D -> A--B, lines now on xivo-1" in done.log
    assert two.writes("fos1") == []
    node.monitor()


def test_only_one_moved_by_hand_is_left_to_recovery(site: Site) -> None:
    node = started(site)
    site.fos1.set_settings({"mode": 0})
    node.monitor(expected=1)
    assert site.writes() == []


def test_one_whose_watchdog_ran_out_is_put_right_and_armed(two_pbx: Site) -> None:
    node = started(two_pbx)
    two_pbx.fos2.set_settings({"wdog": 0, "mode": 0})
    node.monitor(news=True)
    assert (two_pbx.fos2.relay, two_pbx.fos2.settings["wdogstate"]) == ("A--B C--D", 1)
    assert two_pbx.writes("fos1") == []


# Who must not be fought.


@pytest.mark.parametrize("asked", [True, False])
def test_unmanaged_nothing_is_touched(asked: bool, two: Site) -> None:
    node = started(two)
    if asked:
        managed(node, False)
    else:
        node.tools.put("crm_mon", "exit 102")
    two.fos2.power_off()
    node.monitor(expected=DEGRADED)
    two.fos2.power_on()
    two.fos2.set_settings({"mode": 0})
    for _ in range(2):
        assert "relay is A--D, expected A--B" in node.monitor(expected=DEGRADED).reason
    assert (two.writes("fos2"), two.fos2.relay) == ([], "A--D")
    managed(node)
    node.monitor(news=True)
    assert two.fos2.relay == "A--B"


def test_unmanaged_watchdogs_are_kicked_all_the_same(two_pbx: Site) -> None:
    node = started(two_pbx)
    managed(node, False)
    two_pbx.fos2.set_settings({"mode": 0})
    two_pbx.forget_requests()
    node.monitor(expected=DEGRADED)
    assert two_pbx.kicks("fos1") >= 1
    assert (two_pbx.writes("fos1"), two_pbx.writes("fos2")) == ([], [])


def test_peer_s_hand_is_left_alone_while_nobody_knows_of_the_peer(two: Site) -> None:
    node = started(two)
    node.tools.put("cibadmin", "exit 102")
    moved_away(two)
    reason = node.monitor(expected=DEGRADED).reason
    assert reason.endswith(f"relay is A--D, expected A--B; left to {D}, which may have taken it")
    assert two.writes("fos2") == []


@pytest.mark.parametrize(
    ("peer", "put_right"),
    [
        ({"expected": "member"}, True),  # taken in, and idle
        ({"expected": "member", "peer_runs": True}, False),
        ({"expected": "down"}, True),  # left cleanly, or was fenced
        ({"expected": "down", "peer_runs": True}, True),
    ],
)
def test_what_pacemaker_knows_of_the_peer_decides(peer: dict[str, object], put_right: bool, two: Site) -> None:
    node = started(two)
    acted_cluster.tells_of_nodes(node, peer=D, **peer)  # type: ignore[arg-type]
    moved_away(two)
    node.begin("monitor", interval=10).finish(0 if put_right else DEGRADED)
    assert (two.fos2.relay == "A--B") == put_right


def test_while_the_lines_are_only_trusted_to_be_here_the_next_monitor_decides(two: Site) -> None:
    node = started(two)
    moved_away(two)  # as the peer does it while this node hangs, which doesn't know of it yet
    two.fos1.add_fault("refuse")
    assert "left to" in node.begin("monitor", interval=10).finish(DEGRADED).reason
    assert two.writes("fos2") == []
    node.begin("monitor", interval=10).finish(DEGRADED)
    assert two.fos2.relay == "A--B"


def test_node_at_d_puts_right_as_well(two: Site) -> None:
    node = two.node(D)
    for device in two:
        device.set_settings({"mode": 1, "modedef": 1})
    node.start()
    managed(node)
    acted_cluster.tells_of_nodes(node, peer=B)
    two.fos2.set_settings({"mode": 1})
    node.monitor(news=True)
    assert two.fos2.relay == "A--D"


# No oscillator.


def test_one_that_moves_away_again_waits_longer_each_time(two: Site) -> None:
    node = started(two)
    clicks = len(two.fos2.clicks())
    for _ in range(4):
        two.fos2.set_settings({"mode": 0})
        node.begin("monitor", interval=10).finish(None)
    ours = [write for write in two.writes("fos2") if write == "cmd=4&mode=1"]
    assert len(ours) == 1
    assert len(two.fos2.clicks()) <= clicks + 3
    assert "relay is A--D" in node.monitor(expected=DEGRADED).reason


def test_one_that_does_not_obey_is_not_told_at_every_monitor(two: Site) -> None:
    node = started(two, timeout="1")
    two.fos2.set_settings({"mode": 0})
    two.fos2.add_fault("ignore_switch")
    assert "not put right: relay stays A--D, expected A--B" in node.monitor(expected=DEGRADED).reason
    two.forget_requests()
    node.monitor(expected=DEGRADED)
    assert two.writes("fos2") == []


def test_one_that_can_not_be_kicked_is_not_put_right_before_it_can(two_pbx: Site) -> None:
    node = started(two_pbx, timeout="3", min_devices="2")
    two_pbx.fos2.set_settings({"wdog": 0, "mode": 0})
    two_pbx.fos2.add_fault("silent", face="gbl4")
    for _ in range(2):
        assert "; not put right: ping to" in node.monitor(expected=DEGRADED).reason
    assert two_pbx.writes("fos2") == []
    two_pbx.fos2.clear_faults()
    node.monitor(news=True)
    assert two_pbx.fos2.relay == "A--B C--D"


def test_without_room_for_its_record_a_monitor_clicks_nothing(two: Site) -> None:
    node = started(two)
    two.fos2.set_settings({"mode": 0})
    node.command = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount --bind -o ro "$0" "$0" && exec "$@"',
        str(node.run_directory),
        *node.command,
    )
    node.monitor(expected=DEGRADED)
    assert two.writes("fos2") == []


# Watchdogs that are off.


def test_watchdog_that_somebody_turned_off_stays_off_and_is_told(pbx: Site) -> None:
    node = started(pbx)
    pbx.fos1.set_settings({"wdog": 0})
    assert node.monitor(expected=DEGRADED).reason == f"{pbx.label()}: watchdog is off, expected on"
    assert pbx.writes() == []


@pytest.mark.parametrize("is_managed", [True, False])
def test_watchdog_that_start_did_not_arm_is_armed_by_a_monitor_that_comes(is_managed: bool, pbx: Site) -> None:
    node = pbx.node()
    acted_cluster.schedules_monitors(node)
    node.start()
    managed(node, is_managed)
    assert pbx.fos1.settings["wdogstate"] == 0
    node.begin("monitor", interval=10).finish(0 if is_managed else DEGRADED)
    assert pbx.fos1.settings["wdogstate"] == int(is_managed)
    if is_managed:
        pbx.forget_requests()
        node.monitor()
        assert pbx.kicks() >= 1
