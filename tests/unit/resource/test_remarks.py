"""What is to be known of resources in a running cluster: each kind of trouble, and that a healthy one has none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from berofos_ra.cluster.pause_mark import Pause
from berofos_ra.cluster.rules import MoveRule
from berofos_ra.cluster.view import ClusterView, RelayResource
from berofos_ra.device.state import DeviceState
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.remarks import (
    Remark,
    move_remarks,
    pause_remarks,
    place_remarks,
    readiness_remarks,
    standby_remarks,
    watchdog_remark,
)

TWO = {"port_b_node": "xivo-1", "port_d_node": "xivo-2"}
LINES = RelayResource("lines", TWO, ("xivo-1",), managed=True)
HEALTHY = ClusterView(("xivo-1", "xivo-2"), (LINES,), {"xivo-1": "yes", "xivo-2": "yes"})
PBX = RelayResource("lines", {"topology": "xivo-pbx"}, ("xivo-1",), managed=False, is_watched=False)
NOW = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)


def of_standby(view: ClusterView, relay: RelayResource = LINES) -> list[str]:
    remarks = list(standby_remarks(view, relay, parse_parameters(relay.parameters)))
    assert all(remark.counts and not remark.is_grave for remark in remarks)
    return [remark.what for remark in remarks]


def of_place(relay: RelayResource, view: ClusterView = HEALTHY) -> list[str]:
    remarks = list(place_remarks(view, relay, parse_parameters(relay.parameters)))
    assert all(remark.counts and remark.is_grave for remark in remarks)
    return [remark.what for remark in remarks]


def whats(remarks: Iterable[Remark]) -> list[str]:
    return [remark.what for remark in remarks]


def test_a_healthy_cluster_has_nothing_to_remark() -> None:
    assert of_standby(HEALTHY) == of_place(LINES) == []
    assert whats(readiness_remarks(HEALTHY)) == whats(pause_remarks(HEALTHY)) == []


@pytest.mark.parametrize("why", ["offline", "standby"])
def test_a_standby_that_is_away_is_none(why: str) -> None:
    assert of_standby(HEALTHY._replace(away={"XIVO-2": why})) == [f"lines: no standby: xivo-2 is {why}"]


def test_a_standby_that_nobody_watches_is_told() -> None:
    (told,) = of_standby(HEALTHY, LINES._replace(watches_standby=False))
    assert "no monitor tells whether xivo-2 could take over" in told
    (told,) = of_standby(HEALTHY._replace(ready={"xivo-1": "yes"}))
    assert "xivo-2 hasn't told yet" in told


def test_the_node_that_has_the_lines_needs_no_readiness() -> None:
    assert of_standby(HEALTHY._replace(ready={"xivo-2": "yes"}, away={"xivo-1": "standby"})) == []


def test_before_a_pbx_there_is_no_other_node() -> None:
    assert of_standby(HEALTHY._replace(away={"xivo-2": "offline"}), PBX) == []


def test_a_node_that_couldn_t_take_over_says_why() -> None:
    (told,) = whats(readiness_remarks(HEALTHY._replace(ready={"xivo-2": "no: fos1: login refused"})))
    assert told == "node xivo-2 couldn't take over: fos1: login refused"


@pytest.mark.parametrize(
    ("nodes", "where"), [((), "active nowhere"), (("xivo-1", "xivo-2"), "active on xivo-1, xivo-2")]
)
def test_each_node_on_which_it_is_active_is_named(nodes: tuple[str, ...], where: str) -> None:
    assert of_place(LINES._replace(nodes=nodes)) == [f"lines: {where}"]


def test_clones_and_remote_nodes_are_refused() -> None:
    assert "is cloned" in of_place(LINES._replace(is_cloned=True))[0]
    assert "xivo-2 is a Pacemaker Remote node" in of_place(LINES, HEALTHY._replace(remote=frozenset({"xivo-2"})))[0]


@pytest.mark.parametrize(("end", "binds"), [(None, True), (NOW + timedelta(seconds=1), True), (NOW, False)])
def test_a_rule_of_an_earlier_move_comes_with_what_removes_it(end: datetime | None, binds: bool) -> None:
    (remark,) = move_remarks([MoveRule("cli-prefer-xivo", "xivo", "xivo-2", is_ban=False, end=end)], NOW)
    assert remark.counts is binds
    assert remark.advice == "crm_resource --clear --resource xivo --node xivo-2" + ("" if binds else " --expired")
    assert remark.what.startswith("cli-prefer-xivo: ")


def test_a_pause_is_told_with_its_beginning_and_reason() -> None:
    pause = Pause("xivo-1", "2026-11-27T14:02", "root", "replace fan", "relays", ("lines",))
    paused = HEALTHY._replace(pauses=(pause,), relays=(LINES._replace(managed=False),))
    (remark,) = pause_remarks(paused)
    assert remark.what == "paused since 2026-11-27T14:02 by root: replace fan (as xivo-1 has it)"
    assert not remark.counts
    (remark,) = pause_remarks(paused._replace(relays=(LINES,)))  # killed between its steps
    assert "cut short" in remark.what
    assert remark.counts


ARMED = DeviceState({"mode": True, "scenario": True, "wdog": True, "wdogstate": 1, "wdogrtime": 15, "wdogitime": 20})


def test_a_watchdog_in_maintenance_says_when_the_lines_go_and_where() -> None:
    remark = watchdog_remark(PBX, parse_parameters(PBX.parameters), "fos1", ARMED)
    assert remark is not None
    assert remark.what.startswith("fos1: watchdog runs out in 15 s, the lines then go to the PBX")
    assert remark.counts


def test_a_watchdog_that_is_kicked_or_off_is_no_trouble() -> None:
    parameters = parse_parameters(PBX.parameters)
    assert watchdog_remark(PBX._replace(is_watched=True), parameters, "fos1", ARMED) is None
    off = DeviceState({**ARMED.values, "wdog": False, "wdogstate": 0})
    assert watchdog_remark(PBX, parameters, "fos1", off) is None
