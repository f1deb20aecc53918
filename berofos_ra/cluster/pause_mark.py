"""The mark that ``berofos pause`` leaves in the cluster: since when, by whom, why, and what is to be undone. Pure.

It is two permanent attributes of the node where it was called, so that `crm_mon -A` shows it, and that it outlives
Pacemaker's restart.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

from berofos_ra.cluster.attribute_names import PAUSE_UNDO, PAUSED

RELAYS, CLUSTER = "relays", "cluster"  # what was taken out of Pacemaker's hands: our resources, or everything


class Pause(NamedTuple):
    """A pause.

    ``since`` is local time, ``2026-11-27T14:02``; empty where somebody else wrote the attribute. ``mode`` is `RELAYS`
    with the resources' ``names`` that were unmanaged, or `CLUSTER` with those of the devices that were disarmed.
    """

    node: str
    since: str
    by: str
    reason: str
    mode: str
    names: tuple[str, ...]

    @property
    def words(self) -> str:
        """It in words."""
        since = f" since {self.since} by {self.by}" if self.since else ""
        return f"paused{since}{f': {self.reason}' if self.reason else ''}"

    @property
    def value(self) -> str:
        """What `PAUSED` is."""
        return f"{self.since} {self.by}{f': {self.reason}' if self.reason else ''}"

    @property
    def undo(self) -> str:
        """What `PAUSE_UNDO` is."""
        return " ".join((self.mode, *self.names))


def find_pauses(cib: ElementTree.Element) -> tuple[Pause, ...]:
    """Those in ``cibadmin --query``."""
    found = []
    for node in cib.iterfind("configuration/nodes/node"):
        pairs = node.iterfind("instance_attributes/nvpair")
        values = {pair.get("name", ""): pair.get("value", "") for pair in pairs}
        if PAUSED in values:
            found.append(parse_pause(node.get("uname", ""), values[PAUSED], values.get(PAUSE_UNDO, "")))
    return tuple(found)


def parse_pause(node: str, value: str, undo: str) -> Pause:
    """The pause that a node's two attributes tell of."""
    mode, *names = undo.split() or [RELAYS]
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d) (\S+?(?: \(sudo: \S+\))?)(?:: (.*))?", value, re.DOTALL)
    if match is None:
        return Pause(node, "", "", value, mode, tuple(names))
    return Pause(node, match[1], match[2], match[3] or "", mode, tuple(names))
