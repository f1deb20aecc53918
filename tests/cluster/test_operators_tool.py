"""``berofos`` on a real cluster: the configuration that it makes, and how it gets along with who is in charge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.scenario import FOS1, FOS2, Scenario, both

LOADS = {
    "crm": "crm configure load update -",
    "pcs": "sh",
    "xml": "cibadmin --modify --allow-create --scope configuration --xml-pipe",
}


def status(scenario: Scenario, expected: int) -> dict[str, Any]:
    done = scenario.lab.node("xivo-2").run("berofos status --json", check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("form", LOADS)
def test_the_configuration_that_it_makes_is_taken_and_works(scenario: Scenario, form: str) -> None:
    make = f"berofos crm-config --topology two-xivo --virtual-ip 10.34.1.100/24 --nic eth0 --format {form}"
    scenario.lab.node("xivo-1").run(f"{make} | {LOADS[form]}")
    scenario.wait_running("xivo-1")
    scenario.wait_attribute("xivo-2", "berofos-ready", "yes")
    assert scenario.relay_changes() == both("A--D -> A--B by xivo-1")
    verified = scenario.lab.node("xivo-1").run("crm_verify -LV")
    assert verified.stdout + verified.stderr == ""


def test_status_says_whether_cluster_and_devices_agree(running: Scenario) -> None:
    answer = status(running, expected=0)
    assert (answer["ok"], answer["active_node"]) == (True, "xivo-1")
    running.lab.node("xivo-1").run("crm_attribute --name maintenance-mode --update true")
    running.lab.wait_quiet()
    running.lab.devices.set_settings("fos2", {"mode": False})
    answer = status(running, expected=1)
    assert answer["active_node"] == "xivo-1"
    assert [device["error"] for device in answer["devices"]] == [
        None,
        "relay is A--D, expected A--B (xivo-1 is active)",
    ]


def test_switching_by_hand_takes_an_unmanaged_resource(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    for command in ("berofos switch d", "berofos set mode=0", "xivo-berofos slave", "bnfos --set mode=0 -f fos1"):
        refused = node.run(f"env PATH=/usr/bin:/bin {command}", check=False)  # cron's own
        assert refused.returncode == 1
        assert "the cluster's resource berofos-relay is in charge of fos1" in refused.stderr
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    refused = node.run(f"{nobody} bnfos --set mode=0 -h 10.34.1.20", check=False)
    assert refused.returncode == 1
    assert "refused: Pacemaker runs here, but can't be asked as this user: cibadmin failed with" in refused.stderr
    assert running.relay_changes() == {}

    node.run("crm resource unmanage berofos-relay")
    done = node.run("berofos switch d")
    assert done.stdout.splitlines() == [f"{FOS1}: relay A--B -> A--D", f"{FOS2}: relay A--B -> A--D"]
    line = "root: switch d: fos1 A--B -> A--D"
    running.wait_for(lambda: line in running.syslog("xivo-1"), "syslog has who moved it by hand")
    assert running.relay_changes() == both("A--B -> A--D by xivo-1")


def wait_told(scenario: Scenario) -> None:
    """Wait until both nodes have told of their config files."""
    ask = "attrd_updater -n berofos-config-berofos-relay -Q -A"
    node = scenario.lab.node("xivo-1")
    scenario.wait_for(
        lambda: node.run(ask, check=False).stdout.count("host=") == 2, "both nodes have told of their config files"
    )


def test_the_doctor_compares_the_config_files_of_the_nodes(running: Scenario) -> None:
    """Addresses swapped on one node: it can ask every device, but would switch the wrong one."""
    wait_told(running)
    here, there = running.lab.node("xivo-1"), running.lab.node("xivo-2")
    assert here.run("berofos doctor").returncode == 0
    right = there.read("/etc/bnfos.conf")
    swapped = right.replace("10.34.1.20", "new").replace("10.34.1.21", "10.34.1.20").replace("new", "10.34.1.21")
    there.write("/etc/bnfos.conf", swapped, mode=0o600)
    found = "problem  /etc/bnfos.conf: lists other devices on {} than here"
    running.wait_for(
        lambda: found.format("xivo-2") in here.run("berofos doctor", check=False).stdout.splitlines(),
        "the doctor on xivo-1 names xivo-2",
    )
    assert found.format("xivo-1") in there.run("berofos doctor", check=False).stdout.splitlines()
    assert running.lab.node_attributes("xivo-2")["berofos-ready"] == "yes"  # so nobody else would have noticed
    there.write("/etc/bnfos.conf", right, mode=0o600)
    running.wait_for(
        lambda: here.run("berofos doctor", check=False).returncode == 0, "the doctor on xivo-1 is content again"
    )


def test_the_doctor_finds_nothing_wrong_with_a_running_cluster(running: Scenario) -> None:
    for device in ("fos1", "fos2"):
        running.lab.devices.set_settings(device, {"dhcp": False})
    wait_told(running)
    done = running.lab.node("xivo-2").run("berofos doctor", check=False)
    wrong = [line for line in done.stdout.splitlines() if line.startswith(("problem", "warning"))]
    # Two nodes with one link, and neither fencing nor a third vote; monitors that come every second.
    splits = ("corosync: one link only", "berofos-relay: corosync notices", "no fencing and no quorum device")
    assert done.returncode == 0
    assert [line for line in wrong if not line.removeprefix("warning").strip().startswith(splits)] == []
    for words in (
        "Pacemaker sees the agent ocf:xivo:berofos",
        "berofos-relay: active on xivo-1",
        "node xivo-1 is ready",
        "/etc/bnfos.conf: lists the same devices on xivo-1",
    ):
        assert words in done.stdout
