"""The generator of cluster configurations, beside the hand-made heads of crm-examples."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from berofos_ra.crmconfig.format_xml import render_xml
from berofos_ra.crmconfig.formats import render_crm, render_pcs
from berofos_ra.crmconfig.protection import UNPROTECTED, assign, parse_fencing
from berofos_ra.crmconfig.site import Site, VirtualIp
from berofos_ra.wiring.topology import TOPOLOGIES, interval_problem, wiring

EXAMPLES = Path(__file__).parents[3] / "crm-examples"
NODES = ("xivo-1", "xivo-2")
ADDRESS = VirtualIp("10.34.1.100", 24, "eth0")
FENCING = [
    parse_fencing(text)
    for text in (
        "fence_ipmilan:ip=10.34.1.201,username=ha,password_script=/root/bmc-password",
        "fence_ipmilan:ip=10.34.1.202,username=ha,password_script=/root/bmc-password",
        "fence_apc:ip=10.34.1.9,username=ha,password_script=/root/pdu-password,plug=1",
        "fence_apc:ip=10.34.1.9,username=ha,password_script=/root/pdu-password,plug=2",
    )
]
SITES = {
    "two-xivo": Site(wiring("two-xivo", *NODES), ("fos1", "fos2"), virtual_ip=ADDRESS),
    "two-xivo-pbx": Site(wiring("two-xivo-pbx", *NODES), ("fos1",), virtual_ip=ADDRESS),
    "multiple-berofos": Site(wiring("two-xivo", *NODES), ("fos1", "fos2", "fos3"), virtual_ip=ADDRESS),
    "quorum-device": Site(
        wiring("two-xivo", *NODES), ("fos1", "fos2"), virtual_ip=ADDRESS, quorum_device="10.34.1.10"
    ),
    "fencing": Site(wiring("two-xivo", *NODES), ("fos1", "fos2"), virtual_ip=ADDRESS, fencing=assign(FENCING, NODES)),
    "xivo-pbx": Site(wiring("xivo-pbx", "xivo-1", None), ("fos1",), watchdog_interval=20),
}


@pytest.mark.parametrize("name", SITES)
def test_examples_are_what_the_generator_makes(name: str) -> None:
    for ending, made in ((".crm", render_crm(SITES[name])), (".pcs.sh", render_pcs(SITES[name]))):
        example = (EXAMPLES / f"{name}{ending}").read_text(encoding="utf-8")
        assert example.endswith(made)
        head = example[: -len(made)]
        lines = head.removeprefix("#!/bin/sh\n").splitlines()
        assert all(line.startswith("#") or not line for line in lines)
        told = tuple(line.removeprefix("# ") for line in lines[:2]) == UNPROTECTED
        assert told == SITES[name].protection.unprotected


@pytest.mark.parametrize("name", SITES)
def test_no_format_has_what_its_tool_refuses_in_comments(name: str) -> None:
    site = SITES[name]
    for text in (render_crm(site), render_pcs(site)):
        assert not any("--" in line for line in text.splitlines() if line.startswith("#"))
    ElementTree.fromstring(render_xml(site))


@pytest.mark.parametrize("name", SITES)
def test_all_formats_have_the_same_parameters(name: str) -> None:
    site = SITES[name]
    configuration = ElementTree.fromstring(render_xml(site))
    relay = next(one for one in configuration.iter("primitive") if one.get("id") == "berofos-relay")
    pairs = {pair.get("name"): pair.get("value") for pair in relay.iterfind("instance_attributes/nvpair")}
    assert pairs == site.relay.parameters
    for key, value in pairs.items():
        words = f'{key}="{value}"' if " " in str(value) else f"{key}={value}"
        assert words in render_crm(site)
        assert words in render_pcs(site)


def test_the_xml_has_the_constraints_of_the_other_formats() -> None:
    configuration = ElementTree.fromstring(render_xml(SITES["two-xivo"]))
    (colocation,) = configuration.iter("rsc_colocation")
    names = ("rsc", "with-rsc", "score")
    assert [colocation.get(name) for name in names] == ["berofos-relay", "xivo", "INFINITY"]
    (order,) = configuration.iter("rsc_order")
    assert [order.get(name) for name in ("first", "then", "kind")] == ["asterisk", "berofos-relay", "Mandatory"]
    (rule,) = configuration.iter("rule")
    assert (rule.get("score"), rule.get("boolean-op")) == ("500", "or")
    expressions = [(one.get("attribute"), one.get("operation"), one.get("value")) for one in rule]
    assert expressions == [("berofos-ready", "not_defined", None), ("berofos-ready", "eq", "yes")]


def test_nodes_that_are_not_wired_may_not_have_asterisk() -> None:
    site = Site(wiring("two-xivo", *NODES), ("fos1",), unwired=("xivo-3", "xivo-4"))
    in_crmsh = "rule -inf: #uname ne xivo-1 and #uname ne xivo-2\n"
    assert f"location xivo-where-wired xivo \\\n    {in_crmsh}" in render_crm(site)
    in_the_shell = "score=-INFINITY '#uname' ne xivo-1 and '#uname' ne xivo-2\n"
    assert f"location xivo rule id=xivo-where-wired \\\n    {in_the_shell}" in render_pcs(site)
    rule = next(iter(ElementTree.fromstring(render_xml(site)).iter("rule")))
    assert (rule.get("score"), rule.get("boolean-op")) == ("-INFINITY", "and")
    expressions = [(one.get("attribute"), one.get("operation"), one.get("value")) for one in rule]
    assert expressions == [("#uname", "ne", "xivo-1"), ("#uname", "ne", "xivo-2")]
    for text in (render_crm(SITES["two-xivo"]), render_pcs(SITES["two-xivo"]), render_xml(SITES["two-xivo"])):
        assert "#uname" not in text


def test_without_a_virtual_ip_asterisk_is_alone_in_the_group() -> None:
    site = Site(wiring("two-xivo", *NODES), ("fos1",))
    assert "group xivo asterisk\n" in render_crm(site)
    for text in (render_crm(site), render_pcs(site), render_xml(site)):
        assert "virtual-ip" not in text


def test_another_config_file_is_told_to_the_agent() -> None:
    site = Site(wiring("two-xivo", *NODES), ("fos1",), config="/srv/bnfos.conf")
    assert site.relay.parameters["config"] == "/srv/bnfos.conf"


def test_the_usual_watchdog_interval_goes_with_the_monitors() -> None:
    for topology in TOPOLOGIES.values():
        site = Site(wiring(topology.name, "a", None if topology.pbx_on_d else "b"), ("fos1",))
        assert interval_problem(site.watchdog_interval, site.monitor_interval) is None
