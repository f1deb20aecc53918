"""One XiVO in front of a PBX: whatever happens to the XiVO, the lines go to the PBX, and they come back after it."""

from __future__ import annotations

import pytest

from tests.cluster.scenario import ASTERISK, FOS1, REFRESHES, RELAY
from tests.cluster.wirings import PACEMAKER, TO_PBX, TO_XIVO, Wired
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.support.examples import example, quick_example

INTERVAL = 10  # s, of a watchdog that is to run out
LONG_INTERVAL = 90  # s; more than a boot takes, on a very busy machine too
LATE = 1  # s, that a device may be late
WITH_16 = 16
BY_WATCHDOG = f"{TO_PBX} watchdog"
BY_XIVO = f"{TO_XIVO} by xivo-1"


@pytest.fixture
def xivo_pbx(one_node: Lab) -> Wired:
    """The lab with nothing configured."""
    one_node.reset()
    return Wired(one_node, "xivo-pbx")


@pytest.fixture
def running(one_node: Lab) -> Wired:
    """The example with a quick monitor; the lines are on xivo-1 and fos1's watchdog is armed."""
    wired = Wired(one_node, "xivo-pbx")
    wired.make_well(quick_example("xivo-pbx", LONG_INTERVAL))
    return wired


@pytest.fixture
def hasty(one_node: Lab) -> Wired:
    """The same, where the watchdog is to run out."""
    wired = Wired(one_node, "xivo-pbx")
    wired.make_well(quick_example("xivo-pbx", INTERVAL))
    return wired


@pytest.fixture
def patient(one_node: Lab) -> Wired:
    """The same with a watchdog that lives through a monitor's tries to reach an unplugged device."""
    wired = Wired(one_node, "xivo-pbx")
    wired.make_well(quick_example("xivo-pbx", 2 * INTERVAL))
    return wired


def _armed(wired: Wired, *devices: str) -> bool:
    return {wired.lab.devices.state(device)["settings"]["wdogstate"] for device in devices} == {1}


@pytest.mark.parametrize(
    "number", [pytest.param(1, marks=pytest.mark.soak), pytest.param(3, marks=pytest.mark.soak), WITH_16]
)
def test_a_frozen_pacemaker_loses_the_lines_to_the_pbx_in_time(xivo_pbx: Wired, number: int) -> None:
    devices = xivo_pbx.lab.devices.names[:number]
    chosen = f'devices="{" ".join(devices)}"' if number < WITH_16 else "devices=all"
    xivo_pbx.bring_up(quick_example("xivo-pbx", INTERVAL).replace("devices=fos1", chosen))
    assert _armed(xivo_pbx, *devices)
    pid = xivo_pbx.asterisk("xivo-1")
    node = xivo_pbx.lab.node("xivo-1")

    frozen = xivo_pbx.now()
    node.freeze(*PACEMAKER)
    xivo_pbx.wait_relays("A--D", *devices)
    assert xivo_pbx.relay_changes() == {device: [BY_WATCHDOG] for device in devices}
    # A monitor that was under way when Pacemaker froze goes on to its kick.
    last_kick = max(map(xivo_pbx.last_kick, devices))
    took = xivo_pbx.last_change() - max(frozen, last_kick)
    print(f"{number} devices: lines on the PBX {took:.2f} s after the last kick, with an interval of {INTERVAL} s")
    assert took <= INTERVAL + LATE

    # It thaws: the watchdog is found to have run out, and is armed again. asterisk has noticed nothing.
    node.thaw(*PACEMAKER)
    xivo_pbx.wait_failed(RELAY, "xivo-1", Code.ERROR, "watchdog ran out, relay is A--D, expected A--B C--D")
    xivo_pbx.wait_relays("A--B C--D", *devices)
    xivo_pbx.wait_running("xivo-1")
    assert _armed(xivo_pbx, *devices)
    assert xivo_pbx.relay_changes() == {device: [BY_WATCHDOG, BY_XIVO] for device in devices}
    assert xivo_pbx.asterisk("xivo-1") == pid
    assert set(xivo_pbx.device_attributes("xivo-1").values()) == {"A--B C--D (watchdog on)"}


def test_the_lines_go_to_the_pbx_when_the_node_dies_and_come_back_with_it(hasty: Wired) -> None:
    node = hasty.lab.node("xivo-1")
    node.kill()
    died = hasty.now()
    hasty.wait_relays("A--D", "fos1")
    assert hasty.last_change() - died <= INTERVAL + LATE
    node.start()
    hasty.lab.wait_online()
    hasty.wait_running("xivo-1")
    assert hasty.relay_changes() == {"fos1": [BY_WATCHDOG, BY_XIVO]}
    assert _armed(hasty, "fos1")
    assert hasty.relay().failures == ()


