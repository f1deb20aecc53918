"""The agent's OCF 1.1 meta-data.

ocf.py writes XML without escaping and knows OCF 1.0 only, so lxml does the writing. The DOCTYPE's internal subset
declares what the old DTD lacks, which ocf-tester still validates against.
"""

from __future__ import annotations

from lxml import etree

from berofos_ra import __version__
from berofos_ra.resource.actions import ACTIONS
from berofos_ra.resource.parameters import PARAMETERS

_DOCTYPE = """<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name CDATA #REQUIRED>
<!ATTLIST content type CDATA #REQUIRED>
]>"""

SHORTDESC = "Moves ISDN lines between servers with berofos failover switches"
LONGDESC = """\
A berofos is a relay box between a provider's ISDN lines and the telephone servers: it joins the provider's port \
group A either to B or to D. This agent holds the relays of one or many berofos devices on the side of the node on \
which the resource runs, so that the lines follow the active server.

Running on a node means that it owns the relay and that every device's relay joins the lines to it. \
The devices' addresses and logins are in a file on every node, by default /etc/bnfos.conf.

A device that can't be reached keeps its relay where it is: the resource then runs degraded and nothing moves. \
Give the resource a failure-timeout, so that a start that failed is tried again without an administrator.

For every node wired to the device, set port_b_node and port_d_node to the names that crm_node -n prints there."""


def metadata_xml() -> str:
    """The meta-data document."""
    root = etree.Element("resource-agent", name="berofos", version=__version__)
    etree.SubElement(root, "version").text = "1.1"
    _describe(root, LONGDESC, SHORTDESC)
    parameters = etree.SubElement(root, "parameters")
    for parameter in PARAMETERS:
        element = etree.SubElement(parameters, "parameter", name=parameter.name)
        if parameter.reloadable:
            element.set("reloadable", "1")
        _describe(element, parameter.longdesc, parameter.shortdesc)
        content = etree.SubElement(element, "content", type=parameter.kind)
        if parameter.default is not None:
            content.set("default", parameter.default)
    actions = etree.SubElement(root, "actions")
    for action in ACTIONS:
        element = etree.SubElement(actions, "action", name=action.name, timeout=f"{action.timeout}s")
        if action.interval is not None:
            element.set("interval", f"{action.interval}s")
        if action.depth is not None:
            element.set("depth", str(action.depth))
        if action.role is not None:
            element.set("role", action.role)
    # No encoding is declared, since crmsh hands the text to a parser that refuses one: so it is pure ASCII.
    document = etree.tostring(root, encoding="ascii", xml_declaration=False, pretty_print=True, doctype=_DOCTYPE)
    return '<?xml version="1.0"?>\n' + document.decode("ascii")


def _describe(parent: etree._Element, longdesc: str, shortdesc: str) -> None:
    etree.SubElement(parent, "longdesc", lang="en").text = longdesc
    etree.SubElement(parent, "shortdesc", lang="en").text = shortdesc
