"""What would throw the lines to and fro is refused by a real Pacemaker's agent, plainly, and the owner goes on."""

from __future__ import annotations

from functools import partial

from tests.cluster.scenario import FOS1, RELAY, Scenario
from tests.support.examples import quick_example

AGENT = "ocf:xivo:berofos"
WIRED = "topology=two-xivo port_b_node=xivo-1 port_d_node=xivo-2"
OFTEN = "op monitor interval=1s timeout=20s meta failure-timeout=3s"


def _refused(scenario: Scenario, resource: str, node: str, reason: str) -> bool:
    return any(reason in failure.reason for failure in scenario.failures(resource, node))


def test_a_clone_is_refused_and_clicks_nothing(scenario: Scenario) -> None:
    scenario.lab.configure(
        "property stonith-enabled=false\n"
        f"primitive both {AGENT} params devices=fos1 {WIRED} {OFTEN}\n"
        "clone twice both"
    )
    for name in scenario.lab.nodes:
        scenario.wait_for(partial(_refused, scenario, "both", name, "runs as a clone"), f"refused on {name}")
    assert scenario.relay_changes() == {}


def test_a_start_by_hand_does_not_take_the_lines_from_their_owner(running: Scenario) -> None:
    pid = running.asterisk("xivo-1")
    for command in (f"crm_resource --resource {RELAY} --force-start", f"pcs resource debug-start {RELAY}"):
        done = running.lab.node("xivo-2").run(command, check=False)
        assert done.returncode != 0
        assert "Pacemaker has berofos-relay active on xivo-1" in done.stdout + done.stderr
    running.wait_looks("xivo-1", "fos1", 4)
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == []
    assert running.relay().nodes == ("xivo-1",)
    assert running.asterisk("xivo-1") == pid


def test_a_resource_in_a_stopped_group_holds_no_device(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    # It comes first in the configuration, and is stopped by its group and by a default of its own.
    node.run(f"crm configure primitive a-former {AGENT} params devices='fos1 fos2' {WIRED} {OFTEN}")
    running.wait_for(lambda: "start" in running.actions("a-former"), "the second one was tried")
    running.wait_looks("xivo-1", "fos1", 2)
    assert running.relay_changes() == {}
    assert running.relay().node == "xivo-1"

    node.run("crm configure group formerly a-former && crm resource stop formerly")
    running.wait_for(lambda: running.lab.resource_state("a-former").role == "Stopped", "it is stopped")
    node.run(f"crm_resource --restart --resource {RELAY}")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {}
    assert not [failure for failure in running.failures(RELAY, "xivo-1") if failure.task == "start"]


def test_a_pacemaker_remote_node_is_refused_as_a_wired_node(scenario: Scenario) -> None:
    scenario.lab.configure(
        "property stonith-enabled=false\n"
        "primitive far ocf:pacemaker:remote params server=10.34.1.99 meta target-role=Stopped\n"
        f"primitive lines {AGENT} params devices=fos1 topology=two-xivo port_b_node=xivo-1 port_d_node=far {OFTEN}\n"
        "location lines-here lines inf: xivo-1"
    )
    reason = "far is a Pacemaker Remote node"
    scenario.wait_for(partial(_refused, scenario, "lines", "xivo-1", reason), "start was refused")
    validated = scenario.lab.node("xivo-1").run("crm_resource --validate=10 --resource lines", check=False)
    assert validated.returncode != 0
    assert reason in validated.stdout + validated.stderr
    assert scenario.relay_changes() == {}


def test_a_resource_without_a_monitor_does_not_arm_what_nobody_would_kick(scenario: Scenario) -> None:
    node = scenario.lab.node("xivo-1")
    scenario.lab.configure(
        "property stonith-enabled=false\n"
        f"primitive lines {AGENT} params devices=fos1 topology=xivo-pbx port_b_node=xivo-1 watchdog_interval=10"
    )
    scenario.lab.wait_started("lines", "xivo-1")
    settings = scenario.lab.devices.state("fos1")["settings"]
    assert (settings["wdogstate"], settings["wdogdef"]) == (0, False)
    assert scenario.lab.devices.relay("fos1") == "A--B C--D"
    assert "watchdog" in scenario.syslog("xivo-1")
    validated = node.run("crm_resource --validate=10 --resource lines", check=False)
    assert validated.returncode != 0
    assert "monitor" in validated.stdout + validated.stderr

    # A monitor that comes all the same arms it.
    text = quick_example("xivo-pbx", 60)
    assert "op monitor interval=1s" in text
    node.run("crm configure monitor lines 1s:20s")
    scenario.wait_for(
        lambda: scenario.lab.devices.state("fos1")["settings"]["wdogstate"] == 1, f"{FOS1}: armed by the monitor"
    )
    changes = scenario.relay_changes()["fos1"]
    assert changes == ["A--D -> A--B C--D by xivo-1"]
