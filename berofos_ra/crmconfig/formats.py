"""A site's cluster configuration for crmsh, for pcs and as the CIB's XML. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.etree import ElementTree as Xml

from berofos_ra.cluster.attribute_names import READY, READY_YES
from berofos_ra.cluster.view import AGENT
from berofos_ra.crmconfig.site import (
    ASTERISK,
    ASTERISK_OPERATIONS,
    GROUP,
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
)

_AGENTS = {RELAY: AGENT, ASTERISK: "ocf:heartbeat:asterisk", VIRTUAL_IP: "ocf:heartbeat:IPaddr2"}
_WIDTH = 118  # of a comment's lines
_CRMSH_WARNS = '(crmsh 4.4 warns that it doesn\'t know "critical"; Pacemaker does since 2.1.)'
_PCS = 'pcs -f "$cib"'
_NODE = "#uname"  # what rules call a node's name
_NODE_QUOTED = f"'{_NODE}'"  # for the shell
_AT_ONCE = (
    "All at once, by way of a copy: step by step, the relays would first be switched to wherever the resource starts "
    "before it is told where to be."
)


def render_crm(site: Site) -> str:
    """For ``crm configure load update FILE``."""
    followed = site.followed
    others = [_crm_primitive(ASTERISK, {}, ASTERISK_OPERATIONS)]
    if site.virtual_ip is not None:
        others.insert(0, _crm_primitive(VIRTUAL_IP, site.virtual_ip_parameters, VIRTUAL_IP_OPERATIONS))
    relay = _crm_primitive(RELAY, site.parameters, relay_operations(site), RELAY_META)
    if not site.alone:
        members = [ASTERISK] if site.virtual_ip is None else [VIRTUAL_IP, ASTERISK]
        relay += f"\n\ngroup {GROUP} {' '.join(members)}"
    return _text(
        _blocks(
            site,
            fencing=f"property {site.fencing_option}=false",
            stickiness=f"rsc_defaults resource-stickiness={STICKINESS}",
            others=others,
            relay=relay,
            about_critical=_CRMSH_WARNS,
            follow=f"colocation {RELAY}-with-{followed} inf: {RELAY} {followed}\n"
            f"order {RELAY}-after-{ASTERISK} Mandatory: {ASTERISK} {RELAY}",
            only_wired=f"location {_where_wired(followed)} {followed} \\\n    rule -inf: {_on_others(site, _NODE)}",
            prefer_ready=f"location {_where_ready(followed)} {followed} \\\n"
            f"    rule {READY_SCORE}: not_defined {READY} or {READY} eq {READY_YES}",
        )
    )


def render_pcs(site: Site) -> str:
    """A shell script of pcs commands, without its first comments."""
    followed = site.followed
    group = "" if site.alone else f" --group {GROUP}"
    others = f"{_PCS} resource create {ASTERISK} {_AGENTS[ASTERISK]}{group}"
    if site.virtual_ip is not None:
        parameters = _pairs(site.virtual_ip_parameters)
        others = f"{_PCS} resource create {VIRTUAL_IP} {_AGENTS[VIRTUAL_IP]} {parameters}{group}\n{others}"
    blocks = _blocks(
        site,
        fencing=f"{_PCS} property set {site.fencing_option}=false",
        stickiness=f"{_PCS} resource defaults update resource-stickiness={STICKINESS}",
        others=[others],
        relay=_pcs_relay(site),
        follow=f"{_PCS} constraint colocation add {RELAY} with {followed} INFINITY id={RELAY}-with-{followed}\n"
        f"{_PCS} constraint order {ASTERISK} then {RELAY} id={RELAY}-after-{ASTERISK}",
        only_wired=f"{_PCS} constraint location {followed} rule id={_where_wired(followed)} \\\n"
        f"    score=-INFINITY {_on_others(site, _NODE_QUOTED)}",
        prefer_ready=f"{_PCS} constraint location {followed} rule id={_where_ready(followed)} \\\n"
        f"    score={READY_SCORE} not_defined {READY} or {READY} eq {READY_YES}",
    )
    begin = 'cib=$(mktemp)\ntrap \'rm -f "$cib"\' EXIT\npcs cluster cib "$cib"'
    return _text(["set -eu", _commented(begin, _AT_ONCE), *blocks, 'pcs cluster cib-push "$cib" --config'])


def render_xml(site: Site) -> str:
    """For ``cibadmin --modify --allow-create --scope configuration --xml-pipe``."""
    root = Xml.Element("configuration")
    _xml_comment(root, site.comments.fencing)
    properties = Xml.SubElement(root, "crm_config")
    _xml_pairs(properties, "cluster_property_set", "cib-bootstrap-options", {site.fencing_option: "false"})
    resources = Xml.SubElement(root, "resources")
    parent = resources if site.alone else Xml.SubElement(resources, "group", id=GROUP)
    if site.virtual_ip is not None:
        _xml_primitive(parent, VIRTUAL_IP, site.virtual_ip_parameters, VIRTUAL_IP_OPERATIONS)
    _xml_primitive(parent, ASTERISK, {}, ASTERISK_OPERATIONS)
    _xml_comment(resources, *site.comments.relay)
    _xml_primitive(resources, RELAY, site.parameters, relay_operations(site), RELAY_META)
    constraints = Xml.SubElement(root, "constraints")
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
        others = [{"attribute": _NODE, "operation": "ne", "value": node} for node in site.wired]
        _xml_location(constraints, followed, _where_wired(followed), "-INFINITY", "and", others)
    if not site.alone:
        _xml_comment(constraints, PREFER_READY)
        unknown = {"attribute": READY, "operation": "not_defined"}
        ready = {"attribute": READY, "operation": "eq", "value": READY_YES}
        _xml_location(constraints, followed, _where_ready(followed), str(READY_SCORE), "or", [unknown, ready])
        defaults = Xml.SubElement(root, "rsc_defaults")
        _xml_comment(defaults, STICKY)
        _xml_pairs(defaults, "meta_attributes", "rsc-options", {"resource-stickiness": str(STICKINESS)})
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _blocks(
    site: Site,
    *,
    fencing: str,
    stickiness: str,
    others: Sequence[str],
    relay: str,
    follow: str,
    only_wired: str,
    prefer_ready: str,
    about_critical: str = "",
) -> Iterator[str]:
    """A tool's statements in their order, with the comments. ``others`` are the resources that the relay follows."""
    *about_relay, last = site.comments.relay
    yield _commented(fencing, site.comments.fencing)
    if not site.alone:
        yield _commented(stickiness, STICKY)
    yield from others
    yield _commented(relay, *about_relay, f"{last} {about_critical}")
    yield _commented(follow, site.comments.follow)
    if site.unwired:
        yield _commented(only_wired, ONLY_WIRED)
    if not site.alone:
        yield _commented(prefer_ready, PREFER_READY)


