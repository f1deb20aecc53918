"""Two XiVOs, and the PBX when neither can serve: fos1 in bypass in front of fos2, which moves between the XiVOs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster.scenario import ASTERISK, FOS1, FOS2, REFRESHES, RELAY
from tests.cluster.wirings import BYPASS, PACEMAKER, STANDBY_TROUBLES, TO_B, TO_D, TO_PBX, TO_XIVO, Wired
from tests.lab import asterisk
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.support.examples import quick_example

INTERVAL = 30  # s, of fos1's watchdog: more than a takeover takes
LATE = 1  # s, that a device may be late
LONG_INTERVAL = 90  # s; more than it takes on a very busy machine too
TO_XIVO_2 = f"{TO_D} by xivo-2"
BY_WATCHDOG = f"{TO_PBX} watchdog"


@pytest.fixture
def chain(lab: Lab) -> Wired:
    """The example with a quick monitor; the lines are on xivo-1 and fos1's watchdog is armed."""
    wired = Wired(lab, "two-xivo-with-pbx-bypass")
    wired.bring_up(quick_example(wired.example, INTERVAL))
    return wired


@pytest.fixture
def patient(lab: Lab) -> Wired:
    """The same, where nothing is to make the watchdog run out."""
    wired = Wired(lab, "two-xivo-with-pbx-bypass")
    wired.bring_up(quick_example(wired.example, LONG_INTERVAL))
    return wired


def test_a_hand_over_makes_no_detour_through_the_pbx(lab: Lab) -> None:
    chain = Wired(lab, "two-xivo-with-pbx-bypass")
    lab.configure(quick_example(chain.example, LONG_INTERVAL))
    chain.wait_running("xivo-1")
    # First the way to this node, then the lines.
    moved = [(event["device"], event["to"]) for event in lab.events(event="relay")]
    assert moved[-2:] == [("fos2", "A--B"), ("fos1", "A--B C--D")]
    assert chain.relay_changes() == {"fos1": [f"{TO_XIVO} by xivo-1"], "fos2": [f"{TO_B} by xivo-1"]}
    chain.wait_attribute("xivo-1", "berofos-fos1", "A--B C--D (watchdog on)")
    chain.wait_standbys_ready("xivo-1")

    chain.begin()
    node = chain.lab.node("xivo-1")
    node.run("crm node standby xivo-1")
    chain.wait_running("xivo-2")
    chain.wait_kicks("fos1")
    assert chain.relay_changes() == {"fos2": [TO_XIVO_2]}
    # It was kicked all the time, and armed by nobody anew.
    assert "watchdog ran out" not in chain.new_events("fos1")
    assert "watchdog disarmed" not in chain.new_events("fos1")
    assert chain.device_attributes("xivo-1") == {}


@pytest.mark.parametrize("behind", ["fos2", "fos2 fos3"])
def test_a_relay_moved_by_hand_costs_neither_asterisk_nor_the_bypass_anything(
    new_lab: Callable[..., Lab], behind: str
) -> None:
    chain = Wired(new_lab(devices=3, files=asterisk.files()), "two-xivo-with-pbx-bypass")
    text = quick_example(chain.example, LONG_INTERVAL).replace("devices=fos2", f'devices="{behind}"')
    chain.bring_up(text)
    pid = chain.asterisk("xivo-1")
    chain.lab.devices.set_settings("fos2", {"mode": False})
    chain.wait_for(lambda: chain.lab.devices.relay("fos2") == "A--B", "fos2 put right")
    chain.wait_running("xivo-1")
    chain.wait_kicks("fos1")
    assert chain.relay_changes() == {"fos2": [f"{TO_D} by hand", f"{TO_B} by xivo-1"]}
    assert chain.actions(ASTERISK) == []
    assert chain.asterisk("xivo-1") == pid
    if "fos3" in behind:  # which is right, so that nothing is stopped either
        assert chain.actions(RELAY) == chain.actions(BYPASS) == []


def test_probing_anew_moves_nothing(patient: Wired) -> None:
    pid = patient.asterisk("xivo-1")
    for command in REFRESHES:
        patient.lab.node("xivo-2").run(command)
        patient.wait_running("xivo-1")
        patient.wait_kicks("fos1")
    assert patient.relay_changes() == {}
    assert patient.actions(ASTERISK) == patient.actions(RELAY) == patient.actions(BYPASS) == []
    assert patient.asterisk("xivo-1") == pid


