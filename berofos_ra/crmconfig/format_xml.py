"""A site's cluster configuration as the CIB's XML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as Xml

from berofos_ra.cluster.attribute_names import READY, READY_YES
from berofos_ra.crmconfig.protection import (
    DEVICES,
    LEVELS,
    MONITOR,
    PRIORITY_META,
    UNPROTECTED,
    FenceDevice,
    Protection,
)
from berofos_ra.crmconfig.site import (
    AGENTS,
    ASTERISK,
    ASTERISK_OPERATIONS,
    GROUP,
    NODE,
    ONLY_WIRED,
    PREFER_READY,
    READY_SCORE,
    RELAY,
    RELAY_META,
    STICKINESS,
    STICKY,
    VIRTUAL_IP,
    VIRTUAL_IP_OPERATIONS,
    Operations,
    Site,
    relay_operations,
    where_ready,
    where_wired,
)


def render_xml(site: Site) -> str:
    """For ``cibadmin --modify --allow-create --scope configuration --xml-pipe``."""
    root = Xml.Element("configuration")
    protection = site.protection
    _xml_comment(root, *(UNPROTECTED if protection.unprotected else ()), protection.comment)
    properties = Xml.SubElement(root, "crm_config")
    _xml_pairs(properties, "cluster_property_set", "cib-bootstrap-options", protection.properties)
    resources = Xml.SubElement(root, "resources")
    parent = resources if site.alone else Xml.SubElement(resources, "group", id=GROUP)
    if site.virtual_ip is not None:
        _xml_primitive(parent, VIRTUAL_IP, site.virtual_ip_parameters, VIRTUAL_IP_OPERATIONS)
    _xml_primitive(parent, ASTERISK, {}, ASTERISK_OPERATIONS)
    if protection.devices:
        _xml_pairs(parent, "meta_attributes", f"{GROUP}-meta_attributes", PRIORITY_META)
        _xml_comment(resources, DEVICES)
        for device in protection.devices:
            _xml_fence_device(resources, device)
    _xml_comment(resources, *site.comments.relay)
    _xml_primitive(resources, RELAY, site.parameters, relay_operations(site), RELAY_META)
    constraints = Xml.SubElement(root, "constraints")
    for device in protection.devices:
        where = {"id": device.elsewhere, "rsc": device.name, "node": device.node, "score": "-INFINITY"}
        Xml.SubElement(constraints, "rsc_location", where)
    followed = site.followed
    _xml_comment(constraints, site.comments.follow)
    Xml.SubElement(
        constraints,
        "rsc_colocation",
        {"id": f"{RELAY}-with-{followed}", "score": "INFINITY", "rsc": RELAY, "with-rsc": followed},
    )
    Xml.SubElement(
        constraints,
        "rsc_order",
        {"id": f"{RELAY}-after-{ASTERISK}", "kind": "Mandatory", "first": ASTERISK, "then": RELAY},
    )
    if site.unwired:
        _xml_comment(constraints, ONLY_WIRED)
        others = [{"attribute": NODE, "operation": "ne", "value": node} for node in site.wired]
        _xml_location(constraints, followed, where_wired(followed), "-INFINITY", "and", others)
    if protection.levels:
        _xml_levels(root, protection)
    if not site.alone:
        _xml_comment(constraints, PREFER_READY)
        unknown = {"attribute": READY, "operation": "not_defined"}
        ready = {"attribute": READY, "operation": "eq", "value": READY_YES}
        _xml_location(constraints, followed, where_ready(followed), str(READY_SCORE), "or", [unknown, ready])
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


def _xml_primitive(
    parent: Xml.Element,
    name: str,
    parameters: Mapping[str, str],
    operations: Operations,
    meta: Mapping[str, str] | None = None,
) -> None:
    standard, provider, kind = AGENTS[name].split(":")
    primitive = Xml.SubElement(
        parent, "primitive", {"id": name, "class": standard, "provider": provider, "type": kind}
    )
    if parameters:
        _xml_pairs(primitive, "instance_attributes", f"{name}-instance_attributes", parameters)
    parent_of_operations = Xml.SubElement(primitive, "operations")
    for action, given in operations:
        own = f"{name}-{action}-{given['interval']}"
        level = given.get("OCF_CHECK_LEVEL")
        plain = {key: value for key, value in given.items() if key != "OCF_CHECK_LEVEL"}
        operation = Xml.SubElement(parent_of_operations, "op", {"id": own, "name": action, **plain})
        if level is not None:
            _xml_pairs(operation, "instance_attributes", f"{own}-instance_attributes", {"OCF_CHECK_LEVEL": level})
    if meta:
        _xml_pairs(primitive, "meta_attributes", f"{name}-meta_attributes", meta)


def _xml_fence_device(parent: Xml.Element, device: FenceDevice) -> None:
    name = device.name
    primitive = Xml.SubElement(parent, "primitive", {"id": name, "class": "stonith", "type": device.agent})
    _xml_pairs(primitive, "instance_attributes", f"{name}-instance_attributes", device.options)
    operations = Xml.SubElement(primitive, "operations")
    Xml.SubElement(operations, "op", {"id": f"{name}-monitor", "name": "monitor", **MONITOR})


def _xml_levels(root: Xml.Element, protection: Protection) -> None:
    topology = Xml.SubElement(root, "fencing-topology")
    _xml_comment(topology, LEVELS)
    for node, names in protection.levels.items():
        for index, name in enumerate(names, start=1):
            level = {"id": f"fencing-{node}-{index}", "target": node, "index": str(index), "devices": name}
            Xml.SubElement(topology, "fencing-level", level)


def _xml_location(
    parent: Xml.Element, followed: str, name: str, score: str, operator: str, expressions: Iterable[Mapping[str, str]]
) -> None:
    location = Xml.SubElement(parent, "rsc_location", id=name, rsc=followed)
    rule = Xml.SubElement(location, "rule", {"id": f"{name}-rule", "score": score, "boolean-op": operator})
    for number, attributes in enumerate(expressions, start=1):
        Xml.SubElement(rule, "expression", {"id": f"{name}-{number}", **attributes})
