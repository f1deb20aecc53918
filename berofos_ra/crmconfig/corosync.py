"""A complete corosync.conf for a site: knet, encrypted, and who decides when nodes don't see each other. Pure.

A dead node is noticed after the token and what corosync makes of it by default, the consensus: 1.2 times as much.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from itertools import chain
from typing import NamedTuple

from berofos_ra.crmconfig.protection import UNPROTECTED
from berofos_ra.errors import ParameterError

CONSENSUS = 1.2  # times the token; corosync's default
MAX_LINKS = 8  # knet's
CLUSTER_NAME = "xivo"
PATH, KEY = "/etc/corosync/corosync.conf", "/etc/corosync/authkey"
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_PROBE = 1  # seconds that `berofos get` waits for one answer of a device
_PROBE_LIMIT = 4000  # ms until corosync-qdevice gives it up: two answers, and a busy machine
_WIDTH = 116
_LINKS = (
    "Link 0 is the nodes' own, the last one goes over the devices' network: as long as one of them is there the "
    "nodes see each other."
)


class Failover(NamedTuple):
    """How soon a dead node is noticed. Times in ms; ``qdevice`` and ``qdevice_sync`` are corosync-qdevice's."""

    token: int
    qdevice: int
    qdevice_sync: int
    meaning: str

    @property
    def noticed(self) -> float:
        """Seconds from a node's death to the new membership."""
        return self.token * (1 + CONSENSUS) / 1000


FAILOVERS = {
    "fast": Failover(400, 2000, 6000, "for an idle network of its own and processors that aren't busy"),
    "default": Failover(1000, 3000, 8000, "for most sites"),
    "patient": Failover(3000, 10000, 30000, "corosync's own; for virtual machines and busy networks"),
}


class Member(NamedTuple):
    """A node and its address on each link."""

    name: str
    addresses: tuple[str, ...]


class Corosync(NamedTuple):
    """What corosync is to be told. ``heuristics`` is the command that succeeds where the devices can be reached."""

    members: tuple[Member, ...]
    failover: str = "default"
    quorum_device: str | None = None
    heuristics: str | None = None
    cluster_name: str = CLUSTER_NAME
    fenced: bool = False

    @property
    def links(self) -> int:
        """How many ways there are between the nodes."""
        return len(self.members[0].addresses)


