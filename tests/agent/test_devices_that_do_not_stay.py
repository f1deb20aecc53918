"""What stays broken is tried again after pauses that grow, and no relay is clicked to and fro for ever."""

from __future__ import annotations

from berofos_ra.resource.record_file import read_histories, write_histories
from tests.agent.acted_cluster import recovers, resource, shows, tells_of_nodes
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, D, Site

PAUSED = "doesn't stay where it is put, or is deaf; not told again yet"


def test_device_that_forgets_is_put_right_once_at_once_and_then_after_a_pause(site: Site) -> None:
    node = site.node()
    node.start()
    recovers(node, site)
    node.start()
    recovers(node, site)
    site.forget_requests()
    assert node.start(expected=1, timeout=20).reason == f"{site.label()}: {PAUSED}"
    assert site.writes() == []


def test_pause_of_a_device_whose_mac_a_monitor_has_learned_counts_for_the_next_start(two: Site) -> None:
    """That start knows no more of it than the config file says."""
    two.write_config(without="mac")
    node = two.node()
    node.start()
    shows(node, resource("lines", node.name))
    tells_of_nodes(node, peer=D)
    node.monitor(depth=10)
    for expected in (0, DEGRADED):
        two.fos2.set_settings({"mode": 0})
        node.monitor(expected=expected, news=True)
    last = {key: history._replace(failures=9) for key, history in read_histories(node.record).items()}
    write_histories(node.record, last)  # a long pause, so that it isn't over on a busy machine
    node.stop()
    two.forget_requests()
    assert f"{two.label('fos2')}: {PAUSED}" in "".join(node.start().log)
    assert two.writes() == []


def test_pause_that_ends_soon_is_waited_for(site: Site) -> None:
    """10 s, within a quarter of start's time."""
    node = site.node()
    node.start()
    recovers(node, site)
    node.start()
    recovers(node, site)
    node.start(timeout=120)
    assert site.fos1.relay == "A--B"


def test_deaf_device_is_not_told_at_every_retry(site: Site) -> None:
    """The pauses grow; that a stop waits for what was told is part of the first one."""
    site.fos1.add_fault("ignore_switch")
    node = site.node()
    for _ in range(2):
        node.start(expected=1)
        node.stop()
    site.forget_requests()
    reason = f"{site.label()}: {PAUSED}"
    assert node.start(expected=1, timeout=20).reason == reason
    node.stop()
    assert node.start(expected=1, timeout=4).reason == reason
    assert site.writes() == []


def test_no_other_relay_clicks_for_a_deaf_device_again(new_site: NewSite) -> None:
    """Before a PBX each failed start is followed by a stop that gives back what it took."""
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    site.fos2.add_fault("ignore_switch")
    node = site.node(min_devices="0")
    node.start(expected=1)
    node.stop()
    clicks = len(site.fos1.clicks())
    assert clicks <= 2  # it can't be known before the first time
    for _ in range(2):
        node.start(expected=1, timeout=48)
        node.stop()
    assert len(site.fos1.clicks()) == clicks


def test_deaf_device_that_hears_again_serves_again(site: Site) -> None:
    site.fos1.add_fault("ignore_switch")
    node = site.node()
    node.start(expected=1)
    node.stop()
    site.fos1.clear_faults()
    node.start()
    node.monitor()
    assert site.fos1.relay == "A--B"


def test_device_on_this_side_needs_no_pause(site: Site) -> None:
    """Nothing would click."""
    node = site.node()
    node.start()
    recovers(node, site)
    node.start()
    recovers(node, site)
    site.fos1.set_settings({"mode": 1, "modedef": 1})
    node.begin("start", timeout=20).finish(0)
