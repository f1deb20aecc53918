"""A site's cluster configuration for crmsh and for pcs. Pure."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import quoteattr

from berofos_ra.crmconfig.protection import DEVICES, LEVELS, MONITOR, PRIORITY_META, FenceDevice, Protection
from berofos_ra.crmconfig.site import ASTERISK, GROUP, RELAY, STICKINESS, STICKY, Primitive, Rule, Site

_WIDTH = 118  # of a comment's lines
_CRMSH_WARNS = '(crmsh 4.4 warns that it doesn\'t know "critical"; Pacemaker does since 2.1.)'
_PCS = 'pcs -f "$cib"'
_WORDS = re.compile(r"[\w@%+:,./-]+( [\w@%+:,./-]+)+", re.ASCII)
_AT_ONCE = (
    "All at once, by way of a copy: step by step, the relays would first be switched to wherever the resource starts "
    "before it is told where to be."
)
_REPLACED = "replaced-below"  # in the place of a secret: some agents can't be created without
_BY_INPUT = "What is secret goes in by standard input: others can read command lines."


def render_crm(site: Site) -> str:
    """For ``crm configure load update FILE``."""
    followed = site.followed
    relay = _crm_primitive(site.relay)
    if not site.alone:
        priority = f" meta {_pairs(PRIORITY_META)}" if site.fencing else ""
        relay += f"\n\ngroup {GROUP} {' '.join(member.name for member in site.members)}{priority}"
    return _text(
        _blocks(
            site,
            properties=f"property {_pairs(site.protection.properties)}",
            fence_devices=_crm_fencing(site.protection),
            stickiness=f"rsc_defaults resource-stickiness={STICKINESS}",
            others=[_crm_primitive(member) for member in site.members],
            relay=relay,
            about_critical=_CRMSH_WARNS,
            follow=f"colocation {RELAY}-with-{followed} inf: {RELAY} {followed}\n"
            f"order {RELAY}-after-{ASTERISK} Mandatory: {ASTERISK} {RELAY}",
            location=lambda rule: (
                f"location {rule.name} {followed} \\\n"
                f"    rule {'-inf' if rule.score is None else rule.score}: {_expression(rule)}"
            ),
        )
    )


def render_pcs(site: Site) -> str:
    """A shell script of pcs commands, without its first comments."""
    followed = site.followed
    group = "" if site.alone else f" --group {GROUP}"
    others = [
        f"{_PCS} resource create {member.name} {member.agent} {_pairs(member.parameters)}".rstrip() + group
        for member in site.members
    ]
    if site.fencing:
        others.append(f"{_PCS} resource meta {GROUP} {_pairs(PRIORITY_META)}")
    blocks = _blocks(
        site,
        properties=f"{_PCS} property set {_pairs(site.protection.properties)}",
        fence_devices=_pcs_fencing(site.protection),
        stickiness=f"{_PCS} resource defaults update resource-stickiness={STICKINESS}",
        others=["\n".join(others)],
        relay=_pcs_relay(site.relay),
        follow=f"{_PCS} constraint colocation add {RELAY} with {followed} INFINITY id={RELAY}-with-{followed}\n"
        f"{_PCS} constraint order {ASTERISK} then {RELAY} id={RELAY}-after-{ASTERISK}",
        location=lambda rule: (
            f"{_PCS} constraint location {followed} rule id={rule.name} \\\n"
            f"    score={'-INFINITY' if rule.score is None else rule.score} {_expression(rule, shlex.quote)}"
        ),
    )
    begin = 'cib=$(mktemp)\ntrap \'rm -f "$cib"\' EXIT\npcs cluster cib "$cib"'
    return _text(["set -eu", _commented(begin, _AT_ONCE), *blocks, 'pcs cluster cib-push "$cib" --config'])


def _blocks(
    site: Site,
    *,
    properties: str,
    fence_devices: str,
    stickiness: str,
    others: Sequence[str],
    relay: str,
    follow: str,
    location: Callable[[Rule], str],
    about_critical: str = "",
) -> Iterator[str]:
    """A tool's statements in their order, with the comments. ``others`` are the resources that the relay follows."""
    *about_relay, last = site.comments.relay
    yield _commented(properties, site.protection.comment)
    if not site.alone:
        yield _commented(stickiness, STICKY)
    if site.fencing:
        yield _commented(fence_devices, DEVICES, *([LEVELS] if site.protection.levels else []))
    yield from others
    yield _commented(relay, *about_relay, f"{last} {about_critical}")
    yield _commented(follow, site.comments.follow)
    for rule in site.rules:
        yield _commented(location(rule), rule.comment)


