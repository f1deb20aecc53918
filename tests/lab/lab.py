"""A cluster of real nodes with simulated devices on this one machine. See README.md in this directory."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from lxml import etree

from tests.lab import cluster, logs, package, requirements, reset
from tests.lab.devices import Devices
from tests.lab.errors import CommandFailed, LabError, NodeEnded, NotYet
from tests.lab.layout import MAX_DEVICES, MAX_NODES, Spec
from tests.lab.link import SiteLink
from tests.lab.node import Node, rewire
from tests.support.checkout import CHECKOUT

T = TypeVar("T")

_SITE_DEADLINE = 600.0  # s; nearly all of it to install the package
PATIENCE = 180.0  # s, with a cluster that needs a few, unless the machine is very busy
_LET_IN = 60.0  # s, after which a node that is left out begins anew
_ANSWER = 30.0  # s, for one of Pacemaker's tools
_POLL = 0.1  # s
_CRM_MON = ("crm_mon", "--output-as=xml", "-1", "-A", "-r", "-f")


class Lab:
    """A cluster with devices, from its creation to `down`; as a context manager, for the length of a block.

    Attributes:
        nodes: xivo-1, xivo-2, ... by name.
        devices: The simulated devices.
    """

    def __init__(
        self,
        nodes: int = 2,
        devices: int = 2,
        files: Mapping[str, tuple[str, int]] | None = None,
        *,
        quorum_device: bool = False,
        power_switch: bool = False,
        second_link: bool = False,
        lasting: bool = False,
        released: bool = False,
        timeout: float = PATIENCE,
    ) -> None:
        """Start a lab and wait until its cluster is up: all nodes online, a coordinator elected.

        Args:
            nodes: How many nodes.
            devices: How many simulated devices.
            files: Further files in every node: path -> (content, permissions).
            quorum_device: Whether a third machine, "qnetd", votes as well.
            power_switch: Whether there is one, "power", for the fence agent fence_lab, and a management controller
                in each node, "bmc-1" and so on.
            second_link: Whether the nodes have a second network between them, "xivo-1-b" and so on; corosync uses it
                if `files` has such a corosync.conf.
            lasting: Whether the lab stays when this program ends; else it ends with it, however that may come.
            released: Whether the nodes have the first released package installed instead of the sources' own.
            timeout: Seconds for the nodes to form a cluster.

        Raises:
            LabError: this machine lacks something, the package can't be built or installed, the cluster doesn't form.
        """
        if not (1 <= nodes <= MAX_NODES and 0 <= devices <= MAX_DEVICES):
            raise LabError(f"a lab has 1 to {MAX_NODES} nodes and at most {MAX_DEVICES} devices")
        lacking = requirements.missing()
        if lacking:
            raise LabError("no lab can be set up on this machine:\n" + "\n".join(f"- {each}" for each in lacking))
        spec = Spec(
            checkout=str(CHECKOUT),
            package=_package(released),
            nodes=nodes,
            devices=devices,
            files=dict(files or {}),
            lifeline=not lasting,
            quorum_device=quorum_device,
            power_switch=power_switch,
            second_link=second_link,
        )
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.site"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for the program that holds the lab, not for what is in it.
            start_new_session=True,
        )
        try:
            self._connect(_wait_for_site(keeper, spec), keeper)
            self.link.order("start", nodes=list(self.nodes))
            if devices:
                self.devices.remember()
            self.come_up(timeout)
        except BaseException:
            if hasattr(self, "link"):
                self.link.end()
            _dismiss(keeper)
            raise

    def _connect(self, link: SiteLink, keeper: subprocess.Popen[str] | None) -> None:
        self.link = link
        self._keeper = keeper
        self.nodes = {port.name: Node(link, port.name, port.address) for port in link.spec.node_ports()}
        self.devices = Devices(link)

    @classmethod
    def attached(cls, link: SiteLink) -> Lab:
        """A lab that was started by another program with `lasting`."""
        lab = cls.__new__(cls)
        lab._connect(link, None)
        return lab

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def down(self) -> None:
        """Take everything down, at once and for good."""
        self.link.end()
        if self._keeper is not None:
            _dismiss(self._keeper)

    @staticmethod
    def missing() -> list[str]:
        """What this machine lacks to hold a lab, one sentence each; empty if nothing."""
        return requirements.missing()

    def reset(self) -> None:
        """Make cluster and devices as good as new, see `reset.reset`."""
        reset.reset(self)

    def collect_logs(self, directory: Path) -> None:
        """Copy all nodes' logs and the devices' events there, see `logs.collect`."""
        logs.collect(self, directory)

    def node(self, name: str) -> Node:
        """One node.

        Raises:
            LabError: there is none of this name.
        """
        if name not in self.nodes:
            raise LabError(f"no node {name} in this lab: it has {', '.join(self.nodes)}")
        return self.nodes[name]

    def running_nodes(self) -> list[Node]:
        """The nodes whose power is on."""
        return [node for node in self.nodes.values() if node.running()]

    def cut(self, name: str, *others: str) -> None:
        """Lose everything between a node or device and others: names, `nodes`, `devices`; without any, all."""
        rewire(self.link, "cut", name, others)

    def heal(self, *names: str) -> None:
        """Undo every cut of these nodes and devices, or all cuts there are."""
        spec = self.link.spec
        rest = [port.name for port in (*spec.other_ports(), *spec.second_ports().values())]
        for name in names or (*self.nodes, *self.devices.names, *rest):
            rewire(self.link, "heal", name, ())

    def events(self, since: int = 0, **fields: object) -> list[dict[str, Any]]:
        """What happened to the devices, see `Devices.events`."""
        return self.devices.events(since, **fields)

    def crm_mon(self, node: str | None = None) -> etree._Element:
        """What crm_mon shows (with inactive resources, attributes, fail counts), as XML.

        Args:
            node: Where to ask; without, the first node that answers.

        Raises:
            LabError: nobody answers.
        """
        asked = [self.node(node)] if node else self.running_nodes()
        complaint: LabError = LabError("no node is switched on")
        for each in asked:
            try:
                return etree.fromstring(each.run(_CRM_MON, timeout=_ANSWER).stdout.encode())
            except CommandFailed as error:
                complaint = error
        raise complaint

    def crm_mon_text(self, node: str | None = None) -> str:
        """What crm_mon shows, as people see it; an error's text if it doesn't work."""
        texts = []
        for each in [self.node(node)] if node else self.running_nodes():
            try:
                result = each.run(["crm_mon", "-1", "-A", "-r", "-f"], check=False, timeout=_ANSWER)
                texts.append(result.stdout.strip() or result.stderr.strip())
                if result.returncode == 0:
                    break
            except LabError as error:
                texts.append(str(error))
        return "\n".join(texts[-1:])

    def resource_state(self, name: str, node: str | None = None) -> cluster.ResourceState:
        """State of one resource, as `node` (default: any) sees it.

        Raises:
            LabError: crm_mon doesn't know it, or doesn't answer.
        """
        state = cluster.resource_state(self.crm_mon(node), name)
        if state is None:
            raise LabError(f"the cluster has no resource {name}")
        return state

    def node_attributes(self, name: str) -> dict[str, str]:
        """Attributes of a node, as `crm_mon -A` shows them."""
        return cluster.node_attributes(self.crm_mon(), name)

    def wait_for(self, condition: Callable[[], T], timeout: float, what: str) -> T:
        """Wait until `condition` returns something true, and return that. A LabError from it means: not yet.

        Args:
            condition: Asked ten times a second, or as often as it can be.
            timeout: Seconds.
            what: What is waited for, as a sentence's end: "fos1 shows A--B".

        Raises:
            NotYet: the time is over; the message has what crm_mon shows.
            NodeEnded: the condition has noticed that; there is no use in waiting any longer.
        """
        deadline = time.monotonic() + timeout
        while True:
            trouble = ""
            try:
                result = condition()
                if result:
                    return result
            except NodeEnded:
                raise
            except LabError as error:
                trouble = f" (last error: {error})"
            if time.monotonic() > deadline:
                raise NotYet(f"not within {timeout:g} s: {what}{trouble}\n{self.crm_mon_text()}")
            time.sleep(_POLL)

    def wait_online(self, *names: str, timeout: float = PATIENCE) -> None:
        """Wait until these nodes (default: all) are online in one partition with a coordinator and quorum.

        Raises:
            NotYet: the time is over.
            NodeEnded: one of them is down.
        """
        expected = set(names or self.nodes)

        def all_agree() -> bool:
            # Every node must see it so: right after the start each has a cluster of its own.
            for name in sorted(expected):
                self.node(name).assert_on()
                status = self.crm_mon(name)
                if not (cluster.has_coordinator(status) and cluster.has_quorum(status)):
                    return False
                if not expected <= cluster.online_nodes(status):
                    return False
            return True

        self.wait_for(all_agree, timeout, f"{', '.join(sorted(expected))} online")

    def come_up(self, timeout: float = PATIENCE, let_in: float = _LET_IN) -> None:
        """Wait until all nodes are online; those that the others leave out after a while are switched off and on.

        Of several nodes that boot together on a busy machine, Pacemaker (2.1.5) may list one as unclean for ever.

        Raises:
            NotYet: the time is over.
            NodeEnded: one of them is down.
        """
        try:
            self.wait_online(timeout=min(timeout, let_in))
        except NotYet:
            seen: list[set[str]] = [set()]
            for name in self.nodes:
                with contextlib.suppress(CommandFailed):
                    seen.append(cluster.online_nodes(self.crm_mon(name)))
            agreed = max(seen, key=len)
            for name in set(self.nodes) - agreed:
                self.node(name).kill()
                self.node(name).start()
            self.wait_online(timeout=timeout)

    def is_quiet(self, node: str | None = None) -> bool:
        """Whether Pacemaker has nothing left to do, as far as `node` (default: any) can tell.

        Raises:
            LabError: nobody answers.
        """
        asked = self.node(node) if node else self.running_nodes()[0]
        coordinator = asked.run(["crmadmin", "-q", "-D"], timeout=_ANSWER).stdout.strip()
        state = asked.run(["crmadmin", "-q", "-S", coordinator], timeout=_ANSWER)
        if "S_IDLE" not in state.stdout + state.stderr:
            return False
        # The controller may not have noticed yet what was just changed; the scheduler, asked anew, does.
        plan = asked.run(["crm_simulate", "-L", "-S", "--output-as=xml"], timeout=_ANSWER).stdout
        return not etree.fromstring(plan.encode()).findall("transition/*")

    def wait_quiet(self, timeout: float = PATIENCE, node: str | None = None) -> None:
        """Wait until Pacemaker has nothing left to do, as far as `node` (default: any) can tell."""

        self.wait_for(lambda: self.is_quiet(node), timeout, "the cluster has nothing left to do")

    def wait_started(self, resource: str, node: str | None = None, timeout: float = PATIENCE) -> str:
        """Wait until a resource is Started, on `node` if one is given; returns the node."""
        what = f"{resource} started on {node or 'a node'}"

        def started() -> str | None:
            where = self.resource_state(resource).node
            return where if node in (None, where) else None

        return self.wait_for(started, timeout, what) or ""

    def configure(self, text: str, node: str | None = None) -> None:
        """Load a configuration in crmsh's language with the real crmsh (`crm configure load update`).

        Raises:
            CommandFailed: crmsh refuses; the message has its words.
        """
        where = self.node(node) if node else self.running_nodes()[0]
        where.run(["crm", "configure", "load", "update", "-"], text_input=text)


def _package(released: bool) -> str | None:
    """The package to install; None for the one that the host has installed."""
    if released:
        return str(package.build_released())
    return None if package.is_installed() else package.build(CHECKOUT)


def _wait_for_site(keeper: subprocess.Popen[str], spec: Spec) -> SiteLink:
    """Hand the specification to a new site and wait until it is set up."""
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    keeper.stdin.write(json.dumps(asdict(spec)) + "\n")
    keeper.stdin.flush()
    deadline = time.monotonic() + _SITE_DEADLINE
    messages: dict[str, Any] = {}
    pending = b""
    while "ready" not in messages:
        left = deadline - time.monotonic()
        if left < 0 or not select.select([keeper.stdout], [], [], left)[0]:
            raise LabError(f"the lab was not set up within {_SITE_DEADLINE:.0f} s")
        piece = os.read(keeper.stdout.fileno(), 65536)
        if not piece:
            raise LabError("the lab's process ended before the lab was set up")
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            messages.update(json.loads(line))
        if "error" in messages:
            raise LabError(str(messages["error"]))
    return SiteLink.to(messages["pid"], spec)


def _dismiss(keeper: subprocess.Popen[str]) -> None:
    """End a site by way of its keeper, and wait for that."""
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    keeper.kill()  # the site dies with it
    keeper.wait()
    keeper.stdin.close()
    keeper.stdout.close()
