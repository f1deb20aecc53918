"""What the cluster says about the relays, from the XML of Pacemaker's own tools. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from berofos_ra.cluster.attribute_names import READY
from berofos_ra.errors import BerofosError

AGENT = "ocf:xivo:berofos"

_RUNNING = ("0", "190")  # the exit codes of what runs, degraded or not

# How Pacemaker's configuration spells seconds: 10, 10s, 500ms, 1min, 1h.
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 0.001, "msec": 0.001, "m": 60.0, "min": 60.0}
_SECONDS |= {"h": 3600.0, "hr": 3600.0}


class ClusterSilentError(BerofosError):
    """A cluster seems to run here, but it doesn't answer, or answers nonsense."""


class RelayResource(NamedTuple):
    """One resource of this agent.

    ``parameters`` as the configuration has them, defaults left out. ``nodes`` are those on which it is active.
    ``managed``: Pacemaker acts on it; False while it is unmanaged or in maintenance mode.
    """

    name: str
    parameters: Mapping[str, str]
    nodes: tuple[str, ...]
    managed: bool


class ClusterView(NamedTuple):
    """The cluster at one moment. ``ready`` is each node's ``berofos-ready``, where it has one.

    ``resources`` is the XML of the configuration's resources, for `parse_monitor_interval`.
    """

    nodes: tuple[str, ...]
    relays: tuple[RelayResource, ...]
    ready: Mapping[str, str]
    resources: str = ""


def parse_view(configuration: str, status: str) -> ClusterView:
    """The view from ``cibadmin --query`` and ``crm_mon --output-as=xml`` with attributes.

    Raises:
        ClusterSilentError: one of the texts isn't XML.
    """
    try:
        cib = ElementTree.fromstring(configuration)  # noqa: S314 - the local cluster's own words
        monitor = ElementTree.fromstring(status)  # noqa: S314
    except ElementTree.ParseError:
        raise ClusterSilentError("the cluster's own tools answer no XML") from None
    shown = {resource.get("id", "").partition(":")[0]: resource for resource in monitor.iter("resource")}
    section = cib.find("configuration/resources")
    return ClusterView(
        nodes=tuple(node.get("name", "") for node in monitor.iterfind("nodes/node")),
        relays=tuple(
            _relay(primitive, cib, shown.get(primitive.get("id", "")))
            for primitive in cib.iterfind("configuration/resources//primitive")
            if _agent(primitive, cib) == AGENT
        ),
        ready={
            node.get("name", ""): attribute.get("value", "")
            for node in monitor.iterfind("node_attributes/node")
            for attribute in node.iterfind(f"attribute[@name='{READY}']")
        },
        resources="" if section is None else ElementTree.tostring(section, encoding="unicode"),
    )


def parse_relay_resources(configuration: str) -> dict[str, dict[str, str]]:
    """The parameters of each resource of this agent in ``cibadmin --query``, without those that are to be stopped.

    Empty when the text isn't XML.
    """
    try:
        cib = ElementTree.fromstring(configuration)  # noqa: S314 - the local cluster's own words
    except ElementTree.ParseError:
        return {}
    return {
        primitive.get("id", ""): _parameters(primitive, cib)
        for primitive in cib.iterfind("configuration/resources//primitive")
        if _agent(primitive, cib) == AGENT
        and primitive.find("meta_attributes/nvpair[@name='target-role'][@value='Stopped']") is None
    }


def parse_monitor_interval(resources: str, resource: str) -> float | None:
    """The shortest interval, in seconds, of a running resource's monitors in the CIB's resources section.

    A clone's instance number is ignored. None: it has no monitor, or the text isn't XML.
    """
    try:
        root = ElementTree.fromstring(resources)  # noqa: S314 - the local cluster's own configuration
    except ElementTree.ParseError:
        return None
    name = resource.partition(":")[0]
    intervals = [
        _seconds(operation.get("interval", ""))
        for primitive in root.iter("primitive")
        if primitive.get("id") == name
        for operation in primitive.iterfind("operations/op[@name='monitor']")
        if operation.get("role", "Started") not in ("Stopped", "Slave", "Unpromoted")
    ]
    return min((seconds for seconds in intervals if seconds), default=None)


def parse_has_joined_and_is_idle(status: str, node: str, resource: str) -> bool:
    """Whether the CIB's status section has a node as a member on which the resource isn't known to run.

    True when it doesn't say, or isn't XML.
    """
    try:
        root = ElementTree.fromstring(status)  # noqa: S314
    except ElementTree.ParseError:
        return True
    states = [state for state in root.iter("node_state") if state.get("uname", "").casefold() == node.casefold()]
    if not states:
        return True
    # Of its actions but the recurring ones Pacemaker keeps the last.
    last = [op for state in states for op in state.iter("lrm_rsc_op") if op.get("id") == f"{resource}_last_0"]
    runs = any(op.get("operation") != "stop" and op.get("rc-code") in _RUNNING for op in last)
    return any(state.get("join") == "member" for state in states) and not runs


def _seconds(interval: str) -> float | None:
    match = re.fullmatch(r"\s*([0-9]+)\s*([a-z]*)\s*", interval.lower())
    return int(match[1]) * _SECONDS[match[2]] if match and match[2] in _SECONDS else None


def _relay(
    primitive: ElementTree.Element, cib: ElementTree.Element, shown: ElementTree.Element | None
) -> RelayResource:
    return RelayResource(
        name=primitive.get("id", ""),
        parameters=_parameters(primitive, cib),
        nodes=() if shown is None else tuple(node.get("name", "") for node in shown.iterfind("node")),
        managed=shown is not None and shown.get("managed") == "true",
    )


def _parameters(primitive: ElementTree.Element, cib: ElementTree.Element) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for source in (_template(primitive, cib), primitive):  # the resource's own win
        if source is not None:
            pairs = source.iterfind("instance_attributes/nvpair")
            parameters |= {pair.get("name", ""): pair.get("value", "") for pair in pairs}
    return parameters


def _agent(primitive: ElementTree.Element, cib: ElementTree.Element) -> str:
    source = _template(primitive, cib)
    return ":".join((primitive if source is None else source).get(key, "") for key in ("class", "provider", "type"))


def _template(primitive: ElementTree.Element, cib: ElementTree.Element) -> ElementTree.Element | None:
    name = primitive.get("template")
    templates = cib.iterfind("configuration/resources/template")
    return next((template for template in templates if name is not None and template.get("id") == name), None)
