"""One fault at a time where two XiVOs share the lines: they end on a live server, with no more clicks than needed."""

from __future__ import annotations

import pytest

from tests.cluster.scenario import ASTERISK, FOS1, RELAY
from tests.cluster.wirings import PACEMAKER, STANDBY_TROUBLES, TO_B, TO_D, Wired
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.support.examples import quick_example

DEVICES = {"two-xivo": 2, "two-xivo-pbx": 1, "multiple-berofos": 3, "quorum-device": 2}
TO_XIVO_1 = f"{TO_B} by xivo-1"
TO_XIVO_2 = f"{TO_D} by xivo-2"


# Of the module, so that pytest has all tests of one example in a row: they needn't load it anew.
@pytest.fixture(
    scope="module",
    params=["two-xivo-pbx", *(pytest.param(e, marks=pytest.mark.soak) for e in DEVICES if e != "two-xivo-pbx")],
)
def example(request: pytest.FixtureRequest) -> str:
    """Its name."""
    return str(request.param)


@pytest.fixture
def running(example: str, lab_with_qnetd: Lab) -> Wired:
    """An example with quick monitors; the lines are on xivo-1."""
    wired = Wired(lab_with_qnetd, example)
    wired.make_well(quick_example(example))
    return wired


def _devices(running: Wired) -> list[str]:
    return running.lab.devices.names[: DEVICES[running.example]]


def _all(running: Wired, *changes: str) -> dict[str, list[str]]:
    return {device: list(changes) for device in _devices(running)}


@pytest.mark.soak
def test_asterisk_dies_and_starts_again(running: Wired) -> None:
    running.kill_asterisk("xivo-1")
    running.wait_for(lambda: running.actions(ASTERISK).count("start") == 1, "asterisk started again")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {}


@pytest.mark.soak
def test_asterisk_dies_for_good(running: Wired) -> None:
    with running.broken_asterisk("xivo-1"):
        running.wait_running("xivo-2")
        running.wait_looks("xivo-2", "fos1")
    assert running.relay_changes() == _all(running, TO_XIVO_2)


@pytest.mark.soak
def test_a_hanging_pacemaker_keeps_the_lines_where_asterisk_runs(running: Wired) -> None:
    pid = running.asterisk("xivo-1")
    node = running.lab.node("xivo-1")
    node.freeze(*PACEMAKER)
    running.wait_looks("xivo-2", "fos1", 4)
    node.thaw(*PACEMAKER)
    running.wait_looks("xivo-1", "fos1")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {}
    assert running.asterisk("xivo-1") == pid


@pytest.mark.soak
def test_a_device_is_unplugged(running: Wired) -> None:
    pid = running.asterisk("xivo-1")
    running.lab.devices.unplug("fos1")
    running.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS1}: ", "expected A--B")
    running.lab.devices.plug_in("fos1")
    running.wait_attribute("xivo-1", "berofos-fos1", "A--B")
    running.wait_running("xivo-1")
    running.wait_standbys_ready("xivo-1")
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == running.actions(ASTERISK) == []
    assert running.asterisk("xivo-1") == pid


@pytest.mark.soak
def test_a_device_loses_power_for_a_moment(running: Wired) -> None:
    pid = running.asterisk("xivo-1")
    running.lab.devices.power("fos1", False)
    running.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS1}: ", "expected A--B")
    running.lab.devices.power("fos1", True)
    running.wait_attribute("xivo-1", "berofos-fos1", "A--B")
    running.wait_standbys_ready("xivo-1")
    assert running.relay_changes() == {"fos1": [f"{TO_D} power off", f"{TO_B} power on"]}
    assert running.actions(RELAY) == running.actions(ASTERISK) == []
    assert running.asterisk("xivo-1") == pid


@pytest.mark.soak
@pytest.mark.parametrize("trouble", STANDBY_TROUBLES)
def test_the_standby_is_in_trouble(running: Wired, trouble: str) -> None:
    with running.standby_trouble(trouble):
        running.wait_looks("xivo-1", "fos1")
    assert running.relay_changes() == {}
    assert running.actions(RELAY) == running.actions(ASTERISK) == []


@pytest.mark.soak
def test_the_whole_site_loses_power(running: Wired) -> None:
    lab = running.lab
    for node in lab.nodes.values():
        node.kill()
    for device in lab.devices.names:
        lab.devices.power(device, False)
    for device in lab.devices.names:
        lab.devices.power(device, True)
    for node in lab.nodes.values():
        node.start()
    lab.wait_online()
    owner = lab.wait_started(RELAY)
    running.wait_running(owner)
    moved = [f"{TO_D} power off", f"{TO_B} power on"] + ([TO_XIVO_2] if owner == "xivo-2" else [])
    assert running.relay_changes() == _all(running, *moved)


def test_the_node_hangs(running: Wired) -> None:
    lab = running.lab
    node = lab.node("xivo-1")
    node.freeze()
    running.wait_running("xivo-2", asked="xivo-2")
    assert running.relay_changes() == _all(running, TO_XIVO_2)
    # It wakes up and thinks that it still has the lines.
    node.thaw()
    lab.wait_online()
    owner = lab.wait_started(RELAY)
    running.wait_running(owner)
    running.wait_looks(owner, "fos1")
    back = [TO_XIVO_1] if owner == "xivo-1" else []
    assert running.relay_changes() == _all(running, TO_XIVO_2, *back)


@pytest.mark.soak
def test_the_node_dies(running: Wired) -> None:
    running.lab.node("xivo-1").kill()
    running.wait_running("xivo-2")
    running.wait_looks("xivo-2", "fos1")
    assert running.relay_changes() == _all(running, TO_XIVO_2)


@pytest.mark.soak
@pytest.mark.parametrize("number", [1, 3, 16])
def test_it_works_the_same_with_any_number_of_devices(lab_with_qnetd: Lab, number: int) -> None:
    lab_with_qnetd.reset()
    running = Wired(lab_with_qnetd, "two-xivo")
    devices = running.lab.devices.names[:number]
    chosen = f'devices="{" ".join(devices)}"' if number < len(running.lab.devices.names) else "devices=all"
    running.bring_up(quick_example(running.example).replace('devices="fos1 fos2"', chosen))
    running.lab.node("xivo-1").kill()
    running.wait_running("xivo-2")
    assert running.relay_changes() == {device: [TO_XIVO_2] for device in devices}
    assert running.device_attributes("xivo-2") == {f"berofos-{device}": "A--D" for device in devices}
    running.lab.node("xivo-1").start()
    running.lab.wait_online()
    running.wait_standbys_ready("xivo-2")
    running.lab.node("xivo-2").run("crm node standby xivo-2")
    running.wait_running("xivo-1")
    assert running.relay_changes() == {device: [TO_XIVO_2, TO_XIVO_1] for device in devices}
