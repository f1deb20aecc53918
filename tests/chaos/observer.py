"""Seeing what really is: snapshots of the cluster, and a watch over where asterisk runs at every moment."""

from __future__ import annotations

import re
import threading
import time
from types import TracebackType

from tests.chaos.faults import Hands
from tests.chaos.figures import Presence
from tests.chaos.invariants import Change, Snapshot, View
from tests.cluster.wirings import RESOURCES
from tests.lab.cluster import node_attributes, online_nodes, resource_state
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.lab.layout import node_store

_INTERVAL = 0.1  # s


def asterisk_runs(lab: Lab, node: str) -> bool:
    """Whether asterisk runs on a node, and isn't stopped. Read from the host, so a node that hangs tells too."""
    try:
        init = lab.link.path(f"{node_store(node)}/pid").read_text(encoding="ascii").strip()
        root = lab.link.path(f"/proc/{init}/root")
        pid = root.joinpath("run/asterisk/asterisk.pid").read_text(encoding="ascii").strip()
        return (
            root.joinpath(f"proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "TZX"
        )
    except (OSError, IndexError):
        return False


def look(hands: Hands) -> Snapshot:
    """What there is now.

    Raises:
        LabError: somebody who should be able to answer doesn't.
    """
    lab, site = hands.lab, hands.site
    return Snapshot(
        views={node: _view(hands, node) for node in hands.running()},
        asterisk=frozenset(node for node in site.nodes if asterisk_runs(lab, node)),
        relays={state["name"]: state["relay"] for state in lab.devices.states() if state["name"] in site.devices},
    )


def _view(hands: Hands, node: str) -> View:
    status = hands.lab.crm_mon(node)
    resources = {}
    for name in RESOURCES[hands.site.example]:
        state = resource_state(status, name)
        if state is None:
            raise LabError(f"{node} knows no {name}")
        resources[name] = state
    online = online_nodes(status)
    quorum = hands.lab.node(node).run("corosync-quorumtool -s", check=False).stdout  # its status tells of quorum
    votes = re.search(r"^Total votes: +(\d+)", quorum, re.MULTILINE)
    attributes = {name: node_attributes(status, name) for name in online}
    return View(frozenset(online), int(votes[1]) if votes else 0, resources, attributes)


def changes(lab: Lab, since: int) -> list[Change]:
    """The relays' movements after that number of the devices' events."""
    names = {f"http {node.address}": node.name for node in lab.nodes.values()}
    return [
        Change(
            event["monotonic"], event["device"], event["from"], event["to"], names.get(event["cause"], event["cause"])
        )
        for event in lab.events(since, event="relay")
    ]


class Watch:
    """Notes, in a thread of its own, when asterisk begins and ends to run where; as a context manager.

    Attributes:
        noted: What it has noted, oldest first.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.noted: list[Presence] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_INTERVAL):
            now = time.monotonic()
            there = frozenset(node for node in self._lab.nodes if asterisk_runs(self._lab, node))
            if not self.noted or self.noted[-1].nodes != there:
                self.noted.append(Presence(now, there))
