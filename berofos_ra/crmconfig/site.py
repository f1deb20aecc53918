"""A complete cluster configuration for a site: asterisk, its virtual IP, and the relay that follows them. Pure.

What is configured is the same in each format; `formats` writes it down for crmsh and for pcs, `format_xml`
as the CIB's XML. The files in crm-examples have it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from berofos_ra.cluster.attribute_names import READY, READY_YES
from berofos_ra.cluster.view import AGENT
from berofos_ra.crmconfig.protection import FenceDevice, Protection
from berofos_ra.resource.actions import OPERATIONS, Action
from berofos_ra.wiring.topology import Wiring

RELAY, ASTERISK, GROUP = "berofos-relay", "asterisk", "xivo"
STICKINESS = 1000
_NODE = "#uname"  # what rules call a node's name
_READY_SCORE = 500
_SHORT_INTERVAL, _USUAL_INTERVAL = 5, 10  # seconds between the relay's monitors; the short one is for kicks
# Names and attributes, times in seconds as all the tools take them.
Operations = tuple[tuple[str, dict[str, str]], ...]


class Primitive(NamedTuple):
    """A resource and all that it is given."""

    name: str
    agent: str
    parameters: Mapping[str, str]
    operations: Operations
    meta: Mapping[str, str] = MappingProxyType({})


class Rule(NamedTuple):
    """Where the resources may run, or had better: ``expressions`` are as in the CIB, joined by ``operator``."""

    name: str
    comment: str
    score: int | None  # None: minus infinity
    operator: str
    expressions: tuple[Mapping[str, str], ...]


class Comments(NamedTuple):
    """What a configuration says of itself, in paragraphs. No "--" in them: crmsh refuses it, and so does XML."""

    relay: tuple[str, ...]
    follow: str


_COMMENTS = Comments(
    relay=(
        "The two monitors on the active node look at the relays, and once a minute at the devices' settings as well. "
        "The third one runs on the standby: it checks that the standby could take over, and shows it as "
        "berofos-ready.",
        "failure-timeout: a start that failed (a device was off, say) is tried again after half a minute.",
        "critical=false: a failure of the relays never makes asterisk move.",
    ),
    follow="The lines go where asterisk is, and only once it runs there. The order names asterisk, not its group: "
    "otherwise a refresh of the resources would restart the relay.",
)
_COMMENTS_ALONE = Comments(
    relay=(
        "The monitor looks at the device and kicks its watchdog: when that stops for watchdog_interval seconds (the "
        "node is dead or hangs, or Pacemaker does), the device itself gives the lines to the PBX. At least twice the "
        "interval of the monitor, so that one lost kick does nothing.",
        "The third monitor runs while the resource is stopped: it shows as berofos-ready whether it could start.",
        "failure-timeout: a start that failed (the device was off, say) is tried again after half a minute.",
        "critical=false: a failure of the relay never stops asterisk.",
    ),
    follow="The lines come to the XiVO only once asterisk runs there; before it is stopped they go to the PBX.",
)
# Of a cluster of two nodes alone.
STICKY = "A healthy node keeps what it runs when the other one comes back: moving the lines drops calls."
_PREFER_READY = (
    "A standby that could switch the devices is preferred to one that couldn't. A negative score for these would "
    "keep asterisk off the last node left. The active node's stickiness outweighs this: what runs isn't moved for it."
)

# Of a cluster that has more nodes than are wired.
_ONLY_WIRED = (
    "Wired nodes only: on another one asterisk would run without lines, and stay there when a wired one comes back."
)


@dataclass(frozen=True)
class VirtualIp:
    """The address that phones use, whichever node it is on; what is None the agent finds out by itself."""

    address: str
    prefix: int | None = None
    interface: str | None = None


@dataclass(frozen=True)
class Site:
    """What is to be configured. ``min_devices`` 0 means all; ``watchdog_interval`` is in seconds.

    ``min_devices`` is written unless it is 1, the agent's default. ``config`` is the path of bnfos.conf on the nodes,
    None for the usual one; ``fencing_option`` what their Pacemaker calls it; ``unwired`` the cluster's nodes that no
    device is wired to; ``fencing`` what shoots a node; ``quorum_device`` the host of the third vote.
    """

    wiring: Wiring
    devices: tuple[str, ...]
    min_devices: int = 1
    watchdog_interval: int = 60
    virtual_ip: VirtualIp | None = None
    config: str | None = None
    fencing_option: str = "stonith-enabled"
    unwired: tuple[str, ...] = ()
    fencing: tuple[FenceDevice, ...] = ()
    quorum_device: str | None = None

    @property
    def alone(self) -> bool:
        """Whether the cluster is a single node: nobody to move to."""
        return self.wiring.topology.pbx_on_d

    @property
    def nodes(self) -> tuple[str, ...]:
        """All of the cluster."""
        return (*self.wiring.nodes, *self.unwired)

    @property
    def protection(self) -> Protection:
        """What there is against a split."""
        return Protection(self.alone, self.fencing, self.quorum_device, self.fencing_option)

    @property
    def followed(self) -> str:
        """The resource or group that the relay goes with."""
        return ASTERISK if self.alone else GROUP

    @property
    def monitor_interval(self) -> int:
        """Seconds between two looks at the relay."""
        return _SHORT_INTERVAL if self.wiring.topology.watchdog else _USUAL_INTERVAL

    @property
    def relay(self) -> Primitive:
        """The relay, with the parameters that aren't the agent's defaults and those that say what matters."""
        wiring = self.wiring
        parameters = _given(
            devices=" ".join(self.devices),
            min_devices=None if self.min_devices == 1 else self.min_devices,
            topology=wiring.topology.name,
            config=self.config,
            port_b_node=wiring.port_b_node,
            port_d_node=wiring.port_d_node,
            watchdog_interval=self.watchdog_interval if wiring.topology.watchdog else None,
        )
        operations = tuple((action.name, self._attributes(action)) for action in OPERATIONS)
        return Primitive(RELAY, AGENT, parameters, operations, {"failure-timeout": "30s", "critical": "false"})

    def _attributes(self, action: Action) -> dict[str, str]:
        if action.interval is None:
            return _once(f"{action.timeout}s")
        often = action.role is None and not action.depth
        return _given(
            interval=f"{self.monitor_interval if often else action.interval}s",
            timeout=f"{action.timeout}s",
            OCF_CHECK_LEVEL=action.depth or None,
            role=action.role,
        )

    @property
    def members(self) -> tuple[Primitive, ...]:
        """What the relay goes with, in the order in which it starts."""
        asterisk = Primitive(ASTERISK, "ocf:heartbeat:asterisk", {}, _operations("20s", "30s"))
        if self.virtual_ip is None:
            return (asterisk,)
        ip = self.virtual_ip
        parameters = _given(ip=ip.address, cidr_netmask=ip.prefix, nic=ip.interface)
        return Primitive("virtual-ip", "ocf:heartbeat:IPaddr2", parameters, _operations("10s", "20s")), asterisk

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Where what the relay goes with may run: on wired nodes only, and rather on one that could take over."""
        rules = []
        if self.unwired:
            others = tuple({"attribute": _NODE, "operation": "ne", "value": node} for node in self.wiring.nodes)
            rules.append(Rule(f"{self.followed}-where-wired", _ONLY_WIRED, None, "and", others))
        if not self.alone:
            unknown = {"attribute": READY, "operation": "not_defined"}
            ready = {"attribute": READY, "operation": "eq", "value": READY_YES}
            name = f"{self.followed}-where-{READY}"
            rules.append(Rule(name, _PREFER_READY, _READY_SCORE, "or", (unknown, ready)))
        return tuple(rules)

    @property
    def comments(self) -> Comments:
        """Those that go with it."""
        return _COMMENTS_ALONE if self.alone else _COMMENTS


def _given(**values: str | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _once(timeout: str) -> dict[str, str]:
    return {"timeout": timeout, "interval": "0"}


def _operations(every: str, timeout: str) -> Operations:
    """A start, a stop, and a monitor ``every`` so often."""
    monitor = {"interval": every, "timeout": timeout}
    return ("start", _once("20s")), ("stop", _once("20s")), ("monitor", monitor)
