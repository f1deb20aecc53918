"""Changes to a ``bnfos.conf`` that leave comments, further keys and other devices as they are.

Texts are the whole file; a change gives another text, and `write_config` puts it in the file's place. Reading is in
`bnfosconf`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from berofos_ra.bnfosconf.reader import DEFAULT_PATH, parse_config, section_name
from berofos_ra.device.gbl4 import ScanAnswer
from berofos_ra.errors import ConfigError
from berofos_ra.files import replace_file

_LOGIN_TEMPLATE = "#login = <user>:<password>"  # as the vendor's scan leaves it


@dataclass(frozen=True)
class Merged:
    """A text with the devices of a scan in it.

    ``names`` are those of the devices found, by MAC; ``silent`` those of the devices that are in the file but weren't
    found, and were left as they are.
    """

    text: str
    names: dict[str, str]
    silent: tuple[str, ...]


def merge_scan(text: str, found: Sequence[ScanAnswer], path: str = DEFAULT_PATH) -> Merged:
    """Put the devices of a scan into the text; ``path`` is for messages only.

    A device whose MAC is in the text keeps its name and login and gets its present address. One with another MAC at
    a known address takes the place of the one that was there, without its login. Any other gets the next free name.

    Raises:
        ConfigError: the text is malformed.
    """
    known = parse_config(text, path)
    by_mac = {device.mac: device.name for device in known if device.mac is not None}
    by_host = {(device.host, device.port): device.name for device in known}
    without_mac = {device.name for device in known if device.mac is None}
    names = {answer.mac: by_mac[answer.mac] for answer in found if answer.mac in by_mac}
    for answer in found:
        host, port = _host_and_port(answer)
        name = None if host is None else by_host.get((host, port))
        if answer.mac not in names and name is not None and name not in names.values():
            names[answer.mac] = name
            if name not in without_mac:
                text = remove_value(text, name, "login")
    taken = {device.name for device in known}
    for answer in found:
        if answer.mac not in names:
            name = next(f"fos{n}" for n in range(1, len(taken) + 2) if f"fos{n}" not in taken)
            taken.add(name)
            names[answer.mac] = name
            text = _with_section(text, name)
    for answer in found:
        name = names[answer.mac]
        text = set_value(text, name, "mac", answer.mac)
        host, port = _host_and_port(answer)
        if host is None:
            text = set_value(text, name, "host", "0.0.0.0", commented=True)  # noqa: S104 - as the vendor's scan has it
        else:
            text = set_value(text, name, "host", host if port == 80 else f"{host}:{port}")
    silent = tuple(device.name for device in known if device.name not in names.values())
    return Merged(text, names, silent)


def set_value(text: str, name: str, key: str, value: str, commented: bool = False) -> str:
    """Give a key in a device's section this value; with ``commented`` as a comment only.

    It takes the place of the key's line, else of one that is commented out, else it comes at the section's end.

    Raises:
        ConfigError: the text has no such section, or the value isn't printable.
    """
    if not value.isprintable():
        raise ConfigError(f"{key} of {name} holds a control character")
    lines, start, end = _section(text, name)
    line = f";{key} = {value}" if commented else f"{key} = {value}"
    for pattern in (_assignment(key), _commented(key)):
        for number in range(start, end):
            if pattern.match(lines[number]):
                lines[number] = line
                return _joined(lines)
    while end > start and not lines[end - 1].strip():
        end -= 1
    lines.insert(end, line)
    return _joined(lines)


def remove_value(text: str, name: str, key: str) -> str:
    """Take a key from a device's section; a ``login`` leaves the usual template behind.

    Raises:
        ConfigError: the text has no such section.
    """
    lines, start, end = _section(text, name)
    gone = [number for number in range(start, end) if _assignment(key).match(lines[number])]
    for number in reversed(gone):
        lines[number : number + 1] = [_LOGIN_TEMPLATE] if key == "login" else []
    return _joined(lines)


def write_config(path: str, text: str) -> None:
    """Put the text into the file, all at once, readable by its owner only.

    Raises:
        ConfigError: it can't be written; the file is then as it was.
    """
    try:
        replace_file(Path(path).resolve(), text)  # a link stays one
    except OSError as error:
        raise ConfigError(f"{path}: can't be written: {error.strerror}") from None


def _host_and_port(answer: ScanAnswer) -> tuple[str | None, int]:
    netconf = answer.netconf
    return (str(netconf.address) if int(netconf.address) else None), netconf.http_port or 80


def _with_section(text: str, name: str) -> str:
    lines = _lines(text)
    while lines and not lines[-1].strip():
        lines.pop()
    return _joined([*lines, *([""] if lines else []), f"[{name}]", "mac =", "host =", _LOGIN_TEMPLATE])


def _section(text: str, name: str) -> tuple[list[str], int, int]:
    """All lines, and from where to where the section's own are, without its header."""
    lines = _lines(text)
    start: int | None = None
    for number, line in enumerate(lines):
        if line.strip(" \t").startswith("["):
            if start is not None:
                return lines, start, number
            if section_name(line) == name:
                start = number + 1
    if start is None:
        raise ConfigError(f"no section [{name}]")
    return lines, start, len(lines)


def _lines(text: str) -> list[str]:
    lines = re.split(r"\r\n|\n|\r", text)
    return lines[:-1] if lines[-1] == "" else lines


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _assignment(key: str) -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{key}[ \t]*=", re.IGNORECASE)


def _commented(key: str) -> re.Pattern[str]:
    return re.compile(rf"[ \t]*[#;][ \t]*{key}[ \t]*=", re.IGNORECASE)
