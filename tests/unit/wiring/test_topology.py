"""The wirings: who is where, which way the relay goes, what is set."""

from __future__ import annotations

import pytest

from berofos_ra.errors import ParameterError, WiringError
from berofos_ra.settings import BY_KEYWORD
from berofos_ra.wiring.topology import BYPASS_SETTINGS, TOPOLOGIES, Wiring, interval_problem, spans_problem, wiring

TWO_XIVO = wiring("two-xivo", "xivo-1", "xivo-2")
TWO_XIVO_PBX = wiring("two-xivo-pbx", "xivo-1", "xivo-2")
XIVO_PBX = wiring("xivo-pbx", "xivo-1", None)
XIVO_PBX_ANYWHERE = wiring("xivo-pbx", None, None)


@pytest.mark.parametrize(
    ("name", "bypass", "pbx_on_d", "lines", "watchdog"),
    [
        ("two-xivo", False, False, 4, False),
        ("two-xivo-pbx", False, False, 2, False),
        ("xivo-pbx", True, True, 4, True),
    ],
)
def test_each_topology_is_wired_so(name: str, bypass: bool, pbx_on_d: bool, lines: int, watchdog: bool) -> None:
    topology = TOPOLOGIES[name]
    assert (topology.bypass, topology.pbx_on_d, topology.lines) == (bypass, pbx_on_d, lines)
    assert topology.watchdog is watchdog


def test_there_are_no_other_topologies() -> None:
    assert list(TOPOLOGIES) == ["two-xivo", "two-xivo-pbx", "xivo-pbx"]


@pytest.mark.parametrize(
    ("place", "node", "mode", "joined", "lines_on"),
    [
        (TWO_XIVO, "xivo-1", True, "A--B", "xivo-1"),
        (TWO_XIVO, "xivo-2", False, "A--D", "xivo-2"),
        (TWO_XIVO_PBX, "xivo-1", True, "A--B", "xivo-1"),
        (TWO_XIVO_PBX, "xivo-2", False, "A--D", "xivo-2"),
        (XIVO_PBX, "xivo-1", True, "A--B C--D", "xivo-1"),
        (XIVO_PBX_ANYWHERE, "xivo-1", True, "A--B C--D", "this node"),
        (XIVO_PBX_ANYWHERE, "other", True, "A--B C--D", "this node"),
    ],
)
def test_the_lines_come_to_a_node_so(place: Wiring, node: str, mode: bool, joined: str, lines_on: str) -> None:
    assert place.mode_for(node) is mode
    assert place.position(mode) == joined
    assert place.lines_on(mode) == lines_on


@pytest.mark.parametrize("place", [XIVO_PBX, XIVO_PBX_ANYWHERE])
def test_mode_0_leaves_the_lines_to_the_pbx(place: Wiring) -> None:
    assert place.position(False) == "A--D"
    assert place.lines_on(False) == "the PBX"


@pytest.mark.parametrize(("node", "mode"), [("XIVO-1", True), ("Xivo-2", False)])
def test_node_names_are_compared_without_regard_to_case(node: str, mode: bool) -> None:
    assert TWO_XIVO.mode_for(node) is mode
    assert wiring("two-xivo", "Xivo-1", "XIVO-2").mode_for(node) is mode


@pytest.mark.parametrize(
    ("place", "node", "wired"),
    [
        (TWO_XIVO, "xivo-3", "xivo-1 on B, xivo-2 on D"),
        (TWO_XIVO, "xivo-10", "xivo-1 on B, xivo-2 on D"),
        (TWO_XIVO, "", "xivo-1 on B, xivo-2 on D"),
        (XIVO_PBX, "xivo-2", "xivo-1 on B"),
    ],
)
def test_a_node_in_neither_place_is_told(place: Wiring, node: str, wired: str) -> None:
    with pytest.raises(WiringError) as caught:
        place.mode_for(node)
    assert str(caught.value) == f"node {node} isn't wired to the relay ({wired}); keep the resource off it"


@pytest.mark.parametrize(
    ("place", "node", "peer"),
    [
        (TWO_XIVO, "xivo-1", "xivo-2"),
        (TWO_XIVO, "XIVO-2", "xivo-1"),
        (TWO_XIVO_PBX, "xivo-1", "xivo-2"),
        (XIVO_PBX, "xivo-1", None),
        (XIVO_PBX_ANYWHERE, "xivo-1", None),
    ],
)
def test_a_node_s_peer_is_at_the_other_place(place: Wiring, node: str, peer: str | None) -> None:
    assert place.peer_of(node) == peer


