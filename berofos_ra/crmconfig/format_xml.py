"""A site's cluster configuration as the CIB's XML. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

from berofos_ra.crmconfig.protection import DEVICES, LEVELS, MONITOR, PRIORITY_META, UNPROTECTED, FenceDevice
from berofos_ra.crmconfig.site import ASTERISK, GROUP, RELAY, STICKINESS, STICKY, Primitive, Rule, Site


def render_xml(site: Site) -> str:
    """For ``cibadmin --modify --allow-create --scope configuration --xml-pipe``."""
    root = Xml.Element("configuration")
    protection = site.protection
    _xml_comment(root, *(UNPROTECTED if protection.unprotected else ()), protection.comment)
    properties = Xml.SubElement(root, "crm_config")
    _xml_pairs(properties, "cluster_property_set", "cib-bootstrap-options", protection.properties)
    resources = Xml.SubElement(root, "resources")
    parent = resources if site.alone else Xml.SubElement(resources, "group", id=GROUP)
    for member in site.members:
        _xml_primitive(parent, member)
    if protection.devices:
        _xml_pairs(parent, "meta_attributes", f"{GROUP}-meta_attributes", PRIORITY_META)
        _xml_comment(resources, DEVICES)
        for device in protection.devices:
            _xml_fence_device(resources, device)
    _xml_comment(resources, *site.comments.relay)
    _xml_primitive(resources, site.relay)
    constraints = Xml.SubElement(root, "constraints")
    for device in protection.devices:
        where = {"id": device.elsewhere, "rsc": device.name, "node": device.node, "score": "-INFINITY"}
        Xml.SubElement(constraints, "rsc_location", where)
    followed = site.followed
    _xml_comment(constraints, site.comments.follow)
    together = {"id": f"{RELAY}-with-{followed}", "score": "INFINITY", "rsc": RELAY, "with-rsc": followed}
    Xml.SubElement(constraints, "rsc_colocation", together)
    order = {"id": f"{RELAY}-after-{ASTERISK}", "kind": "Mandatory", "first": ASTERISK, "then": RELAY}
    Xml.SubElement(constraints, "rsc_order", order)
    for rule in site.rules:
        _xml_location(constraints, followed, rule)
    if protection.levels:
        _xml_levels(root, protection.levels)
    if not site.alone:
        defaults = Xml.SubElement(root, "rsc_defaults")
        _xml_comment(defaults, STICKY)
        _xml_pairs(defaults, "meta_attributes", "rsc-options", {"resource-stickiness": str(STICKINESS)})
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _xml_comment(parent: Xml.Element, *paragraphs: str) -> None:
    parent.append(Xml.Comment(f" {' '.join(paragraphs)} "))


def _xml_pairs(parent: Xml.Element, tag: str, name: str, values: Mapping[str, str]) -> None:
    pairs = Xml.SubElement(parent, tag, id=name)
    for key, value in values.items():
        Xml.SubElement(pairs, "nvpair", id=f"{name}-{key}", name=key, value=value)


def _xml_primitive(parent: Xml.Element, resource: Primitive) -> None:
    name = resource.name
    standard, provider, kind = resource.agent.split(":")
    described = {"id": name, "class": standard, "provider": provider, "type": kind}
    primitive = Xml.SubElement(parent, "primitive", described)
    if resource.parameters:
        _xml_pairs(primitive, "instance_attributes", f"{name}-instance_attributes", resource.parameters)
    operations = Xml.SubElement(primitive, "operations")
    for action, given in resource.operations:
        own = f"{name}-{action}-{given['interval']}"
        level = given.get("OCF_CHECK_LEVEL")
        plain = {key: value for key, value in given.items() if key != "OCF_CHECK_LEVEL"}
        operation = Xml.SubElement(operations, "op", {"id": own, "name": action, **plain})
        if level is not None:
            _xml_pairs(operation, "instance_attributes", f"{own}-instance_attributes", {"OCF_CHECK_LEVEL": level})
    if resource.meta:
        _xml_pairs(primitive, "meta_attributes", f"{name}-meta_attributes", resource.meta)


def _xml_fence_device(parent: Xml.Element, device: FenceDevice) -> None:
    name = device.name
    primitive = Xml.SubElement(parent, "primitive", {"id": name, "class": "stonith", "type": device.agent})
    _xml_pairs(primitive, "instance_attributes", f"{name}-instance_attributes", device.options)
    operations = Xml.SubElement(primitive, "operations")
    Xml.SubElement(operations, "op", {"id": f"{name}-monitor", "name": "monitor", **MONITOR})


def _xml_levels(root: Xml.Element, levels: Mapping[str, Sequence[str]]) -> None:
    topology = Xml.SubElement(root, "fencing-topology")
    _xml_comment(topology, LEVELS)
    for node, names in levels.items():
        for index, name in enumerate(names, start=1):
            level = {"id": f"fencing-{node}-{index}", "target": node, "index": str(index), "devices": name}
            Xml.SubElement(topology, "fencing-level", level)


def _xml_location(parent: Xml.Element, followed: str, rule: Rule) -> None:
    _xml_comment(parent, rule.comment)
    location = Xml.SubElement(parent, "rsc_location", id=rule.name, rsc=followed)
    score = "-INFINITY" if rule.score is None else str(rule.score)
    parts = Xml.SubElement(location, "rule", {"id": f"{rule.name}-rule", "score": score, "boolean-op": rule.operator})
    for number, attributes in enumerate(rule.expressions, start=1):
        Xml.SubElement(parts, "expression", {"id": f"{rule.name}-{number}", **attributes})
