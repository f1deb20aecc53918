"""``config.txt``, the text in which a device shows all its settings. Pure.

A line ``bnfos_confmap_magic=0.1``, then lines ``KEY=VALUE``, as the vendor's tool reads it: another version's magic,
too. `settings` has the keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError
from berofos_ra.number import whole_number
from berofos_ra.settings import BY_READ_KEY, CONFIG_MAGIC, Kind, Setting

_MAGIC = CONFIG_MAGIC.partition("=")[0] + "="  # of every version
_TRUE = ("1", "checked")  # anything else is false, a watchdog's "2" (it ran out) too
_FALSE = ("0", "")  # of the relay mode, which nobody may guess


def parse_configtxt(text: str, complete: bool = True) -> Mapping[str, Value]:
    """The settings in the text, by keyword.

    Unknown keys are ignored, and so is a number that isn't one, or a relay mode that is neither on nor off: its
    keyword is then missing from the result.
    With ``complete`` False the text may have been cut anywhere, so a last line without its line end is dropped.

    Raises:
        BadAnswerError: the magic line is missing: this is no configuration.
    """
    lines = re.split(r"\r\n|\n|\r", text)
    if not complete:
        lines.pop()
    start = _start(lines)
    if start is None:
        raise BadAnswerError("answer isn't a berofos configuration")
    values: dict[str, Value] = {}
    for line in lines[start + 1 :]:
        key, equals, raw = line.partition("=")
        setting = BY_READ_KEY.get(key)
        if setting is None or not equals:
            continue
        value = _value(setting, raw.strip())
        if value is not None:
            values[setting.keyword] = value
    return values


def other_version(text: str) -> str | None:
    """The version in the magic line, if it is another than the one whose keys are known."""
    lines = re.split(r"\r\n|\n|\r", text)
    start = _start(lines)
    return None if start is None or lines[start] == CONFIG_MAGIC else lines[start].removeprefix(_MAGIC)


def _start(lines: Sequence[str]) -> int | None:
    """Where the magic line is; what stands before it counts for nothing."""
    return next((number for number, line in enumerate(lines) if line.startswith(_MAGIC)), None)


def _value(setting: Setting, raw: str) -> Value | None:
    if setting.keyword == "mode" and raw not in (*_TRUE, *_FALSE):
        return None
    if setting.kind is Kind.BOOL:
        return raw in _TRUE
    if setting.kind is Kind.INT:
        return whole_number(raw)
    return raw
