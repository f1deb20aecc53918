"""What the cluster says about the relays, from the XML of Pacemaker's own tools. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from berofos_ra.boolean import boolean
from berofos_ra.cluster.attribute_names import PREFIX, READY, SPANS
from berofos_ra.cluster.pause_mark import Pause, find_pauses
from berofos_ra.cluster.rules import MoveRule, find_moves
from berofos_ra.cluster.xml import node_states, parse_xml
from berofos_ra.errors import BerofosError

AGENT = "ocf:xivo:berofos"

_RUNNING = ("0", "190")  # the exit codes of what runs, degraded or not

# How Pacemaker's configuration spells seconds: 10, 10s, 500ms, 1min, 1h; or as ISO 8601 does, PT1M30S.
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 0.001, "msec": 0.001, "m": 60.0, "min": 60.0}
_SECONDS |= {"h": 3600.0, "hr": 3600.0}
_ISO = re.compile("p(?:([0-9]+)d)?(?:t(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?)?")
_ISO_SECONDS = (86400, 3600, 60, 1)

# What keeps a node that is online from starting anything: crm_mon's flags, and how it is told.
_AWAY = {
    "standby": "standby",
    "standby_onfail": "standby",
    "maintenance": "in maintenance",
    "pending": "joining",
    "unclean": "unclean",
    "shutdown": "shutting down",
}


class ClusterSilentError(BerofosError):
    """A cluster seems to run here, but it doesn't answer, or answers nonsense."""


class RelayResource(NamedTuple):
    """One resource of this agent.

    ``parameters`` as the configuration has them, defaults left out. ``nodes`` are those on which it is active.
    ``managed``: Pacemaker acts on it; False while it is unmanaged or in maintenance mode. ``is_watched`` False: it is
    in maintenance mode, in which Pacemaker doesn't even monitor it. ``is_cloned``: it is meant to run several times.
    ``watches_standby``: it has a monitor for the nodes on which it doesn't run. ``is_plain`` False: the configuration
    alone doesn't tell its parameters, for want of rules.
    """

    name: str
    parameters: Mapping[str, str]
    nodes: tuple[str, ...]
    managed: bool
    is_watched: bool = True
    is_cloned: bool = False
    watches_standby: bool = True
    is_plain: bool = True


class RelayState(NamedTuple):
    """One resource of this agent as Pacemaker computes it.

    ``nodes`` are those on which it is active. ``managed``: Pacemaker acts on it. ``may_run``: it is in the
    configuration, and not meant to be stopped.
    """

    name: str
    nodes: tuple[str, ...]
    managed: bool
    may_run: bool


class ClusterStatus(NamedTuple):
    """What Pacemaker computes of this agent's resources, in the configuration's order, and of its nodes.

    ``remote_nodes``: the names, in lower case, of the Pacemaker Remote nodes, which are no members of any ring.
    """

    relays: tuple[RelayState, ...]
    remote_nodes: frozenset[str]


class PeerState(NamedTuple):
    """Another node as Pacemaker knows it.

    ``joined``: it has taken the node in. ``knows``: it has told what became of the resource there; ``runs``: and that
    is that it is active. ``expected_down``: it left cleanly, or was fenced.
    """

    joined: bool
    knows: bool
    runs: bool
    expected_down: bool

    @property
    def is_idle(self) -> bool:
        """Whether the resource surely isn't active there."""
        return self.joined and self.knows and not self.runs


class ClusterView(NamedTuple):
    """The cluster at one moment.

    ``ready`` is each node's ``berofos-ready``, where it has one. ``away`` are the nodes that would start nothing,
    and why: offline, standby, in maintenance and so on. ``remote`` are Pacemaker Remote nodes. ``moves`` are those
    about resources that the relays follow, or are followed by. ``spans`` is each node's ``berofos-spans``, where
    there is one.
    """

    nodes: tuple[str, ...]
    relays: tuple[RelayResource, ...]
    ready: Mapping[str, str]
    away: Mapping[str, str] = {}
    remote: frozenset[str] = frozenset()
    pauses: tuple[Pause, ...] = ()
    moves: tuple[MoveRule, ...] = ()
    spans: Mapping[str, str] = {}


