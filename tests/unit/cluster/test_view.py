"""Reading what Pacemaker's own tools say of the relays."""

from __future__ import annotations

import pytest

from berofos_ra.cluster.view import (
    ClusterSilentError,
    PeerState,
    RelayState,
    parse_attribute_names,
    parse_monitor_interval,
    parse_peer_state,
    parse_scheduled_monitors,
    parse_status,
    parse_view,
)

CIB = """<cib><configuration><resources>
<template id="berofos" class="ocf" provider="xivo" type="berofos">
 <instance_attributes id="t"><nvpair id="t1" name="timeout" value="5"/><nvpair id="t2" name="devices" value="all"/>
 </instance_attributes></template>
<group id="g"><primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"/>
<primitive id="lines" class="ocf" provider="xivo" type="berofos">
 <instance_attributes id="a"><nvpair id="a1" name="devices" value="fos1"/></instance_attributes>
 <operations><op id="m" name="monitor" interval="10s">
  <instance_attributes id="o"><nvpair id="o1" name="OCF_CHECK_LEVEL" value="10"/></instance_attributes></op>
 </operations></primitive></group>
<primitive id="more" template="berofos">
 <instance_attributes id="b"><nvpair id="b1" name="devices" value="fos2"/></instance_attributes></primitive>
</resources></configuration></cib>"""
STATUS = """<pacemaker-result><nodes><node name="n1"/><node name="n2"/></nodes><resources>
<group id="g"><resource id="ip" managed="true"><node name="n1"/></resource>
<resource id="lines" managed="true"><node name="n1"/></resource></group>
<resource id="more" managed="false"/></resources>
<node_attributes>
<node name="n1"><attribute name="berofos-ready" value="yes"/><attribute name="x" value="y"/>
<attribute name="berofos-spans" value="span 1 RED"/></node>
<node name="n2"/></node_attributes></pacemaker-result>"""


def test_relays_are_told_from_other_resources() -> None:
    view = parse_view(CIB, STATUS)
    lines, more = view.relays
    assert (lines.name, lines.nodes, lines.managed) == ("lines", ("n1",), True)
    assert lines.parameters == {"devices": "fos1"}
    assert (more.name, more.nodes, more.managed) == ("more", (), False)
    assert view.nodes == ("n1", "n2")
    assert view.ready == {"n1": "yes"}
    assert view.spans == {"n1": "span 1 RED"}


def test_a_template_gives_what_the_resource_does_not_say() -> None:
    assert parse_view(CIB, STATUS).relays[1].parameters == {"timeout": "5", "devices": "fos2"}


def test_a_clone_is_active_on_all_its_nodes() -> None:
    cib = CIB.replace('<group id="g">', '<clone id="c">').replace("</group>", "</clone>")
    status = """<pacemaker-result><nodes><node name="n1"/><node name="n2"/></nodes><resources><clone id="c">
    <resource id="lines:0" managed="true"><node name="n1"/></resource>
    <resource id="lines:1" managed="true"><node name="n2"/></resource></clone></resources></pacemaker-result>"""
    lines = parse_view(cib, status).relays[0]
    assert (lines.nodes, lines.is_cloned) == (("n1", "n2"), True)
    assert not parse_view(CIB, STATUS).relays[0].is_cloned


