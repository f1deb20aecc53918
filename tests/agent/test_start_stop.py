"""start and stop: what they do to the devices, whatever the devices do to them."""

from __future__ import annotations

import re

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, D, Site
from tests.support.devices import run_out, shown

FALLBACK = {"wdog": 0, "wdogdef": False, "scenario": False}


def relay_moves(site: Site, name: str = "fos1") -> list[tuple[str, str]]:
    return [(event["from"], event["to"]) for event in site.device(name).events(event="relay")]


@pytest.mark.parametrize("topology", ["two-xivo", "two-xivo-pbx"])
def test_start_at_b_switches_and_provisions_every_device(topology: str, new_site: NewSite) -> None:
    before = {"scenario": 1, "wdogdef": 1, "wdogitime": 600}
    site = new_site(("fos1", "fos2"), topology, settings=before)
    done = site.node().start()
    expected = {**FALLBACK, "mode": True, "modedef": True, "wdogitime": 600}
    for device in site:
        assert device.relay == "A--B"
        assert shown(device, expected) == expected
        assert f"berofos {site.label(device.name)}: relay A--D -> A--B, lines now on xivo-1" in done.log


def test_start_at_d_switches_back(site: Site) -> None:
    site.fos1.set_settings({"mode": 1, "modedef": 1})
    done = site.node(D).start()
    expected = {**FALLBACK, "mode": False, "modedef": False}
    assert (site.fos1.relay, shown(site.fos1, expected)) == ("A--D", expected)
    assert done.log == [f"berofos {site.label('fos1')}: relay A--B -> A--D, lines now on xivo-2"]


def test_start_without_provision_moves_the_relay_and_nothing_else(site: Site) -> None:
    before = site.fos1.settings
    site.node(provision="false").start()
    assert site.writes("fos1") == ["cmd=4&mode=1"]
    assert site.fos1.settings == {**before, "mode": True}


def test_start_where_the_lines_are_writes_nothing(two: Site) -> None:
    two.node().start()
    two.forget_requests()
    again = two.node().start()
    assert (two.writes("fos1"), two.writes("fos2"), again.stderr) == ([], [], "")
    assert [request.what for request in two.fos1.requests] == ["GET /config.txt"]


def test_nodes_take_the_lines_in_turn(site: Site) -> None:
    one, other = site.node(), site.node(D)
    for owner, standby in ((one, other), (other, one)):
        owner.start()
        owner.monitor()
        standby.probe(expected=7)
        owner.stop()
        owner.probe(expected=7)
    assert relay_moves(site) == [("A--D", "A--B"), ("A--B", "A--D")]


def test_start_switches_the_others_when_one_fails(two: Site) -> None:
    two.fos1.power_off()
    node = two.node()
    done = node.start(expected=1)
    assert two.fos2.relay == "A--B"
    assert f"berofos {two.label('fos2')}: relay A--D -> A--B, lines now on xivo-1" in done.log
    node.probe(expected=7)
    node.stop()


def test_start_with_enough_devices_is_a_degraded_success(two: Site) -> None:
    two.fos2.power_off()
    node = two.node(min_devices="1")
    done = node.start()
    trouble = f"{two.label('fos2')}: connection refused, expected A--B"
    assert f"berofos {trouble}" in done.log
    assert node.monitor(expected=DEGRADED).reason == trouble


@pytest.mark.parametrize("fault", ["ignore_switch", "ignore_writes"])
def test_start_repeats_a_write_that_had_no_effect(fault: str, site: Site) -> None:
    site.fos1.add_fault(fault, count=1)
    site.node().start()
    assert (site.fos1.relay, site.fos1.settings["modedef"]) == ("A--B", True)


def test_setting_that_a_device_does_not_take_keeps_no_lines_away(site: Site) -> None:
    site.fos1.add_fault("wrong", values={"modedef": 0})
    node = site.node()
    trouble = f"berofos {site.label('fos1')}: modedef stays 0, expected 1"
    assert trouble in node.start().log
    node.monitor()
    assert "modedef" in node.monitor(expected=DEGRADED, depth=10).reason


def test_start_keeps_what_a_form_like_firmware_would_clear(new_site: NewSite) -> None:
    kept = {"power1def": True, "power2def": True, "wdogaudio": True, "wdogmail": True}
    site = new_site(form_like=True, bool_style="checked", settings={**kept, "wdogdef": True})
    site.node().start()
    expected = {**kept, **FALLBACK, "modedef": True}
    assert (site.fos1.relay, shown(site.fos1, expected)) == ("A--B", expected)


