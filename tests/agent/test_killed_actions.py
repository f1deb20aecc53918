"""Actions that are killed in the middle, as Pacemaker does with those that take too long."""

from __future__ import annotations

import random

import pytest

from berofos_ra.resource.record import read_record
from tests.agent.aftermath import (
    AWAY,
    assert_stop_and_start_put_it_right,
    assert_the_next_monitor_tells_the_truth,
    begin,
)
from tests.agent.conftest import NewSite
from tests.agent.site import Running, Site
from tests.support.waiting import wait_until

SEED = 20


def kill_points(requests: int, count: int) -> list[int]:
    """After how many requests to kill: some, always the same, among them before the first and after the last."""
    chosen = random.Random(SEED).sample(range(1, requests), count - 2)
    return [0, *sorted(chosen), requests]


def kill_after(requests: int, running: Running, site: Site) -> None:
    """Kill the action as soon as the devices were asked that often; maybe it is faster than we."""
    ended = running.process.poll
    wait_until(lambda: len(site.fos1.requests) >= requests or ended() is not None, f"{requests} requests")
    running.kill()


@pytest.mark.parametrize("requests", kill_points(8, 6))
def test_start_that_is_killed(requests: int, new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx", latency=0.02)
    node = site.node()
    kill_after(requests, node.begin("start"), site)
    assert_the_next_monitor_tells_the_truth(site, node)
    assert_stop_and_start_put_it_right(site, node)


def test_start_under_way_owns_nothing_yet(pbx: Site) -> None:
    node = pbx.node()
    pbx.fos1.add_fault("hang")
    start = node.begin("start")
    wait_until(lambda: pbx.fos1.requests, "the device is asked")
    known = read_record(node.record)
    assert known is not None
    assert not known.owned
    start.kill()
    node.probe(expected=7)
    pbx.fos1.add_fault("refuse")
    node.stop(expected=1)  # something may have been written to it


@pytest.mark.parametrize("requests", kill_points(4, 4))
@pytest.mark.parametrize("action", ["stop", "monitor", "reload-agent"])
def test_action_of_the_owner_that_is_killed(action: str, requests: int, new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx", latency=0.02)
    node = site.node()
    node.start()
    site.forget_requests()
    node.parameters["watchdog_interval"] = "50"
    kill_after(requests, begin(node, action), site)
    done = assert_the_next_monitor_tells_the_truth(site, node)
    if action != "stop":
        assert done.code == 0
    assert_stop_and_start_put_it_right(site, node)


def test_stop_after_a_start_that_was_killed_with_the_watchdog_armed(pbx: Site) -> None:
    """Nothing says that it was armed; the device is asked, and not left to fall back at some time."""
    node = pbx.node()
    pbx.fos1.add_fault("silent", face="gbl4")
    start = node.begin("start")
    wait_until(lambda: pbx.fos1.settings["wdogstate"] == 1, "the watchdog is armed")
    start.kill()
    node.probe(expected=7)
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == (AWAY, 0)
