"""What earlier moves by hand have left in the cluster's configuration. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from xml.etree import ElementTree

_RESOURCES = ("primitive", "group", "clone", "master", "bundle")
_DATE = "date_expression"


class MoveRule(NamedTuple):
    """A location rule that an earlier ``crm_resource --move`` or ``--ban`` has left.

    ``ends``: when it does by itself, as the configuration has it; empty: never.
    """

    id: str
    resource: str
    ends: str = ""


def find_moves(cib: ElementTree.Element, relays: Collection[str]) -> tuple[MoveRule, ...]:
    """The rules in a configuration about the relays, their groups, and whatever colocations join with these."""
    concerned = set(relays)
    joined = [
        {container.get("id", ""), *(one.get("id", "") for one in container.iter() if one.tag in _RESOURCES)}
        for container in cib.iterfind("configuration/resources//*")
        if container.tag in _RESOURCES
    ]
    joined += [
        {one.get("rsc", ""), one.get("with-rsc", ""), *(ref.get("id", "") for ref in one.iter("resource_ref"))} - {""}
        for one in cib.iterfind("configuration/constraints/rsc_colocation")
    ]
    while True:
        more = {name for names in joined if not names.isdisjoint(concerned) for name in names}
        if more <= concerned:
            break
        concerned |= more
    return tuple(
        MoveRule(rule.get("id", ""), rule.get("rsc", ""), next((one.get("end", "") for one in rule.iter(_DATE)), ""))
        for rule in cib.iterfind("configuration/constraints/rsc_location")
        if rule.get("id", "").startswith(("cli-prefer-", "cli-ban-")) and rule.get("rsc") in concerned
    )
