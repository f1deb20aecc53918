"""Who plays what: the one place that knows the wiring, and the names in the example configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.demo.scene import PROVIDER, Device, Power, Scene, Server

PBX = "PBX"


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

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that switch."""
        return tuple(self.parameters["devices"].split())

    def relay_for(self, server: str) -> str:
        """The relay position that gives a server the lines."""
        if self.pbx is not None and server != PBX:
            return f"{PROVIDER}--{self.groups[server]} C--{self.pbx}"
        return f"{PROVIDER}--{self.pbx if server == PBX else self.groups[server]}"

    @property
    def journey(self) -> tuple[str, ...]:
        """The positions that every relay should be moved to in the course of the story."""
        stations: tuple[str, ...] = (self.home, self.other, self.home)
        if self.pbx is not None:  # there and back for each of two troubles
            stations = (self.home, PBX, self.home, PBX, self.home)
        return tuple(self.relay_for(server) for server in stations)

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
        return Scene(
            tuple(Device(name, address, relays.get(name, ""), self.feed) for name, address in addresses.items()),
            tuple(servers),
        )


def _parameters(topology: str, devices: str) -> dict[str, str]:
    return {"devices": devices, "topology": topology, "port_b_node": "xivo-1", "port_d_node": "xivo-2"}


TWO_XIVO = Cast()

# By the name of the wiring, as crm-examples has it.
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
        parameters={"devices": "fos1", "topology": "xivo-pbx", "port_b_node": "xivo-1"},
        pbx="D",
    ),
}