def _commented(statement: str, *paragraphs: str) -> str:
    lines = [line for text in paragraphs for line in textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False)]
    return "\n".join([*(f"# {line}" for line in lines), statement])


def _text(blocks: Iterable[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def _continued(parts: Sequence[str]) -> str:
    """One statement in several lines, as the shell and crmsh take it."""
    return " \\\n    ".join(parts)


def _expression(rule: Rule, quoted: Callable[[str], str] = str) -> str:
    """A rule's expression; the names of attributes are ``quoted``."""
    parts = ((quoted(one["attribute"]), one["operation"], one.get("value")) for one in rule.expressions)
    texts = (f"{how} {name}" if value is None else f"{name} {how} {value}" for name, how, value in parts)
    return f" {rule.operator} ".join(texts)


def _pairs(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}={_quoted(value)}" for name, value in values.items())


def _quoted(value: str) -> str:
    """A value as both the shell and crmsh read it: crmsh splits words as a shell does."""
    return f'"{value}"' if _WORDS.fullmatch(value) else shlex.quote(value)


def _crm_primitive(resource: Primitive) -> str:
    parts = [f"primitive {resource.name} {resource.agent}"]
    if resource.parameters:
        parts.append(f"params {_pairs(resource.parameters)}")
    parts += [f"op {action} {_pairs(attributes)}" for action, attributes in resource.operations]
    if resource.meta:
        parts.append(f"meta {_pairs(resource.meta)}")
    return _continued(parts)


def _crm_fencing(protection: Protection) -> str:
    statements = []
    for one in protection.devices:
        monitor = (("monitor", MONITOR),)
        statements.append(_crm_primitive(Primitive(one.name, f"stonith:{one.agent}", one.options, monitor)))
        statements.append(f"location {one.elsewhere} {one.name} -inf: {one.node}")
    levels = [f"{node}: {' '.join(names)}" for node, names in protection.levels.items()]
    if levels:
        statements.append(_continued(["fencing_topology", *levels]))
    return "\n".join(statements)


def _pcs_fencing(protection: Protection) -> str:
    statements = []
    for device in protection.devices:
        shown = {
            name: _REPLACED if name in device.secret_options else value for name, value in device.options.items()
        }
        parts = [f"{_PCS} stonith create {device.name} {device.agent}", _pairs(shown)]
        statements.append(_continued([*parts, f"op monitor {_pairs(MONITOR)}"]))
        if device.secret_options:
            statements.append(_commented(_pcs_secrets(device), _BY_INPUT))
        statements.append(f"{_PCS} constraint location {device.name} avoids {device.node}")
    for node, names in protection.levels.items():
        statements += [f"{_PCS} stonith level add {level} {node} {name}" for level, name in enumerate(names, start=1)]
    return "\n".join(statements)


def _pcs_secrets(device: FenceDevice) -> str:
    """Adds them to the fence device as pcs has created it."""
    name = f"{device.name}-instance_attributes"
    pairs = "".join(
        f'<nvpair id="{name}-{option}" name="{option}" value={quoteattr(value)}/>'
        for option, value in device.secret_options.items()
    )
    inner = f'<instance_attributes id="{name}">{pairs}</instance_attributes>'
    xml = f'<resources><primitive id="{device.name}">{inner}</primitive></resources>'
    return f"CIB_file=\"$cib\" cibadmin --modify --scope resources --xml-pipe <<'END'\n{xml}\nEND"


def _pcs_relay(relay: Primitive) -> str:
    start, stop, *monitors = relay.operations
    parts = [
        f"{_PCS} resource create {relay.name} {relay.agent}",
        _pairs(relay.parameters),
        f"op start timeout={start[1]['timeout']} stop timeout={stop[1]['timeout']}",
        *(f"{action} {_pairs(attributes)}" for action, attributes in monitors),
        f"meta {_pairs(relay.meta)}",
    ]
    return _continued(parts)
