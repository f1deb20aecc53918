"""Who plays what: the one place that knows the wiring, and the names in the example configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.demo.scene import PROVIDER, Device, Power, Scene, Server


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
    """

    example: str = "crm-examples/two-xivo.crm"
    relay: str = "berofos-relay"
    service: str = "xivo"
    phones: str = "asterisk"
    groups: Mapping[str, str] = field(default_factory=lambda: {"xivo-1": "B", "xivo-2": "D"})
    home: str = "xivo-1"
    other: str = "xivo-2"
    parameters: Mapping[str, str] = field(
        default_factory=lambda: {
            "devices": "fos1 fos2",
            "topology": "two-xivo",
            "port_b_node": "xivo-1",
            "port_d_node": "xivo-2",
        }
    )

    def relay_for(self, server: str) -> str:
        """The relay position that gives a server the lines."""
        return f"{PROVIDER}--{self.groups[server]}"

    @property
    def journey(self) -> tuple[str, ...]:
        """The positions that every relay should be moved to in the course of the story."""
        return tuple(self.relay_for(server) for server in (self.home, self.other, self.home))

    def scene(
        self,
        addresses: Mapping[str, str],
        relays: Mapping[str, str],
        powers: Mapping[str, Power],
        answering: Iterable[str],
    ) -> Scene:
        """What is to be seen, from the devices' addresses and relays and the servers' states."""
        answers = set(answering)
        return Scene(
            tuple(Device(name, address, relays.get(name, "")) for name, address in addresses.items()),
            tuple(Server(name, group, powers[name], name in answers) for name, group in self.groups.items()),
        )


TWO_XIVO = Cast()
