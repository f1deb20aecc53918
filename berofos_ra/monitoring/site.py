"""What is known of a site at one moment: its devices, and what the cluster says of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.cluster.pause_mark import Pause
from berofos_ra.cluster.rules import MoveRule
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import BerofosError
from berofos_ra.resource.deviations import ELSEWHERE, DesiredState, Deviation, deviations
from berofos_ra.settings import WATCHDOG_ON


class DeviceSeen(NamedTuple):
    """A device. ``state`` is None where it couldn't be asked; ``error`` says why, or why it can't be judged.

    ``seconds``: how long an answer took. ``unkicked``: that its armed watchdog isn't kicked, in words.

    ``resource`` is in charge of it, and wants it as ``desired``; None: nobody, or it runs nowhere.
    """

    name: str
    label: str
    state: DeviceState | None
    error: str = ""
    seconds: float | None = None
    firmware: str | None = None
    resource: str | None = None
    desired: DesiredState | None = None
    unkicked: str = ""

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """What isn't as it should be, as far as it shows."""
        return self._judged[0]

    @property
    def failure(self) -> str:
        """Why it couldn't be asked, or its answer doesn't do; empty: neither."""
        return self._judged[1]

    @property
    def _judged(self) -> tuple[tuple[Deviation, ...], str]:
        if self.state is None:
            return (), self.error
        try:
            return deviations(self.state, self.desired), self.error
        except BerofosError as error:
            return (), str(error)

    @property
    def is_right(self) -> bool:
        """Whether it answers and its relay is where it should be."""
        found, failure = self._judged
        return not failure and not any(one.kind in ELSEWHERE for one in found)

    @property
    def is_armed(self) -> bool:
        """Whether its watchdog counts down."""
        return self.number("wdogstate") == WATCHDOG_ON

    def number(self, keyword: str) -> int | None:
        """A setting's number; None: unknown."""
        value = None if self.state is None else self.state.values.get(keyword)
        return int(value) if isinstance(value, (bool, int)) else None


class ResourceSeen(NamedTuple):
    """A resource: the nodes where it is active, and those that are to be ready to take over from them.

    ``problem``: what is wrong with its parameters; empty: nothing.
    """

    name: str
    nodes: tuple[str, ...]
    managed: bool
    min_devices: int = 1
    standbys: tuple[str, ...] = ()
    problem: str = ""


class NodeSeen(NamedTuple):
    """A node: ``usable``: Pacemaker may run something there. ``unready``: why it couldn't take over.

    Empty: it could; None: it doesn't tell. ``spans``: the watched spans in alarm there, in words.
    """

    usable: bool
    unready: str | None
    spans: str = ""


class Site(NamedTuple):
    """All of it. ``cluster_error``: why the cluster can't be asked. ``nodes`` are by name, in lower case.

    ``differing``: what the config files of different nodes are said to list differently.
    """

    devices: tuple[DeviceSeen, ...]
    resources: tuple[ResourceSeen, ...] = ()
    nodes: Mapping[str, NodeSeen] = {}
    rules: tuple[MoveRule, ...] = ()
    pauses: tuple[Pause, ...] = ()
    differing: tuple[str, ...] = ()
    cluster_error: str = ""

    @property
    def active_nodes(self) -> tuple[str, ...]:
        """Where the lines are, as the cluster has it."""
        return tuple(sorted({node for resource in self.resources for node in resource.nodes}))

    @property
    def standbys(self) -> tuple[str, ...]:
        """The nodes that are to be ready to take over."""
        return tuple(dict.fromkeys(node for resource in self.resources for node in resource.standbys))

    def node(self, name: str) -> NodeSeen:
        """A node; one that nobody knows is down."""
        return self.nodes.get(name.casefold(), NodeSeen(usable=False, unready=None))

    def is_ready(self, name: str) -> bool:
        """Whether a node could take over."""
        return self.node(name).usable and self.node(name).unready == ""
