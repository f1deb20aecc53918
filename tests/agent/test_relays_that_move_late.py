"""A relay is mechanical, and a firmware may apply what it was told after it has answered: it is waited for."""

from __future__ import annotations

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import B, Site
from tests.support.waiting import wait_until

PAUSES = [0.3, 1.0, 3.0]  # s; neither tells the relay twice
TOO_LATE = 20.0  # s, longer than a start waits for


@pytest.mark.parametrize("seconds", PAUSES)
def test_start_waits_for_the_relay(seconds: float, site: Site) -> None:
    site.fos1.add_fault("late_effect", seconds=seconds, settings=["mode"])
    node = site.node()
    node.start()
    assert site.writes().count("cmd=4&mode=1") == 1
    assert (site.fos1.relay, len(site.fos1.clicks())) == ("A--B", 1)
    node.monitor()


@pytest.mark.parametrize("seconds", PAUSES)
def test_start_and_stop_before_a_pbx_wait_for_the_relay(seconds: float, pbx: Site) -> None:
    pbx.fos1.add_fault("late_effect", seconds=seconds, settings=["mode"])
    node = pbx.node()
    node.start()
    node.monitor()
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--D", 0)
    assert len(pbx.fos1.clicks()) == 2
    assert not node.record.exists()


def test_setting_that_takes_effect_late_is_not_written_again_and_again(site: Site) -> None:
    site.fos1.add_fault("late_effect", seconds=1, settings=["modedef"])
    site.node().start()
    assert site.writes().count("cmd=1&rm=1") == 1
    assert site.fos1.settings["modedef"] is True


def test_watchdog_that_is_armed_late_is_waited_for(pbx: Site) -> None:
    pbx.fos1.add_fault("late_effect", seconds=1, settings=["wdog"])
    node = pbx.node()
    node.start()
    assert pbx.writes().count("cmd=6&wen=1") == 1
    node.monitor()


def test_relay_that_moves_after_all_patience_is_given_back_by_stop(pbx: Site) -> None:
    """The start has failed, and what it told the relay may still arrive: stop's own command comes after it."""
    pbx.fos1.add_fault("late_effect", seconds=TOO_LATE, settings=["mode"])
    node = pbx.node()
    reason = f"{pbx.label()}: relay stays A--D, expected A--B C--D"
    assert node.start(expected=1).reason == reason
    node.stop()
    assert pbx.writes()[-1] == "cmd=4&mode=0"
    wait_until(lambda: pbx.fos1.clicks()[1:] or not pbx.fos1.clicks(), "what was late has arrived")
    assert pbx.fos1.relay == "A--D"


@pytest.mark.parametrize("topology", ["xivo-pbx", "two-xivo"])
def test_stop_waits_for_what_a_killed_start_has_told_the_relay(topology: str, new_site: NewSite) -> None:
    """Else the relay would arrive here after the stop, with nobody there."""
    site = new_site(topology=topology)
    site.fos1.add_fault("late_effect", seconds=4, settings=["mode"], count=1)
    node = site.node()
    start = node.begin("start")
    wait_until(lambda: "cmd=4&mode=1" in site.writes(), "the relay is told")
    start.kill()
    assert site.fos1.clicks() == []
    node.stop()
    assert len(site.fos1.clicks()) == (2 if topology == "xivo-pbx" else 1), "it has arrived before stop ended"
    assert site.fos1.relay == ("A--D" if topology == "xivo-pbx" else "A--B")


def test_stop_of_a_healthy_owner_waits_for_nothing(site: Site) -> None:
    node = site.node(B)
    node.start()
    site.forget_requests()
    node.begin("stop").finish(within=8)
    assert site.fos1.requests == []
