"""A dead or odd device among healthy ones: these serve, and none of their relays clicks for it at any retry."""

from __future__ import annotations

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, Site
from tests.support.waiting import wait_until

OTHER_MAC = "00:19:32:FF:FF:FF"


@pytest.fixture
def two_pbx(new_site: NewSite) -> Site:
    return new_site(("fos1", "fos2"), topology="xivo-pbx")


def test_the_healthy_one_of_two_does_not_flap_when_the_other_loses_its_power(two_pbx: Site) -> None:
    node = two_pbx.node(timeout="1")
    node.start()
    two_pbx.fos2.power_off()
    for _ in range(3):
        done = node.begin("monitor", interval=10).finish(DEGRADED)
        assert two_pbx.label("fos2") in done.reason
    assert len(two_pbx.fos1.clicks()) == 1


def test_retries_click_nothing_when_every_device_is_needed_and_one_is_dead(two_pbx: Site) -> None:
    two_pbx.fos2.power_off()
    node = two_pbx.node(min_devices="0")
    for _ in range(3):  # what failure-timeout makes of it
        node.start(expected=1, timeout=20)
        node.stop()
    assert two_pbx.fos1.clicks() == []
    assert two_pbx.writes("fos1") == []


@pytest.mark.parametrize(
    "fault", ["silent", "bad_checksum", "garbage", "other_mac", "new_mac"], ids=lambda kind: f"gbl4 {kind}"
)
def test_device_that_could_not_be_kicked_is_not_switched(fault: str, pbx: Site) -> None:
    """UDP is filtered, or another box is there: it would fall back after the interval, and be switched again."""
    pbx.fos1.add_fault(fault, face="gbl4")
    node = pbx.node(timeout="1")
    for _ in range(2):
        assert node.start(expected=1, timeout=20).reason.startswith(f"{pbx.label()}: ping to its mac not answered")
        node.stop()
    assert (pbx.fos1.clicks(), pbx.writes()) == ([], [])


def test_device_with_another_mac_is_not_switched(pbx: Site) -> None:
    pbx.config.write_text(pbx.config.read_text().replace(pbx.fos1.spec.mac, OTHER_MAC))
    node = pbx.node(timeout="1")
    node.start(expected=1)
    node.stop()
    assert (pbx.fos1.clicks(), pbx.writes()) == ([], [])


def test_the_others_serve_while_one_has_another_mac(two_pbx: Site) -> None:
    two_pbx.config.write_text(two_pbx.config.read_text().replace(two_pbx.fos2.spec.mac, OTHER_MAC))
    node = two_pbx.node(timeout="1")
    node.start()
    assert (two_pbx.fos1.relay, two_pbx.fos2.relay) == ("A--B C--D", "A--D")
    assert two_pbx.writes("fos2") == []


def test_where_nobody_kicks_udp_does_not_matter(site: Site) -> None:
    site.fos1.add_fault("silent", face="gbl4")
    site.node().start()
    assert site.fos1.relay == "A--B"


@pytest.mark.parametrize("timeout", [10, 60])
def test_watchdogs_are_kicked_while_http_hangs(timeout: int, two_pbx: Site) -> None:
    """Its time is reserved: the lines must not fall on a site that is healthy but for that."""
    node = two_pbx.node(timeout="5")
    node.start()
    for device in two_pbx:
        device.add_fault("hang")
    two_pbx.forget_requests()
    node.begin("monitor", interval=10, timeout=timeout).finish(DEGRADED)
    assert two_pbx.kicks("fos1") > 0
    assert two_pbx.kicks("fos2") > 0


def test_start_kicks_the_healthy_one_while_the_other_hangs(two_pbx: Site) -> None:
    node = two_pbx.node(timeout="8", watchdog_interval="4")
    two_pbx.fos2.add_fault("hang")
    node.start()
    assert two_pbx.fos1.events(event="watchdog ran out") == []
    assert two_pbx.fos1.settings["wdogstate"] == 1


def test_device_that_comes_late_is_taken_along(two_pbx: Site) -> None:
    """It isn't waited for, but it is switched when it answers while the start is under way."""
    two_pbx.fos2.add_fault("refuse", duration=2)
    node = two_pbx.node()
    node.start()
    assert [device.relay for device in two_pbx] == ["A--B C--D", "A--B C--D"]
    node.monitor()
    node.stop()
    assert [(device.relay, device.settings["wdogstate"]) for device in two_pbx] == [("A--D", 0), ("A--D", 0)]


def test_a_late_device_is_noted_before_it_is_told(two_pbx: Site) -> None:
    """The start is killed then: stop must know."""
    two_pbx.fos2.add_fault("refuse", duration=2)
    node = two_pbx.node()
    start = node.begin("start")
    wait_until(lambda: "cmd=4&mode=1" in two_pbx.writes("fos2"), "the late one is told")
    start.kill()
    node.stop()
    assert [device.relay for device in two_pbx] == ["A--D", "A--D"]


def test_sixty_three_healthy_devices_do_not_wait_for_a_dead_one(new_site: NewSite) -> None:
    site = new_site([f"fos{number}" for number in range(1, 65)])
    site.device("fos64").power_off()
    start = site.node(timeout="20").begin("start")
    healthy = [device for device in site if device.name != "fos64"]
    wait_until(lambda: all(device.relay == "A--B" for device in healthy), "all but the dead one are switched")
    assert start.process.poll() is None, "the dead one was given up before the others were switched"
    start.finish(0)
