"""reload-agent: reloadable parameters take effect, and no relay moves."""

from __future__ import annotations

import re

from tests.agent import acted_cluster
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, Site


def test_reload_takes_parameters_over_without_asking_a_device(two: Site) -> None:
    node = two.node(min_devices="1")
    two.fos2.power_off()
    node.start()
    node.monitor(expected=DEGRADED)
    two.forget_requests()
    node.parameters["min_devices"] = "2"
    node.reload()
    assert (two.fos1.requests, two.fos2.requests) == ([], [])
    node.monitor(expected=1)


def test_reload_of_the_watchdog_interval_reaches_the_device(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    node.parameters["watchdog_interval"] = "90"
    node.monitor(depth=10)  # what runs is what was started, until it is reloaded
    node.reload()
    assert pbx.writes("fos1") == ["cmd=2&wintv=90"]
    assert pbx.fos1.events(event="relay")[1:] == []
    node.monitor(depth=10, news=True)


def test_stop_after_a_reload_counts_on_the_new_interval(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    node.parameters["watchdog_interval"] = "900"
    node.reload()
    pbx.fos1.add_fault("refuse")
    said = re.search("fall back by itself within ([0-9]+) s", "".join(node.stop().log))
    assert said is not None
    assert int(said[1]) > 60


def test_reload_reaches_other_devices_when_one_is_off(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), "xivo-pbx")
    node = site.node()
    node.start()
    site.fos1.add_fault("refuse")
    node.parameters["watchdog_interval"] = "90"
    trouble = f"{site.label('fos1')}: watchdog interval not changed to 90 s: connection refused"
    assert node.reload().log == [f"berofos {trouble}"]
    assert site.fos2.settings["wdogitime"] == 90
    site.fos1.clear_faults()
    reason = f"{site.label('fos1')}: wdogitime is 60, expected 90"
    assert node.monitor(expected=DEGRADED, depth=10).reason == reason


def test_reload_without_provision_leaves_the_interval(pbx: Site) -> None:
    pbx.fos1.set_settings({"scenario": 1})
    node = pbx.node(provision="false")
    node.start()
    pbx.forget_requests()
    node.parameters["watchdog_interval"] = "90"
    node.reload()
    assert pbx.fos1.requests == []


def test_reload_kicks_no_device_that_is_not_armed(pbx: Site) -> None:
    node = pbx.node()
    acted_cluster.schedules_monitors(node)
    node.start()
    pbx.forget_requests()
    node.parameters["watchdog_interval"] = "90"
    node.reload()
    assert pbx.fos1.requests == []


def test_reload_that_makes_no_sense_changes_nothing_and_fails_nothing(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    before = node.record.read_text()
    node.parameters["watchdog_interval"] = "soon"
    done = node.reload()
    assert done.log == ["berofos not reloaded: watchdog_interval: 'soon' isn't a whole number from 1 to 65535"]
    assert node.record.read_text() == before


def test_reload_that_waits_for_one_device_goes_on_kicking_the_others(new_site: NewSite) -> None:
    """Those whose interval is the new one already, too: no monitor comes meanwhile."""
    site = new_site(("fos1", "fos2"), "xivo-pbx")
    node = site.node(timeout="2")
    node.start()
    site.fos1.add_fault("refuse")
    node.parameters["watchdog_interval"] = "4"
    node.reload()
    site.fos1.clear_faults()
    site.fos1.add_fault("hang")
    site.forget_requests()
    node.reload()
    assert site.kicks("fos2") >= 3
    assert site.fos2.settings["wdogstate"] == 1
