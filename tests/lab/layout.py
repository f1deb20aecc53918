"""Who is who in a lab: names, addresses, and where things are inside the site.

The site's own files live in a tmpfs that only the site's mount namespace has, so nothing of them is on the host.
"""

from dataclasses import dataclass, field

NETWORK = "10.34.1.0/24"
PREFIX_LENGTH = 24
MAX_NODES = 9  # 10.34.1.11 to .19; the devices begin at .20
MAX_DEVICES = 32

CONTROL_PORT = 8080  # the simulator's control interface, on the site's loopback
DEVICE_PASSWORD = (
    "Mk7%labMarker=9"  # 15 characters is all a device takes; unmistakable, so that tests can search logs for it
)

QNETD = "qnetd"  # name of the machine that holds it
POWER = "power"  # name of the power switch
POWER_PORT = 7000  # of the power switch, and of the nodes' management controllers

STORE = "/run/lab"
CONTROL_SOCKET = f"{STORE}/control"
IMAGE = f"{STORE}/image"
DEVICES_HOST = f"{STORE}/devices"
QNETD_HOST = f"{STORE}/qnetd"
QNETD_LOG = f"{STORE}/qnetd.log"
SIMULATOR_LOG = f"{STORE}/simulator.log"
EVENTS_IN_DEVICES_HOST = "/var/log/berofos-events.jsonl"
EVENTS = f"{DEVICES_HOST}/root{EVENTS_IN_DEVICES_HOST}"


@dataclass(frozen=True)
class Port:
    """One plug in the lab's switch: a node or a device."""

    name: str
    address: str
    mac: str


QNETD_AT = Port(QNETD, "10.34.1.10", "02:00:0a:22:01:0a")
POWER_AT = Port(POWER, "10.34.1.9", "02:00:0a:22:01:09")
FENCE_AGENTS = ("fence_lab", "fence_ipmilan", "fence_apc")  # names of the one stand-in


@dataclass(frozen=True)
class Spec:
    """What a lab consists of.

    Attributes:
        checkout: Directory of the project, which the machines don't see.
        package: Path of the Debian package to install; without, the host has it installed.
        nodes: Number of cluster nodes.
        devices: Number of simulated devices.
        files: Further files in every node: path -> (content, permissions).
        lifeline: Whether the lab ends when its creator does (its standard input closes).
        quorum_device: Whether a machine with corosync-qnetd votes too.
        power_switch: Whether the nodes' power can be switched over the network: by one switch for all, and by a
            management controller in each.
        second_link: Whether the nodes have eth1 too, on a switch of their own.
    """

    checkout: str
    package: str | None = None
    nodes: int = 2
    devices: int = 2
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    lifeline: bool = True
    quorum_device: bool = False
    power_switch: bool = False
    second_link: bool = False

    def node_ports(self) -> list[Port]:
        """The nodes: xivo-1 at 10.34.1.11 and so on."""
        return [
            Port(f"xivo-{number}", f"10.34.1.{10 + number}", f"02:00:0a:22:01:{10 + number:02x}")
            for number in range(1, self.nodes + 1)
        ]

    def device_ports(self) -> list[Port]:
        """The devices: fos1 at 10.34.1.20 and so on."""
        return [
            Port(f"fos{number}", f"10.34.1.{19 + number}", f"00:19:32:00:12:{number:02x}")
            for number in range(1, self.devices + 1)
        ]

    def controller_ports(self) -> dict[str, Port]:
        """The management controllers by the nodes that they are in: bmc-1 at 10.34.1.201 and so on."""
        if not self.power_switch:
            return {}
        return {
            f"xivo-{number}": Port(f"bmc-{number}", f"10.34.1.{200 + number}", f"02:00:0a:22:01:{200 + number:02x}")
            for number in range(1, self.nodes + 1)
        }

    def second_ports(self) -> dict[str, Port]:
        """The nodes' further plugs by their nodes: xivo-1-b at 10.34.2.11 and so on."""
        if not self.second_link:
            return {}
        return {
            f"xivo-{number}": Port(f"xivo-{number}-b", f"10.34.2.{10 + number}", f"02:00:0a:22:02:{10 + number:02x}")
            for number in range(1, self.nodes + 1)
        }

    def other_ports(self) -> list[Port]:
        """Those that there are: corosync-qnetd at 10.34.1.10, the power switch at 10.34.1.9, the controllers."""
        qnetd = [QNETD_AT] if self.quorum_device else []
        return qnetd + ([POWER_AT] if self.power_switch else []) + list(self.controller_ports().values())


def node_store(name: str) -> str:
    """Directory in the site that holds a node's disk and run-time notes."""
    return f"{STORE}/nodes/{name}"
