"""A XiVO in front of a PBX with something that stays broken: the lines go over once, and never to and fro."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

import pytest

from tests.cluster.scenario import ASTERISK, FOS1, RELAY
from tests.cluster.wirings import TO_PBX, TO_XIVO, Wired
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.lab.nodefiles import bnfos_conf
from tests.support.examples import example, quick_example

INTERVAL = 20  # s, of the watchdog, as in the example
CLICKS = 2  # at most, of a relay: to the PBX, and back


@pytest.fixture
def two_devices(one_node: Lab) -> Wired:
    """The example with two devices; the lines are on xivo-1."""
    one_node.reset()
    wired = Wired(one_node, "xivo-pbx")
    wired.bring_up(quick_example("xivo-pbx", 60).replace("devices=fos1", 'devices="fos1 fos2"'))
    return wired


def test_one_of_two_devices_loses_power_and_the_other_serves_on(two_devices: Wired) -> None:
    pid = two_devices.asterisk("xivo-1")
    two_devices.lab.devices.power("fos1", False)
    two_devices.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS1}: ")
    two_devices.wait_kicks("fos2", 8)
    assert two_devices.relay_changes() == {"fos1": [f"{TO_PBX} power off"]}
    two_devices.lab.node("xivo-1").run(f"crm_resource --restart --resource {RELAY}")
    two_devices.wait_for(lambda: two_devices.lab.devices.relay("fos2") == "A--B C--D", "fos2 serves again")
    two_devices.wait_kicks("fos2", 8)
    restarted = [f"{TO_PBX} by xivo-1", f"{TO_XIVO} by xivo-1"]
    assert two_devices.relay_changes() == {"fos1": [f"{TO_PBX} power off"], "fos2": restarted}
    assert two_devices.actions(RELAY) == ["stop", "start"]

    two_devices.lab.devices.power("fos1", True)
    two_devices.wait_attribute("xivo-1", "berofos-fos1", "A--B C--D (watchdog on)")
    assert two_devices.relay_changes()["fos2"] == restarted
    assert two_devices.asterisk("xivo-1") == pid
    assert two_devices.actions(ASTERISK) == []


def _file(change: Callable[[str], str]) -> Callable[[Wired], object]:
    def edit(wired: Wired) -> None:
        text = change(bnfos_conf(wired.lab.link.spec))
        wired.lab.node("xivo-1").write("/etc/bnfos.conf", text, 0o600)

    return edit


def _fault(kind: str, **options: object) -> Callable[[Wired], object]:
    return lambda wired: wired.lab.devices.add_fault("fos1", kind, **options)


FAULTS: Mapping[str, Callable[[Wired], object]] = {
    "device without power": lambda wired: wired.lab.devices.power("fos1", False),
    "device unplugged": lambda wired: wired.lab.devices.unplug("fos1"),
    "relay moved by hand": lambda wired: wired.lab.devices.set_settings("fos1", {"mode": False}),
    "watchdog turned off by hand": lambda wired: wired.lab.devices.set_settings("fos1", {"wdog": False}),
    "device hangs": _fault("hang"),
    "device refuses connections": _fault("refuse"),
    "device answers with errors": _fault("status", status=500),
    "login refused": _fault("status", status=401),
    "config.txt is garbage": _fault("garbage_body"),
    "kicks aren't heard": _fault("silent", face="gbl4"),
    "another box at the address": _fault("new_mac", face="gbl4"),
    "replaced by a new box": _fault("replaced"),
    "device forgets what it is told": _fault("forgets", seconds=5.0),
    "relay moves late": _fault("late_effect", seconds=3.0, settings=["mode"]),
    "device restarts after each write": _fault("reboot", seconds=2.0),
    "writes are ignored": _fault("ignore_writes"),
    "bnfos.conf is gone": lambda wired: wired.lab.node("xivo-1").run("rm /etc/bnfos.conf"),
    "typo in bnfos.conf": _file(lambda text: f"[fos1\nhots 1\n{text}"),
    "device's section is taken out": _file(lambda text: text.replace("[fos1]", "[fos77]")),
    "another MAC in bnfos.conf": _file(lambda text: re.sub(r"mac = \S+", "mac = 02:00:00:00:00:01", text, count=1)),
    "second resource with the device": lambda wired: wired.lab.node("xivo-1").run(
        "crm configure primitive second ocf:xivo:berofos params devices=fos1 topology=xivo-pbx port_b_node=xivo-1 "
        "op monitor interval=5s timeout=20s meta failure-timeout=30s"
    ),
    "nobody writes to /run": lambda wired: wired.lab.node("xivo-1").run("mount -o remount,ro /run"),
}


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seconds", [180, 600])
def test_a_single_fault_that_stays_costs_two_clicks_at_most(one_node: Lab, fault: str, seconds: int) -> None:
    """With the example's own intervals: a watchdog of 20 s, a monitor each 5 s, failure-timeout 30 s."""
    one_node.reset()
    wired = Wired(one_node, "xivo-pbx")
    text = example("xivo-pbx")
    assert "failure-timeout=30s" in text
    wired.bring_up(text)
    try:
        FAULTS[fault](wired)
        begun = time.monotonic()
        wired.patience = seconds + 120
        wired.wait_for(lambda: time.monotonic() - begun >= seconds, f"{seconds} s are over")
        changes = wired.relay_changes()
        clicks = [change for change in changes.get("fos1", []) if change.endswith("by xivo-1")]
        print(f"{fault}: {len(clicks)} clicks by the node in {seconds} s: {changes}")
        assert len(clicks) <= CLICKS, changes
        stops = [failure for failure in wired.failures(RELAY, "xivo-1") if failure.task == "stop"]
        assert stops == []
    finally:
        if fault == "nobody writes to /run":
            one_node.node("xivo-1").run("mount -o remount,rw /run")
