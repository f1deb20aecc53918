"""What administrators do to a running cluster, and what they see and don't see of it."""

from __future__ import annotations

import pytest

from berofos_ra.resource.parameters import PARAMETERS
from tests.cluster.scenario import ASTERISK, FOS2, REFRESHES, RELAY, SHOWN_ON_B, Scenario
from tests.lab.cluster import Code
from tests.lab.errors import LabError
from tests.support.examples import quick_example


def test_cleanup_and_reprobe_disturb_nothing(running: Scenario) -> None:
    asterisk = running.asterisk("xivo-1")
    for command in REFRESHES:
        running.lab.node("xivo-2").run(command)
        running.wait_running("xivo-1")
        running.wait_looks("xivo-1", "fos1")
    assert running.actions(RELAY) == running.actions(ASTERISK) == []
    assert running.asterisk("xivo-1") == asterisk
    assert running.relay_changes() == {}
    assert running.device_attributes("xivo-1") == SHOWN_ON_B


def test_pacemaker_is_restarted_in_maintenance_mode_and_nothing_moves(running: Scenario) -> None:
    asterisk = running.asterisk("xivo-1")
    node = running.lab.node("xivo-1")
    node.run("crm configure property maintenance-mode=true")
    running.lab.wait_quiet()
    for each in running.lab.nodes.values():
        each.stop_service("pacemaker")
    for each in running.lab.nodes.values():
        each.start_service("pacemaker")
    running.lab.wait_online()
    running.wait_running("xivo-1")
    assert not running.relay().managed
    # The probe has set them again: with both Pacemakers away they were lost.
    assert running.device_attributes("xivo-1") == SHOWN_ON_B

    node.run("crm configure property maintenance-mode=false")
    running.wait_for(lambda: running.relay().managed, "managed again")
    running.wait_looks("xivo-1", "fos1")
    running.wait_attribute("xivo-2", "berofos-ready", "yes")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == running.actions(ASTERISK) == []
    assert running.asterisk("xivo-1") == asterisk


def test_maintenance_mode_leaves_a_relay_moved_by_hand_alone(scenario: Scenario) -> None:
    # In maintenance mode Pacemaker doesn't get round to what follows from a failure that is forgotten.
    scenario.load(quick_example().replace("failure-timeout=3s", "failure-timeout=600s"))
    running, node = scenario, scenario.lab.node("xivo-1")
    node.run("crm configure property maintenance-mode=true")
    running.lab.wait_quiet()
    running.lab.devices.set_settings("fos2", {"mode": False})
    node.run("crm resource refresh berofos-relay")
    running.wait_failure("xivo-1", "monitor", Code.DEGRADED, f"{FOS2}: relay is A--D, expected A--B")
    running.lab.wait_quiet()
    by_hand = "A--B -> A--D by hand"
    assert running.relay_changes() == {"fos2": [by_hand]}
    assert running.actions(RELAY) == []

    node.run("crm configure property maintenance-mode=false")
    running.wait_for(lambda: running.lab.devices.relay("fos2") == "A--B", "fos2 put right")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {"fos2": [by_hand, "A--D -> A--B by xivo-1"]}


