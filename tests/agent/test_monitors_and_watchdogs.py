"""An armed watchdog that nobody kicks drops the calls: it is armed only where Pacemaker will monitor."""

from __future__ import annotations

import time

import pytest

from tests.agent.acted_cluster import resource, schedules_monitors, shows
from tests.agent.site import DEGRADED, Site

NOT_ARMED = (
    "watchdog not armed, as Pacemaker has no monitor for it or too rare ones; give it one twice per watchdog_interval"
)


@pytest.mark.parametrize("monitors", [(), (31,), (600, 45)], ids=["none, or disabled", "too rare", "all too rare"])
def test_watchdog_is_not_armed_where_nobody_will_kick(monitors: tuple[float, ...], pbx: Site) -> None:
    node = pbx.node(watchdog_interval="60")
    schedules_monitors(node, *monitors)
    assert f"berofos {NOT_ARMED}" in node.start().log
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--B C--D", 0)
    assert pbx.fos1.settings["wdogdef"] is False
    node.stop()
    assert pbx.fos1.relay == "A--D"


@pytest.mark.parametrize("monitors", [(10,), (30,), (600, 10)])
def test_watchdog_is_armed_where_a_monitor_comes_often_enough(monitors: tuple[float, ...], pbx: Site) -> None:
    node = pbx.node(watchdog_interval="60")
    schedules_monitors(node, *monitors)
    assert NOT_ARMED not in node.start().stderr
    assert pbx.fos1.settings["wdogstate"] == 1


def test_watchdog_is_armed_where_pacemaker_can_not_be_asked(pbx: Site) -> None:
    pbx.node().start()
    assert pbx.fos1.settings["wdogstate"] == 1


def test_validate_all_says_that_a_monitor_is_missing(pbx: Site) -> None:
    node = pbx.node()
    schedules_monitors(node)
    shows(node, resource())
    assert "lines has no monitor, so nobody would kick" in node.validate(expected=6, level=10).reason


def test_probe_does_not_arm_and_a_rare_monitor_says_so_each_time(pbx: Site) -> None:
    node = pbx.node()
    schedules_monitors(node)
    node.start()
    node.begin("monitor").finish(None)
    assert pbx.fos1.settings["wdogstate"] == 0
    node.begin("monitor", interval=600).finish(DEGRADED)
    done = node.begin("monitor", interval=600).finish(DEGRADED)
    assert done.reason.startswith("watchdog not armed")
    assert pbx.fos1.settings["wdogstate"] == 0


def test_shorter_interval_is_written_between_two_kicks(pbx: Site) -> None:
    """The countdown may be past it already: the device would fall back as it is written."""
    node = pbx.node(on_stop="keep", watchdog_interval="60")
    node.start()
    node.stop()
    time.sleep(5)
    node.parameters["watchdog_interval"] = "4"
    pbx.forget_requests()
    node.start()
    assert pbx.fos1.events(event="watchdog ran out") == []
    asked = [request.what for request in pbx.fos1.requests if request.write]
    written = next(place for place, what in enumerate(asked) if "wintv=4" in what)
    assert "kick" in asked[:written]
    assert "kick" in asked[written:]


def test_keep_stop_kicks_while_it_waits(pbx: Site) -> None:
    """A write of a killed start is still on its way; the watchdog is short."""
    node = pbx.node(on_stop="keep", watchdog_interval="4")
    node.start()
    text = node.record.read_text()
    clock = time.clock_gettime(time.CLOCK_BOOTTIME)
    node.record.write_text(text.replace('"told_at": null', f'"told_at": {clock}'))
    pbx.forget_requests()
    node.stop()
    assert pbx.kicks() >= 5
    assert pbx.fos1.events(event="watchdog ran out") == []
