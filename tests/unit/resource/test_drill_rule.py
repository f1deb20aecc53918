"""What keeps a planned move from beginning, one thing after the other; and what has become of one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from berofos_ra.cluster.rules import MoveRule
from berofos_ra.cluster.simulation import MOVE, Action
from berofos_ra.cluster.situation import Failure, Monitor, Node, Resource, Situation
from berofos_ra.cluster.view import ClusterView
from berofos_ra.resource.drill_rule import (
    Calls,
    DeviceFacts,
    Plan,
    Progress,
    check_calls,
    check_cluster,
    check_devices,
    check_simulation,
    check_target,
    find_plan,
    progress,
)
from berofos_ra.resource.parameters import Parameters, parse_parameters

NOW = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
RELAY, BYPASS = "berofos-relay", "berofos-bypass"
MOVING = ("virtual-ip", "asterisk", RELAY)
TWO_XIVO = parse_parameters({"port_b_node": "xivo-1", "port_d_node": "xivo-2"})
XIVO_PBX = parse_parameters({"topology": "xivo-pbx"})
PLAN = Plan("xivo", {RELAY: TWO_XIVO}, "xivo-1", "xivo-2")


def resource(name: str, *nodes: str, managed: bool = True) -> Resource:
    group = None if name.startswith("berofos") else "xivo"
    return Resource(name, f"ocf:x:{name}", group, nodes or ("xivo-1",), managed, disabled=False)


def situation(**changes: object) -> Situation:
    """All is well, but for this."""
    well = Situation(
        view=ClusterView(("xivo-1", "xivo-2"), (), {}),
        has_quorum=True,
        maintenance=False,
        nodes={name: Node(name, True, True, {"berofos-ready": "yes"}) for name in ("xivo-1", "xivo-2")},
        resources={name: resource(name) for name in MOVING},
        failures=(),
        fail_counts={},
        monitors={
            (RELAY, "xivo-2"): frozenset({Monitor("14", 7, 30)}),
            (RELAY, "xivo-1"): frozenset({Monitor("20", 0, 10)}),
        },
    )
    return well._replace(**changes)  # type: ignore[arg-type]


def with_node(**changes: object) -> Situation:
    """The target is like this."""
    nodes = dict(situation().nodes)
    return situation(nodes={**nodes, "xivo-2": nodes["xivo-2"]._replace(**changes)})  # type: ignore[arg-type]


def with_rule(end: datetime | None, of: str = "xivo", is_ban: bool = False) -> Situation:
    rule = MoveRule(f"cli-prefer-{of}", of, "xivo-1", is_ban, end)
    return situation(view=ClusterView((), (), {}, moves=(rule,)))


# What the situation is -> words of the problem, None: there is none.
CLUSTER: dict[str, tuple[Callable[[], Situation], str | None]] = {
    "all is well": (situation, None),
    "no quorum": (lambda: situation(has_quorum=False), "no quorum"),
    "maintenance": (lambda: situation(maintenance=True), "in maintenance mode"),
    "unmanaged relay": (
        lambda: situation(resources={**situation().resources, RELAY: resource(RELAY, managed=False)}),
        f"{RELAY} is unmanaged",
    ),
    "unmanaged asterisk": (
        lambda: situation(resources={**situation().resources, "asterisk": resource("asterisk", managed=False)}),
        "asterisk is unmanaged",
    ),
    "a failed action": (
        lambda: situation(failures=(Failure("asterisk_monitor_20000", "xivo-1", 1),)),
        "asterisk_monitor_20000 on xivo-1",
    ),
    "a degraded monitor of the past": (
        lambda: situation(failures=(Failure(f"{RELAY}_monitor_10000", "xivo-1", 190),)),
        None,
    ),
    "somebody else's failed action": (lambda: situation(failures=(Failure("mail_start_0", "xivo-1", 1),)), None),
    "a rule without an end": (lambda: with_rule(None), "cli-prefer-xivo"),
    "a rule that goes on": (lambda: with_rule(NOW + timedelta(seconds=1)), "cli-prefer-xivo"),
    "a rule that is over": (lambda: with_rule(NOW), None),
    "a ban of the relay": (lambda: with_rule(None, RELAY, is_ban=True), "kept off xivo-1"),
    "a rule of something else": (lambda: with_rule(None, "mail"), None),
}
TARGET: dict[str, tuple[Callable[[], Situation], str | None]] = {
    "all is well": (situation, None),
    "unknown": (lambda: situation(nodes={"xivo-1": situation().nodes["xivo-1"]}), "xivo-2 is offline"),
    "offline": (lambda: with_node(online=False, usable=False), "xivo-2 is offline"),
    "standby": (lambda: with_node(usable=False), "in standby"),
    "not ready": (lambda: with_node(attributes={"berofos-ready": "no: fos1: login refused"}), "fos1: login refused"),
    "no readiness": (lambda: with_node(attributes={}), "doesn't tell whether it is ready"),
    "no standby monitor": (lambda: situation(monitors={}), "no monitor on the standby"),
    "only what is left of a monitor there": (
        lambda: situation(monitors={(RELAY, "xivo-2"): frozenset({Monitor("3", 0, 10)})}),
        "no monitor on the standby",
    ),
    "it has failed there": (
        lambda: situation(fail_counts={("asterisk", "xivo-2"): "1"}),
        "asterisk has failed",
    ),
    "it has failed here": (lambda: situation(fail_counts={("asterisk", "xivo-1"): "1"}), None),
    "something else has failed there": (lambda: situation(fail_counts={("mail", "xivo-2"): "1"}), None),
}


@pytest.mark.parametrize("name", CLUSTER)
def test_pacemaker_must_be_in_charge_and_content(name: str) -> None:
    make, expected = CLUSTER[name]
    given = make()
    over = [rule for rule in given.view.moves if rule.is_over(NOW)]
    problems = check_cluster(given, PLAN, MOVING, over).problems
    assert [expected in one.what for one in problems if expected] == [True] * len(problems)
    assert bool(problems) == (expected is not None)
    assert all(one.advice for one in problems)


@pytest.mark.parametrize("name", TARGET)
def test_the_other_node_must_be_able_to_take_over(name: str) -> None:
    make, expected = TARGET[name]
    problems = check_target(make(), PLAN, MOVING).problems
    assert [expected in one.what for one in problems if expected] == [True] * len(problems)
    assert bool(problems) == (expected is not None)
    assert all(one.advice for one in problems)


def test_node_names_are_compared_as_pacemaker_does() -> None:
    assert check_target(situation(), PLAN._replace(target="XIVO-2"), MOVING).problems == ()


def device(interval: int | None = None, left: int | None = None, *deviations: str) -> DeviceFacts:
    return DeviceFacts("fos1", "fos1 (10.34.1.20)", "A--B", deviations, interval, left)


@pytest.mark.parametrize(
    ("facts", "last", "expected"),
    [
        (device(), None, None),
        (device(None, None, "no answer within 3 s"), None, "no answer"),
        (device(None, None, "relay is A--D, expected A--B"), None, "relay is A--D"),
        (device(30, 15), None, None),
        (device(29, 29), None, "runs out after 29 s"),
        (device(29, 29), 4.6, None),
        (device(29, 29), 9.7, "runs out after 29 s"),
        (device(60, 30), 20.0, None),
        (device(60, 29), None, "29 s left of 60 s"),
        (device(60, None), None, "nobody knows how much left"),
    ],
)
def test_devices_must_be_right_and_their_watchdogs_patient(
    facts: DeviceFacts, last: float | None, expected: str | None
) -> None:
    problems = check_devices([facts], last).problems
    assert [expected in one.what for one in problems if expected] == [True] * len(problems)
    assert bool(problems) == (expected is not None)


@pytest.mark.parametrize("wish", Calls)
@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("calls", [0, 1, 3, None])
def test_calls_are_dropped_only_by_who_wants_that(calls: int | None, here: bool, wish: Calls) -> None:
    check = check_calls(calls, wish, PLAN, here)
    refused = wish is not Calls.DROP and (calls is None or (calls > 0 and wish is Calls.REFUSE))
    assert bool(check.problems) == refused
    said = check.problems[0].what if refused else check.fine
    assert ("can't be counted" if calls is None else f"{calls} active channel") in said


def move(name: str, source: str = "xivo-1", target: str = "xivo-2", what: str = MOVE) -> Action:
    return Action(what, name, source, target)


@pytest.mark.parametrize(
    ("there", "afterwards", "expected"),
    [
        (tuple(map(move, MOVING)), (), None),
        ((), (), "would not move berofos-relay"),
        ((move("asterisk"),), (), "would not move berofos-relay"),
        ((move(RELAY), move("mail", what="stop")), (), "would also stop mail"),
        ((move(RELAY), move("mail", "xivo-2", "xivo-1")), (), "would also move mail"),
        (tuple(map(move, MOVING)), (move(RELAY, "xivo-2", "xivo-1"),), "would return by themselves"),
    ],
)
def test_pacemaker_must_move_nothing_but_what_is_meant_and_leave_it_so(
    there: tuple[Action, ...], afterwards: tuple[Action, ...], expected: str | None
) -> None:
    problems = check_simulation(there, afterwards, PLAN).problems
    assert [expected in one.what for one in problems if expected] == [True] * len(problems)
    assert bool(problems) == (expected is not None)


def plan_of(
    relays: dict[str, tuple[Parameters, tuple[str, ...], str]], to: str | None = None
) -> Plan | tuple[str, ...]:
    """By relay its parameters, where it is active, and what it follows; the plan, or the problems' words."""
    resources = {name: resource(name)._replace(nodes=nodes) for name, (_, nodes, _) in relays.items()}
    parameters = {name: given for name, (given, _, _) in relays.items()}
    leaders = {name: {leader} for name, (_, _, leader) in relays.items()}
    found = find_plan(situation(resources=resources), parameters, leaders, to)
    return found if isinstance(found, Plan) else tuple(one.what for one in found)