def test_nodes_that_are_away_remote_or_paused_are_told() -> None:
    status = """<pacemaker-result><nodes><node name="n1" online="true" standby="true"/>
    <node name="n2" online="false"/><node name="Far" online="true" type="remote"/></nodes></pacemaker-result>"""
    pause = '<instance_attributes id="i"><nvpair id="p" name="berofos-paused" value="now"/></instance_attributes>'
    cib = CIB.replace("<resources>", f'<nodes><node id="1" uname="n1">{pause}</node></nodes><resources>')
    view = parse_view(cib, status)
    assert view.away == {"n1": "standby", "n2": "offline"}
    assert (sorted(view.remote), [(pause.node, pause.reason) for pause in view.pauses]) == (["far"], [("n1", "now")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<nodes>", '<summary><cluster_options maintenance-mode="true"/></summary><nodes>'),
        ('<node name="n1"/><node name="n2"/></nodes>', '<node name="n1" maintenance="true"/></nodes>'),
        ('<resource id="lines" ', '<resource id="lines" maintenance="true" '),
    ],
    ids=["cluster", "node", "resource"],
)
def test_maintenance_is_told_from_unmanaged(old: str, new: str) -> None:
    assert not parse_view(CIB, STATUS.replace(old, new, 1)).relays[0].is_watched
    assert parse_view(CIB, STATUS.replace('managed="true"', 'managed="false"')).relays[0].is_watched


@pytest.mark.parametrize(
    ("operation", "watches"),
    [('role="Stopped"', True), ('role="Started"', False), ('role="Stopped" enabled="No"', False)],
)
def test_the_monitor_of_standby_nodes_is_found(operation: str, watches: bool) -> None:
    cib = CIB.replace("<operations>", f'<operations><op id="s" name="monitor" interval="30s" {operation}/>')
    assert parse_view(cib, STATUS).relays[0].watches_standby is watches


@pytest.mark.parametrize(
    "odd",
    [
        '<instance_attributes id="2"><nvpair id="p" name="timeout" value="9"/></instance_attributes>',
        '<instance_attributes id-ref="t"/>',
        '<instance_attributes id="2"><rule id="r" score="1"/></instance_attributes>',
    ],
)
def test_what_pacemaker_must_compute_is_told_from_what_is_plain(odd: str) -> None:
    cib = CIB.replace("<operations>", f"{odd}<operations>")
    assert not parse_view(cib, STATUS).relays[0].is_plain
    assert all(relay.is_plain for relay in parse_view(CIB, STATUS).relays)


LIFETIME = '<rule id="r"><date_expression id="d" operation="lt" end="2026-11-27 14:07:30Z"/></rule>'


@pytest.mark.parametrize(
    ("rule", "joined", "found"),
    [
        ('<rsc_location id="cli-prefer-lines" rsc="lines"/>', "", [("cli-prefer-lines", "lines", "")]),
        (f'<rsc_location id="cli-ban-g-on-n1" rsc="g">{LIFETIME}</rsc_location>', "", [("cli-ban-g-on-n1", "g")]),
        ('<rsc_location id="cli-prefer-ip" rsc="ip"/>', "", [("cli-prefer-ip", "ip", "")]),
        ('<rsc_location id="home" rsc="lines"/>', "", []),
        ('<rsc_location id="cli-prefer-other" rsc="other"/>', "", []),
        (
            '<rsc_location id="cli-prefer-other" rsc="other"/>',
            '<rsc_colocation id="c" rsc="g" with-rsc="other"/>',
            [("cli-prefer-other", "other", "")],
        ),
    ],
)
def test_rules_of_earlier_moves_that_concern_a_relay_are_found(
    rule: str, joined: str, found: list[tuple[str, ...]]
) -> None:
    cib = CIB.replace("</resources>", f"</resources><constraints>{rule}{joined}</constraints>")
    moves = parse_view(cib, STATUS).moves
    assert [tuple(move)[: len(wanted)] for move, wanted in zip(moves, found, strict=True)] == found
    assert all((move.end is not None) == ("date_expression" in rule) for move in moves)


def primitive(*operations: str) -> str:
    """As ``crm_resource --query-xml`` prints it."""
    return (
        "lines\t(ocf:xivo:berofos):\t Started n1\nResource XML:\n"
        f'<primitive id="lines"><operations>{"".join(operations)}</operations></primitive>\n'
    )


