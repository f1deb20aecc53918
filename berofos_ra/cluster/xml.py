"""The XML that Pacemaker and its agents print. Pure."""

from __future__ import annotations

from xml.etree import ElementTree


def parse_xml(text: str) -> ElementTree.Element | None:
    """Its root; None: it isn't XML."""
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - an installed program's own words
    except ElementTree.ParseError:
        return None


def node_states(status: str) -> list[ElementTree.Element]:
    """The nodes in ``cibadmin --query --scope status``; none where that isn't XML."""
    root = parse_xml(status)
    return [] if root is None else list(root.iter("node_state"))
