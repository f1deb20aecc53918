"""Chaos' invariants: each kind of violation is found, and what is in order is not taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.chaos import invariants
from tests.chaos.figures import Gap, Presence, gaps
from tests.chaos.invariants import BY_HAND, WATCHDOG, Change, Injection, Snapshot, View
from tests.chaos.plan import ACTIVE, CLUSTER, STANDBY, Kind
from tests.chaos.site import SITES
from tests.cluster.scenario import ASTERISK, RELAY
from tests.lab.cluster import Code, Failure, ResourceState

SITE = SITES["two-xivo"]
CHAIN = SITES["two-xivo-with-pbx-bypass"]
THREE = SITES["multiple-berofos"]
VOTING = SITES["quorum-device"]
RELAYS = (RELAY,)
NODES = SITE.nodes
TO_D = ("A--B", "A--D")
TO_B = ("A--D", "A--B")
FAILED = Failure("xivo-1", "start", Code.ERROR, "fos1 (10.34.1.20): no answer")


def resource(name: str, *nodes: str, failures: Sequence[Failure] = (), blocked: bool = False) -> ResourceState:
    return ResourceState(
        name, "Started" if nodes else "Stopped", nodes, False, blocked, not blocked, "", tuple(failures)
    )


def view(active: str | None, *, online: Sequence[str] = NODES, failures: Sequence[Failure] = ()) -> View:
    where = [active] if active else []
    states = {RELAY: resource(RELAY, *where, failures=failures), ASTERISK: resource(ASTERISK, *where)}
    attributes = {node: {"berofos-ready": "yes"} for node in online}
    if active in attributes:
        attributes[active] |= {"berofos-fos1": "shown", "berofos-fos2": "shown"}
    return View(frozenset(online), len(online), states, attributes)


def moment(active: str = "xivo-1") -> Snapshot:
    position = SITE.expected("fos1", active)
    return Snapshot({node: view(active) for node in NODES}, frozenset({active}), {"fos1": position, "fos2": position})


@pytest.mark.parametrize("active", NODES)
def test_all_is_well(active: str) -> None:
    assert invariants.not_well(moment(active), SITE, RELAYS) == []
    assert invariants.without_lines(moment(active), SITE, RELAYS, SITE.paths) == []


WELL = moment()
PLANTED = {
    "a relay on the other side": (
        replace(WELL, relays={"fos1": "A--B", "fos2": "A--D"}),
        "active is xivo-1, but fos2 is at A--D, expected A--B",
    ),
    "no asterisk": (replace(WELL, asterisk=frozenset()), "active is xivo-1, but asterisk runs on no node"),
    "two asterisks": (
        replace(WELL, asterisk=frozenset(NODES)),
        "active is xivo-1, but asterisk runs on xivo-1 and xivo-2",
    ),
    "a node that hangs": (replace(WELL, views={"xivo-1": view("xivo-1")}), "xivo-2 can't be asked"),
    "two clusters": (
        replace(WELL, views={node: view(node, online=[node]) for node in NODES}),
        "not everything runs on one node",
    ),
    "a vote that is missed": (
        replace(WELL, views={node: replace(view("xivo-1"), votes=1) for node in NODES}),
        "xivo-1 counts 1 of 2 votes",
    ),
    "a stopped relay": (
        replace(WELL, views={node: view(None) for node in NODES}),
        "xivo-1 sees berofos-relay Stopped on no node",
    ),
    "a failure that stays": (
        replace(WELL, views={node: view("xivo-1", failures=[FAILED]) for node in NODES}),
        "failed start of berofos-relay on xivo-1 (fos1 (10.34.1.20): no answer)",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_not_well_is_found(name: str) -> None:
    seen, complaint = PLANTED[name]
    assert complaint in "\n".join(invariants.not_well(seen, SITE, RELAYS))


def test_a_failure_that_only_tells_of_a_degraded_time_may_stay_listed() -> None:
    degraded = replace(FAILED, code=Code.DEGRADED)
    seen = replace(WELL, views={node: view("xivo-1", failures=[degraded]) for node in NODES})
    assert invariants.not_well(seen, SITE, RELAYS) == []


def test_attributes_that_tell_something_else_are_found() -> None:
    for attributes, complaint in (
        ({"berofos-ready": "no: fos1"}, "shows berofos-ready=no: fos1 for xivo-2"),
        ({}, "shows berofos-ready=None for xivo-2"),
        ({"berofos-ready": "yes", "berofos-fos1": "A--D"}, "shows berofos-fos1 for xivo-2, active is xivo-1"),
    ):
        view_1 = view("xivo-1")
        odd = replace(view_1, attributes={**view_1.attributes, "xivo-2": attributes})
        seen = replace(WELL, views={**WELL.views, "xivo-1": odd})
        assert complaint in "\n".join(invariants.not_well(seen, SITE, RELAYS))


def test_a_blocked_resource_is_found() -> None:
    states = {**view("xivo-1").resources, RELAY: resource(RELAY, "xivo-1", blocked=True)}
    seen = replace(WELL, views={**WELL.views, "xivo-2": replace(view("xivo-1"), resources=states)})
    expected = "xivo-2 sees berofos-relay blocked"
    assert invariants.blocked(seen) == [expected]
    assert expected in invariants.not_well(seen, SITE, RELAYS)
    assert expected in invariants.without_lines(seen, SITE, RELAYS, SITE.paths)


def test_lines_on_a_node_that_is_not_active_are_found_in_a_cut() -> None:
    apart = {node: view(node if node == "xivo-2" else None, online=[node]) for node in NODES}
    both_run_asterisk = replace(WELL, views=apart, asterisk=frozenset(NODES))
    assert invariants.without_lines(both_run_asterisk, SITE, RELAYS, SITE.paths) == [
        "the lines are on xivo-1 (fos1 at A--B), active: xivo-2",
        "the lines are on xivo-1 (fos2 at A--B), active: xivo-2",
    ]
    taken = replace(both_run_asterisk, relays={"fos1": "A--D", "fos2": "A--D"})
    assert invariants.without_lines(taken, SITE, RELAYS, SITE.paths) == []
    assert invariants.without_lines(replace(taken, asterisk=frozenset({"xivo-1"})), SITE, RELAYS, SITE.paths)


def test_the_pbx_may_have_the_lines_while_faults_last() -> None:
    nobody = Snapshot({}, frozenset(), {"fos1": "A--D", "fos2": "A--B"})
    assert invariants.without_lines(nobody, CHAIN, RELAYS, CHAIN.paths) == []
    on_a_node = replace(nobody, relays={"fos1": "A--B C--D", "fos2": "A--B"})
    assert invariants.without_lines(on_a_node, CHAIN, RELAYS, CHAIN.paths) != []


def test_lines_that_need_not_be_served_are_not_looked_at() -> None:
    away = replace(WELL, relays={"fos1": "A--D", "fos2": "A--B"})
    assert invariants.without_lines(away, SITE, RELAYS, SITE.paths) != []
    assert invariants.without_lines(away, SITE, RELAYS, [("fos2",)]) == []


def done(kind: Kind, target: str, role: str = "", began: float = 10.0, ended: float | None = None) -> Injection:
    return Injection(kind, target, role or target, began, ended)


def moved(by: str, way: tuple[str, str] = TO_D, at: float = 11.0, device: str = "fos1") -> Change:
    return Change(at, device, *way, by)


DEATH = done(Kind.NODE_DIES, "xivo-1", ACTIVE)
CUT = done(Kind.NODES_CUT, "xivo-1", ACTIVE, ended=20.0)
HAND = done(Kind.RELAY_BY_HAND, "fos1")
POWER = done(Kind.DEVICE_OFF, "fos1", ended=20.0)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ([moved("xivo-2")], [DEATH]),
        ([moved("xivo-2")], [CUT]),
        ([moved("xivo-2"), moved("xivo-1", TO_B, at=21.0)], [CUT]),
        ([moved(BY_HAND), moved("xivo-1", TO_B)], [HAND]),
        ([moved("power off"), moved("power on", TO_B)], [POWER]),
        ([moved("xivo-2"), moved(BY_HAND, TO_B), moved("xivo-2")], [HAND, DEATH]),
        ([moved("xivo-2"), moved("xivo-1", TO_B), moved("xivo-2")], [CUT, done(Kind.STOP, CLUSTER)]),
    ],
)
def test_changes_with_a_cause_are_accounted_for(changes: list[Change], faults: list[Injection]) -> None:
    assert invariants.unaccounted(changes, faults, SITE) == []
    assert invariants.more_than_once_in_a_cut(changes, faults, SITE) == []


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ([moved("xivo-2")], []),
        ([moved("xivo-2", at=9.0)], [DEATH]),  # before it
        ([moved("xivo-2")], [done(Kind.NODE_DIES, "xivo-2", STANDBY)]),
        ([moved("xivo-2")], [done(Kind.REFRESH, CLUSTER)]),
        ([moved("xivo-2")], [done(Kind.STOP, CLUSTER)]),
        ([moved("xivo-2")], [done(Kind.DEVICE_UNPLUGGED, "fos1")]),
        ([moved("xivo-2"), moved("xivo-1", TO_B)], [DEATH]),
        ([moved("xivo-2"), moved("xivo-1", TO_B, at=19.0)], [CUT]),  # to and fro while it lasts
        ([moved("xivo-2"), moved("xivo-1", TO_B, at=21.0), moved("xivo-2", at=22.0)], [CUT]),
        ([moved("xivo-1", TO_D)], [DEATH]),  # from itself to the other
        ([moved(BY_HAND)], []),
        ([moved(BY_HAND, device="fos2")], [HAND]),
        ([moved("xivo-1", device="fos2")], [HAND]),
        ([moved("power off")], [HAND]),
        ([moved(WATCHDOG)], [DEATH]),  # armed on no device of this site
        ([moved("http 10.34.1.99")], [DEATH]),
    ],
)
def test_a_change_without_a_cause_is_found(changes: list[Change], faults: list[Injection]) -> None:
    assert len(invariants.unaccounted(changes, faults, SITE)) == 1


def test_a_watchdog_needs_a_cause_too() -> None:
    fall = moved(WATCHDOG, ("A--B C--D", "A--D"))
    back = moved("xivo-2", ("A--D", "A--B C--D"))
    assert invariants.unaccounted([fall, back], [DEATH], CHAIN) == []
    assert invariants.unaccounted([fall], [done(Kind.REFRESH, CLUSTER)], CHAIN) != []
    assert invariants.unaccounted([fall, replace(fall, device="fos2")], [DEATH], CHAIN) != []


def test_a_tug_of_war_in_a_cut_is_found() -> None:
    to_and_fro = [moved("xivo-2"), moved("xivo-1", TO_B, at=15.0)]
    expected = ["fos1: switched 2 times while the nodes didn't see each other"]
    assert invariants.more_than_once_in_a_cut(to_and_fro, [CUT], SITE) == expected
    assert invariants.more_than_once_in_a_cut(to_and_fro, [replace(CUT, ended=None)], SITE) == expected
    unplugged = done(Kind.DEVICE_UNPLUGGED, "fos2")
    assert invariants.more_than_once_in_a_cut(to_and_fro, [CUT, unplugged], SITE) == expected


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ([moved("xivo-2")], [DEATH]),
        ([moved("xivo-2"), moved("xivo-1", TO_B, at=21.0)], [CUT]),
        ([moved(BY_HAND), moved("xivo-1", TO_B)], [HAND]),
        ([moved("power off"), moved("xivo-1", TO_B)], [POWER]),
        ([moved("xivo-2", device="fos2"), moved("xivo-2")], [DEATH]),  # each device for itself
    ],
)
def test_clicks_after_real_changes_of_the_world_are_in_order(changes: list[Change], faults: list[Injection]) -> None:
    assert invariants.more_clicks_than_changes(changes, faults, SITE) == []


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ([moved("xivo-2")], []),
        ([moved("xivo-2")], [done(Kind.DEVICE_REBOOTS, "fos1")]),  # which it hasn't done yet
        ([moved("xivo-2", at=9.0)], [DEATH]),  # before it
        ([moved("xivo-2")], [done(kind, "fos1") for kind in (Kind.DEVICE_IS_SLOW, Kind.SECOND_RESOURCE)]),
        ([moved("xivo-2")], [done(kind, "xivo-1") for kind in (Kind.FILE_TYPO, Kind.FILE_GONE, Kind.REINSTALLED)]),
        ([moved("xivo-2"), moved("xivo-1", TO_B)], [DEATH]),
        ([moved("xivo-2"), moved("xivo-1", TO_B, at=19.0)], [CUT]),  # it isn't over yet
        ([moved(BY_HAND), moved("xivo-1", TO_B), moved("xivo-2")], [HAND]),
        ([moved(BY_HAND), moved("xivo-1", TO_B, device="fos2")], [HAND]),
    ],
)
def test_a_click_without_a_real_change_of_the_world_is_found(changes: list[Change], faults: list[Injection]) -> None:
    assert len(invariants.more_clicks_than_changes(changes, faults, SITE)) == 1


def test_a_relay_that_goes_to_and_fro_between_node_and_pbx_is_found() -> None:
    there, back = ("A--B C--D", "A--D"), ("A--D", "A--B C--D")
    fall = [moved(WATCHDOG, there), moved("xivo-1", back)]
    assert invariants.more_clicks_than_changes(fall, [done(Kind.DEVICE_UNPLUGGED, "fos1")], CHAIN) == []
    flapping = [*fall, moved("xivo-1", there), moved("xivo-1", back)]
    assert len(invariants.more_clicks_than_changes(flapping, [done(Kind.DEVICE_UNPLUGGED, "fos1")], CHAIN)) == 2
    restarted = done(Kind.ASTERISK_DIES, "xivo-1", ACTIVE)
    assert invariants.more_clicks_than_changes(flapping[2:], [restarted], CHAIN) == []


LOGGED = "xivo-2 berofos(berofos-relay)[360]: berofos fos1 (10.34.1.20): relay A--B -> A--D, lines now on xivo-2\n"


def test_a_change_of_which_the_log_has_nothing_is_found() -> None:
    logs = {"xivo-1": "", "xivo-2": LOGGED}
    assert invariants.unlogged([moved("xivo-2")], [DEATH], logs, SITE) == []
    twice = [moved("xivo-2"), moved("xivo-2", at=12.0)]
    assert len(invariants.unlogged(twice, [DEATH], logs, SITE)) == 1
    assert len(invariants.unlogged([moved("xivo-1", TO_B)], [CUT], logs, SITE)) == 1
    assert invariants.unlogged([moved("xivo-1", TO_B)], [DEATH], logs, SITE) == []  # it died with it
    restarting = (
        "berofos(berofos-relay)[360]: berofos fos1 (10.34.1.20): connection refused, expected A--D; its watchdog"
    )
    told = {"xivo-1": "", "xivo-2": restarting}
    assert invariants.unlogged([moved("xivo-2")], [done(Kind.DEVICE_REBOOTS, "fos1")], told, SITE) == []
    assert len(invariants.unlogged([moved("xivo-2")], [DEATH], told, SITE)) == 1
    blindly = "berofos(berofos-relay)[360]: berofos fos1 (10.34.1.20): can't be read; told blindly to join A--D\n"
    assert invariants.unlogged([moved("xivo-2")], [DEATH], {"xivo-1": "", "xivo-2": blindly}, SITE) == []
    assert len(invariants.unlogged(twice, [DEATH], {"xivo-1": "", "xivo-2": blindly}, SITE)) == 1


def test_a_failed_stop_is_found() -> None:
    said = "xivo-1 pacemaker-controld  [22] (log_executor_event) \tnotice: Result of stop operation for"
    key = "graph action confirmed; call=26 key=berofos-relay_stop_0"
    sound = f"{said} berofos-relay on xivo-1: ok | CIB update 9, {key} rc=0\n"
    sound += f"{said} asterisk on xivo-1: OK | {key} rc=0\n"
    assert invariants.failed_stops({"xivo-1": sound}) == []
    for result, reason in (
        (f"error (can't remove it (yet)) | CIB update 9, {key} rc=1", "can't remove it (yet)"),  # Pacemaker 2
        (f"Error occurred (can't remove it) | {key} rc=1", "can't remove it"),  # Pacemaker 3
        (f"Timed Out after 30s (Process did not exit) | CIB update 9, {key} timeout=30s", "Process did not exit"),
    ):
        logs = {"xivo-1": f"{sound}{said} berofos-relay on xivo-1: {result}\n"}
        assert invariants.failed_stops(logs) == [f"stop of berofos-relay on xivo-1: exit code 1 ({reason})"]


def test_anything_that_happens_while_nothing_is_done_is_found() -> None:
    said = "pacemaker-controld[22]:  notice: Requesting local execution of"
    looks = f"{said} monitor operation for berofos-relay on xivo-1\n"
    assert invariants.disturbed([], {"xivo-1": looks}) == []
    assert len(invariants.disturbed([moved("xivo-2")], {})) == 1
    logs = {"xivo-1": f"{looks}{said} start operation for asterisk on xivo-1\n"}
    assert invariants.disturbed([], logs) == ["start of asterisk on xivo-1"]


def test_when_the_lines_must_be_served_with_faults_in_effect() -> None:
    assert invariants.must_serve([DEATH], SITE)
    assert invariants.must_serve([DEATH, CUT], SITE)
    assert not invariants.must_serve([DEATH, done(Kind.NODE_HANGS, "xivo-2")], SITE)  # none is left
    assert not invariants.must_serve([DEATH, *(done(Kind.DEVICE_OFF, device) for device in SITE.devices)], SITE)
    assert not invariants.must_serve([done(Kind.STOP, CLUSTER)], SITE)
    assert not invariants.must_serve([DEATH], SITES["xivo-pbx"])


def test_a_spare_device_in_trouble_spares_the_others_lines() -> None:
    others = (("fos2",), ("fos3",))
    assert invariants.must_serve([POWER], SITE) == (("fos2",),)
    assert invariants.must_serve([POWER], SITES["two-xivo-pbx"]) == ()
    assert invariants.must_serve([POWER], THREE) == others
    assert invariants.must_serve([POWER, DEATH], THREE) == others
    assert invariants.must_serve([POWER, DEATH, done(Kind.DEVICE_HANGS, "fos2")], THREE) == (("fos3",),)
    assert invariants.must_serve([POWER, DEATH, done(Kind.STANDBY, "xivo-2", STANDBY)], THREE) == ()
    assert invariants.must_serve([POWER, done(Kind.RESTART, CLUSTER)], THREE) == ()
    assert invariants.must_serve([done(Kind.DEVICE_UNPLUGGED, "fos1")], THREE) == THREE.paths  # it keeps its relay


def test_with_a_quorum_device_nothing_moves_when_nodes_meet_again() -> None:
    there_and_back = [moved("xivo-2"), moved("xivo-1", TO_B, at=21.0)]
    assert invariants.unaccounted(there_and_back, [CUT], SITE) == []
    assert len(invariants.unaccounted(there_and_back, [CUT], VOTING)) == 1
    assert invariants.unaccounted(there_and_back[:1], [CUT], VOTING) == []


def test_with_a_quorum_device_the_lines_must_be_served_as_far_as_there_are_votes() -> None:
    no_vote = done(Kind.QUORUM_DEVICE_CUT, "qnetd")
    assert invariants.must_serve([no_vote], VOTING)
    assert invariants.must_serve([CUT], VOTING)
    assert not invariants.must_serve([no_vote, DEATH], VOTING)
    standby = done(Kind.STANDBY, "xivo-1", ACTIVE)
    assert invariants.must_serve([CUT, standby], SITE)
    assert not invariants.must_serve([CUT, standby], VOTING)  # the other one may be without quorum


def test_times_in_which_the_lines_were_on_nobody() -> None:
    at_b = {"fos1": "A--B", "fos2": "A--B"}
    presences = [
        Presence(0.0, frozenset({"xivo-1"})),
        Presence(10.0, frozenset()),
        Presence(13.0, frozenset({"xivo-2"})),
    ]
    changes = [moved("xivo-2", at=13.5), moved("xivo-2", at=14.0, device="fos2")]
    assert gaps(SITE, at_b, changes, presences, 5.0, 20.0) == [Gap(("fos1",), 10.0, 13.5), Gap(("fos2",), 10.0, 14.0)]
    # It goes on to the end, and begins before the beginning.
    assert gaps(SITE, at_b, [], presences, 12.0, 20.0) == [Gap(("fos1",), 12.0, 20.0), Gap(("fos2",), 12.0, 20.0)]
    to_the_pbx = [moved(WATCHDOG, at=12.0)]
    behind = {"fos1": "A--B C--D", "fos2": "A--B"}
    assert gaps(CHAIN, behind, to_the_pbx, presences, 5.0, 20.0) == [Gap(("fos1", "fos2"), 10.0, 12.0)]