def _commented(statement: str, *paragraphs: str) -> str:
    lines = [line for text in paragraphs for line in textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False)]
    return "\n".join([*(f"# {line}" for line in lines), statement])


def _text(blocks: Iterable[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def _continued(parts: Sequence[str]) -> str:
    """One statement in several lines, as the shell and crmsh take it."""
    return " \\\n    ".join(parts)


def _on_others(site: Site, node: str) -> str:
    """The expression of a rule for the nodes that aren't wired; ``node`` is what their name is called."""
    return " and ".join(f"{node} ne {name}" for name in site.wired)


def _where_wired(followed: str) -> str:
    return f"{followed}-where-wired"


def _where_ready(followed: str) -> str:
    return f"{followed}-where-{READY}"


def _pairs(values: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in values.items())


def _crm_primitive(
    name: str, parameters: Mapping[str, str], operations: Operations, meta: Mapping[str, str] | None = None
) -> str:
    parts = [f"primitive {name} {_AGENTS[name]}"]
    if parameters:
        parts.append(f"params {_pairs(parameters)}")
    parts += [f"op {action} {_pairs(attributes)}" for action, attributes in operations]
    if meta:
        parts.append(f"meta {_pairs(meta)}")
    return _continued(parts)


def _pcs_relay(site: Site) -> str:
    start, stop, *monitors = relay_operations(site)
    parts = [
        f"{_PCS} resource create {RELAY} {_AGENTS[RELAY]}",
        _pairs(site.parameters),
        f"op start timeout={start[1]['timeout']} stop timeout={stop[1]['timeout']}",
        *(f"{action} {_pairs(attributes)}" for action, attributes in monitors),
        f"meta {_pairs(RELAY_META)}",
    ]
    return _continued(parts)


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
    standard, provider, kind = _AGENTS[name].split(":")
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


def _xml_location(
    parent: Xml.Element, followed: str, name: str, score: str, operator: str, expressions: Iterable[Mapping[str, str]]
) -> None:
    location = Xml.SubElement(parent, "rsc_location", id=name, rsc=followed)
    rule = Xml.SubElement(location, "rule", {"id": f"{name}-rule", "score": score, "boolean-op": operator})
    for number, attributes in enumerate(expressions, start=1):
        Xml.SubElement(rule, "expression", {"id": f"{name}-{number}", **attributes})
