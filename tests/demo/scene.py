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
class Device:
    """A berofos. ``relay`` says which port groups are joined, for example "A--B"; ``feed`` what arrives at A."""

    name: str
    address: str
    relay: str
    feed: str = "4 lines of the provider"


@dataclass(frozen=True)
class Server:
    """What is wired to a port group of every device. ``answers``: it would take calls if it had the lines."""

    name: str
    group: str
    power: Power
    answers: bool


@dataclass(frozen=True)
class Scene:
    """All of it."""

    devices: tuple[Device, ...]
    servers: tuple[Server, ...]


def joined_pairs(relay: str) -> list[tuple[str, str]]:
    """The pairs of port groups that a relay position joins."""
    return [(pair[0], pair[-1]) for pair in relay.split()]


def has_lines(server: Server, device: Device) -> bool:
    """Whether this device joins the provider's lines to this server."""
    return (PROVIDER, server.group) in joined_pairs(device.relay)


def takes_calls(server: Server, device: Device) -> bool:
    """Whether calls on this device's lines are answered by this server."""
    return has_lines(server, device) and server.answers and server.power is Power.ON


def answering(scene: Scene, device: Device) -> str | None:
    """Who answers this device's lines; None: nobody."""
    return next((server.name for server in scene.servers if takes_calls(server, device)), None)


def relay_now(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Every device's relay position after these events of the simulator."""
    relays = {}
    for event in events:
        if event["event"] == "start":
            relays[event["device"]] = event["relay"]
        elif event["event"] == "relay":
            relays[event["device"]] = event["to"]
    return relays
