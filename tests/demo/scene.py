"""What is to be seen at one moment: devices, servers, and who has the lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

PROVIDER = "A"  # the port group at which the provider's lines arrive


class Power(Enum):
    """How a server is."""

    ON = "on"
    BOOTING = "booting"
    DEAD = "dead"


@dataclass(frozen=True)
class Server:
    """What is wired to a device.

    Attributes:
        name: Its name.
        group: Port group at which it is.
        power: How it is.
        answers: It would take calls if it had the lines.
        and_group: Another port group at which it is, too.
        device: The device that it is, with all that is behind it; empty: it is none.
    """

    name: str
    group: str
    power: Power
    answers: bool
    and_group: str = ""
    device: str = ""


@dataclass(frozen=True)
class Device:
    """A berofos.

    Attributes:
        name: Its name.
        address: Its IP address.
        relay: Which port groups are joined, for example "A--B".
        servers: What is wired to it.
        feed: What arrives at port group A.
        ports: How many ports of a port group are in use.
        fed: Whether the provider's lines get as far as port group A.
    """

    name: str
    address: str
    relay: str
    servers: tuple[Server, ...]
    feed: str = "4 lines of the provider"
    ports: int = 4
    fed: bool = True


@dataclass(frozen=True)
class Scene:
    """All of it."""

    devices: tuple[Device, ...]


def joined_pairs(relay: str) -> list[tuple[str, str]]:
    """The pairs of port groups that a relay position joins."""
    return [(pair[0], pair[-1]) for pair in relay.split()]


def is_joined(server: Server, relay: str) -> bool:
    """Whether a device with its relay there joins port group A to this server."""
    return (PROVIDER, server.group) in joined_pairs(relay)


def has_lines(server: Server, device: Device) -> bool:
    """Whether this device joins the provider's lines to this server."""
    return device.fed and is_joined(server, device.relay)


def takes_calls(server: Server, device: Device) -> bool:
    """Whether calls on this device's lines are answered by this server."""
    return has_lines(server, device) and server.answers and server.power is Power.ON


def answering(scene: Scene, device: Device) -> str | None:
    """Who answers this device's lines; None: nobody."""
    for server in device.servers:
        if takes_calls(server, device):
            behind = [each for each in scene.devices if each.name == server.device]
            return answering(scene, behind[0]) if behind else server.name
    return None


def at_provider(scene: Scene) -> list[Device]:
    """The devices that are behind no other one."""
    behind = {server.device for device in scene.devices for server in device.servers}
    return [device for device in scene.devices if device.name not in behind]


def relay_now(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Every device's relay position after these events of the simulator."""
    relays = {}
    for event in events:
        if event["event"] == "start":
            relays[event["device"]] = event["relay"]
        elif event["event"] == "relay":
            relays[event["device"]] = event["to"]
    return relays
