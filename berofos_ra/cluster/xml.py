"""The XML that Pacemaker and its agents print. Pure."""

from __future__ import annotations

from xml.etree import ElementTree


def parse_xml(text: str) -> ElementTree.Element | None:
    """Its root; None: it isn't XML."""
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - an installed program's own words
    except ElementTree.ParseError:
        return None
