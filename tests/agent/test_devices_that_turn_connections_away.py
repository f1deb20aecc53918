"""A device that refuses or drops connections for a moment may be serving another, or restart: it is asked again."""

from __future__ import annotations

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import Site


@pytest.mark.parametrize("fault", ["refuse", "reset", "unplugged"])
def test_start_gets_over_a_device_that_turns_connections_away_for_two_seconds(fault: str, site: Site) -> None:
    site.fos1.add_fault(fault, duration=2)
    node = site.node(timeout="1")
    node.start()
    assert (site.fos1.relay, len(site.fos1.clicks())) == ("A--B", 1)
    node.monitor()


def test_stop_before_a_pbx_gets_over_it_too(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("refuse", duration=2)
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--D", 0)


def test_device_with_room_for_one_connection_is_shared(new_site: NewSite) -> None:
    """Somebody's browser has it while a start and a stop are under way."""
    site = new_site(topology="xivo-pbx", latency=0.05)
    site.fos1.add_fault("one_connection")
    node = site.node()
    node.start()
    monitors = [node.begin("monitor", interval=10, level=level) for level in (None, 10)]
    for monitor in monitors:
        monitor.finish(0)
    node.stop()
    assert site.fos1.relay == "A--D"


def test_device_that_restarts_after_a_write_is_waited_for(new_site: NewSite) -> None:
    site = new_site(boot_time=2)
    site.fos1.add_fault("reboot", count=1, settings=["mode"])
    node = site.node()
    node.start()
    assert site.fos1.relay == "A--B"
    node.monitor()


def test_start_asks_no_longer_than_a_quarter_of_its_time(site: Site) -> None:
    """Pacemaker computes nothing else meanwhile: asterisk waits."""
    site.fos1.power_off()
    reason = f"{site.label()}: connection refused, expected A--B"
    assert site.node().begin("start", timeout=16).finish(1, within=9).reason == reason


def test_login_that_is_refused_is_not_tried_again_and_again(new_site: NewSite) -> None:
    site = new_site(password="secret")
    site.write_config(login="admin:wrong")
    site.node().start(expected=1)
    assert len(site.fos1.requests) <= 2