ON_1, ON_2 = ("xivo-1",), ("xivo-2",)


@pytest.mark.parametrize("to", [None, "xivo-2", "Xivo-2"])
def test_the_lines_go_to_the_other_wired_node(to: str | None) -> None:
    assert plan_of({RELAY: (TWO_XIVO, ON_1, "xivo")}, to) == PLAN
    chain = plan_of({RELAY: (TWO_XIVO, ON_2, "xivo"), BYPASS: (XIVO_PBX, ON_2, "xivo")})
    assert isinstance(chain, Plan)
    assert (chain.source, chain.target, set(chain.relays)) == ("xivo-2", "xivo-1", {RELAY, BYPASS})


@pytest.mark.parametrize(
    ("relays", "to", "expected"),
    [
        ({}, None, "no berofos resource"),
        ({RELAY: (TWO_XIVO, (), "xivo")}, None, "active nowhere"),
        ({RELAY: (TWO_XIVO, ("xivo-1", "xivo-2"), "xivo")}, None, "active on xivo-1, xivo-2"),
        ({RELAY: (TWO_XIVO, ON_1, "xivo"), BYPASS: (XIVO_PBX, ON_2, "xivo")}, None, "on several nodes"),
        ({RELAY: (TWO_XIVO, ON_1, "xivo"), BYPASS: (XIVO_PBX, ON_1, "pbx")}, None, "follow several resources"),
        ({BYPASS: (XIVO_PBX, ON_1, "asterisk")}, None, "nowhere to move to"),
        ({RELAY: (TWO_XIVO, ("xivo-3",), "xivo")}, None, "isn't wired"),
        ({RELAY: (TWO_XIVO, ON_1, "xivo")}, "xivo-1", "on xivo-1 already"),
        ({RELAY: (TWO_XIVO, ON_1, "xivo")}, "xivo-3", "xivo-3 isn't the node"),
    ],
)
def test_there_is_no_plan_where_it_is_not_clear_what_moves_where(
    relays: dict[str, tuple[Parameters, tuple[str, ...], str]], to: str | None, expected: str
) -> None:
    problems = plan_of(relays, to)
    assert not isinstance(problems, Plan)
    assert any(expected in one for one in problems)


def test_a_move_has_settled_only_when_all_is_there_and_nothing_under_way() -> None:
    everywhere: tuple[tuple[str, ...], ...] = ((), ON_1, ON_2, ("xivo-1", "xivo-2"))
    for first, second in itertools.product(everywhere, everywhere):
        for pending, begun in itertools.product((True, False), repeat=2):
            found = progress({"asterisk": first, RELAY: second}, pending, begun, "xivo-2")
            if first == second == ON_2 and not pending:
                assert found is Progress.SETTLED
            else:
                assert found is (Progress.UNDER_WAY if begun or pending else Progress.NOT_BEGUN)
