"""A site's cluster configuration for crmsh, for pcs and as the CIB's XML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as Xml

from berofos_ra.crmconfig.site import (
    ASTERISK,
    ASTERISK_OPERATIONS,
    AT_ONCE,
    FENCING,
    FENCING_ALONE,
    FOLLOW,
    FOLLOW_ALONE,
    GROUP,
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
)

_AGENTS = {RELAY: "ocf:xivo:berofos", ASTERISK: "ocf:heartbeat:asterisk", VIRTUAL_IP: "ocf:heartbeat:IPaddr2"}
_WARNING = (
    ' (crmsh 4.4 warns that it doesn\'t know "critical";',
    "Pacemaker does since 2.1.)",
)


def render_crm(site: Site) -> str:
    """For ``crm configure load update FILE``."""
    blocks = [[*_comment(FENCING_ALONE if site.alone else FENCING), "property stonith-enabled=false"]]
    if not site.alone:
        blocks.append([*_comment(STICKY), f"rsc_defaults resource-stickiness={STICKINESS}"])
    if site.virtual_ip is not None:
        blocks.append(_crm_primitive(VIRTUAL_IP, site.virtual_ip_parameters, VIRTUAL_IP_OPERATIONS))
    blocks.append(_crm_primitive(ASTERISK, {}, ASTERISK_OPERATIONS))
    *monitors, last = site.monitors
    comment = _comment([*monitors, last + _WARNING[0], _WARNING[1]])
    blocks.append([*comment, *_crm_primitive(RELAY, site.parameters, relay_operations(site), RELAY_META)])
    if not site.alone:
        blocks.append([f"group {GROUP} " + " ".join(_members(site))])
    followed = site.followed
    blocks.append(
        [
            *_comment(FOLLOW_ALONE if site.alone else FOLLOW),
            f"colocation {RELAY}-with-{followed} inf: {RELAY} {followed}",
            f"order {RELAY}-after-{ASTERISK} Mandatory: {ASTERISK} {RELAY}",
        ]
    )
    if not site.alone:
        blocks.append(
            [
                *_comment(PREFER_READY),
                f"location {followed}-where-berofos-ready {followed} \\",
                f"    rule {READY_SCORE}: not_defined berofos-ready or berofos-ready eq yes",
            ]
        )
    return _joined(blocks)


def render_pcs(site: Site) -> str:
    """A shell script of pcs commands, without its first comments."""
    pcs = 'pcs -f "$cib"'
    blocks = [
        ["set -eu"],
        [
            *_comment(AT_ONCE),
            "cib=$(mktemp)",
            "trap 'rm -f \"$cib\"' EXIT",
            'pcs cluster cib "$cib"',
        ],
        [*_comment(FENCING_ALONE if site.alone else FENCING), f"{pcs} property set stonith-enabled=false"],
    ]
    if not site.alone:
        blocks.append([*_comment(STICKY), f"{pcs} resource defaults update resource-stickiness={STICKINESS}"])
    group = "" if site.alone else f" --group {GROUP}"
    resources = [f"{pcs} resource create {ASTERISK} {_AGENTS[ASTERISK]}{group}"]
    if site.virtual_ip is not None:
        words = _pairs(site.virtual_ip_parameters)
        resources.insert(0, f"{pcs} resource create {VIRTUAL_IP} {_AGENTS[VIRTUAL_IP]} {words}{group}")
    blocks.append(resources)
    blocks.append([*_comment(site.monitors), *_pcs_relay(pcs, site)])
    followed = site.followed
    blocks.append(
        [
            *_comment(FOLLOW_ALONE if site.alone else FOLLOW),
            f"{pcs} constraint colocation add {RELAY} with {followed} INFINITY id={RELAY}-with-{followed}",
            f"{pcs} constraint order {ASTERISK} then {RELAY} id={RELAY}-after-{ASTERISK}",
        ]
    )
    if not site.alone:
        blocks.append(
            [
                *_comment(PREFER_READY),
                f"{pcs} constraint location {followed} rule id={followed}-where-berofos-ready \\",
                f"    score={READY_SCORE} not_defined berofos-ready or berofos-ready eq yes",
            ]
        )
    blocks.append(['pcs cluster cib-push "$cib" --config'])
    return _joined(blocks)


def render_xml(site: Site) -> str:
    """For ``cibadmin --modify --allow-create --scope configuration --xml-pipe``."""
    root = Xml.Element("configuration")
    _xml_comment(root, FENCING_ALONE if site.alone else FENCING)
    properties = Xml.SubElement(
        Xml.SubElement(root, "crm_config"), "cluster_property_set", id="cib-bootstrap-options"
    )
    _xml_pairs(properties, "cib-bootstrap-options", {"stonith-enabled": "false"})
    resources = Xml.SubElement(root, "resources")
    parent = resources if site.alone else Xml.SubElement(resources, "group", id=GROUP)
    if site.virtual_ip is not None:
        _xml_primitive(parent, VIRTUAL_IP, site.virtual_ip_parameters, VIRTUAL_IP_OPERATIONS)
    _xml_primitive(parent, ASTERISK, {}, ASTERISK_OPERATIONS)
    _xml_comment(resources, site.monitors)
    _xml_primitive(resources, RELAY, site.parameters, relay_operations(site), RELAY_META)
    constraints = Xml.SubElement(root, "constraints")
    followed = site.followed
    _xml_comment(constraints, FOLLOW_ALONE if site.alone else FOLLOW)
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
    if not site.alone:
        _xml_comment(constraints, PREFER_READY)
        _xml_location(constraints, followed)
        defaults = Xml.SubElement(root, "rsc_defaults")
        _xml_comment(defaults, STICKY)
        options = Xml.SubElement(defaults, "meta_attributes", id="rsc-options")
        _xml_pairs(options, "rsc-options", {"resource-stickiness": str(STICKINESS)})
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _members(site: Site) -> list[str]:
    return [ASTERISK] if site.virtual_ip is None else [VIRTUAL_IP, ASTERISK]


def _comment(lines: Iterable[str]) -> list[str]:
    return [f"# {line}" for line in lines]


def _joined(blocks: Iterable[Iterable[str]]) -> str:
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _pairs(values: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in values.items())


def _crm_primitive(
    name: str, parameters: Mapping[str, str], operations: Operations, meta: Mapping[str, str] | None = None
) -> list[str]:
    parts = [f"primitive {name} {_AGENTS[name]}"]
    if parameters:
        parts.append(f"params {_pairs(parameters)}")
    parts += [f"op {action} {_pairs(attributes)}" for action, attributes in operations]
    if meta:
        parts.append(f"meta {_pairs(meta)}")
    return [*(f"{'    ' if number else ''}{part} \\" for number, part in enumerate(parts[:-1])), f"    {parts[-1]}"]


def _pcs_relay(pcs: str, site: Site) -> list[str]:
    start, stop, *monitors = relay_operations(site)
    operations = [f"{action} {_pairs(attributes)}" for action, attributes in monitors]
    parts = [
        f"{pcs} resource create {RELAY} {_AGENTS[RELAY]}",
        _pairs(site.parameters),
        f"op start timeout={start[1]['timeout']} stop timeout={stop[1]['timeout']}",
        *operations,
    ]
    return [
        *(f"{'    ' if number else ''}{part} \\" for number, part in enumerate(parts)),
        f"    meta {_pairs(RELAY_META)}",
    ]


def _xml_comment(parent: Xml.Element, lines: Iterable[str]) -> None:
    parent.append(Xml.Comment(" " + " ".join(lines) + " "))


def _xml_pairs(parent: Xml.Element, prefix: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        Xml.SubElement(parent, "nvpair", id=f"{prefix}-{name}", name=name, value=value)


def _xml_primitive(
    parent: Xml.Element,
    name: str,
    parameters: Mapping[str, str],
    operations: Operations,
    meta: Mapping[str, str] | None = None,
) -> None:
    standard, provider, kind = _AGENTS[name].split(":")
    primitive = Xml.SubElement(
        parent, "primitive", {"id": name, "class": standard, "provider": provider, "type": kind}
    )
    if parameters:
        attributes = Xml.SubElement(primitive, "instance_attributes", id=f"{name}-instance_attributes")
        _xml_pairs(attributes, f"{name}-instance_attributes", parameters)
    parent_of_operations = Xml.SubElement(primitive, "operations")
    for action, given in operations:
        own = f"{name}-{action}-{given['interval']}"
        level = given.get("OCF_CHECK_LEVEL")
        plain = {key: value for key, value in given.items() if key != "OCF_CHECK_LEVEL"}
        operation = Xml.SubElement(parent_of_operations, "op", {"id": own, "name": action, **plain})
        if level is not None:
            inner = Xml.SubElement(operation, "instance_attributes", id=f"{own}-instance_attributes")
            _xml_pairs(inner, f"{own}-instance_attributes", {"OCF_CHECK_LEVEL": level})
    if meta:
        attributes = Xml.SubElement(primitive, "meta_attributes", id=f"{name}-meta_attributes")
        _xml_pairs(attributes, f"{name}-meta_attributes", meta)


def _xml_location(parent: Xml.Element, followed: str) -> None:
    name = f"{followed}-where-berofos-ready"
    location = Xml.SubElement(parent, "rsc_location", id=name, rsc=followed)
    rule = Xml.SubElement(location, "rule", {"id": f"{name}-rule", "score": str(READY_SCORE), "boolean-op": "or"})
    attribute = {"attribute": "berofos-ready"}
    Xml.SubElement(rule, "expression", {"id": f"{name}-unknown", "operation": "not_defined", **attribute})
    Xml.SubElement(rule, "expression", {"id": f"{name}-yes", "operation": "eq", "value": "yes", **attribute})
