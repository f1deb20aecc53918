"""Whether a device is as the cluster and the topology want it."""

from __future__ import annotations

import pytest

from berofos_ra.cluster.view import RelayResource
from berofos_ra.device.device import DeviceState
from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError, WiringError
from berofos_ra.resource.claims import Claim, claimed_deviations
from berofos_ra.resource.deviations import DesiredState, Kind, desired_state, deviations, setting_deviations
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.settings import WATCHDOG_OFF, WATCHDOG_ON, WATCHDOG_RAN_OUT

TWO_XIVO = {"topology": "two-xivo", "port_b_node": "xivo-1", "port_d_node": "xivo-2"}
XIVO_PBX = {"topology": "xivo-pbx"}
ON_D = {"mode": False, "scenario": False, "modedef": False, "wdogdef": False, "wdogitime": 60}
IN_BYPASS = {"mode": True, "scenario": True, "modedef": True, "wdogdef": True, "wdogitime": 60}


def state(settings: dict[str, bool | int], watchdog: int = WATCHDOG_OFF, **others: Value) -> DeviceState:
    return DeviceState({**settings, "wdogstate": watchdog, **others})


def on(node: str, **parameters: str) -> DesiredState:
    return desired_state(parse_parameters({**TWO_XIVO, **parameters}), node)


def bypass(interval: int = 60) -> DesiredState:
    return desired_state(parse_parameters({**XIVO_PBX, "watchdog_interval": str(interval)}), "xivo-1")


def texts(state: DeviceState, desired: DesiredState | None) -> list[str]:
    return [found.text for found in deviations(state, desired)]


def test_a_device_as_it_should_be() -> None:
    assert texts(state(ON_D), on("xivo-2")) == []
    assert texts(state(IN_BYPASS, WATCHDOG_ON), bypass()) == []


def test_lines_that_are_on_the_other_node() -> None:
    assert texts(state(ON_D), on("xivo-1")) == ["relay is A--D, expected A--B", "modedef is 0, expected 1"]


def test_settings_that_are_nobody_s_to_provision_don_t_count() -> None:
    assert texts(state(ON_D), on("xivo-1", provision="no")) == ["relay is A--D, expected A--B"]


def test_settings_are_left_out_where_they_are_not_asked_for() -> None:
    found = deviations(state(ON_D), on("xivo-1"), settings=False)
    assert [each.kind for each in found] == [Kind.RELAY]


def test_a_watchdog_that_is_off() -> None:
    assert texts(state(IN_BYPASS), bypass()) == ["watchdog is off, expected on"]
    assert texts(state(IN_BYPASS, WATCHDOG_ON), bypass(90)) == ["wdogitime is 60, expected 90"]


def test_a_watchdog_that_ran_out_is_told_once_and_first() -> None:
    ran_out = state({**IN_BYPASS, "mode": False}, WATCHDOG_RAN_OUT)
    assert texts(ran_out, bypass()) == ["watchdog ran out", "relay is A--D, expected A--B C--D"]


def test_without_a_desired_state_only_what_is_wrong_in_itself_counts() -> None:
    assert texts(state(ON_D), None) == []
    assert texts(state(ON_D, WATCHDOG_RAN_OUT), None) == ["watchdog ran out"]


def test_a_node_that_isn_t_wired() -> None:
    with pytest.raises(WiringError, match="xivo-3"):
        on("xivo-3")


def test_a_setting_that_isn_t_shown() -> None:
    (found,) = setting_deviations(state(ON_D), {"wdogitime": 60, "modedef": True})
    assert found == (Kind.SETTING, "modedef is 0, expected 1")
    with pytest.raises(BadAnswerError, match="lacks"):
        setting_deviations(DeviceState({}), {"wdogitime": 60})


def test_to_people_a_deviation_names_the_node_that_the_cluster_has_the_lines_on() -> None:
    def claim(*nodes: str) -> Claim:
        return Claim(RelayResource("lines", TWO_XIVO, nodes, managed=True), parse_parameters(TWO_XIVO))

    assert claimed_deviations(state(ON_D), claim("xivo-1")) == (
        "relay is A--D, expected A--B (xivo-1 is active)",
        "modedef is 0, expected 1",
    )
    assert claimed_deviations(state(ON_D), claim()) == ()
    assert claimed_deviations(state(ON_D), claim("xivo-1", "xivo-2")) == ()
    assert claimed_deviations(state(ON_D, WATCHDOG_RAN_OUT), None) == ("watchdog ran out",)
