"""The options of a corosync.conf, and its making."""

from __future__ import annotations

import argparse
from ipaddress import ip_address, ip_network

from berofos_ra.cli.common import complain
from berofos_ra.cluster.corosync import parser_complaint
from berofos_ra.crmconfig.corosync import (
    CLUSTER_NAME,
    FAILOVERS,
    Corosync,
    Member,
    check_cluster_name,
    heuristics,
    parse_addresses,
    render,
)
from berofos_ra.crmconfig.site import Site
from berofos_ra.errors import BerofosError, ParameterError

_LOCAL = ("127.0.0.1", "::1")  # every machine's own: corosync's parser wants one of the nodes to be this one
_SAME_NETWORK = {4: 24, 6: 64}  # bits that two addresses of one network usually share


class RefusedByCorosyncError(BerofosError):
    """Corosync's own parser doesn't take what was made."""

    ADVICE = "report it with this line: it is a bug of berofos crm-config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--corosync", action="store_true", help="print corosync.conf, not Pacemaker's configuration")
    parser.add_argument(
        "--node-address",
        metavar="NODE=ADDRESS[,ADDRESS]",
        action="append",
        help="with --corosync, for each node: its address on the nodes' own network, then on the devices'",
    )
    parser.add_argument(
        "--failover",
        choices=tuple(FAILOVERS),
        help="with --corosync, how soon a dead node is noticed (default: default): "
        + "; ".join(f"{name}: {each.noticed:.1f} s, {each.meaning}" for name, each in FAILOVERS.items()),
    )
    parser.add_argument(
        "--cluster-name", metavar="NAME", help=f"with --corosync, the cluster's name (default {CLUSTER_NAME})"
    )


def refuse_without(args: argparse.Namespace) -> None:
    """Refuse these options where no corosync.conf is asked for.

    Raises:
        ParameterError: one is given.
    """
    for option in ("node_address", "failover", "cluster_name"):
        if getattr(args, option) is not None:
            raise ParameterError(f"--{option.replace('_', '-')}: goes with --corosync")


def corosync_conf(args: argparse.Namespace, site: Site) -> str:
    """The file's text, as corosync's own parser takes it.

    Raises:
        ParameterError: an option makes no sense.
        RefusedByCorosyncError: it doesn't take it.
    """
    members = parse_addresses(args.node_address or (), site.nodes)
    made = Corosync(
        members,
        args.failover or "default",
        site.quorum_device,
        None if site.quorum_device is None else heuristics(site.config, site.devices if args.devices else ()),
        check_cluster_name(args.cluster_name or CLUSTER_NAME),
        bool(site.fencing),
    )
    if len(site.nodes) > 1 and made.links == 1:
        complain("one link only: its end is a split; give each node a second address, on the devices' network")
    for one, other in zip(members[0].addresses, members[0].addresses[1:], strict=False):
        if _share_network(one, other):
            complain(f"{one} and {other} seem to be on one network: two links are worth it on two networks")
    complaint = parser_complaint(lambda folder: render(_here(made), folder))
    if complaint is None:
        complain("corosync isn't installed here, so its parser hasn't checked this; on a node: corosync -t")
    elif complaint:
        raise RefusedByCorosyncError(f"corosync refuses what was made: {complaint}")
    return render(made)


def _here(site: Corosync) -> Corosync:
    """The same with this machine as the first node: the parser can check it anywhere."""
    first = site.members[0]
    version = ip_address(first.addresses[0]).version
    local = Member(first.name, (_LOCAL[version == 6], *first.addresses[1:]))
    return site._replace(members=(local, *site.members[1:]))


def _share_network(one: str, other: str) -> bool:
    first, second = (
        ip_network((text, _SAME_NETWORK[ip_address(text).version]), strict=False) for text in (one, other)
    )
    return first == second