def test_an_unmanaged_relay_that_comes_back_moved_by_hand_is_left_alone(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    node.run(f"crm resource unmanage {RELAY}")
    running.wait_for(lambda: not running.relay().managed, "unmanaged")
    running.lab.devices.unplug("fos2")
    running.wait_attribute("xivo-1", "berofos-fos2", "unreachable")
    running.lab.devices.set_settings("fos2", {"mode": False})
    running.lab.devices.plug_in("fos2")
    running.wait_attribute("xivo-1", "berofos-fos2", "A--D")
    running.wait_looks("xivo-1", "fos2", 4)
    assert running.relay_changes() == {"fos2": ["A--B -> A--D by hand"]}
    assert running.actions(RELAY) == []
    node.run(f"crm resource manage {RELAY}")
    running.wait_for(lambda: running.lab.devices.relay("fos2") == "A--B", "fos2 put right")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {"fos2": ["A--B -> A--D by hand", "A--D -> A--B by xivo-1"]}


def test_a_new_timeout_is_taken_over_without_a_restart(running: Scenario) -> None:
    node = running.lab.node("xivo-2")
    change = "crm_resource --resource berofos-relay --set-parameter"
    node.run(f"{change} timeout --parameter-value 4")
    running.wait_for(lambda: "reload-agent" in running.actions(RELAY), "reload-agent called")
    running.wait_running("xivo-1")
    running.wait_looks("xivo-1", "fos1")
    assert running.actions(RELAY) == ["reload-agent"]

    # Other devices take a restart, of the relay alone.
    node.run(f"{change} devices --parameter-value fos1")
    running.wait_attribute("xivo-1", "berofos-fos2", None)
    running.wait_running("xivo-1")
    assert running.actions(RELAY) == ["reload-agent", "stop", "start"]
    assert running.actions(ASTERISK) == []
    assert running.relay_changes() == {}
    assert running.relay().failures == ()


def test_attributes_that_the_cib_has_lost_come_back(scenario: Scenario) -> None:
    # Pacemaker's attribute manager still knows them, so setting them to what they were wouldn't write them.
    scenario.load(quick_example().replace("interval=60s", "interval=3s"))
    lost = "//transient_attributes//nvpair[starts-with(@name, 'berofos-')]"
    scenario.lab.node("xivo-1").run(["cibadmin", "--delete-all", "--force", "--xpath", lost])
    scenario.wait_attribute("xivo-2", "berofos-ready", "yes")
    scenario.wait_attribute("xivo-1", "berofos-ready", "yes")
    scenario.wait_for(lambda: scenario.device_attributes("xivo-1") == SHOWN_ON_B, "the devices are shown")
    assert scenario.relay_changes() == {}


def test_a_stopped_relay_stays_where_it_is(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    asterisk = running.asterisk("xivo-1")
    node.run("crm resource stop berofos-relay")
    running.wait_for(lambda: running.relay().role == "Stopped", "berofos-relay stopped")
    running.wait_for(lambda: not running.device_attributes("xivo-1"), "no device attributes")
    running.lab.wait_quiet()
    running.wait_looks("xivo-1", "fos1", 1)  # now as a node that stands by
    running.wait_attribute("xivo-1", "berofos-ready", "yes")
    node.run("crm resource start berofos-relay")
    running.wait_running("xivo-1")
    assert running.asterisk("xivo-1") == asterisk
    assert running.relay_changes() == {}


NONSENSE = {
    "topology=star port_b_node=xivo-1 port_d_node=xivo-2": "topology: 'star' is none of two-xivo",
    "port_b_node=xivo-1": "port_d_node: two-xivo needs the name of the cluster node on port group D",
    "port_b_node=xivo-1 port_d_node=xivo-2 timeout=soon": "timeout: 'soon' isn't a whole number from 1 to 60",
}


def test_parameters_that_make_no_sense_are_refused(scenario: Scenario) -> None:
    node = scenario.lab.node("xivo-1")
    agent = "--class ocf --provider xivo --agent berofos"
    # From 3.0.1 on Pacemaker validates where there is a D-Bus, or not at all.
    bus = "dbus-daemon --session --fork --print-pid --address=unix:path=/run/dbus/system_bus_socket"
    pid = node.run(f"mkdir -p /run/dbus && {bus}").stdout.strip()
    for parameters, complaint in NONSENSE.items():
        options = " ".join(f"--option {each}" for each in parameters.split())
        by_pacemaker = node.run(f"crm_resource --validate {agent} {options}", check=False)
        assert by_pacemaker.returncode != 0
        assert complaint in by_pacemaker.stdout + by_pacemaker.stderr
        create = f"pcs resource create nonsense ocf:xivo:berofos {parameters} --agent-validation"
        by_pcs = node.run(create, check=False)
        assert by_pcs.returncode != 0
        assert complaint in by_pcs.stderr
    with pytest.raises(LabError, match="no resource nonsense"):
        scenario.lab.resource_state("nonsense")
    node.run(f"kill {pid}")


@pytest.mark.parametrize("command", ["crm ra info", "pcs resource describe"])
def test_the_tools_describe_the_installed_agent(scenario: Scenario, command: str) -> None:
    shown = scenario.lab.node("xivo-1").run(f"{command} ocf:xivo:berofos").stdout
    for parameter in PARAMETERS:
        assert parameter.name in shown
    assert "Moves ISDN lines between servers with berofos failover switches" in shown
    assert "60s" in shown  # start's timeout
