"""Who plays what: the one place that knows the wiring, and the names in the example configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tests.demo.scene import PROVIDER, Device, Power, Scene, Server, is_joined

PBX = "PBX"

_WITHOUT_POWER = "A--D"  # where every relay is at first


@dataclass(frozen=True)
class Front:
    """A device between the provider and the other one, in bypass: that is at port groups B and C, the PBX at D.

    Attributes:
        device: Its name.
        resource: The resource that keeps its watchdog from acting.
        parameters: That resource's, for an agent without a cluster.
        behind: What its ports B and C lead to.
        feed: What arrives at port group A.
        ports: How many ports of a port group are in use.
    """

    device: str
    resource: str
    parameters: Mapping[str, str]
    behind: str
    feed: str
    ports: int


@dataclass(frozen=True)
class Cast:
    """The parts.

    Attributes:
        example: Configuration in crmsh's language, a path in the checkout.
        relay: The resource that moves the relays.
        service: What the relays follow.
        phones: The resource that answers calls, a member of the service.
        groups: Server -> port group to which it is wired.
        home: The server that has the lines at first.
        other: The server that takes over.
        parameters: The relay resource's parameters, for an agent without a cluster.
        feed: What arrives at port group A.
        pbx: Port group of a PBX, which gets the lines when no server has them; None: there is none.
        front: A device in front of the one that the relay resource moves; None: there is none.
    """

    example: str = "crm-examples/two-xivo.crm"
    relay: str = "berofos-relay"
    service: str = "xivo"
    phones: str = "asterisk"
    groups: Mapping[str, str] = field(default_factory=lambda: {"xivo-1": "B", "xivo-2": "D"})
    home: str = "xivo-1"
    other: str = "xivo-2"
    parameters: Mapping[str, str] = field(default_factory=lambda: _parameters("two-xivo", "fos1 fos2"))

    feed: str = "4 lines of the provider"
    pbx: str | None = None
    front: Front | None = None

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that switch."""
        names = tuple(self.parameters["devices"].split())
        return names if self.front is None else (self.front.device, *names)

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources that run where the lines are."""
        return (self.relay,) if self.front is None else (self.relay, self.front.resource)

    @property
    def agents(self) -> Mapping[str, Mapping[str, str]]:
        """For an agent without a cluster: the resources in the order of their start, with their parameters."""
        relay = {self.relay: self.parameters}
        return relay if self.front is None else {**relay, self.front.resource: self.front.parameters}

    def relay_for(self, server: str) -> str:
        """The relay position that gives a server the lines."""
        if self.pbx is not None and server != PBX:
            return f"{PROVIDER}--{self.groups[server]} C--{self.pbx}"
        return f"{PROVIDER}--{self.pbx if server == PBX else self.groups[server]}"

    def relays_for(self, server: str) -> dict[str, str]:
        """By device, the relay position that gives a server the lines. A device that doesn't matter isn't in it."""
        if self.front is None:
            return dict.fromkeys(self.devices, self.relay_for(server))
        if server == PBX:
            return {self.front.device: "A--D"}
        return {**dict.fromkeys(self.devices, self.relay_for(server)), self.front.device: "A--B C--D"}

    def journey(self, *stations: str) -> dict[str, tuple[str, ...]]:
        """By device, the positions its relay has to be moved to so that these get the lines, one after the other."""
        moves: dict[str, list[str]] = {name: [_WITHOUT_POWER] for name in self.devices}
        for server in stations:
            for name, position in self.relays_for(server).items():
                if moves[name][-1] != position:
                    moves[name].append(position)
        return {name: tuple(positions[1:]) for name, positions in moves.items()}

    def scene(
        self,
        addresses: Mapping[str, str],
        relays: Mapping[str, str],
        powers: Mapping[str, Power],
        answering: Iterable[str],
    ) -> Scene:
        """What is to be seen, from the devices' addresses and relays and the servers' states."""
        answers = set(answering)
        servers = [Server(name, group, powers[name], name in answers) for name, group in self.groups.items()]
        if self.pbx is not None:
            servers.append(Server(PBX, self.pbx, Power.ON, answers=True))
        devices = {
            name: Device(name, address, relays.get(name, ""), tuple(servers), self.feed)
            for name, address in addresses.items()
        }
        if self.front is not None:
            _put_in_front(self.front, devices, powers.values())
        return Scene(tuple(devices.values()))


def _put_in_front(front: Front, devices: dict[str, Device], powers: Iterable[Power]) -> None:
    """Wire one of the two devices to the provider and the PBX, and the other one to it."""
    first = devices[front.device]
    (second,) = (each for name, each in devices.items() if name != front.device)
    states = set(powers)
    xivos = Server(
        front.behind,
        "B",
        next(power for power in (Power.ON, Power.BOOTING, Power.DEAD) if power in states),
        any(is_joined(each, second.relay) and each.answers and each.power is Power.ON for each in second.servers),
        and_group="C",
        device=second.name,
    )
    pbx = Server(PBX, "D", Power.ON, answers=True)
    devices[first.name] = replace(first, servers=(xivos, pbx), feed=front.feed, ports=front.ports)
    devices[second.name] = replace(second, fed=is_joined(xivos, first.relay))


def _parameters(topology: str, devices: str) -> dict[str, str]:
    return {"devices": devices, "topology": topology, "port_b_node": "xivo-1", "port_d_node": "xivo-2"}


def _bypass(device: str) -> dict[str, str]:
    # A short interval: somebody waits for the watchdog. A takeover by hand takes a second or two.
    return {"devices": device, "topology": "xivo-pbx", "watchdog_interval": "10"}


TWO_XIVO = Cast()

# By the example's name.
CASTS: Mapping[str, Cast] = {
    "two-xivo": TWO_XIVO,
    "two-xivo-pbx": Cast(
        "crm-examples/two-xivo-pbx.crm",
        parameters=_parameters("two-xivo-pbx", "fos1"),
        feed="2 of the provider, 2 of the PBX",
    ),
    "multiple-berofos": Cast(
        "crm-examples/multiple-berofos.crm", parameters=_parameters("two-xivo", "fos1 fos2 fos3")
    ),
    "xivo-pbx": Cast(
        "crm-examples/xivo-pbx.crm",
        groups={"xivo-1": "B"},
        service="asterisk",
        other=PBX,
        parameters={**_bypass("fos1"), "port_b_node": "xivo-1"},
        pbx="D",
    ),
    "two-xivo-with-pbx-bypass": Cast(
        "crm-examples/two-xivo-with-pbx-bypass.crm",
        parameters=_parameters("two-xivo-pbx", "fos2"),
        feed="fos1's B and C: lines and PBX",
        front=Front(
            "fos1",
            "berofos-bypass",
            {**_bypass("fos1"), "on_stop": "keep"},
            "fos2 / XiVOs",
            "2 lines of the provider",
            ports=2,
        ),
    ),
}