@pytest.mark.parametrize(
    ("operations", "interval"),
    [
        (('<op name="monitor" interval="10s"/>', '<op name="monitor" interval="1min"/>'), 10),
        (('<op name="monitor" interval="10s" enabled="false"/>', '<op name="monitor" interval="20"/>'), 20),
        (('<op name="monitor" interval="10s" enabled="No"/>', '<op name="monitor" interval="20"/>'), 20),
        (('<op name="monitor" interval="500ms"/>',), 0.5),
        (('<op name="monitor" interval="30s" role="Stopped"/>', '<op name="start" interval="0"/>'), None),
        (('<op name="monitor" interval="PT1M30S"/>', '<op name="monitor" interval="P1D"/>'), 90),
        (('<op name="monitor" interval="PT10S"/>',), 10),
        (('<op name="monitor" interval="0"/>',), None),
        ((), None),
    ],
)
def test_the_shortest_monitor_of_a_running_resource_counts(
    operations: tuple[str, ...], interval: float | None
) -> None:
    assert parse_monitor_interval(primitive(*operations)) == interval


def test_no_answer_has_no_monitor() -> None:
    assert parse_monitor_interval("") is None


def test_a_resource_that_the_status_does_not_know_is_not_managed() -> None:
    assert not parse_view(CIB, "<pacemaker-result/>").relays[0].managed


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ('online="true" standby="false" maintenance="false"', None),
        ('online="false" standby="true" maintenance="true"', "offline"),
        ('online="true" standby="true" maintenance="true"', "standby"),
        ('online="true" standby="false" maintenance="true"', "in maintenance"),
        ('online="true" standby="false" pending="true"', "joining"),
        ('online="true" unclean="true"', "unclean"),
        ('online="true" shutdown="true"', "shutting down"),
    ],
)
def test_a_node_that_would_start_nothing_says_why(flags: str, reason: str | None) -> None:
    status = f'<pacemaker-result><nodes><node name="n2" {flags}/></nodes></pacemaker-result>'
    assert parse_view(CIB, status).away.get("n2") == reason


@pytest.mark.parametrize(("cib", "status"), [("", STATUS), (CIB, "crm_mon: oops"), ("<cib>", STATUS)])
def test_nonsense_is_an_error(cib: str, status: str) -> None:
    with pytest.raises(ClusterSilentError):
        parse_view(cib, status)


def node_state(operation: str, rc_code: int = 0, join: str = "member", status: int = 0) -> str:
    result = f'rc-code="{rc_code}" op-status="{status}"'
    last = f'<lrm_rsc_op id="lines_last_0" operation="{operation}" {result}/>'
    return f'<status><node_state uname="N2" join="{join}">{last}</node_state></status>'


@pytest.mark.parametrize(
    ("status", "idle"),
    [
        (node_state("stop"), True),
        (node_state("start"), False),
        (node_state("monitor", 190), False),
        (node_state("monitor", 7), True),
        (node_state("stop", join="down"), False),
        (node_state("stop", 1), False),  # Pacemaker takes it for active still
        (node_state("stop", 193, status=-1), False),  # under way
        (node_state("monitor", 193, status=-1), False),
        (node_state("start", 193, status=-1), False),
        ('<status><node_state uname="n2" join="member"/></status>', False),  # it hasn't told yet
    ],
)
def test_a_peer_is_idle_once_it_has_joined_and_told_so(status: str, idle: bool) -> None:
    peer = parse_peer_state(status, "n2", "lines")
    assert peer is not None
    assert peer.is_idle is idle


@pytest.mark.parametrize("status", ["", "<status/>", node_state("stop").replace("N2", "N3")])
def test_a_peer_that_nobody_speaks_of_is_unknown(status: str) -> None:
    assert parse_peer_state(status, "n2", "lines") is None


@pytest.mark.parametrize(("expected", "is_down"), [("down", True), ("member", False)])
def test_a_peer_that_left_cleanly_is_expected_to_be_down(expected: str, is_down: bool) -> None:
    status = f'<status><node_state uname="n2" join="down" expected="{expected}"/></status>'
    assert parse_peer_state(status, "n2", "lines") == PeerState(False, False, False, expected_down=is_down)


