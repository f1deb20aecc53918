"""``berofos crm-config``: a complete cluster configuration for this site."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from berofos_ra.bnfosconf.reader import DEFAULT_PATH
from berofos_ra.cli import corosync_options, protection_options, topology_options
from berofos_ra.cli.common import chosen_devices, complain, say
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.crmconfig.format_xml import render_xml
from berofos_ra.crmconfig.formats import render_crm, render_pcs
from berofos_ra.crmconfig.protection import UNPROTECTED, check_quorum_device
from berofos_ra.crmconfig.site import Site, VirtualIp
from berofos_ra.errors import ParameterError
from berofos_ra.number import whole_number
from berofos_ra.wiring.topology import interval_problem

SUMMARY = "print a complete cluster configuration for this site"
EXAMPLE = """\
  berofos crm-config --topology two-xivo --virtual-ip 10.34.1.100/24 --nic eth0 | crm configure load update -
  berofos crm-config --topology two-xivo-pbx --port-b-node xivo-1 --port-d-node xivo-2 --format pcs | sh
  berofos crm-config --topology xivo-pbx --format xml |
      cibadmin --modify --allow-create --scope configuration --xml-pipe
  berofos crm-config --topology two-xivo \\
      --fencing fence_ipmilan:ip=10.34.1.201,password=@/root/bmc \\
      --fencing fence_ipmilan:ip=10.34.1.202,password=@/root/bmc
  berofos crm-config --topology two-xivo --quorum-device 10.34.1.10
  berofos crm-config --topology two-xivo --corosync --failover fast \\
      --node-address xivo-1=192.168.9.1,10.34.1.11 \\
      --node-address xivo-2=192.168.9.2,10.34.1.12

The devices are those of the config file. Nodes that aren't named are those of the running cluster, in their order.
"""

_LOAD = {
    "crm": "crm configure load update FILE",
    "pcs": "sh FILE",
    "xml": "cibadmin --modify --allow-create --scope configuration --xml-file FILE",
}
_INTERFACE = re.compile(r"[A-Za-z0-9_.:-]{1,15}", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    topology_options.add_topology(parser)
    topology_options.add_nodes(parser)
    parser.add_argument(
        "--node",
        metavar="NODE",
        action="append",
        dest="unwired",
        help="a further node of the cluster, wired to no device, where asterisk may not run (default: as the cluster "
        "has them)",
    )
    parser.add_argument("--format", choices=tuple(_LOAD), default="crm", help="for which tool (default crm, crmsh)")
    parser.add_argument("--device", metavar="NAME", action="append", dest="devices", help="only these devices")
    parser.add_argument(
        "--min-devices", metavar="N", type=int, default=1, help="how many devices must be right (0: all)"
    )
    topology_options.add_watchdog_interval(parser)
    parser.add_argument(
        "--virtual-ip", metavar="ADDRESS[/BITS]", type=_virtual_ip, help="a virtual IP that moves with asterisk"
    )
    protection_options.add_arguments(parser)
    corosync_options.add_arguments(parser)
    parser.add_argument("--nic", metavar="INTERFACE", help="where the virtual IP is (default: found by its network)")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    if not args.corosync:
        corosync_options.refuse_without(args)
    site = _site(args)
    if args.corosync:
        say(corosync_options.corosync_conf(args, site).rstrip("\n"))
        return 0
    render = {"crm": render_crm, "pcs": render_pcs, "xml": render_xml}[args.format]
    say((_header(site, args.format) + render(site)).rstrip("\n"))
    return 0


def _site(args: argparse.Namespace) -> Site:
    site_wiring, is_certain = topology_options.find_wiring(args.topology, args)
    devices = chosen_devices(args, kicked=site_wiring.topology.watchdog)
    for device in devices:
        lacking = device.lacks(kicked=site_wiring.topology.watchdog)
        if lacking is not None:  # named in a resource it would keep every start from succeeding
            raise lacking
    if not is_certain:
        assumed = " and ".join(site_wiring.nodes)
        options = "--port-b-node" if site_wiring.port_d_node is None else "--port-b-node and --port-d-node"
        complain(f"no cluster runs here to ask for node names: {assumed} assumed; give {options}")
    if not 0 <= args.min_devices <= len(devices):
        raise ParameterError(
            f"--min-devices: {args.min_devices} isn't within 0 to {len(devices)}, the devices' number"
        )
    virtual_ip = args.virtual_ip
    if args.nic is not None:
        if virtual_ip is None or not _INTERFACE.fullmatch(args.nic):
            raise ParameterError("--nic: goes with --virtual-ip and is a network interface such as eth0")
        virtual_ip = VirtualIp(virtual_ip.address, virtual_ip.prefix, args.nic)
    if site_wiring.topology.watchdog and args.unwired:
        raise ParameterError(f"--node: with {args.topology} there is one node")
    if site_wiring.topology.watchdog and virtual_ip is not None:
        raise ParameterError(f"--virtual-ip: with {args.topology} there is one node, and nowhere to move an address")
    if site_wiring.topology.watchdog and (args.fencing or args.quorum_device):
        option = "--fencing" if args.fencing else "--quorum-device"
        raise ParameterError(f"{option}: with {args.topology} there is one node, and no other to keep apart")
    config = str(Path(args.config).absolute())
    site = Site(
        site_wiring,
        tuple(device.name for device in devices),
        args.min_devices,
        args.watchdog_interval,
        virtual_ip,
        None if config == DEFAULT_PATH else config,
        Pacemaker().fencing_option(),
        () if site_wiring.topology.watchdog else topology_options.find_unwired(site_wiring.nodes, args),
    )
    problem = interval_problem(site.watchdog_interval, site.monitor_interval)
    if problem is not None and site_wiring.topology.watchdog:
        raise ParameterError(problem.of("--watchdog-interval"))
    fencing, third = protection_options.find_fencing(args.fencing, site.nodes), args.quorum_device
    return replace(
        site, fencing=fencing, quorum_device=None if third is None else check_quorum_device(third, site.nodes)
    )


def _header(site: Site, form: str) -> str:
    if form == "xml":
        return ""  # cibadmin takes one element and nothing before it
    topology, names = site.wiring.topology, ", ".join(site.devices)
    lines = [
        *(f"# {line}" for line in (UNPROTECTED if site.protection.unprotected else ())),
        f"# Topology {topology.name}: {topology.meaning}.",
        f"# Up to {topology.lines * len(site.devices)} ISDN lines on {names}. Made by berofos crm-config.",
        f"# Load it on one node: {_LOAD[form]}",
    ]
    return "\n".join(["#!/bin/sh", *lines, ""] if form == "pcs" else [*lines, "", ""])


def _virtual_ip(text: str) -> VirtualIp:
    address, slash, bits = text.partition("/")
    prefix = whole_number(bits, 1, 32)
    if slash and prefix is None:
        address = ""
    try:
        return VirtualIp(str(IPv4Address(address)), prefix)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as 10.34.1.100/24") from None