def parse_view(configuration: str, status: str) -> ClusterView:
    """The view from ``cibadmin --query`` and ``crm_mon --output-as=xml`` with attributes.

    Raises:
        ClusterSilentError: one of the texts isn't XML.
    """
    cib, monitor = parse_xml(configuration), parse_xml(status)
    if cib is None or monitor is None:
        raise ClusterSilentError("the cluster's own tools answer no XML")
    nodes = monitor.findall("nodes/node")
    relays = tuple(
        _relay(primitive, cib, monitor)
        for primitive in cib.iterfind("configuration/resources//primitive")
        if ":".join(with_template(primitive, cib)[0].get(key, "") for key in ("class", "provider", "type")) == AGENT
    )
    return ClusterView(
        nodes=tuple(node.get("name", "") for node in nodes),
        relays=relays,
        ready=_attribute(monitor, READY),
        away={node.get("name", ""): reason for node in nodes if (reason := why_away(node))},
        remote=frozenset(node.get("name", "").casefold() for node in nodes if node.get("type") == "remote"),
        pauses=find_pauses(cib),
        moves=find_moves(cib, {relay.name for relay in relays}),
        spans=_attribute(monitor, SPANS),
    )


def _attribute(monitor: ElementTree.Element, name: str) -> dict[str, str]:
    """The values of an attribute by node."""
    return {
        node.get("name", ""): attribute.get("value", "")
        for node in monitor.iterfind("node_attributes/node")
        for attribute in node.iterfind(f"attribute[@name='{name}']")
    }


def why_away(node: ElementTree.Element) -> str:
    """Why one of ``crm_mon``'s nodes would start nothing; empty: it would."""
    if node.get("online") != "true":
        return "offline"
    return next((reason for flag, reason in _AWAY.items() if node.get(flag) == "true"), "")


def parse_status(status: str) -> ClusterStatus | None:
    """What ``crm_mon --inactive --output-as=xml`` says; None: the text isn't XML."""
    root = parse_xml(status)
    if root is None:
        return None
    found: dict[str, RelayState] = {}  # a clone's instances as one that is active on several nodes
    for shown in root.iter("resource"):
        if shown.get("resource_agent") == AGENT:
            name = shown.get("id", "").partition(":")[0]
            nodes = tuple(node.get("name", "") for node in shown.iterfind("node"))
            may_run = not is_to_be_stopped(shown) and shown.get("orphaned") != "true"
            known = found.get(name, RelayState(name, (), managed=False, may_run=False))
            managed = known.managed or shown.get("managed") == "true"
            found[name] = RelayState(name, known.nodes + nodes, managed, known.may_run or may_run)
    remote = root.iterfind("nodes/node[@type='remote']")
    return ClusterStatus(tuple(found.values()), frozenset(node.get("name", "").casefold() for node in remote))


def is_to_be_stopped(shown: ElementTree.Element) -> bool:
    """Whether a resource in crm_mon's XML is meant to be stopped; the role is as somebody has written it."""
    return shown.get("target_role", "").casefold() == "stopped"


def parse_scheduled_monitors(graph: str, resource: str) -> tuple[float, ...] | None:
    """The intervals, in seconds, of the monitors in a transition graph that follow a resource's start.

    None: there is no start of it in the graph, or that isn't XML.
    """
    root = parse_xml(graph)
    keys = set() if root is None else {operation.get("operation_key", "") for operation in root.iter("rsc_op")}
    if f"{resource}_start_0" not in keys:
        return None
    matches = [re.fullmatch(re.escape(resource) + "_monitor_([1-9][0-9]*)", key) for key in keys]
    return tuple(sorted(int(match[1]) / 1000 for match in matches if match))


def parse_peer_state(status: str, node: str, resource: str) -> PeerState | None:
    """Another node in the CIB's status section; None where it isn't there, or the text isn't XML."""
    state = next((one for one in node_states(status) if one.get("uname", "").casefold() == node.casefold()), None)
    if state is None:
        return None
    # Of its actions but the recurring ones Pacemaker keeps the last.
    last = [op for op in state.iter("lrm_rsc_op") if op.get("id") == f"{resource}_last_0"]
    runs = any(op.get("operation") != "stop" and op.get("rc-code") in _RUNNING for op in last)
    knows = bool(last) and not any(_leaves_open(op) for op in last)
    return PeerState(state.get("join") == "member", knows, runs, state.get("expected") == "down")


def _leaves_open(operation: ElementTree.Element) -> bool:
    """Whether it doesn't tell what became of the resource: it is under way, or is a stop that failed."""
    return operation.get("op-status") == "-1" or (
        operation.get("operation") == "stop" and operation.get("rc-code") != "0"
    )