@pytest.mark.parametrize("place", [TWO_XIVO, TWO_XIVO_PBX])
@pytest.mark.parametrize("mode", [False, True])
def test_two_xivos_are_provisioned_so(place: Wiring, mode: bool) -> None:
    assert list(place.settings(mode, 60).items()) == [
        ("wdog", False),
        ("wdogdef", False),
        ("scenario", False),
        ("modedef", mode),
    ]
    assert place.relay_settings(mode) == {"mode": mode}


def test_a_xivo_and_a_pbx_are_provisioned_so() -> None:
    assert list(XIVO_PBX.settings(True, 42).items()) == [
        ("scenario", True),
        ("modedef", True),
        ("wdogdef", True),
        ("wdogitime", 42),
    ]
    assert list(XIVO_PBX.relay_settings(True).items()) == [("mode", True), ("wdog", True)]  # armed last


def test_the_lines_go_back_to_the_pbx_with_the_watchdog_disarmed_first() -> None:
    assert list(BYPASS_SETTINGS.items()) == [("wdog", False), ("mode", False)]


def test_all_that_is_provisioned_can_be_written_and_read() -> None:
    for place in (TWO_XIVO, XIVO_PBX):
        for keyword in {**place.settings(True, 60), **place.relay_settings(True), **BYPASS_SETTINGS}:
            assert BY_KEYWORD[keyword].read_key
            assert BY_KEYWORD[keyword].write_query


@pytest.mark.parametrize(
    ("topology", "port_b_node", "port_d_node", "complaint"),
    [
        ("", "a", "b", "topology: '' is none of two-xivo, two-xivo-pbx, xivo-pbx"),
        ("Two-XiVO", "a", "b", "topology: 'Two-XiVO' is none of two-xivo, two-xivo-pbx, xivo-pbx"),
        (
            "two-xivo",
            None,
            "b",
            "port_b_node: two-xivo needs the name of the cluster node on port group B",
        ),
        (
            "two-xivo-pbx",
            "a",
            None,
            "port_d_node: two-xivo-pbx needs the name of the cluster node on port group D",
        ),
        ("two-xivo", "a", "A", "port_b_node and port_d_node: a can't be on both B and D"),
        (
            "xivo-pbx",
            "a",
            "b",
            "port_d_node: in xivo-pbx port group D is the PBX, name no node for it",
        ),
    ],
)
def test_nodes_that_don_t_go_with_a_topology_are_told(
    topology: str, port_b_node: str | None, port_d_node: str | None, complaint: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        wiring(topology, port_b_node, port_d_node)
    assert str(caught.value) == complaint


def test_one_lost_kick_must_not_let_the_watchdog_run_out() -> None:
    assert interval_problem(20, 10.0) is None
    assert interval_problem(1, None) is None  # no monitor
    problem = interval_problem(19, 10.0)
    assert problem is not None
    assert problem.of("X") == "X: 19 s is less than twice the monitor interval, 10 s; set it to 20 or more"


@pytest.mark.parametrize(
    ("topology", "devices", "most", "lines"),
    [
        ("two-xivo", 1, 4, "1 berofos in two-xivo carries 4 lines"),
        ("two-xivo", 2, 8, "2 berofos in two-xivo carry 8 lines"),
        ("two-xivo-pbx", 1, 4, "1 berofos in two-xivo-pbx carries 2 lines and 2 to the PBX"),
        ("two-xivo-pbx", 3, 12, "3 berofos in two-xivo-pbx carry 6 lines and 6 to the PBX"),
        ("xivo-pbx", 1, 8, "1 berofos in xivo-pbx carries 4 lines and 4 to the PBX"),
    ],
)
def test_no_node_can_have_more_spans_than_ports(topology: str, devices: int, most: int, lines: str) -> None:
    assert spans_problem(TOPOLOGIES[topology], devices, range(most)) is None
    too_many = spans_problem(TOPOLOGIES[topology], devices, range(most + 1))
    assert too_many == f"spans: {most + 1} on one node, but {lines}"
