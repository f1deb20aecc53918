"""Changes to a ``bnfos.conf`` that leave comments, further keys, foreign sections and other devices as they are.

Texts are the whole file; a change gives another text, and `write_config` puts it in the file's place. Reading is
lenient (`sections`), what is written is not: `repaired` makes of what is odd what no reader can misunderstand.
"""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from berofos_ra.bnfosconf.sections import Line, parse_config, parse_host, parse_mac, read_lines, words
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


def repaired(text: str) -> str:
    """The same in the strict form, as far as it is clear what is meant.

    Names, MACs and addresses are written as everybody reads them; words behind a value and lines that mean nothing
    become comments, and so does all but the last of a key that is there several times. Sections of no device, and
    those that are there twice, stay as they are.
    """
    # Each line, its section (None: before the first), and its key within that, or None.
    placed: list[tuple[Line, str | None, str | None]] = []
    section, seen = None, set[str]()
    for line in read_lines(text):
        if line.section is not None:
            section = "" if line.section in seen else line.section
            seen.add(line.section)
        placed.append((line, section, None if line.key is None or not section else f"{section} {line.key}"))
    left = Counter(key for _, _, key in placed)
    written: list[str] = []
    for line, place, key in placed:
        left[key] -= 1
        if place is None and (line.key is not None or line.is_rubbish):
            written.append(f"# {line.text}")
        elif key is not None and left[key]:
            written.append(f";{line.text.strip()}")
        else:
            written += _strict(line) if place else [line.text]
    return "\n".join(written)


def _strict(line: Line) -> Iterator[str]:
    """A line in a device's section, in the strict form."""
    if line.is_rubbish:
        yield f"# {line.text}"
    elif line.section is not None and line.odd:
        rest = line.text.partition("]")[2].strip()
        yield f"[{line.section}]{rest and ' ' + _comment(rest)}"
    elif line.key in ("mac", "host"):
        first, rest = words(line.value)
        meant = parse_mac(first) if line.key == "mac" else _host_in(first)
        strict = line.value if meant is None else meant
        if rest and meant is not None:
            yield _comment(rest)
        is_same = strict.lower() == line.value.strip().lower() and not line.odd
        yield line.text if is_same else f"{line.key} = {strict}"
    elif line.key is not None and line.odd:
        yield f"{line.key} = {line.value}"
    else:
        yield line.text


def _host_in(word: str) -> str | None:
    try:
        parse_host(word)
    except ConfigError:
        return None
    return word


def _comment(text: str) -> str:
    return text if text.startswith(("#", ";")) else f"# {text}"


def merge_scan(text: str, found: Sequence[ScanAnswer]) -> Merged:
    """Put the devices of a scan into the text, and repair it.

    A device whose MAC is in the text keeps its name and login and gets its present address. One with another MAC at
    a known address takes the place of the one that was there, without its login. Any other gets the next free name.
    """
    text = repaired(text)
    known = parse_config(text).devices
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
            if all(line.section != name for line in read_lines(text)):  # it may be there, and empty
                text = _with_section(text, name)
    for answer in found:
        name = names[answer.mac]
        text = set_value(text, name, "mac", answer.mac)
        host, port = _host_and_port(answer)
        if host is None:
            text = set_value(text, name, "host", "0.0.0.0", commented_out=True)  # noqa: S104 - as the vendor's scan has it
        else:
            text = set_value(text, name, "host", host if port == 80 else f"{host}:{port}")
    silent = tuple(device.name for device in known if device.name not in names.values())
    return Merged(text, names, silent)


def set_value(text: str, name: str, key: str, value: str, commented_out: bool = False) -> str:
    """Give a key in a device's section this value; with ``commented_out`` as a comment only.

    It takes the place of the key's line, else of one that is commented out, else it comes at the section's end.

    Raises:
        ConfigError: the text has no such section, or the value isn't printable.
    """
    if not value.isprintable():
        raise ConfigError(f"{key} of {name} holds a control character")
    lines = _section(text, name)
    own = [line.number for line in lines if line.key == key]
    comment = re.compile(rf"[ \t]*[#;][ \t]*{key}[ \t]*=", re.IGNORECASE)
    commented = [line.number for line in lines if comment.match(line.text)]
    new = f";{key} = {value}" if commented_out else f"{key} = {value}"
    texts = _lines(text)
    if own or commented:
        texts[(own[-1:] or commented)[0] - 1] = new
    else:
        written = [line.number for line in lines if line.text.strip()]
        texts.insert(written[-1], new)  # its header at least
    return _joined(texts)


def remove_value(text: str, name: str, key: str) -> str:
    """Take a key from a device's section; a ``login`` leaves the usual template behind.

    Raises:
        ConfigError: the text has no such section.
    """
    texts = _lines(text)
    for line in reversed([line for line in _section(text, name) if line.key == key]):
        texts[line.number - 1 : line.number] = [_LOGIN_TEMPLATE] if key == "login" else []
    return _joined(texts)


def write_config(path: str, text: str) -> None:
    """Put the text into the file, all at once; owner, group and mode stay. A new one is for its owner only.

    Raises:
        ConfigError: it can't be written; the file is then as it was.
    """
    real = Path(path).resolve()  # a link stays one
    try:
        try:
            status = real.stat()
        except FileNotFoundError:
            replace_file(real, text)
        else:
            replace_file(real, text, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))
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


def _section(text: str, name: str) -> list[Line]:
    """The section's header and its own lines."""
    lines = read_lines(text)
    start = next((line.number for line in lines if line.section == name), None)
    if start is None:
        raise ConfigError(f"no section [{name}]")
    end = next((line.number for line in lines[start:] if line.section is not None), len(lines) + 1)
    return lines[start - 1 : end - 1]


def _lines(text: str) -> list[str]:
    lines = [line.text for line in read_lines(text)]
    return lines[:-1] if lines[-1] == "" else lines


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
