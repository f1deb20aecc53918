"""Devices in trouble: what crm_mon says of it, that asterisk doesn't notice, and how they come back."""

from __future__ import annotations

import pytest

from tests.cluster.scenario import ASTERISK, FOS1, FOS2, RELAY, SHOWN_ON_B, SHOWN_ON_D, Scenario, both
from tests.lab.cluster import Code
from tests.support.examples import quick_example


def _assert_asterisk_undisturbed(running: Scenario, pid: str, node: str = "xivo-1") -> None:
    assert running.asterisk(node) == pid
    assert running.actions(ASTERISK) == []


def test_a_relay_moved_by_hand_is_put_right(running: Scenario) -> None:
    asterisk = running.asterisk("xivo-1")
    running.lab.devices.set_settings("fos2", {"mode": False})
    running.wait_for(lambda: running.lab.devices.relay("fos2") == "A--B", "fos2 put right")
    running.wait_attribute("xivo-1", "berofos-fos2", "A--B")
    running.wait_running("xivo-1")
    # fos1 was right all the time: nothing is stopped for fos2.
    assert running.actions(RELAY) == []
    assert running.relay_changes() == {"fos2": ["A--B -> A--D by hand", "A--D -> A--B by xivo-1"]}
    assert running.switches_logged("xivo-1") == [f"berofos {FOS2}: relay A--D -> A--B, lines now on xivo-1"]
    assert running.device_attributes("xivo-1") == SHOWN_ON_B
    _assert_asterisk_undisturbed(running, asterisk)
    running.wait_no_failures()


def test_nothing_moves_when_a_device_is_unplugged(running: Scenario) -> None:
    asterisk = running.asterisk("xivo-1")
    running.lab.devices.unplug("fos2")
    running.wait_failure("xivo-1", "monitor", Code.DEGRADED, f"{FOS2}: ", "expected A--B")
    running.wait_attribute("xivo-1", "berofos-fos2", "unreachable")
    running.wait_looks("xivo-1", "fos1")
    assert running.relay().node == "xivo-1"
    assert running.lab.node_attributes("xivo-1")["berofos-fos1"] == "A--B"

    running.lab.devices.plug_in("fos2")
    running.wait_attribute("xivo-1", "berofos-fos2", "A--B")
    running.lab.node("xivo-1").run("crm resource cleanup berofos-relay")
    running.wait_running("xivo-1")
    running.wait_looks("xivo-1", "fos2", 1)
    assert running.relay().failures == ()
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == []
    _assert_asterisk_undisturbed(running, asterisk)


def test_a_device_without_power_degrades_and_comes_back_on_the_active_node(running: Scenario) -> None:
    asterisk = running.asterisk("xivo-1")
    running.lab.devices.power("fos2", False)
    running.wait_failure("xivo-1", "monitor", Code.DEGRADED, f"{FOS2}: ", "expected A--B")
    running.wait_attribute("xivo-1", "berofos-fos2", "unreachable")
    running.wait_attribute("xivo-2", "berofos-ready", f"no: {FOS2}: connection refused")
    running.wait_looks("xivo-1", "fos1")
    assert running.relay().node == "xivo-1"

    running.lab.devices.power("fos2", True)
    running.wait_attribute("xivo-1", "berofos-fos2", "A--B")
    running.wait_attribute("xivo-2", "berofos-ready", "yes")
    running.wait_looks("xivo-1", "fos2")
    assert running.relay_changes() == {"fos2": ["A--B -> A--D power off", "A--D -> A--B power on"]}
    assert running.actions(RELAY) == []
    _assert_asterisk_undisturbed(running, asterisk)


def test_where_all_devices_are_needed_a_failover_waits_for_the_one_that_is_off(scenario: Scenario) -> None:
    scenario.load(quick_example().replace("topology=", "min_devices=0 topology="))
    running, node = scenario, scenario.lab.node("xivo-1")
    running.lab.devices.power("fos2", False)
    running.wait_attribute("xivo-2", "berofos-ready", f"no: {FOS2}: connection refused")
    node.run("crm node standby xivo-1")
    running.wait_failure("xivo-2", "start", Code.ERROR, f"{FOS2}: ")
    running.lab.wait_started(ASTERISK, "xivo-2")
    asterisk = running.asterisk("xivo-2")

    # Even with another node to go to, asterisk stays.
    node.run("crm node online xivo-1")
    running.wait_for(lambda: running.actions(RELAY, "xivo-2").count("start") >= 2, "start tried again")
    assert running.asterisk("xivo-2") == asterisk
    assert running.relay_changes() == {"fos2": ["A--B -> A--D power off"]}  # nothing is clicked for nothing

    running.lab.devices.power("fos2", True)
    running.wait_running("xivo-2")
    running.wait_no_failures()
    assert running.asterisk("xivo-2") == asterisk
    assert running.actions(ASTERISK, "xivo-2") == ["start"]
    assert running.device_attributes("xivo-2") == SHOWN_ON_D
    came_back = ["A--B -> A--D power off", "A--D -> A--B power on", "A--B -> A--D by xivo-2"]
    assert running.relay_changes() == {"fos1": ["A--B -> A--D by xivo-2"], "fos2": came_back}

    # From now on it comes back on this side by itself.
    running.lab.devices.power("fos2", False)
    running.lab.devices.power("fos2", True)
    running.wait_looks("xivo-2", "fos2")
    assert running.relay_changes()["fos2"] == came_back


