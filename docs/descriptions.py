"""What is said of a parameter, an operation or a setting, in whatever form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from berofos_ra.bnfosconf.reader import DEFAULT_PATH
from berofos_ra.resource.actions import OPERATIONS, Action
from berofos_ra.resource.parameters import PARAMETERS, Parameter
from berofos_ra.settings import Kind, Setting
from berofos_ra.wiring.topology import TOPOLOGIES


def facts(parameter: Parameter) -> str:
    """Type, values and default of a parameter, and whether it can be changed without a restart."""
    default = "no default" if parameter.default is None else f"default {parameter.default or 'empty'}"
    if parameter.default is None and parameter.choices:
        default = "default by topology"
    return f"{allowed(parameter)}, {default}{', reloadable' if parameter.reloadable else ''}"


def allowed(parameter: Parameter) -> str:
    """What a parameter may be."""
    if parameter.choices:
        return " or ".join(", ".join(parameter.choices).rsplit(", ", 1))
    if parameter.kind == "integer":
        return "integer from {} to {}".format(*parameter.limits)
    return parameter.kind


def operation(action: Action) -> str:
    """An action as the ``op`` of a resource, with what is advised."""
    words = [action.name, f"timeout={action.timeout}s"]
    if action.interval is not None:
        words.append(f"interval={action.interval}s")
    if action.depth:
        words.append(f"OCF_CHECK_LEVEL={action.depth}")
    if action.role is not None:
        words.append(f"role={action.role}")
    return " ".join(words)


def operations() -> list[str]:
    """Those that a resource can have."""
    return [operation(action) for action in OPERATIONS]


# What is typed as it stands in the descriptions: what is quoted, names that aren't English words, a value before its
# meaning.
_NAMES = [parameter.name for parameter in PARAMETERS if "_" in parameter.name]
_NAMES += [*TOPOLOGIES, DEFAULT_PATH, "crm_node -n", "failure-timeout"]
_CHOICES = {choice for parameter in PARAMETERS for choice in parameter.choices}
_LITERAL = re.compile(
    "|".join(['"[^"]+"', *sorted(map(re.escape, _NAMES), key=len, reverse=True), *(f"{c}(?=:)" for c in _CHOICES)])
)


def literals(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and of each whether it is typed as it stands; only several words keep their quotes."""
    end = 0
    for match in _LITERAL.finditer(text):
        yield text[end : match.start()], False
        yield match[0] if " " in match[0] else match[0].strip('"'), True
        end = match.end()
    yield text[end:], False


def values(setting: Setting) -> str:
    """What a setting takes."""
    if setting.kind is Kind.BOOL:
        return "0, 1"
    if setting.kind is Kind.INT:
        return f"{setting.low} to {setting.high}"
    return {Kind.IPV4: "IPv4", Kind.HOSTNAME: "name", Kind.TEXT: "text", Kind.TRIGGER: ""}[setting.kind]


def access(setting: Setting) -> str:
    """Whether a setting can only be read, or only be written."""
    if setting.read_key is None:
        return " (set)"
    return " (get)" if setting.write_query is None else ""