@pytest.mark.parametrize("on", ["read", "write"])
@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("nothing", {}),
        ("late", {"seconds": 3.3}),
        ("truncated", {"content_length": False}),
        ("status", {"status": 500}),
        ("garbage", {}),
        ("empty", {}),
    ],
)
def test_start_gets_over_a_spoiled_answer(fault: str, options: dict[str, float], on: str, site: Site) -> None:
    site.fos1.add_fault(fault, count=1, on=on, **options)
    site.node(timeout="3").start()
    assert site.fos1.relay == "A--B"
    assert relay_moves(site) == [("A--D", "A--B")]


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_login(auth: str, new_site: NewSite) -> None:
    site = new_site(auth=auth, password="a:b %=#é\"'")
    node = site.node()
    node.start()
    node.monitor()
    assert site.fos1.relay == "A--B"
    site.write_config(login="admin:wrong")
    assert node.start(expected=1).reason == f"{site.label('fos1')}: login refused, expected A--B"
    site.write_config(without="login")
    reason = f"{site.label('fos1')}: login demanded, none configured, expected A--B"
    assert node.start(expected=1).reason == reason


def test_start_that_fails_validation_touches_no_device(two: Site) -> None:
    node = two.node(devices="fos1 fos2 fos3")
    node.start(expected=5)
    two.write_config(without="[fos2]")
    two.node().start(expected=5)
    two.write_config()
    two.node("xivo-3").start(expected=5)
    two.node(topology="xivo-pbx").start(expected=6)
    assert (two.fos1.requests, two.fos2.requests) == ([], [])


def test_start_takes_all_devices_of_the_config(two: Site) -> None:
    two.node(devices="all").start()
    assert [device.relay for device in two] == ["A--B", "A--B"]


def test_start_and_stop_may_be_repeated(site: Site) -> None:
    node = site.node()
    for _ in range(2):
        node.start()
        node.monitor()
    for _ in range(2):
        node.stop()
        node.probe(expected=7)


def test_stop_asks_no_device_and_leaves_the_relay(site: Site) -> None:
    node = site.node()
    node.start()
    site.forget_requests()
    assert node.stop().stderr == ""
    assert (site.fos1.requests, site.fos1.relay) == ([], "A--B")


def test_stop_with_bypass_gives_the_lines_to_d(site: Site) -> None:
    node = site.node(on_stop="bypass")
    node.start()
    done = node.stop()
    assert site.fos1.relay == "A--D"
    assert done.log == [f"berofos {site.label('fos1')}: relay A--B -> A--D, lines now on xivo-2"]
    site.forget_requests()
    node.stop()
    assert site.writes("fos1") == []


def test_stop_that_failed_can_be_repeated_when_the_device_is_back(site: Site) -> None:
    node = site.node(on_stop="bypass")
    node.start()
    site.fos1.add_fault("refuse")
    assert node.stop(expected=1).reason == f"{site.label('fos1')}: connection refused, expected A--D"
    site.fos1.clear_faults()
    node.stop()
    assert site.fos1.relay == "A--D"


def test_stop_with_bypass_hands_over_the_other_devices_when_one_is_off(two: Site) -> None:
    node = two.node(on_stop="bypass")
    node.start()
    two.fos1.add_fault("refuse")
    node.stop(expected=1)
    assert (two.fos1.relay, two.fos2.relay) == ("A--B", "A--D")


# One XiVO in front of a PBX: the device's own watchdog guards the node.


def test_start_before_a_pbx_arms_the_watchdog_last(pbx: Site) -> None:
    done = pbx.node(watchdog_interval="45").start()
    assert pbx.writes("fos1") == [
        "cmd=1&sz=1", "cmd=1&rm=1", "cmd=2&wen=1", "cmd=2&wintv=45", "cmd=4&mode=1", "cmd=6&wen=1"
    ]  # fmt: skip
    assert done.log == [f"berofos {pbx.label('fos1')}: relay A--D -> A--B C--D, lines now on xivo-1"]
    assert pbx.fos1.events(event="watchdog armed")[-1]["interval"] == 45