def test_one_xivo_dies_and_then_the_other_and_both_come_back(chain: Wired) -> None:
    lab = chain.lab
    lab.node("xivo-1").kill()
    chain.wait_running("xivo-2")
    chain.wait_kicks("fos1")
    assert chain.relay_changes() == {"fos2": [TO_XIVO_2]}

    lab.node("xivo-2").kill()
    died = chain.now()
    chain.wait_relays("A--D", "fos1")
    assert chain.last_change() - died <= INTERVAL + LATE
    assert chain.relay_changes() == {"fos2": [TO_XIVO_2], "fos1": [BY_WATCHDOG]}

    for node in lab.nodes.values():
        node.start()
    lab.wait_online()
    owner = lab.wait_started(BYPASS)
    chain.wait_running(owner)
    chain.wait_kicks("fos1")
    back = [TO_XIVO_2] if owner == "xivo-2" else [TO_XIVO_2, f"{TO_B} by xivo-1"]
    assert chain.relay_changes() == {"fos2": back, "fos1": [BY_WATCHDOG, f"{TO_XIVO} by {owner}"]}


@pytest.mark.soak
def test_asterisk_that_runs_nowhere_leaves_the_lines_to_the_pbx(chain: Wired) -> None:
    lab = chain.lab
    with chain.broken_asterisk("xivo-2", "xivo-1"):
        chain.wait_relays("A--D", "fos1")
        lab.wait_quiet()
        assert chain.relay_changes() == {"fos1": [BY_WATCHDOG]}
    lab.node("xivo-1").run(f"crm resource cleanup {ASTERISK}")
    owner = lab.wait_started(BYPASS)
    chain.wait_running(owner)
    assert chain.relay_changes()["fos1"] == [BY_WATCHDOG, f"{TO_XIVO} by {owner}"]
    assert chain.relay_changes().get("fos2", []) == ([] if owner == "xivo-1" else [TO_XIVO_2])


@pytest.mark.soak
def test_asterisk_that_dies_on_one_xivo_moves_nothing_if_it_starts_again(patient: Wired) -> None:
    patient.kill_asterisk("xivo-1")
    patient.wait_for(lambda: patient.actions(ASTERISK).count("start") == 1, "asterisk started again")
    patient.wait_running("xivo-1")
    patient.wait_kicks("fos1")
    assert patient.relay_changes() == {}


@pytest.mark.soak
def test_asterisk_that_dies_for_good_on_one_xivo_loses_the_lines_to_the_other(patient: Wired) -> None:
    with patient.broken_asterisk("xivo-1"):
        patient.wait_running("xivo-2")
        patient.wait_kicks("fos1")
    assert patient.relay_changes() == {"fos2": [TO_XIVO_2]}


@pytest.mark.soak
def test_a_pacemaker_that_hangs_loses_the_lines_to_the_pbx(chain: Wired) -> None:
    # corosync goes on, so that the other XiVO doesn't think this one dead.
    node = chain.lab.node("xivo-1")
    frozen = chain.now()
    node.freeze(*PACEMAKER)
    chain.wait_relays("A--D", "fos1")
    # A monitor that was under way when Pacemaker froze goes on to its kick.
    assert chain.last_change() - max(frozen, chain.last_kick("fos1")) <= INTERVAL + LATE
    assert chain.relay_changes() == {"fos1": [BY_WATCHDOG]}
    node.thaw(*PACEMAKER)
    chain.wait_relays("A--B C--D", "fos1")
    owner = chain.lab.wait_started(BYPASS)
    chain.wait_running(owner)
    assert chain.relay_changes()["fos1"] == [BY_WATCHDOG, f"{TO_XIVO} by {owner}"]


@pytest.mark.soak
def test_a_node_that_hangs_loses_the_lines_to_the_other(patient: Wired) -> None:
    node = patient.lab.node("xivo-1")
    node.freeze()
    patient.wait_running("xivo-2", asked="xivo-2")
    patient.wait_kicks("fos1")
    assert patient.relay_changes() == {"fos2": [TO_XIVO_2]}