@pytest.mark.soak
def test_a_node_that_hangs_loses_the_lines_to_the_pbx_in_time(hasty: Wired) -> None:
    node = hasty.lab.node("xivo-1")
    node.freeze()
    hung = hasty.now()
    hasty.wait_relays("A--D", "fos1")
    assert hasty.last_change() - hung <= INTERVAL + LATE
    assert hasty.relay_changes() == {"fos1": [BY_WATCHDOG]}
    node.thaw()
    hasty.wait_relays("A--B C--D", "fos1")
    hasty.lab.wait_online()
    hasty.wait_running("xivo-1")
    assert hasty.relay_changes() == {"fos1": [BY_WATCHDOG, BY_XIVO]}
    assert _armed(hasty, "fos1")


def test_the_lines_are_on_the_pbx_while_asterisk_is_restarted(running: Wired) -> None:
    running.kill_asterisk("xivo-1")
    running.wait_for(lambda: running.actions(ASTERISK).count("start") == 1, "asterisk started again")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {"fos1": [f"{TO_PBX} by xivo-1", BY_XIVO]}
    assert _armed(running, "fos1")


def test_the_lines_stay_on_the_pbx_while_asterisk_does_not_start(running: Wired) -> None:
    with running.broken_asterisk("xivo-1"):
        running.wait_relays("A--D", "fos1")
        running.wait_for(lambda: running.lab.resource_state(ASTERISK).role == "Stopped", "asterisk stopped for good")
        running.lab.wait_quiet()
        assert running.relay_changes() == {"fos1": [f"{TO_PBX} by xivo-1"]}
    running.lab.node("xivo-1").run("crm resource cleanup asterisk")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {"fos1": [f"{TO_PBX} by xivo-1", BY_XIVO]}


def test_probing_anew_makes_no_detour_through_the_pbx(xivo_pbx: Wired) -> None:
    xivo_pbx.bring_up(quick_example("xivo-pbx", LONG_INTERVAL))
    pid = xivo_pbx.asterisk("xivo-1")
    node = xivo_pbx.lab.node("xivo-1")
    for command in REFRESHES:
        node.run(command)
        xivo_pbx.wait_running("xivo-1")
        xivo_pbx.wait_kicks("fos1")
    # Pacemaker dies and is started again: it finds what runs.
    node.run(f"kill -9 $(pidof {' '.join(PACEMAKER)})")
    node.start_service("pacemaker")
    xivo_pbx.lab.wait_online()
    xivo_pbx.wait_kicks("fos1")
    xivo_pbx.wait_running("xivo-1")
    assert xivo_pbx.relay_changes() == {}
    assert "watchdog disarmed" not in xivo_pbx.new_events("fos1")
    assert xivo_pbx.actions(RELAY) == xivo_pbx.actions(ASTERISK) == []
    assert xivo_pbx.asterisk("xivo-1") == pid


def test_pacemaker_is_stopped_in_good_order(running: Wired) -> None:
    running.lab.node("xivo-1").stop_service("pacemaker")
    assert running.relay_changes() == {"fos1": [f"{TO_PBX} by xivo-1"]}
    assert running.lab.devices.state("fos1")["settings"]["wdogstate"] == 0
    assert running.new_events("fos1") == ["relay", "watchdog disarmed"]
    assert running.stops_in_order() == [RELAY, ASTERISK]


def test_a_device_that_loses_power_for_a_moment_comes_back_guarding_the_xivo(running: Wired) -> None:
    pid = running.asterisk("xivo-1")
    running.lab.devices.power("fos1", False)
    running.wait_attribute("xivo-1", "berofos-fos1", "unreachable")
    running.lab.devices.power("fos1", True)
    running.wait_attribute("xivo-1", "berofos-fos1", "A--B C--D (watchdog on)")
    running.wait_kicks("fos1")
    assert running.relay_changes() == {"fos1": [f"{TO_PBX} power off", f"{TO_XIVO} power on"]}
    assert _armed(running, "fos1")
    assert running.asterisk("xivo-1") == pid
    assert running.actions(ASTERISK) == []


@pytest.mark.soak
def test_a_device_without_power_for_long_is_fetched_back_by_pacemaker(hasty: Wired) -> None:
    pid = hasty.asterisk("xivo-1")
    hasty.lab.devices.power("fos1", False)
    hasty.wait_failed(RELAY, "xivo-1", Code.ERROR, f"{FOS1}: connection refused, expected A--B C--D")
    hasty.wait_for(lambda: "start" in hasty.actions(RELAY), "a start has been tried")
    hasty.lab.devices.power("fos1", True)
    hasty.wait_running("xivo-1")
    hasty.wait_kicks("fos1")
    assert hasty.relay_changes() == {"fos1": [f"{TO_PBX} power off", f"{TO_XIVO} power on"]}
    assert _armed(hasty, "fos1")
    assert hasty.asterisk("xivo-1") == pid
    assert hasty.actions(ASTERISK) == []