def parse_attribute_names(status: str) -> dict[str, frozenset[str]]:
    """The names of this project's attributes in the CIB's status section, by node in lower case."""
    found = {}
    for state in node_states(status):
        names = (pair.get("name", "") for pair in state.iterfind("transient_attributes//nvpair"))
        found[state.get("uname", "").casefold()] = frozenset(name for name in names if name.startswith(PREFIX))
    return found


def parse_monitor_interval(primitive: str) -> float | None:
    """The shortest interval, in seconds, of the monitors of a running resource in ``crm_resource --query-xml``.

    None: it has no monitor that is enabled, or there is no such XML.
    """
    root = parse_xml(primitive[max(0, primitive.find("<primitive")) :])
    operations = () if root is None else root.iterfind("operations/op[@name='monitor']")
    intervals = [
        _seconds(operation.get("interval", ""))
        for operation in operations
        if operation.get("role", "Started") not in ("Stopped", "Slave", "Unpromoted") and _is_enabled(operation)
    ]
    return min((seconds for seconds in intervals if seconds), default=None)


def _seconds(interval: str) -> float | None:
    text = interval.strip().lower()
    if iso := _ISO.fullmatch(text):
        return float(sum(int(number or 0) * each for number, each in zip(iso.groups(), _ISO_SECONDS, strict=True)))
    match = re.fullmatch(r"([0-9]+)\s*([a-z]*)", text)
    return int(match[1]) * _SECONDS[match[2]] if match and match[2] in _SECONDS else None


def _relay(primitive: ElementTree.Element, cib: ElementTree.Element, monitor: ElementTree.Element) -> RelayResource:
    name = primitive.get("id", "")
    shown = [one for one in monitor.iter("resource") if one.get("id", "").partition(":")[0] == name]
    nodes = dict.fromkeys(node.get("name", "") for one in shown for node in one.iterfind("node"))
    in_maintenance = {node.get("name", "") for node in monitor.iterfind("nodes/node[@maintenance='true']")}
    sources = with_template(primitive, cib)
    operations = [one for source in sources for one in source.iterfind("operations/op[@name='monitor']")]
    clones = [one for tag in ("clone", "master") for one in cib.iterfind(f"configuration/resources//{tag}")]
    return RelayResource(
        name=name,
        parameters=_parameters(sources, cib),
        nodes=tuple(nodes),
        managed=any(one.get("managed") == "true" for one in shown),
        is_watched=not (
            monitor.find("summary/cluster_options[@maintenance-mode='true']") is not None
            or any(one.get("maintenance") == "true" for one in shown)
            or (bool(nodes) and in_maintenance.issuperset(nodes))
        ),
        is_cloned=any(one is primitive for clone in clones for one in clone.iter("primitive")),
        watches_standby=any(one.get("role") == "Stopped" and _is_enabled(one) for one in operations),
        is_plain=all(map(_is_plain, sources)),
    )


def _is_enabled(operation: ElementTree.Element) -> bool:
    return boolean(operation.get("enabled")) is not False


def _is_plain(source: ElementTree.Element) -> bool:
    """Whether its parameters are what is written there: one set, without rules or references."""
    sets = source.findall("instance_attributes")
    parts = [part for one in sets for part in one.iter()]
    return len(sets) < 2 and not any(part.tag == "rule" or part.get("id-ref") for part in parts)


def _parameters(sources: list[ElementTree.Element], cib: ElementTree.Element) -> dict[str, str]:
    sets = [one for source in sources for one in _sets(source, cib)]
    return {pair.get("name", ""): pair.get("value", "") for one in sets for pair in one.iterfind("nvpair")}


def _sets(source: ElementTree.Element, cib: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """A resource's own sets of parameters, and those that it refers to."""
    for one in source.iterfind("instance_attributes"):
        yield one
        if one.get("id-ref"):
            yield from (other for other in cib.iter("instance_attributes") if other.get("id") == one.get("id-ref"))


def with_template(primitive: ElementTree.Element, cib: ElementTree.Element) -> list[ElementTree.Element]:
    """Its template, if it has one, and the resource itself, whose own parameters win."""
    name = primitive.get("template", "")
    return [*(one for one in cib.iterfind("configuration/resources/template") if one.get("id") == name), primitive]
