"""What crm_mon's XML and Pacemaker's log say, as Python values. Nothing here talks to a cluster.

Results are exit codes: Pacemaker 2 and 3 have other words for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from lxml import etree

_RESULT = re.compile(
    r"Result of (?P<task>\S+) operation for (?P<resource>\S+) on (?P<node>\S+): "
    r"[^(|]*(?:\((?P<reason>.*)\))? \| .*\b(?:rc=(?P<code>\d+)|timeout=|status=)"
)


class Code(IntEnum):
    """Exit codes of actions, as OCF and Pacemaker have them."""

    OK = 0
    ERROR = 1
    NOT_INSTALLED = 5
    NOT_RUNNING = 7
    DEGRADED = 190


@dataclass(frozen=True)
class Failure:
    """One entry of crm_mon's "Failed Resource Actions". The task of a probe, too, is "monitor", as in Pacemaker 2."""

    node: str
    task: str
    code: int
    reason: str


@dataclass(frozen=True)
class ResourceState:
    """One resource as crm_mon shows it.

    Attributes:
        role: Started, Stopped, Starting, ... as crm_mon spells it.
        nodes: Where it is active: none, one, or (a split that has just healed) several.
        failed: It has failed and not recovered.
        blocked: Pacemaker can't do anything more with it.
        managed: Pacemaker may start and stop it.
        pending: What is being done with it, or empty.
        failures: Failed actions on record, cleaned up neither by hand nor by time.
    """

    name: str
    role: str
    nodes: tuple[str, ...]
    failed: bool
    blocked: bool
    managed: bool
    pending: str
    failures: tuple[Failure, ...]

    @property
    def node(self) -> str | None:
        """The node it is Started on, if that is exactly one and nothing is wrong or under way."""
        content = self.role == "Started" and not self.failed and not self.pending
        return self.nodes[0] if content and len(self.nodes) == 1 else None


def online_nodes(status: etree._Element) -> set[str]:
    """Names of the nodes that are online and have finished joining."""
    return {
        node.get("name", "")
        for node in status.iterfind("nodes/node")
        if node.get("online") == "true" and node.get("pending") == "false" and node.get("unclean") == "false"
    }


def has_coordinator(status: etree._Element) -> bool:
    """Whether a designated coordinator (DC) is elected."""
    return status.find("summary/current_dc[@present='true']") is not None


def has_quorum(status: etree._Element) -> bool:
    """Whether the partition has quorum."""
    return status.find("summary/current_dc[@with_quorum='true']") is not None


def resource_state(status: etree._Element, name: str) -> ResourceState | None:
    """State of one resource (instance), None if crm_mon doesn't list it."""
    found = status.findall(f".//resource[@id='{name}']")
    if not found:
        return None
    # A resource that seems active on two nodes is listed once with both or, on some versions, once each.
    nodes = [node.get("name", "") for resource in found for node in resource.iterfind("node")]
    failures = tuple(
        Failure(
            failure.get("node", ""),
            _task(failure.get("task", "")),
            int(failure.get("exitcode", "")),
            failure.get("exitreason", ""),
        )
        for failure in status.iterfind("failures/failure")
        if failure.get("op_key", "").startswith(f"{name}_")
    )
    first = found[0]
    return ResourceState(
        name=name,
        role=first.get("role", ""),
        nodes=tuple(dict.fromkeys(nodes)),
        failed=any(resource.get("failed") == "true" for resource in found),
        blocked=any(resource.get("blocked") == "true" for resource in found),
        managed=all(resource.get("managed") == "true" for resource in found),
        pending=first.get("pending", ""),
        failures=failures,
    )


def logged_failures(log: str) -> Iterator[tuple[str, Failure]]:
    """The results in a pacemaker.log other than success and a probe's "not running", each with its resource.

    The code of an action that didn't come to its end is 1, as Pacemaker has it.
    """
    for found in _RESULT.finditer(log):
        code = int(found["code"] or Code.ERROR)
        expected = (Code.OK, Code.NOT_RUNNING) if found["task"] == "probe" else (Code.OK,)
        if code not in expected:
            yield found["resource"], Failure(found["node"], _task(found["task"]), code, found["reason"] or "")


def _task(name: str) -> str:
    return "monitor" if name == "probe" else name


def node_attributes(status: etree._Element, node: str) -> dict[str, str]:
    """Attributes of one node, as `crm_mon -A` shows them."""
    return {
        attribute.get("name", ""): attribute.get("value", "")
        for attribute in status.iterfind(f"node_attributes/node[@name='{node}']/attribute")
    }
