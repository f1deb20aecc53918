"""Whether a device is as the cluster and the topology want it."""

from __future__ import annotations

import pytest

from berofos_ra.device.device import DeviceState
from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError, WiringError
from berofos_ra.resource.deviations import Expectation, disagreements, setting_troubles
from berofos_ra.settings import WATCHDOG_OFF, WATCHDOG_ON, WATCHDOG_RAN_OUT
from berofos_ra.wiring.topology import wiring

TWO_XIVO = wiring("two-xivo", "xivo-1", "xivo-2")
XIVO_PBX = wiring("xivo-pbx", None, None)
ON_D = {"mode": False, "scenario": False, "modedef": False, "wdogdef": False, "wdogitime": 60}
IN_BYPASS = {"mode": True, "scenario": True, "modedef": True, "wdogdef": True, "wdogitime": 60}


def state(settings: dict[str, bool | int], watchdog: int = WATCHDOG_OFF, **others: Value) -> DeviceState:
    return DeviceState({**settings, "wdogstate": watchdog, **others})


def on(node: str, provision: bool = True) -> Expectation:
    return Expectation(TWO_XIVO, node, 60, provision)


def bypass(interval: int = 60) -> Expectation:
    return Expectation(XIVO_PBX, "xivo-1", interval)


def test_a_device_as_it_should_be() -> None:
    assert disagreements(state(ON_D), on("xivo-2")) == ()
    assert disagreements(state(IN_BYPASS, WATCHDOG_ON), bypass()) == ()


def test_lines_that_are_on_the_other_node() -> None:
    assert disagreements(state(ON_D), on("xivo-1")) == (
        "relay is A--D, expected A--B (xivo-1 is active)",
        "modedef is 0, expected 1",
    )


def test_settings_that_are_nobody_s_to_provision_don_t_count() -> None:
    assert disagreements(state(ON_D), on("xivo-1", provision=False)) == (
        "relay is A--D, expected A--B (xivo-1 is active)",
    )


def test_a_watchdog_that_is_off() -> None:
    assert disagreements(state(IN_BYPASS), bypass()) == ("watchdog is off, expected on",)
    assert disagreements(state(IN_BYPASS, WATCHDOG_ON), bypass(90)) == ("wdogitime is 60, expected 90",)


def test_a_watchdog_that_ran_out_is_told_once_and_first() -> None:
    ran_out = state({**IN_BYPASS, "mode": False}, WATCHDOG_RAN_OUT)
    assert disagreements(ran_out, bypass()) == (
        "its watchdog ran out",
        "relay is A--D, expected A--B C--D (xivo-1 is active)",
    )


def test_without_a_cluster_only_what_is_wrong_in_itself_counts() -> None:
    assert disagreements(state(ON_D), None) == ()
    assert disagreements(state(ON_D, WATCHDOG_RAN_OUT), None) == ("its watchdog ran out",)


def test_a_node_that_isn_t_wired() -> None:
    with pytest.raises(WiringError, match="xivo-3"):
        disagreements(state(ON_D), on("xivo-3"))


def test_a_setting_that_isn_t_shown() -> None:
    assert setting_troubles(state(ON_D), {"wdogitime": 60, "modedef": True}) == ["modedef is 0, expected 1"]
    with pytest.raises(BadAnswerError, match="lacks"):
        setting_troubles(DeviceState({}), {"wdogitime": 60})
