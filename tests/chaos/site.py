"""The examples that chaos can run on: nodes, devices, and who has the lines with the relays where they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PBX = "the PBX"
BOOT = "A--D"  # where a relay is without power, on the bypass devices after the watchdog ran out too
BYPASS_ON = "A--B C--D"


@dataclass(frozen=True)
class Site:
    """An example of crm-examples and what stands around it.

    Attributes:
        example: Its name.
        nodes: The cluster nodes, the one at port group B first.
        devices: The devices that it uses.
        guards: Those of them that stand in front of the PBX and are guarded by their watchdog.
        paths: The devices that a line passes, from the provider on; the lines of one path share their fate.
        spare: How many devices may be in trouble without the others' lines being so.
        quorum_device: Whether a third machine votes too, so that of nodes that are cut off only one serves.
    """

    example: str
    nodes: tuple[str, ...]
    devices: tuple[str, ...]
    guards: frozenset[str]
    paths: tuple[tuple[str, ...], ...]
    spare: int = 0
    quorum_device: bool = False

    @property
    def votes(self) -> int:
        """How many there are when everybody votes."""
        return len(self.nodes) + self.quorum_device

    def expected(self, device: str, node: str) -> str:
        """Where the relay of a device must be for that node to have its lines."""
        if device in self.guards:
            return BYPASS_ON
        return "A--B" if node == self.nodes[0] else "A--D"

    def holders(self, relays: Mapping[str, str]) -> frozenset[str]:
        """Who has lines: nodes, or the PBX."""
        return frozenset(self.holder(path, relays) for path in self.paths)

    def holder(self, path: tuple[str, ...], relays: Mapping[str, str]) -> str:
        """Who has the lines of one path."""
        for device in path:
            if device in self.guards:
                if relays[device] == BOOT:
                    return PBX
            elif relays[device] == BOOT:
                return self.nodes[1]
        return self.nodes[0]


def _two_nodes(example: str, devices: int, *, quorum_device: bool = False) -> Site:
    names = tuple(f"fos{number}" for number in range(1, devices + 1))
    paths = tuple((name,) for name in names)
    return Site(example, ("xivo-1", "xivo-2"), names, frozenset(), paths, devices - 1, quorum_device)


SITES: Mapping[str, Site] = {
    site.example: site
    for site in (
        _two_nodes("two-xivo", 2),
        _two_nodes("two-xivo-pbx", 1),
        _two_nodes("multiple-berofos", 3),
        _two_nodes("quorum-device", 2, quorum_device=True),
        Site(
            "two-xivo-with-pbx-bypass",
            ("xivo-1", "xivo-2"),
            ("fos1", "fos2"),
            frozenset({"fos1"}),
            (("fos1", "fos2"),),
        ),
        Site("xivo-pbx", ("xivo-1",), ("fos1",), frozenset({"fos1"}), (("fos1",),)),
    )
}
