"""What corosync and the cluster's configuration say of links, fencing and votes, and what a fence agent takes."""

from __future__ import annotations

import pytest

from berofos_ra.cluster.corosync import CorosyncView, parse_cmap
from berofos_ra.cluster.fence_metadata import parse_fence_options
from berofos_ra.cluster.fencing_view import FencingView, parse_fencing

CMAP = """nodelist.node.0.name (str) = xivo-1
nodelist.node.0.ring0_addr (str) = 10.34.2.11
nodelist.node.0.ring1_addr (str) = 10.34.1.11
nodelist.node.1.ring0_addr (str) = 10.34.2.12
quorum.device.model (str) = net
runtime.config.totem.consensus (u32) = 480
runtime.config.totem.token (u32) = 400
"""
CIB = """<cib><configuration><crm_config><c id="a">{options}</c></crm_config>
<resources>{devices}</resources></configuration></cib>"""
DEVICE = '<primitive id="{id}" class="stonith" type="fence_x"><i id="b">{pairs}</i></primitive>'


def pair(name: str, value: str) -> str:
    return f'<nvpair id="{name}" name="{name}" value="{value}"/>'


def test_corosync_tells_its_links_its_third_vote_and_how_soon_it_notices() -> None:
    assert parse_cmap(CMAP) == CorosyncView(2, 0.88, True)
    one = CMAP.replace("nodelist.node.0.ring1_addr", "x").replace("quorum.device.model", "y")
    assert parse_cmap(one) == CorosyncView(1, 0.88, False)
    assert parse_cmap(CMAP.replace("= 480", "= ?")) == CorosyncView(2, None, True)
    assert parse_cmap("") is None


@pytest.mark.parametrize(
    ("options", "devices", "expected"),
    [
        ("", "", FencingView(True, (), False)),
        (pair("stonith-enabled", "false"), "", FencingView(False, (), False)),
        (pair("fencing-enabled", "off"), "", FencingView(False, (), False)),
        (pair("stonith-enabled", "true"), DEVICE.format(id="f", pairs=""), FencingView(True, ("f",), False)),
        (pair("priority-fencing-delay", "5s"), DEVICE.format(id="f", pairs=""), FencingView(True, ("f",), True)),
        (pair("priority-fencing-delay", "0s"), DEVICE.format(id="f", pairs=""), FencingView(True, ("f",), False)),
        ("", DEVICE.format(id="f", pairs=pair("pcmk_delay_max", "10")), FencingView(True, ("f",), True)),
    ],
)
def test_the_configuration_tells_of_fencing(options: str, devices: str, expected: FencingView) -> None:
    assert parse_fencing(CIB.format(options=options, devices=devices)) == expected


def test_a_fence_device_may_have_a_template() -> None:
    template = DEVICE.replace("primitive", "template").format(id="t", pairs=pair("pcmk_delay_base", "5s"))
    devices = template + '<primitive id="f" template="t"/><primitive id="g" template="gone"/>'
    assert parse_fencing(CIB.format(options="", devices=devices)) == FencingView(True, ("f",), True)


def test_a_fence_agent_tells_what_it_takes_and_needs() -> None:
    metadata = """<resource-agent><parameters><parameter name="action" required="1"/>
    <parameter name="ip" required="1" obsoletes="ipaddr"/><parameter name="ipaddr" required="1" deprecated="1"/>
    <parameter name="plug" required="1"/><parameter name="ssh" required="1"><content default="0"/></parameter>
    </parameters></resource-agent>"""
    options = parse_fence_options(metadata)
    assert options is not None
    assert options.missing(frozenset()) == ["ip or ipaddr"]
    assert options.missing(frozenset({"ipaddr"})) == []
    assert options.unknown(frozenset({"ip", "pcmk_host_list", "pass"})) == ["pass"]
    assert parse_fence_options("") is None
    assert parse_fencing("no XML") is None
