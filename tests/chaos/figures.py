"""How long the lines were on nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.invariants import Change
from tests.chaos.site import PBX, Site


@dataclass(frozen=True)
class Presence:
    """The nodes on which asterisk runs from some time on."""

    at: float
    nodes: frozenset[str]


@dataclass(frozen=True)
class Gap:
    """A time in which the lines of one path were on nobody: neither on the PBX nor on a node where asterisk runs."""

    path: tuple[str, ...]
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.begin


def gaps(
    site: Site,
    relays: Mapping[str, str],
    changes: Sequence[Change],
    presences: Sequence[Presence],
    begin: float,
    end: float,
) -> list[Gap]:
    """The times between `begin` and `end` in which lines were on nobody.

    Args:
        site: Where.
        relays: Where they were at `begin`.
        changes: Their movements since.
        presences: Where asterisk ran, from `begin` or earlier on.
        begin: On the devices' clock.
        end: On the devices' clock.
    """
    return [gap for path in site.paths for gap in _gaps(site, path, relays, changes, presences, begin, end)]


def _gaps(
    site: Site,
    path: tuple[str, ...],
    relays: Mapping[str, str],
    changes: Sequence[Change],
    presences: Sequence[Presence],
    begin: float,
    end: float,
) -> Iterator[Gap]:
    there = next((each.nodes for each in reversed(presences) if each.at <= begin), frozenset[str]())
    positions = dict(relays)
    since: float | None = None
    seen: list[Change | Presence] = [*changes, *presences]
    events = [each for each in seen if begin < each.at <= end]
    for event in [Presence(begin, there), *sorted(events, key=lambda event: event.at)]:
        if isinstance(event, Presence):
            there = event.nodes
        else:
            positions[event.device] = event.after
        served = site.holder(path, positions) in {PBX, *there}
        if served and since is not None:
            yield Gap(path, since, event.at)
            since = None
        elif not served and since is None:
            since = event.at
    if since is not None:
        yield Gap(path, since, end)
