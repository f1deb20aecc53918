"""The wirings that a berofos can be part of: scenario, relay mode, who is where, what is set on the device. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from berofos_ra.device import relay
from berofos_ra.errors import ParameterError, WiringError

_PORTS = 4  # of each port group


class Topology(NamedTuple):
    """One wiring.

    ``bypass`` is the device's scenario. ``pbx_on_d``: port group D leads to the PBX and not to a second XiVO.
    ``lines`` is how many lines of the provider one device carries.
    """

    name: str
    bypass: bool
    pbx_on_d: bool
    lines: int
    meaning: str

    @property
    def watchdog(self) -> bool:
        """Whether the device's own watchdog guards the active node."""
        return self.pbx_on_d

    @property
    def pbx_lines(self) -> int:
        """How many lines between the active node and the PBX one device carries beside those of the provider."""
        return _PORTS - self.lines if not self.bypass else self.lines


TOPOLOGIES: Mapping[str, Topology] = {
    topology.name: topology
    for topology in (
        Topology("two-xivo", bypass=False, pbx_on_d=False, lines=4, meaning="two XiVOs, one on B and one on D"),
        Topology(
            "two-xivo-pbx",
            bypass=False,
            pbx_on_d=False,
            lines=2,
            meaning="two XiVOs in front of a PBX: provider on A1 and A2, PBX on A3 and A4",
        ),
        Topology("xivo-pbx", bypass=True, pbx_on_d=True, lines=4, meaning="one XiVO on B and C, the PBX on D"),
    )
}

# What the examples call two devices in a row: `xivo-pbx` in front, `two-xivo-pbx` behind it.
CHAIN = "two-xivo-with-pbx-bypass"


class Wiring(NamedTuple):
    """A topology with the names of the cluster nodes in it. ``port_b_node`` is None for "any node" (`xivo-pbx`)."""

    topology: Topology
    port_b_node: str | None
    port_d_node: str | None

    @property
    def nodes(self) -> tuple[str, ...]:
        """The cluster nodes that are named in it."""
        return tuple(node for node in (self.port_b_node, self.port_d_node) if node is not None)

    def mode_for(self, node: str) -> bool:
        """The relay mode that joins the provider's lines to ``node``.

        Raises:
            WiringError: ``node`` is wired to neither B nor D.
        """
        if self.port_b_node is None or _same(node, self.port_b_node):
            return True
        if self.port_d_node is not None and _same(node, self.port_d_node):
            return False
        wired = f"{self.port_b_node} on B"
        if self.port_d_node is not None:
            wired += f", {self.port_d_node} on D"
        raise WiringError(f"node {node} isn't wired to the relay ({wired}); keep the resource off it")

    def peer_of(self, node: str) -> str | None:
        """The other cluster node that is wired to the relay, None when there is none."""
        if self.port_d_node is None:
            return None
        return self.port_d_node if self.mode_for(node) else self.port_b_node

    def position(self, mode: bool) -> str:
        """Which port groups that relay mode joins."""
        return relay.position(mode, self.topology.bypass)

    def lines_on(self, mode: bool) -> str:
        """Who has the lines in that relay mode, for messages."""
        if mode:
            return self.port_b_node or "this node"
        return "the PBX" if self.topology.pbx_on_d else str(self.port_d_node)

    def settings(self, mode: bool, watchdog_interval: int, armed: bool = True) -> dict[str, bool | int]:
        """What ``provision`` puts on a device for the owner in that relay mode, in order of writing.

        The relay and the watchdog's arming are not among these: see `relay_settings`. ``armed`` False: nobody would
        kick the watchdog, so it stays off after a loss of power, too.
        """
        if self.topology.watchdog:
            return {"scenario": True, "modedef": True, "wdogdef": armed, "wdogitime": watchdog_interval}
        return {"wdog": False, "wdogdef": False, "scenario": self.topology.bypass, "modedef": mode}

    def relay_settings(self, mode: bool, armed: bool = True) -> dict[str, bool | int]:
        """What takes the lines over, in order of writing: the watchdog is armed last."""
        return {"mode": mode, "wdog": armed} if self.topology.watchdog else {"mode": mode}


# What gives the lines to D by hand, in order of writing: the relay first, for the lines mustn't end at a dead XiVO
# that nothing guards.
BYPASS_SETTINGS: Mapping[str, bool | int] = {"mode": False, "wdog": False}


def wiring(topology: str, port_b_node: str | None, port_d_node: str | None) -> Wiring:
    """Put a topology and its nodes together.

    Raises:
        ParameterError: no such topology, or the nodes don't go with it.
    """
    chosen = TOPOLOGIES.get(topology)
    if chosen is None:
        raise ParameterError(f"topology: {topology!r} is none of {', '.join(TOPOLOGIES)}")
    if chosen.pbx_on_d:
        if port_d_node is not None:
            raise ParameterError(f"port_d_node: in {topology} port group D is the PBX, name no node for it")
        return Wiring(chosen, port_b_node, None)
    for name, node in (("port_b_node", port_b_node), ("port_d_node", port_d_node)):
        if node is None:
            raise ParameterError(
                f"{name}: {topology} needs the name of the cluster node on port group {name[5].upper()}"
            )
    if _same(str(port_b_node), str(port_d_node)):
        raise ParameterError(f"port_b_node and port_d_node: {port_b_node} can't be on both B and D")
    return Wiring(chosen, port_b_node, port_d_node)


class IntervalProblem(NamedTuple):
    """A watchdog's interval that is too short beside the monitor's; both in seconds."""

    watchdog: int
    monitor: float

    @property
    def what(self) -> str:
        """What is wrong."""
        return f"{self.watchdog} s is less than twice the monitor interval, {self.monitor:g} s"

    @property
    def advice(self) -> str:
        """What to do about it."""
        return f"set it to {2 * self.monitor:g} or more"

    def of(self, name: str) -> str:
        """Both in one line, as said of the parameter or option called ``name``."""
        return f"{name}: {self.what}; {self.advice}"


def interval_problem(watchdog_interval: int, monitor_interval: float | None) -> IntervalProblem | None:
    """What is wrong with the watchdog's interval beside the monitor's, both in seconds; None when all is well.

    A watchdog that runs out between two kicks throws the lines to the PBX while all is well, and one lost kick must
    not do so either.
    """
    if monitor_interval is None or watchdog_interval >= 2 * monitor_interval:
        return None
    return IntervalProblem(watchdog_interval, monitor_interval)


def spans_problem(topology: Topology, devices: int, spans: Collection[int]) -> str | None:
    """What is wrong with the spans watched on one node beside the wiring; None when they can all be behind relays."""
    ports = devices * (topology.lines + topology.pbx_lines)
    if len(spans) <= ports:
        return None
    pbx = f" and {devices * topology.pbx_lines} to the PBX" if topology.pbx_lines else ""
    return (
        f"spans: {len(spans)} on one node, but {devices} berofos in {topology.name} "
        f"{'carries' if devices == 1 else 'carry'} {devices * topology.lines} lines{pbx}"
    )


def _same(one: str, other: str) -> bool:
    # Pacemaker compares node names without regard to case.
    return one.casefold() == other.casefold()
