"""monitor: what becomes of the resource, and what administrators see, when things change under it."""

from __future__ import annotations

import os
from pathlib import Path

from berofos_ra.resource.record import read_record, write_record
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, D, Node, Site
from tests.support.devices import run_out


def test_relay_moved_by_hand_is_a_failure_that_a_restart_mends(site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.set_settings({"mode": 0})
    reason = f"{site.label('fos1')}: relay is A--D, expected A--B"
    assert node.monitor(expected=1).reason == reason
    assert site.fos1.relay == "A--D"
    node.stop()
    node.start()
    node.monitor()
    assert site.fos1.relay == "A--B"


def test_unplugged_device_is_trusted_until_it_is_back(site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.add_fault("unplugged")
    node.parameters["timeout"] = "1"
    trouble = f"{site.label('fos1')}: no answer within 1 s, expected A--B"
    unplugged = node.monitor(expected=DEGRADED)
    assert (unplugged.reason, unplugged.log) == (trouble, [f"berofos {trouble}"])
    assert node.tools.attributes["berofos-fos1"] == "unreachable"
    assert site.fos1.relay == "A--B"
    site.fos1.clear_faults()
    del node.parameters["timeout"]
    assert node.monitor(news=True).log == [f"berofos all is well again (was: {trouble})"]
    assert node.tools.attributes["berofos-fos1"] == "A--B"
    node.monitor()


def test_lasting_trouble_is_logged_once(two: Site) -> None:
    node = two.node()
    node.start()
    two.fos1.power_off()
    assert len(node.monitor(expected=DEGRADED).log) == 1
    assert node.monitor(expected=DEGRADED).log == []
    two.fos2.power_off()
    assert len(node.monitor(expected=DEGRADED).log) == 1


def test_device_that_was_wrong_is_not_trusted(site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.set_settings({"mode": 0})
    node.monitor(expected=1)
    site.fos1.add_fault("refuse")
    assert node.monitor(expected=1).reason == f"{site.label('fos1')}: connection refused, expected A--B"


def test_device_that_was_never_right_is_not_trusted(two: Site) -> None:
    node = two.node(min_devices="1")
    two.fos2.power_off()
    node.start()
    node.parameters["min_devices"] = "2"
    node.monitor(expected=1)


def test_device_that_comes_back_on_the_wrong_side_is_switched(two: Site) -> None:
    node = two.node(min_devices="1")
    two.fos2.power_off()
    node.start()
    node.monitor(expected=DEGRADED)
    two.fos2.power_on()
    assert two.fos2.relay == "A--D"
    done = node.monitor(news=True)
    assert f"berofos {two.label('fos2')}: relay A--D -> A--B, lines now on xivo-1" in done.log
    assert (two.fos2.relay, two.fos2.settings["modedef"]) == ("A--B", True)
    assert node.tools.attributes["berofos-fos2"] == "A--B"
    node.monitor(depth=10)


def test_devices_that_come_back_are_left_alone_when_no_other_is_right(two: Site) -> None:
    """The lines may have gone to the other node meanwhile: nothing here says that they are still ours."""
    node = two.node(min_devices="1")
    node.start()
    two.forget_requests()
    for device in two:
        device.set_settings({"mode": 0})
        device.add_fault("refuse")
    node.monitor(expected=DEGRADED)
    two.fos2.clear_faults()
    node.monitor(expected=DEGRADED)  # fos1 is trusted, which is no proof
    assert (two.writes("fos2"), two.fos2.relay) == ([], "A--D")


def test_devices_that_come_back_together_on_the_wrong_side_are_a_failure(two: Site) -> None:
    node = two.node()
    node.start()
    two.forget_requests()
    for device in two:
        device.power_off()
    node.monitor(expected=DEGRADED)
    for device in two:
        device.power_on()
        device.set_settings({"mode": 0})
    node.monitor(expected=1)
    assert (two.writes("fos1"), two.writes("fos2")) == ([], [])


def test_device_that_was_there_all_the_time_is_left_where_a_hand_put_it(two: Site) -> None:
    node = two.node(min_devices="1")
    node.start()
    two.forget_requests()
    two.fos2.set_settings({"mode": 0})
    for _ in range(2):
        assert "relay is A--D, expected A--B" in node.monitor(expected=DEGRADED).reason
    assert (two.writes("fos2"), two.fos2.relay) == ([], "A--D")


def test_drift_is_seen_in_depth_only_and_never_reported_as_well_again_before_it_is(site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.set_settings({"modedef": 0, "wdogdef": 1})
    drift = f"{site.label('fos1')}: wdogdef is 1, expected 0, modedef is 0, expected 1"
    node.monitor()
    assert node.monitor(expected=DEGRADED, depth=10).log == [f"berofos {drift}"]
    node.monitor()
    assert node.monitor(expected=DEGRADED, depth=10).log == []
    site.fos1.set_settings({"modedef": 1, "wdogdef": 0})
    node.monitor()
    assert node.monitor(depth=10, news=True).log == [f"berofos all is well again (was: {drift})"]
    node.monitor(depth=10)


def test_drift_is_not_forgotten_over_other_trouble(two: Site) -> None:
    node = two.node()
    node.start()
    two.fos1.set_settings({"modedef": 0})
    node.monitor(expected=DEGRADED, depth=10)
    two.fos2.add_fault("refuse")
    trouble = f"{two.label('fos2')}: connection refused, expected A--B"
    assert node.monitor(expected=DEGRADED, depth=10).log == [f"berofos {trouble}"]
    two.fos2.clear_faults()
    assert node.monitor(expected=DEGRADED, depth=10).log == [f"berofos over (was: {trouble})"]


def test_watchdog_turned_off_is_seen_at_once(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.set_settings({"wdog": 0})
    assert node.monitor(expected=DEGRADED).reason == f"{pbx.label('fos1')}: watchdog is off, expected on"


def as_if_kicked_long_ago(node: Node) -> None:
    path = node.record
    record = read_record(path)
    assert record is not None
    for name, device in record.devices.items():
        assert device.watchdog_interval is not None
        record = record.with_device(name, device._replace(kicked=device.kicked - device.watchdog_interval))
    write_record(path, record)


def test_unreachable_device_is_not_trusted_when_its_watchdog_must_have_run_out(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    run_out(pbx.fos1)
    as_if_kicked_long_ago(node)
    pbx.fos1.add_fault("refuse")
    pbx.fos1.add_fault("silent", face="gbl4")
    node.parameters["timeout"] = "1"
    reason = f"{pbx.label('fos1')}: connection refused, expected A--B C--D; its watchdog must have run out"
    assert node.monitor(expected=1).reason == reason


def test_unreachable_device_is_kicked_all_the_same(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("refuse")
    pbx.forget_requests()
    node.monitor(expected=DEGRADED)
    assert pbx.kicks("fos1") >= 1


def test_config_that_others_can_read_is_reported_but_not_at_every_monitor(new_site: NewSite) -> None:
    site = new_site(password="secret")
    site.config.chmod(0o644)
    node = site.node()
    warning = f"berofos {site.config} holds passwords and others can read it; chmod 0600 {site.config}"
    assert warning in node.start().log
    assert warning in node.validate(level=10).log
    node.monitor()


# What crm_mon -A shows.


def test_attributes_are_set_only_when_they_change(two: Site) -> None:
    node = two.node()
    node.start()
    assert node.tools.attributes == {"berofos-fos1": "A--B", "berofos-fos2": "A--B", "berofos-ready": "yes"}
    node.tools.forget()
    node.monitor()
    node.monitor(depth=10)
    assert node.tools.updates == []
    two.fos2.set_settings({"mode": 0})
    node.monitor(expected=1)
    node.monitor(expected=1)
    assert node.tools.updates == [("berofos-fos2", "A--D")]


def test_attributes_are_refreshed_by_a_probe_and_gone_after_stop(two: Site) -> None:
    node = two.node()
    node.start()
    node.tools.forget()
    node.probe(expected=0)
    assert node.tools.attributes == {"berofos-fos1": "A--B", "berofos-fos2": "A--B", "berofos-ready": "yes"}
    node.stop()
    assert node.tools.attributes == {"berofos-ready": "yes"}


def test_attributes_that_could_not_be_set_are_set_later(site: Site) -> None:
    node = site.node()
    node.tools.put("attrd_updater", "exit 102")
    node.start()
    node.monitor()
    node.tools.put("attrd_updater")
    node.tools.forget()
    node.monitor()
    assert node.tools.attributes == {"berofos-fos1": "A--B", "berofos-ready": "yes"}


def test_attributes_that_could_be_set_are_not_set_again_for_others_that_could_not(two: Site) -> None:
    """With many devices and a slow cluster it would never come to an end."""
    node = two.node()
    node.tools.put("attrd_updater", '[ "$2" != berofos-fos2 ]')
    node.start()
    node.tools.forget()
    node.tools.put("attrd_updater")
    node.monitor()
    assert node.tools.updates == [("berofos-fos2", "A--B")]


def test_a_thorough_monitor_brings_back_attributes_that_pacemaker_has_lost(site: Site) -> None:
    node = site.node()
    node.start()
    node.monitor()
    assert node.tools.resends == 0
    node.monitor(depth=10)
    assert node.tools.resends == 1


def test_a_standby_tells_a_pacemaker_that_was_started_since_once_more(site: Site) -> None:
    node = site.node(D)
    node.watch_standby()
    node.tools.forget()
    for file in node.run_directory.glob("berofos-*"):
        os.utime(file, (1, 1))  # by the boot clock: long before whatever runs the agent now
    assert node.watch_standby().log == []
    assert node.tools.updates == [("berofos-ready", "yes")]
    assert len(node.tools.private_updates) == 1
    node.watch_standby()
    assert len(node.tools.calls) == 2


def test_attribute_of_a_watchdog_shows_seconds_only_when_they_run_low(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    assert node.tools.attributes["berofos-fos1"] == "A--B C--D (watchdog on)"
    node.monitor()
    assert len(node.tools.updates) == 2
    pbx.fos1.add_fault("wrong", values={"wdogrtime": 9}, count=1)
    node.monitor()
    assert node.tools.attributes["berofos-fos1"] == "A--B C--D (watchdog 9 s)"


def test_attribute_says_what_is_wrong_with_a_device(site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.set_settings({"pwd": 1, "apwd": "secret"})
    node.monitor(expected=DEGRADED)
    assert node.tools.attributes["berofos-fos1"] == "login demanded, none configured"


def test_hanging_attrd_does_not_hold_an_action_up(two: Site) -> None:
    """A timeout of Pacemaker's would kill the action and make it a failure."""
    node = two.node()
    node.tools.hang("attrd_updater")
    seconds = 16
    for action in ("start", "monitor", "stop"):
        running = node.begin(action, interval=10 if action == "monitor" else None, timeout=seconds)
        running.finish(within=seconds)


# The node that doesn't run the resource.


def test_standby_tells_whether_it_could_take_over(two: Site) -> None:
    node = two.node(D)
    node.watch_standby()
    assert node.tools.updates == [("berofos-ready", "yes")]
    node.watch_standby()
    assert len(node.tools.updates) == 1
    two.fos2.add_fault("refuse")
    trouble = f"{two.label('fos2')}: connection refused"
    assert node.watch_standby().log == [f"berofos xivo-2 couldn't hold the relay: {trouble}"]
    assert node.watch_standby().log == []
    assert node.tools.updates[1:] == [("berofos-ready", f"no: {trouble}")]
    two.fos2.clear_faults()
    assert node.watch_standby().log == ["berofos xivo-2 could hold the relay again"]
    assert node.tools.attributes == {"berofos-ready": "yes"}
    node.probe()
    node.watch_standby()
    assert len(node.tools.updates) == 4


def test_standby_tells_what_it_lacks(new_site: NewSite, folder: Path) -> None:
    site = new_site(password="secret")
    node = site.node(D)

    def ready() -> str:
        node.watch_standby()
        return node.tools.attributes["berofos-ready"]

    assert ready() == "yes"
    site.write_config(login="admin:wrong")
    assert ready() == f"no: {site.label('fos1')}: login refused"
    site.write_config(without="[")
    assert ready() == f"no: {site.config}: line 1: expected a section such as [fos1] before it"
    site.config.unlink()
    assert ready() == f"no: {site.config}: no such file; list the berofos devices there"
    site.write_config()
    node.parameters["port_d_node"] = "xivo-3"
    assert ready() == "no: node xivo-2 isn't wired to the relay (xivo-1 on B, xivo-3 on D); keep the resource off it"
    node.parameters["topology"] = "star"
    assert ready() == "no: topology: 'star' is none of two-xivo, two-xivo-pbx, xivo-pbx"


def test_standby_monitor_moves_and_writes_nothing(site: Site) -> None:
    site.node(D).watch_standby()
    assert [request.what for request in site.fos1.requests] == ["GET /config.txt"]


def test_owner_is_ready_while_its_monitor_is_content(site: Site) -> None:
    node = site.node()
    site.fos1.add_fault("refuse")
    node.watch_standby()
    assert node.tools.attributes["berofos-ready"].startswith("no: ")
    site.fos1.clear_faults()
    node.start()
    assert node.tools.attributes["berofos-ready"] == "yes"
