"""What a fence agent says of itself: the options that it takes. Pure."""

from __future__ import annotations

from typing import NamedTuple

from berofos_ra.cluster.xml import parse_xml

# Pacemaker's own, for every fence agent; those that it fills in by itself.
_OF_PACEMAKER = "pcmk_"
_GIVEN_BY_PACEMAKER = {"action", "option", "plug", "port", "nodename"}


class FenceOptions(NamedTuple):
    """The names of a fence agent's options. Each of ``required`` is a group of names for one thing."""

    known: frozenset[str]
    required: tuple[frozenset[str], ...]

    def unknown(self, given: frozenset[str]) -> list[str]:
        """Those that neither the agent nor Pacemaker knows."""
        return sorted(name for name in given - self.known if not name.startswith(_OF_PACEMAKER))

    def missing(self, given: frozenset[str]) -> list[str]:
        """Those that the agent can't do without."""
        return [" or ".join(sorted(names)) for names in self.required if not names & given]


def parse_fence_options(metadata: str) -> FenceOptions | None:
    """The options in a fence agent's metadata; None: it isn't XML."""
    root = parse_xml(metadata)
    if root is None:
        return None
    parameters = {parameter.get("name", ""): parameter for parameter in root.iter("parameter")}
    required = []
    for name, parameter in parameters.items():
        content = parameter.find("content")
        has_default = content is not None and content.get("default") is not None
        if parameter.get("required") == "1" and parameter.get("deprecated") != "1" and not has_default:
            names = frozenset({name, parameter.get("obsoletes", name)})
            if not names & _GIVEN_BY_PACEMAKER:
                required.append(names)
    return FenceOptions(frozenset(parameters), tuple(required))
