"""The values a simulated device takes and shows for its settings."""

from __future__ import annotations

import ipaddress
import re

from berofos_ra.errors import ParameterError
from berofos_ra.settings import BY_KEYWORD, Kind, Setting

Value = bool | int | str

# As delivered. The device's HTTP port and address come from its DeviceSpec.
FACTORY: dict[str, Value] = {
    **dict.fromkeys(("scenario", "mode", "modedef", "power1", "power1def", "power2", "power2def"), False),
    **dict.fromkeys(("pwd", "syslog", "wdogdef", "wdogaudio", "wdogmail"), False),
    **dict.fromkeys(("gateway", "dns", "slgip"), "0.0.0.0"),  # noqa: S104 - "none", nothing listens there
    **dict.fromkeys(("smtpserv", "smtpfrom", "smtpto"), ""),
    "hostname": "berofos",
    "netmask": "255.255.255.0",
    "dhcp": True,
    "slgpt": 514,
    "wdogitime": 60,
}


def parse_value(setting: Setting, text: str) -> Value | None:
    """What the device makes of ``text``, None when it can't be a value of ``setting``."""
    if setting.kind is Kind.BOOL:
        return {"1": True, "checked": True, "on": True, "0": False, "": False}.get(text)
    if setting.kind is Kind.INT:
        return int(text) if re.fullmatch(r"[0-9]{1,5}", text) and setting.low <= int(text) <= setting.high else None
    if setting.kind is Kind.IPV4:
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            return None
    if setting.kind is Kind.HOSTNAME:
        return text if re.fullmatch(r"[A-Za-z0-9_.-]{0,63}", text) else None
    if setting.kind is Kind.TEXT:
        # A line break would forge lines of config.txt.
        return text if len(text) <= setting.high and text.isprintable() else None
    return True  # a trigger takes no value


def parse_raw(setting: Setting, raw: object) -> Value | None:
    """As ``parse_value``, from a bool, int or string such as JSON has."""
    if isinstance(raw, bool):
        return parse_value(setting, str(int(raw)))
    return parse_value(setting, str(raw)) if isinstance(raw, (int, str)) else None


def checked_value(keyword: str, raw: object) -> Value:
    """``raw`` as a value of the writable setting ``keyword``; ParameterError when it is none."""
    setting = BY_KEYWORD.get(keyword)
    if setting is None or setting.group is None:
        raise ParameterError(f"{keyword!r} is not a setting that can be written")
    value = parse_raw(setting, raw)
    if value is None:
        raise ParameterError(f"not a value of {keyword} ({setting.kind.value})")
    return value


def render_value(value: Value, bool_style: str) -> str:
    """``value`` as ``config.txt`` shows it."""
    if isinstance(value, bool) and bool_style == "checked":
        return "checked" if value else ""
    return str(int(value) if isinstance(value, bool) else value)
