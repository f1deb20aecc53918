"""What stays broken is tried again after pauses that grow, and no relay is clicked to and fro for ever."""

from __future__ import annotations

from tests.agent.acted_cluster import recovers
from tests.agent.conftest import NewSite
from tests.agent.site import Site

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
