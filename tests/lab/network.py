"""The lab's switch: a bridge in the site's network namespace, one port per node and per device.

A pair that is cut off from each other loses every frame between them in silence, as when a trunk between switches is
down; each end still sees its cable plugged in. Filters on the ports do that, by the sender's hardware address.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.lab.layout import NETWORK, PREFIX_LENGTH, Port

BRIDGE = "br0"
SECOND_BRIDGE = "br1"  # between the nodes alone
_NOWHERE = "nowhere"  # an interface that is never up: what is redirected to it is gone
_FIRST_TABLE = 100  # routing tables of the devices, one each


def create(devices: list[Port]) -> None:
    """Set up the bridge and plug the devices in, each with an interface and an address of its own."""
    # Several addresses of one network on one machine: each must be answered, and answer, on its own port only.
    for key, value in {"arp_ignore": 1, "arp_announce": 2, "rp_filter": 0}.items():
        for scope in ("all", "default"):
            Path(f"/proc/sys/net/ipv4/conf/{scope}/{key}").write_text(f"{value}\n", encoding="ascii")
    commands = [
        "link set lo up",
        f"link add {BRIDGE} type bridge stp_state 0 forward_delay 0",
        f"link set {BRIDGE} up",
        f"link add {SECOND_BRIDGE} type bridge stp_state 0 forward_delay 0",
        f"link set {SECOND_BRIDGE} up",
        f"link add {_NOWHERE} type veth peer name {_NOWHERE}-peer",
    ]
    for table, port in enumerate(devices, start=_FIRST_TABLE):
        inside = f"{port.name}-eth0"
        commands += [
            f"link add {port.name} type veth peer name {inside} address {port.mac}",
            f"addr add {port.address}/{PREFIX_LENGTH} dev {inside}",
            f"link set {inside} up",
            f"link set {port.name} master {BRIDGE} up",
            f"route add {NETWORK} dev {inside} src {port.address} table {table}",
            f"route add 255.255.255.255 dev {inside} table {table}",
            f"rule add from {port.address} lookup {table}",
        ]
    _batch("ip", commands)
    _batch("tc", [f"qdisc add dev {port.name} clsact" for port in devices])


def plug_in(port: Port, pid: int, interface: str = "eth0", bridge: str = BRIDGE) -> None:
    """Give process `pid`'s network namespace an interface that is plugged into a switch."""
    _batch(
        "ip",
        [
            f"link add {port.name} type veth peer name {interface} address {port.mac} netns {pid}",
            f"link set {port.name} master {bridge} up",
        ],
    )
    _batch("tc", [f"qdisc add dev {port.name} clsact"])


def pull_out(port: Port) -> None:
    """Take a node's cable away, if it is still there (its namespace's end may have removed it already)."""
    subprocess.run(["ip", "link", "del", port.name], stderr=subprocess.DEVNULL, check=False)


def drop(receiver: Port, senders: Iterable[tuple[int, Port]]) -> None:
    """Let nothing of `senders` (number and port) reach `receiver`, and everything of all others."""
    commands = [f"filter del dev {receiver.name} egress"]
    commands += [
        f"filter add dev {receiver.name} egress pref {number} protocol all u32 match ether src {sender.mac}"
        f" action mirred egress redirect dev {_NOWHERE}"
        for number, sender in senders
    ]
    _batch("tc", commands)


def _batch(tool: str, commands: list[str]) -> None:
    """Run `ip` or `tc` once for all commands.

    Raises:
        RuntimeError: a command was refused.
    """
    text = "\n".join(commands) + "\n"
    result = subprocess.run([tool, "-batch", "-"], input=text, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{tool} refused: {result.stderr.strip()}")
