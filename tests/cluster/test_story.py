"""What syslog tells of incidents: one line per event, on the node that it happened to; nothing while all is well."""

from __future__ import annotations

import re

import pytest

from tests.cluster.scenario import FOS1, FOS2, RELAY, Scenario, switch_lines


def told(scenario: Scenario, node: str) -> list[str]:
    """What the agent has logged on a node since the scenario began."""
    return re.findall(rf"berofos\({RELAY}\)\[[0-9]+\]: (.*)", scenario.syslog(node))


def wait_told(scenario: Scenario, node: str, *lines: str, looks_at: str = "fos2") -> None:
    """Wait until these are the lines, in any order, and see that monitors, which look at a device, add nothing."""
    scenario.wait_for(lambda: sorted(told(scenario, node)) == sorted(lines), f"{node} has logged {lines}")
    scenario.wait_looks(node, looks_at, 3)
    assert sorted(told(scenario, node)) == sorted(lines)


def test_incidents_are_told_once_with_device_and_reason(running: Scenario) -> None:
    devices = running.lab.devices

    # Who switched what, and why: a hand, and then Pacemaker.
    devices.set_settings("fos1", {"mode": 0})
    wait_told(
        running,
        "xivo-1",
        f"berofos {FOS1}: relay A--D -> A--B, lines now on xivo-1",
    )
    assert told(running, "xivo-2") == []

    running.begin()
    devices.add_fault("fos1", "status", status=401)
    refused = f"{FOS1}: login refused"
    wait_told(running, "xivo-1", f"berofos {refused}, expected A--B")
    wait_told(running, "xivo-2", f"berofos xivo-2 couldn't hold the relay: {refused}")
    running.begin()
    devices.clear_faults("fos1")
    wait_told(running, "xivo-1", f"berofos all is well again (was: {refused}, expected A--B)")
    wait_told(running, "xivo-2", "berofos xivo-2 could hold the relay again")

    running.begin()
    devices.add_fault("fos2", "refuse")
    wait_told(running, "xivo-1", f"berofos {FOS2}: connection refused, expected A--B", looks_at="fos1")
    running.begin()
    devices.clear_faults("fos2")
    wait_told(running, "xivo-1", f"berofos all is well again (was: {FOS2}: connection refused, expected A--B)")
    running.wait_attribute("xivo-2", "berofos-ready", "yes")

    running.begin()
    running.lab.node("xivo-1").kill()
    wait_told(running, "xivo-2", *switch_lines("A--B -> A--D", "xivo-2"))


@pytest.mark.soak
def test_fifty_healthy_monitors_tell_nothing(running: Scenario) -> None:
    running.patience = 300
    running.wait_looks("xivo-2", "fos1", 50)  # the standby's monitor is the slower one
    assert [told(running, node) for node in running.lab.nodes] == [[], []]
