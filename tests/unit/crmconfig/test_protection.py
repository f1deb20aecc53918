"""Fence devices and the third vote: who shoots whom, and what is refused."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from berofos_ra.crmconfig.format_xml import render_xml
from berofos_ra.crmconfig.formats import render_crm, render_pcs
from berofos_ra.crmconfig.protection import UNPROTECTED, assign, check_quorum_device, is_secret, parse_fencing
from berofos_ra.crmconfig.site import Site, VirtualIp
from berofos_ra.errors import ParameterError
from berofos_ra.wiring.topology import wiring

NODES = ("xivo-1", "xivo-2")
BMC_1, BMC_2 = "fence_ipmilan:ip=10.34.1.201,username=ha", "fence_ipmilan:ip=10.34.1.202,username=ha"
PDU_1, PDU_2 = "fence_apc:ip=10.34.1.203,plug=1", "fence_apc:ip=10.34.1.203,plug=2"
ONE_FOR_ALL = "one fence device for all nodes is refused"
SECRET = "s3cr3t 'of' $all"


def assigned(*texts: str, nodes: tuple[str, ...] = NODES) -> list[tuple[str, int, str]]:
    devices = assign([parse_fencing(text) for text in texts], nodes)
    assert all(device.options["pcmk_host_list"] == device.node for device in devices)
    return [(device.node, device.level, device.name) for device in devices]


def test_each_is_for_a_node_in_turn_and_a_second_round_is_the_second_level() -> None:
    first = [("xivo-1", 1, "fence-xivo-1"), ("xivo-2", 1, "fence-xivo-2")]
    second = [("xivo-1", 2, "fence-xivo-1-level-2"), ("xivo-2", 2, "fence-xivo-2-level-2")]
    assert assigned(BMC_1, BMC_2) == first
    assert assigned(BMC_1, BMC_2, PDU_1, PDU_2) == first + second
    assert [node for node, _, _ in assigned(BMC_1, BMC_2, "fence_x:ip=a", nodes=(*NODES, "xivo-3"))] == [
        *NODES,
        "xivo-3",
    ]


def test_pacemakers_own_option_says_whom_it_shoots() -> None:
    assert assigned(f"{BMC_2},pcmk_host_list=xivo-2", f"{BMC_1},pcmk_host_list=xivo-1") == [
        ("xivo-2", 1, "fence-xivo-2"),
        ("xivo-1", 1, "fence-xivo-1"),
    ]


@pytest.mark.parametrize(
    "texts",
    [
        (PDU_1,),
        (PDU_1, PDU_2),
        ("fence_apc:ip=PDU,plug=1", "fence_apc:ipaddr=pdu,plug=2"),
        ("fence_apc:ip=10.34.1.203,plug=1", "fence_apc_snmp:ip=10.34.1.203,plug=2"),
        ("fence_x", "fence_x"),
        ("fence_x:place=rack,port=1", "fence_x:place=rack,port=2"),
        (PDU_1, PDU_2, PDU_1, PDU_2),
        ("fence_apc:ip=10.34.1.203,pcmk_host_list=xivo-1 xivo-2",),
        (BMC_1, "fence_apc:ip=10.34.1.203,pcmk_host_list=xivo-1;xivo-2"),
    ],
)
def test_one_device_for_all_nodes_is_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match=ONE_FOR_ALL):
        assigned(*texts)


@pytest.mark.parametrize(
    "texts",
    [
        (BMC_1, BMC_2),
        (BMC_1, PDU_2),
        (PDU_1, PDU_2, BMC_1, BMC_2),
        ("fence_x:place=rack-1,port=1", "fence_x:place=rack-2,port=1"),
    ],
)
def test_where_two_have_to_fail_it_is_not(texts: tuple[str, ...]) -> None:
    assert assigned(*texts)


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ((BMC_1, BMC_2, BMC_1), None),
        ((f"{BMC_1},pcmk_host_list=xivo-1", f"{BMC_2},pcmk_host_list=xivo-1"), "none for xivo-2"),
        ((BMC_1, f"{BMC_2},pcmk_host_list=xivo-9"), "xivo-9 isn't one of xivo-1, xivo-2"),
        ((BMC_1, BMC_2) * 10, "more than 9 devices for xivo-1"),
        (("",), "expected AGENT"),
        (("fence x:a=b",), "expected AGENT"),
        (("fence_x:",), "expected OPTION=VALUE"),
        (("fence_x:a",), "expected OPTION=VALUE"),
        (("fence_x:a=",), "expected OPTION=VALUE"),
        (("fence_x:a=1,,b=2",), "expected OPTION=VALUE"),
        (("fence_x:a=1,a=2",), "a is given twice"),
    ],
)
def test_what_makes_no_sense_is_said(texts: tuple[str, ...], complaint: str | None) -> None:
    if complaint is None:
        assert assigned(*texts)
        return
    with pytest.raises(ParameterError, match=complaint):
        assigned(*texts)


@pytest.mark.parametrize(
    "name", ["password", "passwd", "passphrase", "snmp_priv_passwd", "community", "pve_token", "apikey"]
)
def test_a_password_on_the_command_line_is_refused_without_being_repeated(name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name}=@FILE") as refused:
        parse_fencing(f"fence_x:ip=1,{name}=hunter2")
    assert "hunter2" not in str(refused.value)
    assert parse_fencing(f"fence_x:{name}=@/root/x").options == {name: "@/root/x"}


def test_the_name_of_a_script_that_has_the_password_is_no_secret() -> None:
    assert not any(is_secret(name) for name in ("password_script", "passwd_script", "ip", "username", "plug"))


def test_no_repr_has_a_password() -> None:
    fencing = parse_fencing("fence_x:password=@hunter2")
    assert "hunter2" not in repr(fencing)
    devices = assign([fencing, parse_fencing("fence_x:ip=2,password=@hunter2")], NODES)
    assert "hunter2" not in repr(devices) + repr(site(fencing=devices))


def test_the_third_vote_is_a_third_machine_s() -> None:
    assert check_quorum_device("10.34.1.10", NODES) == "10.34.1.10"
    for host in ("XIVO-2", "a b", "", "a;b"):
        with pytest.raises(ParameterError):
            check_quorum_device(host, NODES)


def site(**given: object) -> Site:
    return Site(wiring("two-xivo", *NODES), ("fos1",), virtual_ip=VirtualIp("10.34.1.100"), **given)  # type: ignore[arg-type]


def fenced(*texts: str) -> Site:
    return site(fencing=assign([parse_fencing(text) for text in texts], NODES))


def test_the_node_with_the_lines_shoots_first() -> None:
    made = fenced(BMC_1, BMC_2)
    assert "property stonith-enabled=true priority-fencing-delay=5s\n" in render_crm(made)
    assert "group xivo virtual-ip asterisk meta priority=10\n" in render_crm(made)
    assert 'pcs -f "$cib" property set stonith-enabled=true priority-fencing-delay=5s\n' in render_pcs(made)
    assert 'pcs -f "$cib" resource meta xivo priority=10\n' in render_pcs(made)
    options = pairs(render_xml(made), "cluster_property_set")
    assert options == {"stonith-enabled": "true", "priority-fencing-delay": "5s"}
    assert pairs(render_xml(made), "group/meta_attributes") == {"priority": "10"}
    assert "priority" not in render_crm(site()) + render_pcs(site())


def test_no_device_runs_on_the_node_that_it_shoots() -> None:
    made = fenced(BMC_1, BMC_2, PDU_1, PDU_2)
    for device in made.fencing:
        assert f"location {device.name}-elsewhere {device.name} -inf: {device.node}\n" in render_crm(made)
        assert f"constraint location {device.name} avoids {device.node}\n" in render_pcs(made)
    places = ElementTree.fromstring(render_xml(made)).iterfind("constraints/rsc_location[@node]")
    assert [(one.get("rsc"), one.get("node"), one.get("score")) for one in places] == [
        (device.name, device.node, "-INFINITY") for device in made.fencing
    ]


def test_two_levels_are_tried_one_after_the_other() -> None:
    made = fenced(PDU_1, PDU_2, BMC_1, BMC_2)
    assert (
        "fencing_topology \\\n    xivo-1: fence-xivo-1 fence-xivo-1-level-2 \\\n"
        "    xivo-2: fence-xivo-2 fence-xivo-2-level-2\n"
    ) in render_crm(made)
    assert 'pcs -f "$cib" stonith level add 2 xivo-1 fence-xivo-1-level-2\n' in render_pcs(made)
    levels = ElementTree.fromstring(render_xml(made)).iterfind("fencing-topology/fencing-level")
    assert [(one.get("target"), one.get("index"), one.get("devices")) for one in levels] == [
        ("xivo-1", "1", "fence-xivo-1"),
        ("xivo-1", "2", "fence-xivo-1-level-2"),
        ("xivo-2", "1", "fence-xivo-2"),
        ("xivo-2", "2", "fence-xivo-2-level-2"),
    ]
    one_level = fenced(BMC_1, BMC_2)
    assert "level" not in render_crm(one_level) + render_pcs(one_level) + render_xml(one_level)


def test_only_without_protection_the_split_is_told_of() -> None:
    assert site().protection.unprotected
    assert not fenced(BMC_1, BMC_2).protection.unprotected
    assert not site(quorum_device="10.34.1.10").protection.unprotected
    assert not Site(wiring("xivo-pbx", "xivo-1", None), ("fos1",)).protection.unprotected
    assert all(line in render_xml(site()) for line in UNPROTECTED)
    assert UNPROTECTED[0] not in render_xml(fenced(BMC_1, BMC_2))


def test_with_a_third_vote_what_has_lost_quorum_stops() -> None:
    made = site(quorum_device="10.34.1.10")
    assert "property no-quorum-policy=stop stonith-enabled=false\n" in render_crm(made)
    assert pairs(render_xml(made), "cluster_property_set")["no-quorum-policy"] == "stop"


def test_a_password_survives_quoting_and_is_no_argument_of_pcs() -> None:
    devices = [
        device._replace(options={**device.options, "password": SECRET}) for device in fenced(BMC_1, BMC_2).fencing
    ]
    made = site(fencing=tuple(devices))
    assert "password='s3cr3t '\"'\"'of'\"'\"' $all'" in render_crm(made)
    assert pairs(render_xml(made), "primitive[@id='fence-xivo-1']/instance_attributes")["password"] == SECRET
    for line in render_pcs(made).splitlines():
        if SECRET in line:
            node = ElementTree.fromstring(line).find("primitive/instance_attributes/nvpair")
            assert node is not None
            assert (node.get("name"), node.get("value")) == ("password", SECRET)
    assert render_pcs(made).count(SECRET) == 2
    assert set(re.findall(r"password=(.*?) ", render_pcs(made))) == {"replaced-below"}
    assert render_pcs(made).count("--xml-pipe <<'END'\n") == 2


def pairs(text: str, where: str) -> dict[str, str]:
    found = ElementTree.fromstring(text).findall(f".//{where}/nvpair")
    return {pair.get("name", ""): pair.get("value", "") for pair in found}
