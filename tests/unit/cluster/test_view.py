"""Reading what Pacemaker's own tools say of the relays."""

from __future__ import annotations

import pytest

from berofos_ra.cluster.view import (
    ClusterSilentError,
    parse_has_joined_and_is_idle,
    parse_monitor_interval,
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
<node name="n1"><attribute name="berofos-ready" value="yes"/><attribute name="x" value="y"/></node>
<node name="n2"/></node_attributes></pacemaker-result>"""


def test_relays_are_told_from_other_resources() -> None:
    view = parse_view(CIB, STATUS)
    lines, more = view.relays
    assert (lines.name, lines.nodes, lines.managed) == ("lines", ("n1",), True)
    assert lines.parameters == {"devices": "fos1"}
    assert (more.name, more.nodes, more.managed) == ("more", (), False)
    assert view.nodes == ("n1", "n2")
    assert view.ready == {"n1": "yes"}


def test_a_template_gives_what_the_resource_does_not_say() -> None:
    assert parse_view(CIB, STATUS).relays[1].parameters == {"timeout": "5", "devices": "fos2"}


def test_the_monitors_interval_is_found_in_it() -> None:
    assert parse_monitor_interval(parse_view(CIB, STATUS).resources, "lines") == 10


def test_a_resource_that_the_status_does_not_know_is_not_managed() -> None:
    assert not parse_view(CIB, "<pacemaker-result/>").relays[0].managed


@pytest.mark.parametrize(("cib", "status"), [("", STATUS), (CIB, "crm_mon: oops"), ("<cib>", STATUS)])
def test_nonsense_is_an_error(cib: str, status: str) -> None:
    with pytest.raises(ClusterSilentError):
        parse_view(cib, status)


def node_state(operation: str, rc_code: int = 0, join: str = "member") -> str:
    last = f'<lrm_rsc_op id="lines_last_0" operation="{operation}" rc-code="{rc_code}"/>'
    return f'<status><node_state uname="N2" join="{join}">{last}</node_state></status>'


@pytest.mark.parametrize(
    ("status", "idle"),
    [
        (node_state("stop"), True),
        (node_state("start"), False),
        (node_state("monitor", 190), False),
        (node_state("monitor", 7), True),
        (node_state("stop", join="down"), False),
        ("<status/>", True),  # nobody says otherwise
        ("", True),
    ],
)
def test_a_node_has_joined_and_is_idle(status: str, idle: bool) -> None:
    assert parse_has_joined_and_is_idle(status, "n2", "lines") is idle