def parse_addresses(texts: Sequence[str], nodes: Sequence[str]) -> tuple[Member, ...]:
    """The members from ``NODE=ADDRESS,ADDRESS`` each, in the nodes' order.

    Raises:
        ParameterError: a node has none, or they make no sense.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        node, equals, rest = text.partition("=")
        if not equals or node not in nodes:
            raise ParameterError(
                f"--node-address: {node!r} isn't one of {', '.join(nodes)}; expected NODE=ADDRESS,..."
            )
        if node in found:
            raise ParameterError(f"--node-address: {node} is given twice")
        found[node] = tuple(_address(word) for word in rest.split(","))
    missing = [node for node in nodes if node not in found]
    if missing:
        raise ParameterError(
            f"--node-address: none for {', '.join(missing)}; expected {missing[0]}=ADDRESS,ADDRESS: the nodes' own "
            "network, then the devices'"
        )
    counts = {len(addresses) for addresses in found.values()}
    if len(counts) > 1 or max(counts) > MAX_LINKS:
        raise ParameterError(f"--node-address: every node needs as many addresses, one a link, {MAX_LINKS} at most")
    every = [*chain(*found.values())]
    twice = sorted({address for address in every if every.count(address) > 1})
    if twice:
        raise ParameterError(f"--node-address: {', '.join(twice)} is there twice")
    return tuple(Member(node, found[node]) for node in nodes)


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ParameterError(f"--node-address: {text!r} isn't an IP address") from None


def check_cluster_name(text: str) -> str:
    """The name as it is written.

    Raises:
        ParameterError: corosync may not take it.
    """
    if not _CLUSTER_NAME.fullmatch(text):
        raise ParameterError(f"--cluster-name: {text!r} isn't a name of letters, digits, _ . and -")
    return text


def heuristics(config: str | None, devices: Sequence[str]) -> str:
    """The command that asks the devices for their relay; ``devices`` empty: all of the config file.

    Raises:
        ParameterError: corosync-qdevice couldn't read it.
    """
    if config is not None and re.search(r'["\\{]|[^\S ]', config):
        raise ParameterError(f"--config: corosync can't be told of a file of this name: {config}")
    file = () if config is None else ("--config", f'"{config}"' if " " in config else config)
    words = ["/usr/bin/berofos", *file, "get", f"--timeout {_PROBE}", *(f"--device {name}" for name in devices)]
    return " ".join([*words, "mode"])


def render(site: Corosync, folder: str | None = None) -> str:
    """The file; ``folder``: with the cluster's key, log and state there, and not where they belong."""
    failover = FAILOVERS[site.failover]
    unprotected = len(site.members) > 1 and not (site.fenced or site.quorum_device)
    head = [
        *(UNPROTECTED if unprotected else ()),
        f"{PATH}, the same on all nodes. Made by berofos crm-config.",
        f"Once, on one node: corosync-keygen. Copy {KEY} (mode 0400) to the others as well.",
    ]
    links = _LINKS
    if site.links == 1:
        links = "One link."
        head.append("ONE LINK ONLY: its end is a split. Give each node a second address, on the devices' network.")
    token = f"A dead node is noticed after {failover.noticed:.1f} s, the token and 1.2 times as much."
    totem = {
        "version": "2",
        "cluster_name": site.cluster_name,
        "transport": "knet",
        "crypto_cipher": "aes256",
        "crypto_hash": "sha256",
        **({} if folder is None else {"keyfile": f"{folder}/authkey"}),
        "token": str(failover.token),
    }
    nodes = [
        _section("node", {**_addresses(member), "name": member.name, "nodeid": str(number)})
        for number, member in enumerate(site.members, start=1)
    ]
    logging = {"to_syslog": "yes", "to_logfile": "yes", "logfile": f"{folder or '/var/log/corosync'}/corosync.log"}
    sections = [
        [*_comment(token), *_section("totem", totem)],
        [*_comment(links), *_section("nodelist", {}, *nodes)],
        _quorum(site, failover),
        _section("logging", {**logging, "timestamp": "hires"}),
        *([] if folder is None else [_section("system", {"state_dir": folder})]),
    ]
    return "\n\n".join("\n".join(lines) for lines in [[f"# {line}" for line in head], *sections]) + "\n"


def _addresses(member: Member) -> dict[str, str]:
    return {f"ring{number}_addr": address for number, address in enumerate(member.addresses)}


def _quorum(site: Corosync, failover: Failover) -> list[str]:
    values = {"provider": "corosync_votequorum"}
    if site.quorum_device is None:
        if len(site.members) != 2:
            return _section("quorum", values)
        text = "Two nodes: one alone has quorum, but after a boot not before it has seen the other one."
        return [*_comment(text), *_section("quorum", {**values, "two_node": "1"})]
    text = (
        f"The third vote is that of {site.quorum_device}, where corosync-qnetd runs. Votes go over the network in "
        "clear; with certificates (corosync-qdevice-net-certutil) set tls to on. "
    )
    times = {"timeout": str(failover.qdevice), "sync_timeout": str(failover.qdevice_sync)}
    parts = [_section("net", {"host": site.quorum_device, "algorithm": "ffsplit", "tls": "off"})]
    if site.heuristics is not None:
        text += (
            "In an even split the side that reaches the berofos wins: the command is run when the membership changes."
        )
        limits = {"mode": "sync", "timeout": str(_PROBE_LIMIT), "sync_timeout": str(_PROBE_LIMIT)}
        parts.append(_section("heuristics", {**limits, "exec_berofos": site.heuristics}))
    device = _section("device", {"model": "net", "votes": "1", **times}, *parts)
    return [*_comment(text), *_section("quorum", values, device)]


def _section(name: str, values: Mapping[str, str], *sections: list[str]) -> list[str]:
    """Its lines, with those of the ``sections`` in it."""
    inner = [*(f"{key}: {value}" for key, value in values.items()), *chain(*sections)]
    return [f"{name} {{", *(f"    {line}" for line in inner), "}"]


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False)]