def test_one_of_two_devices_is_enough_to_move(scenario: Scenario) -> None:
    scenario.load(quick_example())
    scenario.lab.devices.power("fos2", False)
    scenario.wait_attribute("xivo-1", "berofos-fos2", "unreachable")
    scenario.lab.node("xivo-1").run("crm resource move xivo xivo-2")
    scenario.lab.wait_started(RELAY, "xivo-2")
    scenario.wait_failure("xivo-2", "monitor", Code.DEGRADED, f"{FOS2}: ", "expected A--D")
    asterisk = scenario.asterisk("xivo-2")
    scenario.begin()

    scenario.lab.devices.power("fos2", True)
    scenario.wait_attribute("xivo-2", "berofos-fos2", "A--D")
    assert scenario.relay_changes() == {"fos2": ["A--D -> A--B power on", "A--B -> A--D by xivo-2"]}
    assert scenario.switches_logged("xivo-2") == [f"berofos {FOS2}: relay A--B -> A--D, lines now on xivo-2"]
    _assert_asterisk_undisturbed(scenario, asterisk, "xivo-2")
    assert scenario.actions(RELAY) == []


def test_one_node_that_loses_the_devices_is_no_reason_to_move(running: Scenario) -> None:
    asterisk = running.asterisk("xivo-1")
    running.lab.cut("xivo-1", "devices")
    for device in ("fos1", "fos2"):
        running.wait_attribute("xivo-1", f"berofos-{device}", "unreachable")
    running.wait_failure("xivo-1", "monitor", Code.DEGRADED, "expected A--B")
    assert running.relay().node == "xivo-1"
    assert running.lab.node_attributes("xivo-2")["berofos-ready"] == "yes"
    running.lab.heal()
    running.wait_attribute("xivo-1", "berofos-fos1", "A--B")
    assert running.relay_changes() == {}
    _assert_asterisk_undisturbed(running, asterisk)


@pytest.mark.parametrize("trouble", ["login refused", "no way to the devices"])
def test_a_node_that_could_not_switch_the_devices_is_not_chosen(running: Scenario, trouble: str) -> None:
    node = running.lab.node("xivo-1")
    if trouble == "login refused":
        running.spoil_login("xivo-1")
    else:
        running.lab.cut("xivo-1", "devices")
    node.run("crm resource stop xivo")
    running.wait_stopped(asked="xivo-1")
    running.wait_ready("xivo-1", f"no: {FOS1}: ")
    shown = running.lab.node_attributes("xivo-1")["berofos-ready"]
    assert f"; {FOS2}: " in shown
    if trouble == "login refused":
        assert shown == f"no: {FOS1}: login refused; {FOS2}: login refused"
    node.run("crm resource start xivo")
    running.wait_running("xivo-2")
    assert running.relay_changes() == both("A--B -> A--D by xivo-2")
    assert f"berofos xivo-1 couldn't hold the relay: {shown[4:]}" in running.syslog("xivo-1")


def test_a_node_that_could_not_switch_the_devices_is_chosen_if_it_is_the_last_one(running: Scenario) -> None:
    lab = running.lab
    lab.cut("xivo-2", "devices")
    running.wait_ready("xivo-2", f"no: {FOS1}: ")
    lab.node("xivo-1").kill()
    running.wait_failure("xivo-2", "start", Code.ERROR, f"{FOS1}: ", "expected A--D")
    asterisk = running.asterisk("xivo-2")
    assert asterisk
    assert running.relay_changes() == {}
    # The relay is tried again and again; asterisk isn't troubled by that.
    lab.heal()
    running.wait_running("xivo-2")
    assert running.relay_changes() == both("A--B -> A--D by xivo-2")
    assert running.asterisk("xivo-2") == asterisk