@pytest.mark.soak
def test_the_first_device_loses_power_for_a_moment(patient: Wired) -> None:
    pid = patient.asterisk("xivo-1")
    patient.lab.devices.power("fos1", False)
    patient.wait_attribute("xivo-1", "berofos-fos1", "unreachable")
    patient.lab.devices.power("fos1", True)
    patient.wait_attribute("xivo-1", "berofos-fos1", "A--B C--D (watchdog on)")
    patient.wait_kicks("fos1")
    assert patient.relay_changes() == {"fos1": [f"{TO_PBX} power off", f"{TO_XIVO} power on"]}
    assert patient.asterisk("xivo-1") == pid
    assert patient.actions(ASTERISK) == patient.actions(RELAY) == []


@pytest.mark.soak
def test_the_second_device_loses_power_for_a_moment(patient: Wired) -> None:
    pid = patient.asterisk("xivo-1")
    patient.lab.devices.power("fos2", False)
    patient.wait_attribute("xivo-1", "berofos-fos2", "unreachable")
    patient.lab.devices.power("fos2", True)
    patient.wait_attribute("xivo-1", "berofos-fos2", "A--B")
    patient.wait_kicks("fos1")
    assert patient.relay_changes() == {"fos2": [f"{TO_D} power off", f"{TO_B} power on"]}
    assert patient.asterisk("xivo-1") == pid
    assert patient.actions(ASTERISK) == patient.actions(RELAY) == patient.actions(BYPASS) == []


@pytest.mark.soak
@pytest.mark.parametrize("trouble", STANDBY_TROUBLES)
def test_a_standby_in_trouble_moves_nothing(patient: Wired, trouble: str) -> None:
    with patient.standby_trouble(trouble):
        patient.wait_kicks("fos1")
    assert patient.relay_changes() == {}
    assert patient.actions(ASTERISK) == patient.actions(RELAY) == patient.actions(BYPASS) == []


@pytest.mark.soak
def test_nothing_moves_when_the_second_device_is_unplugged(chain: Wired) -> None:
    pid = chain.asterisk("xivo-1")
    chain.lab.devices.unplug("fos2")
    chain.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS2}: ", "expected A--B")
    chain.wait_kicks("fos1", 10)
    chain.lab.devices.plug_in("fos2")
    chain.wait_attribute("xivo-1", "berofos-fos2", "A--B")
    assert chain.relay_changes() == {}
    assert chain.asterisk("xivo-1") == pid
    assert chain.actions(ASTERISK) == chain.actions(RELAY) == chain.actions(BYPASS) == []


@pytest.mark.soak
def test_the_first_device_is_unplugged_and_falls_back_and_the_second_stays(chain: Wired) -> None:
    pid = chain.asterisk("xivo-1")
    chain.lab.devices.unplug("fos1")
    chain.wait_relays("A--D", "fos1")
    chain.wait_failed(BYPASS, "xivo-1", Code.ERROR, f"{FOS1}: ")
    chain.lab.devices.plug_in("fos1")
    chain.wait_running("xivo-1")
    assert chain.relay_changes() == {"fos1": [BY_WATCHDOG, f"{TO_XIVO} by xivo-1"]}
    assert chain.asterisk("xivo-1") == pid
    assert chain.actions(ASTERISK) == chain.actions(RELAY) == []


@pytest.mark.soak
def test_after_a_power_cycle_of_the_whole_site_the_lines_come_back(chain: Wired) -> None:
    lab = chain.lab
    for node in lab.nodes.values():
        node.kill()
    for device in ("fos1", "fos2"):
        lab.devices.power(device, False)
    for device in ("fos1", "fos2"):
        lab.devices.power(device, True)
    chain.wait_relays("A--D", "fos1")
    for node in lab.nodes.values():
        node.start()
    lab.wait_online()
    owner = lab.wait_started(BYPASS)
    chain.wait_running(owner)
    away = [f"{TO_PBX} power off", f"{TO_XIVO} power on", BY_WATCHDOG]
    off_and_on = [f"{TO_D} power off", f"{TO_B} power on"]
    assert chain.relay_changes()["fos1"] == [*away, f"{TO_XIVO} by {owner}"]
    assert chain.relay_changes()["fos2"] == off_and_on + ([] if owner == "xivo-1" else [TO_XIVO_2])
