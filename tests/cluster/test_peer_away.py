"""The peer is away and a device forgets its settings, as after a reset: whom the lines go to.

A box that forgets stands at A--D with D's modedef, which looks like the hand of the node at D.
"""

from __future__ import annotations

from tests.cluster.scenario import RELAY, Scenario, both
from tests.cluster.test_split_brain import Split
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.support.examples import quick_example

FORGOTTEN = {"mode": False, "modedef": False}
BACK = "A--D -> A--B by xivo-1"
BY_HAND = "A--B -> A--D by hand"


def _forget(scenario: Scenario) -> None:
    for device in ("fos1", "fos2"):
        scenario.lab.devices.set_settings(device, FORGOTTEN)


def test_after_a_clean_leave_the_lines_come_back_by_themselves(running: Scenario) -> None:
    pid = running.asterisk("xivo-1")
    peer = running.lab.node("xivo-2")
    peer.stop_service("pacemaker")
    peer.stop_service("corosync")
    running.begin()
    _forget(running)
    running.wait_for(lambda: running.relay_changes() == both(BY_HAND, BACK), "the lines are back")
    running.wait_running("xivo-1", asked="xivo-1")
    assert running.asterisk("xivo-1") == pid


def test_after_fencing_the_lines_come_back_by_themselves(lab_with_power_switch: Lab) -> None:
    lab_with_power_switch.reset()
    split = Split(lab_with_power_switch, "two-xivo", "fencing")
    split.bring_up(quick_example())
    pid = split.asterisk("xivo-1")
    split.lab.node("xivo-1").run("crm_attribute --name stonith-action --update off")
    split.lab.wait_quiet()
    split.lab.node("xivo-2").kill()
    split.wait_for(lambda: "xivo-2" not in _seen(split), "xivo-2 is away, and fenced")
    split.lab.wait_quiet(split.patience, "xivo-1")
    split.begin()
    _forget(split)
    split.wait_for(lambda: split.relay_changes() == both(BY_HAND, BACK), "the lines are back")
    split.wait_running("xivo-1", asked="xivo-1")
    assert split.asterisk("xivo-1") == pid


def test_with_a_peer_that_may_live_the_way_out_is_the_documented_one(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    pid = running.asterisk("xivo-1")
    running.lab.node("xivo-2").kill()
    running.wait_for(lambda: "xivo-2" not in _seen(running), "xivo-2 is away")
    running.lab.wait_quiet(running.patience, "xivo-1")
    running.begin()
    _forget(running)
    running.wait_failure("xivo-1", "start", Code.ERROR, "xivo-2")
    running.wait_for(lambda: running.actions(RELAY, "xivo-1").count("start") >= 2, "tried again")
    assert running.relay_changes() == both(BY_HAND)  # xivo-2 may have it: nothing that looks like a fight

    def switched() -> bool:  # not while a start is being tried
        return node.run("berofos switch b --yes", check=False).returncode == 0

    running.wait_for(switched, "switched by hand")
    running.wait_running("xivo-1", asked="xivo-1")
    running.wait_looks("xivo-1", "fos1", 3)
    assert running.relay_changes() == both(BY_HAND, BACK)  # which the start found, and clicked nothing more
    assert running.asterisk("xivo-1") == pid


def _seen(scenario: Scenario) -> set[str]:
    status = scenario.lab.crm_mon("xivo-1")
    return {node.get("name", "") for node in status.iterfind("nodes/node") if node.get("online") == "true"}
