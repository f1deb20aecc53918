"""What Pacemaker's scheduler says it would do, and what depends on what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.cluster.xml import parse_xml

MOVE = "move"


class Action(NamedTuple):
    """What would become of a resource: `MOVE` from ``source`` to ``target``; or start, stop, recover, ..."""

    what: str
    resource: str
    source: str
    target: str


def parse_actions(simulation: str) -> tuple[Action, ...] | None:
    """From ``crm_simulate --simulate --output-as=xml``; None: that isn't its XML."""
    root = parse_xml(simulation)
    if root is None or root.find("actions") is None:
        return None
    return tuple(
        Action(one.get("action", ""), one.get("resource", ""), one.get("source", ""), one.get("dest", ""))
        for one in root.iterfind("actions/rsc_action")
    )


def parse_leaders(constraints: str) -> Mapping[str, tuple[str, ...]] | None:
    """By resource those that it must be with, from ``crm_resource --constraints --output-as=xml``; None as above."""
    root = parse_xml(constraints)
    if root is None:
        return None
    found: dict[str, tuple[str, ...]] = {}
    for one in root.iterfind("constraints/rsc_colocation[@score='INFINITY']"):
        follower, leader = one.get("rsc", ""), one.get("with-rsc", "")
        found[follower] = (*found.get(follower, ()), leader)
    return found
