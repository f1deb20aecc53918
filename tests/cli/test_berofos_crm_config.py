"""``berofos crm-config``: for this site's devices and nodes, and good enough for Pacemaker's own schema."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from lxml import etree

from berofos_ra.wiring.topology import TOPOLOGIES
from tests.cli.operator_site import OperatorSite
from tests.support.processes import PATH

EMPTY_CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config/><nodes><node id="1" uname="xivo-1"/><node id="2" uname="xivo-2"/></nodes><resources/>
<constraints/></configuration><status/></cib>"""
NODES = ("--port-b-node", "xivo-1", "--port-d-node", "xivo-2")


def test_the_devices_are_those_of_the_config_file(two: OperatorSite) -> None:
    done = two.berofos("crm-config", "--topology", "two-xivo", *NODES)
    assert (done.status, done.err) == (0, "")
    assert "# Up to 8 ISDN lines on fos1, fos2. Made by berofos crm-config." in done.out
    wanted = f'params devices="fos1 fos2" topology=two-xivo config={two.config} port_b_node=xivo-1 port_d_node=xivo-2'
    assert wanted in done.out
    one = two.berofos("crm-config", "--topology", "two-xivo", *NODES, "--device", "fos2")
    assert "params devices=fos2 topology" in one.out


def test_options_end_up_in_the_configuration(two: OperatorSite) -> None:
    done = two.berofos(
        *("crm-config", "--topology", "two-xivo", *NODES, "--min-devices", "2"),
        *("--virtual-ip", "10.34.1.100/24", "--nic", "eth0"),
    )
    assert "min_devices=2" in done.out
    assert "params ip=10.34.1.100 cidr_netmask=24 nic=eth0" in done.out
    pbx = two.berofos("crm-config", "--topology", "xivo-pbx", "--port-b-node", "xivo-1", "--watchdog-interval", "30")
    assert "watchdog_interval=30" in pbx.out


def test_nodes_come_from_the_running_cluster(site: OperatorSite) -> None:
    site.acts_cluster(port_b_node="xivo-2", port_d_node="xivo-1")
    done = site.berofos("crm-config", "--topology", "two-xivo")
    assert (done.status, done.err) == (0, "")
    assert "port_b_node=xivo-2 port_d_node=xivo-1" in done.out
    members = site.berofos("crm-config", "--topology", "two-xivo-pbx")
    assert "port_b_node=xivo-1 port_d_node=xivo-2" in members.out


def test_further_nodes_that_are_given_or_known_may_not_have_asterisk(site: OperatorSite) -> None:
    given = site.berofos("crm-config", "--topology", "two-xivo", *NODES, "--node", "xivo-3")
    assert "rule -inf: #uname ne xivo-1 and #uname ne xivo-2" in given.out
    site.acts_cluster()
    assert "#uname" not in site.berofos("crm-config", "--topology", "two-xivo", *NODES).out
    known = site.berofos("crm-config", "--topology", "two-xivo", "--port-b-node", "pbx-1", "--port-d-node", "xivo-2")
    assert "rule -inf: #uname ne pbx-1 and #uname ne xivo-2" in known.out


def test_nodes_that_are_a_guess_are_told(site: OperatorSite) -> None:
    done = site.berofos("crm-config", "--topology", "two-xivo")
    assert done.status == 0
    assert "xivo-1 and xivo-2 assumed; give --port-b-node and --port-d-node" in done.err
    assert "assumed" not in done.out


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_xml_is_accepted_by_pacemakers_own_tools(two: OperatorSite, topology: str, tmp_path: Path) -> None:
    nodes = NODES[:2] if topology == "xivo-pbx" else NODES
    address = () if topology == "xivo-pbx" else ("--virtual-ip", "10.34.1.100")
    made = two.berofos("crm-config", "--topology", topology, *nodes, *address, "--format", "xml").out
    cib = tmp_path / "cib.xml"
    cib.write_text(EMPTY_CIB)
    environment = {"PATH": PATH, "CIB_file": str(cib)}
    loaded = subprocess.run(
        ["cibadmin", "--modify", "--allow-create", "--scope", "configuration", "--xml-pipe"],
        input=made.encode(),
        env=environment,
        capture_output=True,
        check=False,
    )
    assert (loaded.returncode, loaded.stdout + loaded.stderr) == (0, b"")
    verified = subprocess.run(["crm_verify", "-V", "-x", cib], capture_output=True, check=False, text=True)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    ids = {one.get("id") for one in etree.parse(cib).getroot().iter("primitive")}
    assert {"asterisk", "berofos-relay"} <= ids


def test_the_shell_script_is_one(two: OperatorSite) -> None:
    script = two.berofos("crm-config", "--topology", "two-xivo", *NODES, "--format", "pcs").out
    assert script.startswith("#!/bin/sh\n# UNPROTECTED: ")
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (("--topology", "two-xivo", "--min-devices", "3"), 2, "--min-devices: 3 isn't within 0 to 2"),
        (("--topology", "two-xivo", "--virtual-ip", "10.34.1.999"), 2, "'10.34.1.999' is not an address"),
        (("--topology", "two-xivo", "--virtual-ip", "10.34.1.9/33"), 2, "'10.34.1.9/33' is not an address"),
        (("--topology", "two-xivo", "--nic", "eth0"), 2, "--nic: goes with --virtual-ip"),
        (("--topology", "two-xivo", "--virtual-ip", "10.0.0.1", "--nic", "a b"), 2, "--nic: goes with"),
        (("--topology", "xivo-pbx", "--virtual-ip", "10.0.0.1"), 2, "nowhere to move an address"),
        (("--topology", "xivo-pbx", "--watchdog-interval", "9"), 2, "--watchdog-interval: 9 s is less than twice"),
        (("--topology", "xivo-pbx", "--watchdog-interval", "0"), 2, "is not a whole number of seconds"),
        (("--topology", "two-xivo", "--port-b-node", "a b"), 2, "'a b' isn't the name of a node"),
        (("--topology", "two-xivo", *NODES, "--node", "xivo-2"), 2, "--node: xivo-2 is wired to the devices"),
        (("--topology", "two-xivo", *NODES, "--node", "a b"), 2, "'a b' isn't the name of a node"),
        (("--topology", "xivo-pbx", "--node", "xivo-2"), 2, "--node: with xivo-pbx there is one node"),
        (("--topology", "two-xivo", "--device", "fos9"), 1, "no section [fos9]"),
    ],
)
def test_bad_usage(two: OperatorSite, arguments: tuple[str, ...], status: int, complaint: str) -> None:
    nodes = NODES[:2] if "xivo-pbx" in arguments else NODES
    done = two.berofos("crm-config", *nodes, *arguments)
    assert done.status == status
    assert complaint in done.err.splitlines()[-1]
    assert done.out == ""


def test_a_kicked_device_needs_its_mac(site: OperatorSite) -> None:
    site.configure("[fos1]\nhost = 192.0.2.1\n")
    done = site.berofos("crm-config", "--topology", "xivo-pbx", "--port-b-node", "xivo-1")
    assert done.status == 1
    assert "section [fos1] has no mac, needed to kick its watchdog" in done.err
