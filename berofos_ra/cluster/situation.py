"""All that decides on a planned move, as ``crm_mon`` shows it at one moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from berofos_ra.cluster.view import ClusterSilentError, ClusterView, RelayResource, is_to_be_stopped, why_away
from berofos_ra.cluster.xml import node_states, parse_xml

DEGRADED = 190  # a failed monitor that is none
NOT_RUNNING = 7


class Node(NamedTuple):
    """A node. ``usable``: it is online and neither in standby nor maintenance, joining or leaving."""

    name: str
    online: bool
    usable: bool
    attributes: Mapping[str, str]


class Resource(NamedTuple):
    """A primitive. ``nodes`` are those on which it is active; ``disabled``: it is meant to be stopped.

    ``agent`` is as crm_mon has it, ``ocf:heartbeat:asterisk``. ``group`` is the group that it is in.
    """

    name: str
    agent: str
    group: str | None
    nodes: tuple[str, ...]
    managed: bool
    disabled: bool


class Failure(NamedTuple):
    """A failed action that is still listed; ``code`` is its exit code."""

    operation: str
    node: str
    code: int


class Monitor(NamedTuple):
    """What a recurring monitor answered last: its exit code. ``call`` is another one once it was begun anew.

    ``interval`` is in seconds.
    """

    call: str
    code: int
    interval: float

    @property
    def is_running(self) -> bool:
        """Whether it found the resource running, if degraded."""
        return self.code in (0, DEGRADED)


class Situation(NamedTuple):
    """The cluster at one moment.

    ``fail_counts`` are by resource and node, where there are any; so are the recurring ``monitors``.
    """

    view: ClusterView
    has_quorum: bool
    maintenance: bool
    nodes: Mapping[str, Node]
    resources: Mapping[str, Resource]
    failures: tuple[Failure, ...]
    fail_counts: Mapping[tuple[str, str], str]
    monitors: Mapping[tuple[str, str], frozenset[Monitor]]

    @property
    def relays(self) -> tuple[RelayResource, ...]:
        """The resources of this agent that are meant to run."""
        return tuple(
            relay
            for relay in self.view.relays
            if relay.name not in self.resources or not self.resources[relay.name].disabled
        )

    def watches_standby(self, resource: str, node: str) -> bool:
        """Whether a recurring monitor looks at a node where the resource doesn't run."""
        return any(one.code == NOT_RUNNING for one in self.monitors.get((resource, node), ()))

    def node(self, name: str) -> Node | None:
        """A node, whose name Pacemaker compares without regard to case."""
        return next((node for node in self.nodes.values() if node.name.casefold() == name.casefold()), None)


def parse_situation(view: ClusterView, status: str) -> Situation:
    """It from the view and ``crm_mon --output-as=xml -1Arf``, asked at the same time.

    Raises:
        ClusterSilentError: the text isn't XML.
    """
    root = parse_xml(status)
    if root is None:
        raise ClusterSilentError("crm_mon answers no XML")
    groups = {one.get("id", ""): group.get("id") for group in root.iter("group") for one in group.iter("resource")}
    attributes = {
        node.get("name", ""): {one.get("name", ""): one.get("value", "") for one in node.iterfind("attribute")}
        for node in root.iterfind("node_attributes/node")
    }
    resources: dict[str, Resource] = {}
    for shown in root.iterfind("resources//resource"):
        name = shown.get("id", "").partition(":")[0]
        before = resources[name].nodes if name in resources else ()  # a clone's other instances
        resources[name] = Resource(
            name=name,
            agent=shown.get("resource_agent", ""),
            group=groups.get(shown.get("id", "")),
            nodes=(*before, *(node.get("name", "") for node in shown.iterfind("node"))),
            managed=shown.get("managed") == "true",
            disabled=is_to_be_stopped(shown),
        )
    histories = [
        ((history.get("id", "").partition(":")[0], node.get("name", "")), history)
        for node in root.iterfind("node_history/node")
        for history in node.iterfind("resource_history")
    ]
    return Situation(
        view=view,
        has_quorum=root.find("summary/current_dc[@with_quorum='true']") is not None,
        maintenance=root.find("summary/cluster_options[@maintenance-mode='true']") is not None,
        nodes={node.get("name", ""): _node(node, attributes) for node in root.iterfind("nodes/node")},
        resources=resources,
        failures=tuple(
            Failure(one.get("op_key", one.get("id", "")), one.get("node", ""), int(one.get("exitcode") or -1))
            for one in root.iterfind("failures/failure")
        ),
        fail_counts={key: count for key, history in histories if (count := history.get("fail-count", "0")) != "0"},
        monitors={key: _monitors(history) for key, history in histories},
    )


def _node(node: ElementTree.Element, attributes: Mapping[str, Mapping[str, str]]) -> Node:
    name = node.get("name", "")
    return Node(name, node.get("online") == "true", not why_away(node), attributes.get(name, {}))


def _monitors(history: ElementTree.Element) -> frozenset[Monitor]:
    return frozenset(
        Monitor(one.get("call", ""), int(one.get("rc") or -1), int(interval.removesuffix("ms") or 0) / 1000)
        for one in history.iterfind("operation_history")
        if (interval := one.get("interval", "0ms")) != "0ms"
    )


class Operation(NamedTuple):
    """The last action of a resource on a node, recurring monitors apart; ``pending``: it hasn't ended."""

    name: str
    pending: bool
    key: str  # another one for another action


def parse_operations(status: str) -> Mapping[tuple[str, str], Operation]:
    """By resource and node, from ``cibadmin --query --scope status``; empty where that isn't XML."""
    found = {}
    for state in node_states(status):
        for resource in state.iter("lrm_resource"):
            name = resource.get("id", "")
            for op in resource.iterfind("lrm_rsc_op"):
                if op.get("id") == f"{name}_last_0":  # of its actions but the recurring ones Pacemaker keeps the last
                    pending, key = op.get("op-status") == "-1", op.get("transition-key", "")
                    found[name, state.get("uname", "")] = Operation(op.get("operation", ""), pending, key)
    return found
