"""Settings that were kept in a file, by ``berofos show --json`` or in a recording, to be had again. Pure.

What moves lines now, or how the device is reached, isn't brought back unless it is named: a replacement may hang
elsewhere, have another login, and be in the middle of something.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from berofos_ra.device.config import is_device_name
from berofos_ra.device.recording import FORMAT, parse_recording
from berofos_ra.device.state import DeviceState
from berofos_ra.device.values import Value, parse_value, wire_value
from berofos_ra.errors import ParameterError, SavedSettingsError
from berofos_ra.settings import BY_KEYWORD, Kind

MAX_BYTES = 256 * 1024
# What is so now, and what a device is reached by.
ONLY_IF_NAMED = (*("mode", "wdog", "power1", "power2"), *("address", "netmask", "gateway", "dhcp", "port", "pwd"))

Settings = Mapping[str, Value]


class Plan(NamedTuple):
    """What is to be written, and what differs too but stays as it is because nobody has named it."""

    wanted: Settings
    left_out: Settings


def parse_saved(text: str, file: str) -> Mapping[str | None, Settings]:
    """The settings in the text, by device; a recording's have no name: they are for whichever device is meant.

    ``file`` is its name, for the errors.

    Raises:
        SavedSettingsError: it holds none, was cut or changed, or is another version's.
        RecordingError: the same of a recording.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise SavedSettingsError(f"{file}: isn't JSON: cut short, or changed by hand") from None
    if not isinstance(content, dict) or not content:
        raise SavedSettingsError(f"{file}: has no device's settings")
    if content.get("format") == FORMAT:
        settings = parse_recording(text, file).settings
        return {None: {k: v for k, v in settings.items() if BY_KEYWORD[k].write_query is not None}}
    if not all(is_device_name(name) for name in content):
        raise SavedSettingsError(f"{file}: isn't what berofos show --json writes")
    return {name: _checked(name, raw, file) for name, raw in content.items()}


def settings_for(saved: Mapping[str | None, Settings], name: str, file: str) -> Settings:
    """Those of the device. Raises SavedSettingsError: the file has other devices' alone."""
    found = saved.get(name, saved.get(None))
    if found is None:
        others = ", ".join(str(each) for each in saved)
        raise SavedSettingsError(f"{file}: has the settings of {others}, and none of {name}", "choose with --device")
    return found


def plan(saved: Settings, state: DeviceState, named: Collection[str]) -> Plan:
    """What to write, on a device in this state.

    Raises:
        ParameterError: the file has none of what was named.
        BadAnswerError: the device doesn't show one of these.
    """
    for keyword in named:
        if keyword not in saved:
            raise ParameterError(f"--also {keyword}: the file doesn't have it")
    differing = {keyword: saved[keyword] for keyword in state.differing(saved)}
    left_out = {k: v for k, v in differing.items() if k in ONLY_IF_NAMED and k not in named}
    return Plan({k: v for k, v in differing.items() if k not in left_out}, left_out)


def _checked(name: str, raw: object, file: str) -> Settings:
    if not isinstance(raw, dict):
        raise SavedSettingsError(f"{file}: {name} has no settings")
    values: dict[str, Value] = {}
    for keyword, value in raw.items():
        setting = BY_KEYWORD.get(keyword)
        if setting is None or setting.read_key is None:
            words = f"{file}: {name} has {keyword[:20]!r}, which isn't a setting here"
            raise SavedSettingsError(words, "is it another version's?")
        if setting.write_query is None:
            continue
        fits = type(value) is {Kind.BOOL: bool, Kind.INT: int}.get(setting.kind, str)
        try:
            if not fits or parse_value(setting, wire_value(value)) != value:
                raise ValueError
        except (ValueError, ParameterError):
            words = f"{file}: {name} has a {keyword} that it can't have ({setting.kind.value} expected)"
            raise SavedSettingsError(words) from None
        values[keyword] = value
    return values
