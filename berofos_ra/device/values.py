"""Values of device settings as people and the wire spell them. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from berofos_ra.errors import ValueRefusedError
from berofos_ra.number import whole_number
from berofos_ra.settings import Kind, Setting

Value = bool | int | str

_TRUE = ("yes", "y", "true", "1")
_FALSE = ("no", "n", "false", "0")
_HOSTNAME = re.compile(r"([A-Za-z0-9_]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?)?", re.ASCII)  # empty: none


def parse_value(setting: Setting, text: str) -> Value:
    """The value that a person means by ``text``, as the vendor's tool takes it.

    Raises:
        ValueRefusedError: it isn't one of this setting.
    """
    if setting.kind is Kind.BOOL:
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise ValueRefusedError(setting.keyword, "yes or no (or 1 or 0)")
    if setting.kind is Kind.INT:
        number = whole_number(text, setting.low, setting.high)
        if number is not None:
            return number
        raise ValueRefusedError(setting.keyword, f"a whole number from {setting.low} to {setting.high}")
    if setting.kind is Kind.IPV4:
        try:
            return str(IPv4Address(text))
        except ValueError:
            raise ValueRefusedError(setting.keyword, "an IPv4 address such as 192.168.0.2") from None
    if setting.kind is Kind.HOSTNAME:
        if _HOSTNAME.fullmatch(text):
            return text
        raise ValueRefusedError(setting.keyword, "a host name of letters, digits, dots, hyphens and underscores")
    # ASCII alone: nobody says how the device encodes more, nor how long it would be then.
    if len(text) > setting.high or not text.isascii() or not text.isprintable():
        raise ValueRefusedError(setting.keyword, f"at most {setting.high} printable ASCII characters")
    return text


def wire_value(value: Value) -> str:
    """A value as the device takes it, not yet URL-encoded."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