def test_monitor_kicks_the_watchdog(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    node.monitor()
    assert pbx.kicks("fos1") == 1
    assert pbx.writes("fos1") == []


def test_watchdog_is_not_kicked_while_the_relay_is_elsewhere(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.set_settings({"mode": 0})
    pbx.forget_requests()
    node.monitor(expected=1)
    assert pbx.kicks("fos1") == 0


def test_watchdog_that_ran_out_is_a_failure_that_a_restart_mends(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    run_out(pbx.fos1)
    reason = f"{pbx.label('fos1')}: watchdog ran out, relay is A--D, expected A--B C--D"
    assert node.monitor(expected=1).reason == reason
    assert node.tools.attributes["berofos-fos1"] == "A--D (watchdog ran out)"
    node.stop()
    node.start()
    node.monitor()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--B C--D", 1)


def test_stop_before_a_pbx_disarms_first(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    done = node.stop()
    assert pbx.writes("fos1") == ["cmd=6&wen=0", "cmd=4&mode=0"]
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--D", 0)
    assert done.log == [f"berofos {pbx.label('fos1')}: relay A--B C--D -> A--D, lines now on the PBX"]


def test_stop_leaves_an_armed_device_that_is_unreachable_to_its_watchdog(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("refuse")
    done = node.stop()
    trouble = f"berofos {pbx.label('fos1')}: connection refused, expected A--D"
    ending = "; its watchdog makes it fall back by itself within ([0-9]+) s"
    said = re.fullmatch(re.escape(trouble) + ending, "".join(done.log))
    assert said is not None
    assert 0 < int(said[1]) <= 60
    node.probe(expected=7)


def test_stop_does_not_rely_on_a_watchdog_that_it_has_turned_off(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("truncated", on="read", count=1, length=100_000)  # all of it
    pbx.fos1.add_fault("truncated", on="read")
    assert "answer cut short" in node.stop(expected=1).reason
    assert pbx.writes("fos1")[-2:] == ["cmd=6&wen=0", "cmd=4&mode=0"]
    pbx.fos1.add_fault("refuse")
    assert node.stop(expected=1).reason == f"{pbx.label('fos1')}: connection refused, expected A--D"
    pbx.fos1.clear_faults()
    node.stop()


def test_stop_is_unsafe_when_the_watchdog_is_off_and_the_relay_still_here(pbx: Site) -> None:
    """It is turned off first: from then on it is no excuse."""
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("ignore_switch")
    reason = f"{pbx.label('fos1')}: relay stays A--B C--D, expected A--D"
    assert node.stop(expected=1).reason == reason
    pbx.fos1.power_off()
    assert node.stop(expected=1).reason == f"{pbx.label('fos1')}: connection refused, expected A--D"
    pbx.fos1.power_on()
    pbx.fos1.clear_faults()
    node.stop()
    assert pbx.fos1.relay == "A--D"


def test_stop_names_every_device_that_does_not_hand_over(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    node = site.node()
    node.start()
    for device in site:
        device.add_fault("ignore_switch")
    trouble = "relay stays A--B C--D, expected A--D"
    assert [f"berofos stop failed: {site.label('fos1')}: {trouble}; {site.label('fos2')}: {trouble}"] == [
        line for line in node.stop(expected=1).log if "failed" in line
    ]


def test_stop_after_a_start_that_never_reached_the_device_succeeds(pbx: Site) -> None:
    pbx.fos1.power_off()
    node = pbx.node()
    node.start(expected=1)
    assert node.stop().log == [f"berofos {pbx.label('fos1')}: connection refused, expected A--D"]


def test_stop_without_config_leaves_an_armed_device_to_its_watchdog(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.config.unlink()
    done = node.stop()
    assert "its watchdog makes it fall back by itself within" in "".join(done.log)


def test_stop_with_keep_leaves_the_watchdog_armed(pbx: Site) -> None:
    node = pbx.node(on_stop="keep")
    node.start()
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--B C--D", 1)


def test_start_with_little_time_left_on_the_watchdog_restarts_it(pbx: Site) -> None:
    node = pbx.node(on_stop="keep")
    node.start()
    node.stop()
    pbx.forget_requests()
    node.start()
    assert (pbx.kicks("fos1") > 0, pbx.writes("fos1")) == (True, [])


def test_watchdog_interval_has_to_go_with_the_monitors(pbx: Site) -> None:
    node = pbx.node(watchdog_interval="15")
    monitors = '<op name="monitor" interval="10s"/><op name="monitor" interval="1min"/>'
    resource = f'<resources><primitive id="lines"><operations>{monitors}</operations></primitive></resources>'
    node.tools.put("cibadmin", f"echo '{resource}'")
    problem = "watchdog_interval: 15 s is less than twice the monitor interval, 10 s; set it to 20 or more"
    assert node.validate(expected=6, level=10).reason == problem
    assert f"berofos {problem}" in node.start().log
    node.parameters["watchdog_interval"] = "20"
    node.validate(level=10)


def test_start_before_a_pbx_needs_the_mac(pbx: Site) -> None:
    pbx.write_config(without="mac")
    reason = f"{pbx.config}: section [fos1] has no mac, needed to kick its watchdog; find it with berofos scan"
    assert pbx.node().start(expected=5).reason == reason
    assert pbx.fos1.requests == []


def test_wrong_mac_is_told(pbx: Site) -> None:
    pbx.config.write_text(pbx.section(pbx.fos1).replace(pbx.fos1.spec.mac, "00:19:32:00:00:99"))
    trouble = f"{pbx.label('fos1')}: watchdog kick to its mac not answered"
    node = pbx.node(timeout="2")
    assert node.start(expected=1).reason == trouble
    pbx.write_config()
    node.start()
    pbx.config.write_text(pbx.section(pbx.fos1).replace(pbx.fos1.spec.mac, "00:19:32:00:00:99"))
    assert node.monitor(expected=DEGRADED).reason == trouble


def test_any_node_can_stand_before_a_pbx_unless_one_is_named(pbx: Site) -> None:
    pbx.node("xivo-9", port_b_node="").start()
    assert pbx.fos1.relay == "A--B C--D"
    reason = "node xivo-9 isn't wired to the relay (xivo-1 on B); keep the resource off it"
    assert pbx.node("xivo-9").start(expected=5).reason == reason
