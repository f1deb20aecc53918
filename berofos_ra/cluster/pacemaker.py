"""What this project asks of Pacemaker's own tools. Each call is bounded in time, and none is ever fatal."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from berofos_ra.programs import find_program, run_program

if TYPE_CHECKING:
    from berofos_ra.cluster.fence_metadata import FenceOptions
    from berofos_ra.cluster.fencing_view import FencingView
    from berofos_ra.cluster.view import ClusterStatus, ClusterView, PeerState, RelayResource

# `cluster.view` is imported where it is needed: a healthy monitor asks the cluster nothing.

_RENAMED_FENCING = (3, 0, 2)
TOOLS = ("attrd_updater", "cibadmin", "crm_mon", "crm_node", "crm_resource", "crm_simulate")
# Those that answer for the cluster on a node and on a Pacemaker Remote node, as Linux cuts their names.
_DAEMONS = ("pacemaker-based", "pacemaker-remot")


def missing_tools() -> list[str]:
    """Pacemaker tools that the agent uses and that aren't installed."""
    return [tool for tool in TOOLS if find_program(tool) is None]


def daemons_run() -> bool:
    """Whether Pacemaker's daemons run on this machine; those in a container on it are another machine's."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            if process.joinpath("comm").read_text(encoding="utf-8", errors="replace").strip() in _DAEMONS:
                status = process.joinpath("status").read_text(encoding="utf-8", errors="replace")
                words = process.joinpath("cmdline").read_bytes().strip(b"\0").split(b"\0")
                is_here = re.search(r"^NSpid:\t[0-9]+$", status, re.MULTILINE) is not None
                if is_here and len(words) == 1:  # with "metadata", say, it is no daemon
                    return True
    return False


class Membership(NamedTuple):
    """The nodes that corosync sees together, and the identity that this has: another one after each change."""

    id: str | None
    nodes: frozenset[str]  # names, in lower case


class Pacemaker:
    """Pacemaker's tools, each of which may take ``timeout`` seconds; one that has hung isn't asked again."""

    def __init__(self, timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._hung: set[str] = set()

    def node_name(self) -> str:
        """This node's name in the cluster, else its host name."""
        return (self._run("crm_node", "-n") or "").strip() or socket.gethostname()

    def set_attributes(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """Set transient node attributes of this node, all within the timeout; gives those before the first failure.

        Each change makes Pacemaker run its scheduler: don't set what is set already. With attrd hung its tool would
        block for 35 s.
        """
        done = self._succeeding([("attrd_updater", "-n", name, "-U", value) for name, value in attributes.items()])
        return dict(list(attributes.items())[:done])

    def set_private_attribute(self, name: str, value: str) -> bool:
        """The same for one that is in no one's way: neither ``crm_mon`` shows it, nor does the scheduler run for it.

        All nodes can ask for it with `attribute_on_all_nodes`.
        """
        return self._run("attrd_updater", "-n", name, "-U", value, "-p") is not None

    def attribute_on_all_nodes(self, name: str) -> dict[str, str]:
        """A transient node attribute's values, by node; empty when none has it, or the cluster can't be asked."""
        lines = self._run("attrd_updater", "-n", name, "-Q", "-A") or ""
        return dict(re.findall(r'^name="[^"]*" host="([^"]*)" value="([^"]*)"$', lines, re.MULTILINE))

    def delete_attributes(self, names: Sequence[str]) -> tuple[str, ...]:
        """Delete transient node attributes of this node, within the timeout; those that are still there."""
        done = self._succeeding([("attrd_updater", "-n", name, "-D") for name in names])
        return tuple(names[done:])

    def attributes_in_cib(self) -> dict[str, frozenset[str]]:
        """The names of this project's transient attributes in the CIB, by node in lower case.

        Empty when it can't be asked.
        """
        from berofos_ra.cluster.view import parse_attribute_names

        return parse_attribute_names(self._run("cibadmin", "--query", "--scope", "status") or "")

    def resend_attributes(self) -> None:
        """Have Pacemaker write all nodes' transient attributes to the CIB again, where they are missing."""
        self._run("attrd_updater", "-R")

    def partition(self) -> frozenset[str]:
        """The names of the nodes in this node's partition, in lower case; empty when the cluster can't be asked."""
        return frozenset((self._run("crm_node", "-p") or "").casefold().split())

    def membership(self) -> Membership:
        """The current membership; no identity and no nodes when corosync can't be asked."""
        status = self._run("corosync-quorumtool", "-s") or ""
        ring = re.search(r"^Ring ID:\s*(\S+)", status, re.MULTILINE)
        nodes = re.findall(r"^ *[0-9]+ +[0-9]+ +(?:[A-Z,]+ +)?([^\s(]\S*)(?: \(local\))?$", status, re.MULTILINE)
        return Membership(ring[1] if ring else None, frozenset(node.casefold() for node in nodes))

    def view(self) -> ClusterView | None:
        """What the cluster on this machine says about the relays; None: no cluster runs here.

        Raises:
            ClusterSilentError: one runs, but can't be asked, or says nothing that makes sense.
        """
        from berofos_ra.cluster.view import ClusterSilentError, parse_view

        texts = []
        for command in (("cibadmin", "--query"), ("crm_mon", "--output-as=xml", "--show-node-attributes")):
            tool = command[0]
            try:
                done = run_program(*command, timeout=self._timeout)
                failure = f"{tool} failed with {done.returncode}" if done.returncode != 0 else ""
            except TimeoutError:
                raise ClusterSilentError(f"the cluster doesn't answer: {tool} hangs") from None
            except OSError:
                failure = f"{tool} isn't installed"
            if failure:
                if not daemons_run():
                    return None
                user = "" if os.geteuid() == 0 else " as this user"
                raise ClusterSilentError(f"Pacemaker runs here, but can't be asked{user}: {failure}")
            texts.append(done.stdout)
        view = parse_view(*texts)
        return view._replace(relays=tuple(one if one.is_plain else self._computed(one) for one in view.relays))

    def _computed(self, relay: RelayResource) -> RelayResource:
        """The same with its parameters as Pacemaker computes them, rules and scores and all."""
        given = {name: self.parameter(relay.name, name) for name in relay.parameters}
        return relay._replace(parameters={name: text for name, text in given.items() if text is not None})

    def fencing_option(self) -> str:
        """What the installed Pacemaker calls the cluster option that turns fencing on and off.

        A newer one warns of the older name, an older one doesn't know the newer name.
        """
        version = re.match(r"Pacemaker (\d+)\.(\d+)\.(\d+)", self._run("pacemakerd", "--version") or "")
        renamed = version is not None and tuple(map(int, version.groups())) >= _RENAMED_FENCING
        return "fencing-enabled" if renamed else "stonith-enabled"

    def finds_agent(self, agent: str) -> bool | None:
        """Whether Pacemaker finds this resource agent on this machine; None: there is no Pacemaker to ask."""
        if find_program("crm_resource") is None:
            return None
        return self._run("crm_resource", "--show-metadata", agent) is not None

    def fencing(self) -> FencingView | None:
        """What the configuration says of fencing; None: the cluster can't be asked."""
        from berofos_ra.cluster.fencing_view import parse_fencing

        return parse_fencing(self._run("cibadmin", "--query") or "")

    def fence_options(self, agent: str) -> FenceOptions | None:
        """The options that a fence agent takes; None: Pacemaker doesn't find it on this machine."""
        from berofos_ra.cluster.fence_metadata import parse_fence_options

        return parse_fence_options(self._run("stonith_admin", "--metadata", "--agent", agent) or "")

    def status(self) -> ClusterStatus | None:
        """The resources of this agent and the nodes as they are now; None when the cluster can't be asked."""
        from berofos_ra.cluster.view import parse_status

        return parse_status(self._run("crm_mon", "--one-shot", "--inactive", "--output-as=xml") or "")

    def is_managed(self, resource: str) -> bool | None:
        """Whether Pacemaker acts on a resource: not while it is unmanaged or in maintenance; None: can't be asked."""
        status = self.status()
        return None if status is None else any(one.managed for one in status.relays if one.name == resource)

    def parameter(self, resource: str, name: str) -> str | None:
        """A parameter of a resource as Pacemaker computes it, rules and templates included; None: not given."""
        text = (self._run("crm_resource", "--resource", resource, "--get-parameter", name) or "").strip()
        return text or None

    def peer_state(self, node: str, resource: str) -> PeerState | None:
        """What Pacemaker knows of another node, and of a resource there; None when it can't be asked."""
        from berofos_ra.cluster.view import parse_peer_state

        return parse_peer_state(self._run("cibadmin", "--query", "--scope", "status") or "", node, resource)

    def scheduled_monitors(self, resource: str) -> tuple[float, ...] | None:
        """The intervals, in seconds, of the monitors that Pacemaker begins once a resource has started.

        It is the scheduler's own computation, with all templates, defaults and rules, and is to be asked by a start.
        None: it can't be asked, or doesn't start the resource.
        """
        import tempfile

        from berofos_ra.cluster.view import parse_scheduled_monitors

        try:
            with tempfile.NamedTemporaryFile(prefix="berofos-") as graph:
                command = ("crm_simulate", "--live-check", "--simulate", "--quiet", "--save-graph", graph.name)
                if self._run(*command) is None:
                    return None
                text = Path(graph.name).read_text(encoding="utf-8", errors="replace")
        except OSError:  # no room for it
            return None
        return parse_scheduled_monitors(text, resource)

    def monitor_interval(self, resource: str) -> float | None:
        """The shortest interval, in seconds, at which Pacemaker is to monitor a running resource.

        None: it isn't, or it can't be asked.
        """
        from berofos_ra.cluster.view import parse_monitor_interval

        return parse_monitor_interval(self._run("crm_resource", "--resource", resource, "--query-xml") or "")

    def _succeeding(self, commands: list[tuple[str, ...]]) -> int:
        """Run one after the other; how many succeeded before the first that didn't."""
        deadline = time.monotonic() + self._timeout
        for number, command in enumerate(commands):
            if self._run(*command, timeout=deadline - time.monotonic()) is None:
                return number
        return len(commands)

    def _run(self, *command: str, timeout: float | None = None) -> str | None:
        """What the tool prints; None when it fails, hangs or isn't there."""
        if command[0] in self._hung:
            return None
        try:
            done = run_program(*command, timeout=self._timeout if timeout is None else timeout)
        except TimeoutError:
            self._hung.add(command[0])
            return None
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None
