"""``config.txt`` and the writes of ``/?cmd=``, as the device sees them.

Wire names come from the settings table; the shape of the text from a client that was written against a real device:
nothing stands before the magic line. Among the rest are keys that clients have to skip, as some firmware has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from berofos_ra.settings import BY_READ_KEY, CONFIG_MAGIC, SETTINGS, WATCHDOG_RAN_OUT, Kind, Setting
from berofos_ra.simulator.values import Value, parse_value, render_value

_KEYS_TO_IGNORE = ("1_szd00=fallback", "1_szd01=bypass", "2_mail=0")
OTHER_MAGIC = "bnfos_confmap_magic=0.2"
_LINE = re.compile(r"([^=\r\n]*)(?:(=[ \t]*)([^\r\n]*?))?([ \t]*(?:\r\n|\r|\n|\Z))")  # key, "=", value, end


def render_config(values: Mapping[str, Value], bool_style: str = "1", magic: str | None = CONFIG_MAGIC) -> str:
    """``config.txt`` with these values by keyword, and that first line (None: without)."""
    lines = [] if magic is None else [magic]
    lines += [f"{key}={render_value(values[s.keyword], bool_style)}" for key, s in BY_READ_KEY.items()]
    lines[4:4] = _KEYS_TO_IGNORE  # in the middle: what comes after must be read, too
    return "\n".join(lines) + "\n"


def render_like(text: str, values: Mapping[str, Value], magic: str | None = CONFIG_MAGIC) -> str:
    """A device's ``config.txt`` with these values in the places of its own, all else as it stands there."""
    return "".join(_line_like(match, values, magic) for match in _LINE.finditer(text))


def _line_like(match: re.Match[str], values: Mapping[str, Value], magic: str | None) -> str:
    key, equals, shown, end = match.groups()
    if match[0].strip() == CONFIG_MAGIC:
        return "" if magic is None else magic + end
    setting = BY_READ_KEY.get(key) if equals else None
    if setting is None:
        return match[0]
    return f"{key}{equals}{_value_like(setting, shown, values[setting.keyword])}{end}"


def _value_like(setting: Setting, shown: str, value: Value) -> str:
    """The value spelled as the one that is shown; what is shown and is none stays."""
    if setting.kind is not Kind.BOOL:
        return shown if parse_value(setting, shown) is None else str(value)
    if shown in ("checked", ""):
        return {0: "", 1: "checked"}.get(value, str(value)) if isinstance(value, int) else value  # 2: it ran out
    return render_value(value, "1") if shown in ("0", "1", "2") else shown


def values_in(text: str) -> tuple[dict[str, Value], bool]:
    """The values of the settings in a ``config.txt`` that can be written, and whether its watchdog has run out.

    Not where the device is: address and port.
    """
    shown = {match[1]: match[3] for match in _LINE.finditer(text) if match[2]}
    values: dict[str, Value] = {}
    for key, setting in BY_READ_KEY.items():
        parsed = parse_value(setting, shown[key]) if key in shown and setting.group is not None else None
        if parsed is not None and setting.keyword not in ("address", "port"):
            values[setting.keyword] = parsed
    return values, shown.get("6_wstate") == str(WATCHDOG_RAN_OUT)


def parse_write(query: str, form_like: bool = False) -> dict[str, Value]:
    """The settings that a query string writes, by keyword, in its order.

    Unknown parameters and values that can't be are left out: the device accepts such a request, and does
    nothing. ``form_like``: boxes of the same group that the request leaves out are written false.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    group = next((value for name, value in pairs if name == "cmd"), "")
    group_settings = [(s, *_conditions_and_parameter(s)) for s in SETTINGS if s.group == group]
    seen: dict[str, str] = {}  # "p=0" before "s=1" tells which power port is meant
    named: set[str] = set()
    written: dict[str, Value] = {}
    for name, value in pairs:
        seen[name] = value
        for setting, conditions, parameter in group_settings:
            if parameter != name or any(seen.get(key) != wanted for key, wanted in conditions):
                continue
            named.add(setting.keyword)
            parsed = parse_value(setting, value)
            if parsed is not None:
                written[setting.keyword] = parsed
    if form_like:
        for setting, conditions, _ in group_settings:
            if setting.kind is Kind.BOOL and not conditions and setting.keyword not in named:
                written[setting.keyword] = False
    return written


def masked_query(query: str) -> str:
    """The query string with the value of every password parameter hidden, fit for logs."""
    parts = []
    for part in query.split("&"):
        name, equals, _ = part.partition("=")
        secret = unquote_plus(name).strip().lower() in ("apwd", "password")
        parts.append(f"{name}{equals}***" if secret else part)
    return "&".join(parts)


def _conditions_and_parameter(setting: Setting) -> tuple[list[tuple[str, str]], str]:
    """For ``cmd=5&p=0&s=``: [("p", "0")] and "s". For the trigger ``cmd=7``: [] and "cmd"."""
    *before, last = parse_qsl(setting.write_query or "", keep_blank_values=True)
    return [pair for pair in before if pair[0] != "cmd"], last[0]