def test_an_unplugged_device_is_trusted_until_its_watchdog_must_have_run_out(patient: Wired) -> None:
    pid = patient.asterisk("xivo-1")
    patient.lab.devices.unplug("fos1")
    patient.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS1}: ", "expected A--B C--D")
    assert patient.relay_changes() == {}
    # Nobody can keep it from falling back: the lines are on the PBX, and Pacemaker knows.
    patient.wait_relays("A--D", "fos1")
    patient.wait_failed(RELAY, "xivo-1", Code.ERROR, "its watchdog must have run out")
    patient.wait_logged("xivo-1", "its watchdog makes it fall back by itself within")
    patient.lab.devices.plug_in("fos1")
    patient.wait_relays("A--B C--D", "fos1")
    patient.wait_running("xivo-1")
    assert patient.relay_changes() == {"fos1": [BY_WATCHDOG, BY_XIVO]}
    assert _armed(patient, "fos1")
    assert patient.asterisk("xivo-1") == pid
    assert patient.actions(ASTERISK) == []


@pytest.mark.soak
def test_a_kick_or_two_that_get_lost_are_no_reason_to_move(patient: Wired) -> None:
    patient.lab.devices.unplug("fos1")
    patient.wait_attribute("xivo-1", "berofos-fos1", "unreachable")
    patient.lab.devices.plug_in("fos1")
    patient.wait_attribute("xivo-1", "berofos-fos1", "A--B C--D (watchdog on)")
    patient.wait_kicks("fos1")
    assert patient.relay_changes() == {}
    assert patient.actions(RELAY) == []


@pytest.mark.soak
def test_after_a_power_cycle_of_the_whole_site_the_lines_come_back(hasty: Wired) -> None:
    node = hasty.lab.node("xivo-1")
    node.kill()
    hasty.lab.devices.power("fos1", False)
    hasty.lab.devices.power("fos1", True)
    # The device is up first: it takes its defaults, and gives the lines to the PBX while the XiVO boots.
    hasty.wait_relays("A--D", "fos1")
    node.start()
    hasty.lab.wait_online()
    hasty.wait_running("xivo-1")
    away = [f"{TO_PBX} power off", f"{TO_XIVO} power on", BY_WATCHDOG]
    assert hasty.relay_changes() == {"fos1": [*away, BY_XIVO]}
    assert _armed(hasty, "fos1")


@pytest.mark.soak
def test_maintenance_mode_lets_the_watchdog_run_out(hasty: Wired) -> None:
    node = hasty.lab.node("xivo-1")
    node.run("crm configure property maintenance-mode=true")
    hasty.wait_relays("A--D", "fos1")
    node.run("crm configure property maintenance-mode=false")
    hasty.wait_relays("A--B C--D", "fos1")
    hasty.wait_running("xivo-1")
    assert hasty.relay_changes() == {"fos1": [BY_WATCHDOG, BY_XIVO]}


def test_maintenance_as_documented_keeps_the_lines_on_the_xivo(running: Wired) -> None:
    node = running.lab.node("xivo-1")
    node.run("berofos set --device fos1 --force wdog=0")
    running.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS1}: watchdog is off, expected on")
    node.run("crm configure property maintenance-mode=true")
    # Without this Pacemaker wouldn't resume the monitor that said so.
    node.run(f"crm resource cleanup {RELAY}")
    node.run("crm configure property maintenance-mode=false")
    running.wait_looks("xivo-1", "fos1")
    node.run("berofos set --device fos1 --force wdog=1")
    running.wait_attribute("xivo-1", "berofos-fos1", "A--B C--D (watchdog on)")
    running.wait_kicks("fos1", 8)
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == []


@pytest.mark.soak
def test_an_unmanaged_relay_goes_on_being_kicked(running: Wired) -> None:
    running.lab.node("xivo-1").run(f"crm resource unmanage {RELAY}")
    running.wait_for(lambda: not running.relay().managed, "unmanaged")
    running.wait_kicks("fos1", 4)
    running.lab.node("xivo-1").run(f"crm resource manage {RELAY}")
    running.wait_for(lambda: running.relay().managed, "managed again")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == []


def test_a_watchdog_interval_that_is_too_short_is_pointed_out(xivo_pbx: Wired) -> None:
    # The monitor's interval is what Pacemaker has for this resource: 5 s, as in the example.
    xivo_pbx.lab.configure(example("xivo-pbx").replace("watchdog_interval=20", "watchdog_interval=9"))
    xivo_pbx.wait_failed(RELAY, "xivo-1", Code.DEGRADED, "watchdog not armed")
    complaint = "watchdog_interval: 9 s is less than twice the monitor interval, 5 s; set it to 10 or more"
    assert "watchdog not armed, as Pacemaker has no monitor for it or too rare ones" in xivo_pbx.syslog("xivo-1")
    validated = xivo_pbx.lab.node("xivo-1").run(f"crm_resource --validate=10 --resource {RELAY}", check=False)
    assert validated.returncode != 0
    assert complaint in validated.stdout + validated.stderr
