"""What this project asks of Pacemaker's own tools. Each call is bounded in time, and none is ever fatal."""

from __future__ import annotations

import re
import shutil
import socket
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import subprocess

    from berofos_ra.cluster.view import ClusterView

_UNITS = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "ms": 0.001,
    "msec": 0.001,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
}

_RUNNING = ("0", "190")  # the exit codes of what runs, degraded or not

_hung: set[str] = set()  # tools that have hung in this process: they aren't asked again, for each would cost patience

TOOLS = ("attrd_updater", "cibadmin", "crm_node")


def missing_tools() -> list[str]:
    """Pacemaker tools that the agent uses and that aren't installed."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def node_name(patience: float = 3.0) -> str:
    """This node's name in the cluster, else its host name.

    The cluster is asked for ``patience`` seconds at most, here and below.
    """
    return (_run(patience, "crm_node", "-n") or "").strip() or socket.gethostname()


def set_attributes(attributes: Mapping[str, str], patience: float) -> dict[str, str]:
    """Set transient node attributes of this node, in ``patience`` seconds; gives those before the first that failed.

    Each change makes Pacemaker run its scheduler: don't set what is set already. With attrd hung its tool would
    block for 35 s.
    """
    done = _succeeding(patience, [("attrd_updater", "-n", name, "-U", value) for name, value in attributes.items()])
    return dict(list(attributes.items())[:done])


def set_private_attribute(name: str, value: str, patience: float) -> bool:
    """The same for one that is in no one's way: neither ``crm_mon`` shows it, nor does the scheduler run for it.

    All nodes can ask for it with `attribute_on_all_nodes`.
    """
    return _run(patience, "attrd_updater", "-n", name, "-U", value, "-p") is not None


def attribute_on_all_nodes(name: str, patience: float = 3.0) -> dict[str, str]:
    """A transient node attribute's values, by node; empty when none has it, or the cluster can't be asked."""
    lines = _run(patience, "attrd_updater", "-n", name, "-Q", "-A") or ""
    return dict(re.findall(r'^name="[^"]*" host="([^"]*)" value="([^"]*)"$', lines, re.MULTILINE))


def delete_attributes(names: Iterable[str], patience: float) -> None:
    """Delete transient node attributes of this node, in ``patience`` seconds, up to the first that doesn't go."""
    _succeeding(patience, [("attrd_updater", "-n", name, "-D") for name in names])


def resend_attributes(patience: float) -> None:
    """Have Pacemaker write all nodes' transient attributes to the CIB again. What is there already isn't changed."""
    _run(patience, "attrd_updater", "-R")


def members(patience: float = 3.0) -> frozenset[str]:
    """The names of the nodes in this node's partition, in lower case; empty when the cluster can't be asked."""
    return frozenset((_run(patience, "crm_node", "-p") or "").casefold().split())


class Ring(NamedTuple):
    """A membership as corosync sees it: its identity, another one each time a node leaves or comes, and its nodes."""

    id: str | None
    nodes: frozenset[str]  # names, in lower case


def ring(patience: float = 3.0) -> Ring:
    """The current membership; no identity and no nodes when corosync can't be asked."""
    status = _run(patience, "corosync-quorumtool", "-s") or ""
    match = re.search(r"^Ring ID:\s*(\S+)", status, re.MULTILINE)
    nodes = re.findall(r"^ *[0-9]+ +[0-9]+ +(?:[A-Z,]+ +)?(\S+)(?: \(local\))?$", status, re.MULTILINE)
    return Ring(match[1] if match else None, frozenset(node.casefold() for node in nodes))