def shown(name: str, *nodes: str, **more: str) -> str:
    """A resource as ``crm_mon --inactive --output-as=xml`` shows it."""
    given = {"resource_agent": "ocf:xivo:berofos", "managed": "true", "orphaned": "false", **more}
    attributes = " ".join(f'{key}="{value}"' for key, value in given.items())
    places = "".join(f'<node name="{node}"/>' for node in nodes)
    return f'<resource id="{name}" {attributes}>{places}</resource>'


@pytest.mark.parametrize(
    ("resources", "states"),
    [
        (shown("lines", "n1"), [RelayState("lines", ("n1",), managed=True, may_run=True)]),
        (shown("lines", managed="false"), [RelayState("lines", (), managed=False, may_run=True)]),
        (shown("lines", target_role="Stopped"), [RelayState("lines", (), managed=True, may_run=False)]),
        (shown("lines", target_role="stopped"), [RelayState("lines", (), managed=True, may_run=False)]),
        (shown("lines", "n1", orphaned="true"), [RelayState("lines", ("n1",), managed=True, may_run=False)]),
        (
            f'<group id="g">{shown("a", "n1")}</group>{shown("b", "n2")}',
            [RelayState("a", ("n1",), True, True), RelayState("b", ("n2",), True, True)],
        ),
        # A clone, with an instance too many.
        (
            f'<clone id="c">{shown("a", "n1")}{shown("a", "n2")}{shown("a", orphaned="true")}</clone>',
            [RelayState("a", ("n1", "n2"), managed=True, may_run=True)],
        ),
        (shown("ip", "n1", resource_agent="ocf:heartbeat:IPaddr2"), []),
    ],
)
def test_resources_are_as_pacemaker_computes_them(resources: str, states: list[RelayState]) -> None:
    found = parse_status(f"<pacemaker-result><resources>{resources}</resources></pacemaker-result>")
    assert found is not None
    assert found.relays == tuple(states)


def test_no_answer_has_no_states() -> None:
    assert parse_status("") is None


def test_remote_nodes_are_told_by_their_type() -> None:
    nodes = '<node name="N1" type="member"/><node name="Far" type="remote"/>'
    found = parse_status(f"<pacemaker-result><nodes>{nodes}</nodes></pacemaker-result>")
    assert found is not None
    assert found.remote_nodes == {"far"}


def graph(*keys: str) -> str:
    """A transition graph as ``crm_simulate --save-graph`` writes it."""
    operations = "".join(
        f'<synapse><action_set><rsc_op operation_key="{key}"/></action_set></synapse>' for key in keys
    )
    return f"<transition_graph>{operations}</transition_graph>"


@pytest.mark.parametrize(
    ("keys", "intervals"),
    [
        (("lines_start_0", "lines_monitor_10000", "lines_monitor_60000", "more_monitor_5000"), (10.0, 60.0)),
        (("lines_start_0", "lines_monitor_0"), ()),
        (("lines_start_0",), ()),
        (("more_start_0", "lines_monitor_10000"), None),  # it isn't started: nobody can tell
        ((), None),
    ],
)
def test_monitors_that_follow_a_start_are_in_its_graph(keys: tuple[str, ...], intervals: tuple[float, ...]) -> None:
    assert parse_scheduled_monitors(graph(*keys), "lines") == intervals


def test_attributes_of_this_project_are_found_by_their_names() -> None:
    pairs = '<nvpair name="berofos-fos1" value="A--B"/><nvpair name="probe_complete" value="true"/>'
    attributes = f"<transient_attributes><instance_attributes>{pairs}</instance_attributes></transient_attributes>"
    status = f'<status><node_state uname="N1">{attributes}</node_state></status>'
    assert parse_attribute_names(status) == {"n1": frozenset({"berofos-fos1"})}
    assert parse_attribute_names("") == {}
