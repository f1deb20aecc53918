"""The rules that ``crm_resource --move`` and ``--ban`` leave in the configuration. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree import ElementTree

from berofos_ra.cluster.xml import parse_xml

_RESOURCES = ("primitive", "group", "clone", "master", "bundle")
_PREFER, _BAN = "cli-prefer-", "cli-ban-"  # what their IDs begin with


class MoveRule(NamedTuple):
    """One such rule: it wants ``resource`` on ``node``, or, where ``is_ban``, away from it.

    ``end`` is when it ends by itself, with a time zone; None: never. One whose end has come does nothing any more,
    but it stays.
    """

    id: str
    resource: str
    node: str
    is_ban: bool
    end: datetime | None

    def is_over(self, now: datetime) -> bool:
        """Whether its end has come."""
        return self.end is not None and self.end <= now

    @property
    def clear_command(self) -> str:
        """What removes it."""
        return f"crm_resource --clear --resource {self.resource}{f' --node {self.node}' if self.node else ''}"

    @property
    def words(self) -> str:
        """It in words, without its end."""
        return f"{self.resource} is {'kept off' if self.is_ban else 'to be on'} {self.node} ({self.id})"


def find_moves(cib: ElementTree.Element, relays: Collection[str]) -> tuple[MoveRule, ...]:
    """The rules in ``cibadmin --query`` about the relays, their groups, and whatever colocations join with these."""
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
    return tuple(rule for rule in _rules(cib) if rule.resource in concerned)


def parse_move_rules(configuration: str) -> tuple[MoveRule, ...] | None:
    """All rules in its text, of whatever resource; None: that isn't XML."""
    cib = parse_xml(configuration)
    return None if cib is None else tuple(_rules(cib))


def _rules(cib: ElementTree.Element) -> Iterator[MoveRule]:
    for location in cib.iterfind("configuration/constraints/rsc_location"):
        name = location.get("id", "")
        if name.startswith((_PREFER, _BAN)):
            wanted = location.find("rule/expression[@attribute='#uname']")  # with a lifetime
            node = (location if wanted is None else wanted).get("node" if wanted is None else "value", "")
            date = location.find("rule/date_expression")
            end = None if date is None else _time(date.get("end", ""))
            yield MoveRule(name, location.get("rsc", ""), node, name.startswith(_BAN), end)


def _time(text: str) -> datetime | None:
    """A time as crm_resource writes it: ``2026-11-27 19:45:48Z``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