def act_as_one(node: str, resource: str, patience: float = 3.0) -> bool:
    """Whether Pacemaker has taken a node in, and doesn't know the resource to run there.

    True also when it can't be asked.

    The cluster that both are in stops a resource there before it starts it elsewhere. So where this is False, a start
    was decided on while they didn't see each other.
    """
    from xml.etree import ElementTree

    try:
        status = ElementTree.fromstring(_run(patience, "cibadmin", "--query", "--scope", "status") or "")  # noqa: S314
    except ElementTree.ParseError:
        return True
    states = [state for state in status.iter("node_state") if state.get("uname", "").casefold() == node.casefold()]
    if not states:
        return True
    # Of its actions but the recurring ones Pacemaker keeps the last.
    last = [op for state in states for op in state.iter("lrm_rsc_op") if op.get("id") == f"{resource}_last_0"]
    runs = any(op.get("operation") != "stop" and op.get("rc-code") in _RUNNING for op in last)
    return any(state.get("join") == "member" for state in states) and not runs


def view() -> ClusterView | None:
    """What the cluster on this machine says about the relays; None: no cluster runs here.

    Raises:
        ClusterSilentError: one seems to run, but doesn't answer within 5 s or says nothing that makes sense.
    """
    from berofos_ra.cluster.view import ClusterSilentError, parse_view  # a monitor never needs it

    texts = []
    for command in (("cibadmin", "--query"), ("crm_mon", "--output-as=xml", "--show-node-attributes")):
        try:
            done = _call(5.0, *command)
        except TimeoutError:
            raise ClusterSilentError(f"the cluster doesn't answer: {command[0]} hangs") from None
        except OSError:
            return None
        if done.returncode != 0:
            return None
        texts.append(done.stdout)
    return parse_view(*texts)


def agent_is_seen(agent: str) -> bool | None:
    """Whether Pacemaker finds this resource agent on this machine; None: there is no Pacemaker to ask."""
    if shutil.which("crm_resource") is None:
        return None
    return _run(20.0, "crm_resource", "--show-metadata", agent) is not None


def relay_resources(patience: float = 3.0) -> dict[str, dict[str, str]]:
    """The resources of this agent that may run, in the configuration's order, and the parameters given to each.

    Empty when the cluster can't be asked.
    """
    from berofos_ra.cluster.view import parse_relay_resources  # a monitor never needs it

    return parse_relay_resources(_run(patience, "cibadmin", "--query") or "")


def monitor_interval(resource: str, patience: float = 3.0) -> float | None:
    """The shortest interval, in seconds, at which Pacemaker monitors a running resource.

    None: it doesn't, or it can't be asked.
    """
    resources = _run(patience, "cibadmin", "--query", "--scope", "resources")
    if resources is None:
        return None
    return shortest_monitor_interval(resources, resource)


def shortest_monitor_interval(resources: str, resource: str) -> float | None:
    """The same from the text of the CIB's resources section; a clone's instance number is ignored."""
    from xml.etree import ElementTree  # costs a monitor more than all else here

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


def _seconds(interval: str) -> float | None:
    """A time as Pacemaker's configuration spells it: 10, 10s, 500ms, 1min, 1h."""
    match = re.fullmatch(r"\s*([0-9]+)\s*([a-z]*)\s*", interval.lower())
    return int(match[1]) * _UNITS[match[2]] if match and match[2] in _UNITS else None


def _succeeding(patience: float, commands: list[tuple[str, ...]]) -> int:
    """Run one after the other; how many succeeded before the first that didn't."""
    deadline = time.monotonic() + patience
    for number, command in enumerate(commands):
        if _run(deadline - time.monotonic(), *command) is None:
            return number
    return len(commands)


def _run(timeout: float, *command: str) -> str | None:
    if command[0] in _hung:
        return None
    try:
        done = _call(timeout, *command)
    except TimeoutError:
        _hung.add(command[0])
        return None
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _call(timeout: float, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end.

    Raises:
        TimeoutError: it took longer than ``timeout`` seconds; it has been killed.
        OSError: it can't be run.
    """
    import subprocess  # a healthy monitor needs no tool

    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{command[0]} takes longer than {timeout:g} s") from None
