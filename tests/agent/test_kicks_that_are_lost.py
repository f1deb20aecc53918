"""Kicks, or answers to them, that get lost: silence neither disarms a device nor makes it somebody else's."""

from __future__ import annotations

import json
import os

from berofos_ra.resource.record import DeviceRecord
from berofos_ra.resource.record_file import kick_stamp, read_record
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, Node, Site

HERE, AWAY = "A--B C--D", "A--D"


def let_time_pass(node: Node, seconds: float) -> None:
    """As if all that the record knows had been so much earlier."""
    record = json.loads(node.record.read_text())
    for name, device in record["devices"].items():
        device["kicked"] -= seconds
        device["kick_sent"] -= seconds
        stamp = kick_stamp(node.record, name)
        times = stamp.stat()
        os.utime(stamp, (times.st_atime - seconds, times.st_mtime - seconds))
    node.record.write_text(json.dumps(record))


def device_record(node: Node, name: str = "fos1") -> DeviceRecord:
    record = read_record(node.record)
    assert record is not None
    return record.devices[name]


def test_device_whose_answers_to_kicks_are_lost_is_given_away(pbx: Site) -> None:
    """Its countdown begins anew with each kick that it hears, and nobody else was it."""
    node = pbx.node()
    node.start()
    let_time_pass(node, 20)
    pbx.fos1.add_fault("bad_checksum", face="gbl4", on="write")
    node.monitor(expected=DEGRADED)
    assert device_record(node).kick_sent > device_record(node).kicked
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == (AWAY, 0)


def test_another_box_at_its_address_is_not_given_away(pbx: Site) -> None:
    """It answers, but not with the MAC of what was started."""
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("new_mac", face="gbl4")
    node.monitor(expected=DEGRADED)
    pbx.forget_requests()
    node.stop()
    assert pbx.writes() == []
    assert pbx.fos1.relay == HERE


def test_device_that_is_silent_by_gbl4_is_given_away(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("silent", face="gbl4")
    node.monitor(expected=DEGRADED)
    node.stop()
    assert pbx.fos1.relay == AWAY


def test_device_that_start_armed_and_lost_then_goes_on_being_kicked(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    node = site.node()
    site.fos2.add_fault("silent", face="gbl4", on="write")  # it answers the check's ping, and no kick
    node.start()
    assert [device.settings["wdogstate"] for device in site] == [1, 1]
    site.fos2.clear_faults()
    site.forget_requests()
    node.monitor()
    assert site.kicks("fos2") >= 1
    assert not device_record(node, "fos2").arming
    node.stop()
    assert [(device.relay, device.settings["wdogstate"]) for device in site] == [(AWAY, 0), (AWAY, 0)]


def test_device_that_may_be_armed_is_kicked_even_if_it_can_not_be_asked(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    node = site.node()
    site.fos2.add_fault("silent", face="gbl4", on="write")
    node.start()
    site.fos2.clear_faults()
    site.fos2.add_fault("refuse")
    site.forget_requests()
    node.monitor(expected=DEGRADED)
    assert site.kicks("fos2") >= 1


def test_stop_does_not_rely_on_a_watchdog_that_somebody_turned_off(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.set_settings({"wdog": 0})
    node.monitor(expected=DEGRADED)
    pbx.fos1.add_fault("refuse")
    assert pbx.label("fos1") in node.stop(expected=1).reason


def test_stop_relies_on_it_again_once_it_is_armed_again(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.set_settings({"wdog": 0})
    node.monitor(expected=DEGRADED)
    pbx.fos1.set_settings({"wdog": 1})
    node.monitor(news=True)
    pbx.fos1.add_fault("refuse")
    node.stop()


def test_one_that_somebody_else_has_armed_again_is_known_by_our_own_kicks(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.set_settings({"wdog": 0})
    node.monitor(expected=DEGRADED)
    before = device_record(node, "fos1")
    pbx.fos1.set_settings({"wdog": 1, "wdogitime": 3600})
    node.begin("monitor", interval=10).finish(None)
    after = device_record(node, "fos1")
    assert (before.turned_off, after.turned_off) == (True, False)
    assert after.watchdog_interval == before.watchdog_interval


def test_stop_does_not_rely_on_a_watchdog_that_was_never_seen_armed(new_site: NewSite) -> None:
    """The relay came, the watchdog perhaps not: nobody knows whether the device would fall back."""
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    node = site.node()
    site.fos2.add_fault("reboot", settings=["mode"], seconds=3600)
    node.start()
    done = node.stop(expected=1)
    assert site.label("fos2") in done.reason
    assert site.label("fos1") not in done.reason


def test_record_promises_no_longer_watchdog_than_the_last_kick_gave(pbx: Site) -> None:
    """What a monitor finds comes later than its kick, and is no kick."""
    node = pbx.node()
    node.start()
    pbx.fos1.set_settings({"modedef": 0})  # so that the record is written
    pbx.fos1.add_fault("late", seconds=2, on="read", count=1)
    node.monitor(expected=DEGRADED, depth=10)
    promised = json.loads(node.record.read_text())["devices"]["fos1"]["kicked"]
    assert promised <= kick_stamp(node.record, "fos1").stat().st_mtime + 0.01
