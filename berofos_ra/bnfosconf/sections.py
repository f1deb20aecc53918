"""The text of a ``bnfos.conf``: its lines, the devices in it, and what is odd about it. Pure.

The vendor's reader is lenient, and files in the field live by it: so what isn't understood is an `Oddity` and never
an error, and what isn't asked for never matters. No text about a file quotes a line of it: it may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from berofos_ra.device.config import DeviceConfig, is_device_name
from berofos_ra.errors import ConfigError
from berofos_ra.number import whole_number

KEYS = ("mac", "host", "login")
BROADCAST = "255.255.255.255"
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what the vendor's scan writes for a device without an address

_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_HEADER = re.compile(r"\[\s*(?P<name>[^\]\s]*)\s*\](?P<rest>.*)")
_KEY = re.compile(
    rf"(?P<key>{'|'.join(KEYS)})[ \t]*(?P<equals>=|(?<=[ \t])(?!.*=))[ \t]*(?P<value>.*)", re.I | re.A | re.S
)
_OTHER_KEY = re.compile(r"[\w.-]+[ \t]*=", re.A)
_WORD = re.compile(r"[^\s;#]*")
_VENDORS_NAMES = {f"fos{chr(ord('0') + number)}": f"fos{number}" for number in range(10, 17)}  # fos: to fos@
_MAC_OF_OTHERS = re.compile(
    r"[0-9A-F]{1,2}(?P<by>[:.-])[0-9A-F]{1,2}((?P=by)[0-9A-F]{1,2}){4}"
    r"|[0-9A-F]{4}([.-][0-9A-F]{4}){2}|[0-9A-F]{12}",
    re.A,
)
_HOST = re.compile(r"(?P<host>[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?)(:(?P<port>[0-9]+))?", re.A)
_NUMBERS = re.compile(r"(.*\.)?([0-9]+|0[xX][0-9A-Fa-f]*)\.?")  # what resolvers take for an address, in whatever form


class Oddity(NamedTuple):
    """Something in the text that isn't as it should be, in which line, and what to do about it."""

    line: int
    what: str
    advice: str


class Line(NamedTuple):
    """One line. ``section``: the device's name in a header, empty in that of any other section, else None.

    ``has_key``: it is of the form KEY = VALUE. ``key`` is a known one, in small letters, with its ``value``; else
    None. ``odd`` says what isn't as it should be about the line itself, whatever section it is in. ``is_rubbish``: it
    means nothing to any reader.
    """

    number: int
    text: str
    section: str | None = None
    key: str | None = None
    value: str = ""
    odd: str = ""
    has_key: bool = False
    is_rubbish: bool = False


class Parsed(NamedTuple):
    """The devices in the text's order, and what is odd about it, by line."""

    devices: tuple[DeviceConfig, ...]
    oddities: tuple[Oddity, ...]


def parse_config(text: str) -> Parsed:
    """What is in the text of a ``bnfos.conf``; bytes that weren't UTF-8 are surrogates in it.

    Of a section that is there twice the first counts, of a key that is there twice in its section the last, as for
    whoever reads line by line up to the section's end.
    """
    devices: list[DeviceConfig] = []
    oddities: list[Oddity] = []
    seen: set[str] = set()
    for header, body in _split(read_lines(text)):
        if header is None:
            what, advice = "stands before the first section, and is ignored", "put it below a [fos1]"
            lost = [line for line in body if line.key is not None or line.is_rubbish]
            oddities += [Oddity(line.number, what, advice) for line in lost]
        elif not header.section:
            advice = "correct the name, or leave it if it isn't meant for us"
            oddities.append(Oddity(header.number, header.odd, advice))
        elif header.section in seen:
            what = f"section [{header.section}] is there twice, and the first counts"
            oddities.append(Oddity(header.number, what, "take one of them out"))
        else:
            device, odd = _device(header, body)
            oddities += odd
            seen.add(header.section)
            if device is not None:
                devices.append(device)
    return Parsed(tuple(devices), tuple(oddities))


def read_lines(text: str) -> list[Line]:
    """Each line, and what it is."""
    return [_line(number, raw) for number, raw in enumerate(_LINE_ENDS.split(text), start=1)]


def section_name(text: str) -> str | None:
    """The device's name that this stands for, such as ``fos1``; the vendor's tool calls the tenth ``fos:``."""
    name = text.lower()
    name = _VENDORS_NAMES.get(name, name)
    return name if is_device_name(name) else None


def words(value: str) -> tuple[str, str]:
    """A host or MAC, and what follows it in its line: the vendor's reader ignores that."""
    first = str(_WORD.match(value)[0])  # type: ignore[index]  # it matches anything
    return first, value[len(first) :].strip()


def parse_mac(text: str) -> str | None:
    """The MAC in the form 00:19:32:00:12:1D, however it is written; None: it is none."""
    capitals = text.upper()
    if not _MAC_OF_OTHERS.fullmatch(capitals):
        return None
    digits = "".join(part.zfill(2) for part in re.split("[:.-]", capitals))
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def is_mac(text: str) -> bool:
    """Whether this is a MAC in the form 00:19:32:00:12:1D."""
    return parse_mac(text) == text.upper()


def parse_host(value: str) -> tuple[str | None, int]:
    """Host and HTTP port of a ``host`` value; no host when there is no address, or that of all.

    Raises:
        ConfigError: it is neither a name nor an IPv4 address, or its port isn't one.
    """
    if value in ("", NO_ADDRESS, BROADCAST):
        return None, 80
    match = _HOST.fullmatch(value)
    if match is None:
        raise ConfigError("host isn't an IPv4 address or a host name")
    host = match["host"]
    if _NUMBERS.fullmatch(host):
        if re.search(r"(^|\.)0[0-9]", host):
            advice = "write each number without zeros before it"
            raise ConfigError("host has a zero before a number, which others read as octal", advice)
        numbers = host.split(".")
        if len(numbers) != 4 or any(whole_number(number, 0, 255) is None for number in numbers):
            raise ConfigError("host isn't an IPv4 address or a host name")
    port = whole_number(match["port"] or "80", 1, 65535)
    if port is None:
        raise ConfigError("host ends in a port that isn't in 1 to 65535")
    return host, port


def parse_login(value: str) -> tuple[str | None, str | None]:
    """User and password of a ``login`` value; None twice when it is empty.

    Raises:
        ConfigError: it isn't of the form USER:PASSWORD.
    """
    if not value:
        return None, None
    user, colon, password = value.partition(":")
    if not colon or not user:
        raise ConfigError("login isn't of the form USER:PASSWORD")
    if not value.isprintable():
        raise ConfigError("login holds a control character")
    return user, password


def _line(number: int, raw: str) -> Line:
    text = raw.strip()
    if not text or text.startswith(("#", ";")):
        return Line(number, raw)
    if text.startswith("["):
        return _header(number, raw, text)
    # A login is kept as it stands, but for blanks around it.
    match = _KEY.fullmatch(raw.lstrip().rstrip(" \t"))
    if match is not None:
        odd = "" if match["equals"] else "lacks its ="
        return Line(number, raw, key=match["key"].lower(), value=match["value"], odd=odd, has_key=True)
    if _OTHER_KEY.match(text):
        return Line(number, raw, has_key=True)
    return Line(number, raw, odd="isn't of the form KEY = VALUE, and is ignored", is_rubbish=True)


def _header(number: int, raw: str, text: str) -> Line:
    match = _HEADER.fullmatch(text)
    name = None if match is None else section_name(match["name"])
    if match is None or name is None:
        odd = "begins a section of no device, which is ignored: they are called fos1, fos2, ..."
        return Line(number, raw, section="", odd=odd)
    rest = match["rest"].strip()
    if match["name"].lower() != name:
        return Line(number, raw, section=name, odd=f"the vendor's own name for [{name}]")
    is_odd = (rest and not rest.startswith(("#", ";"))) or f"[{match['name']}]{match['rest']}" != text
    return Line(number, raw, section=name, odd=f"isn't written as [{name}]" if is_odd else "")


def _split(lines: Sequence[Line]) -> Iterator[tuple[Line | None, list[Line]]]:
    """Each section's header and lines; what stands before the first has no header."""
    header: Line | None = None
    body: list[Line] = []
    for line in lines:
        if line.section is None:
            body.append(line)
        else:
            yield header, body
            header, body = line, []
    yield header, body


def _device(header: Line, body: Sequence[Line]) -> tuple[DeviceConfig | None, list[Oddity]]:
    name = str(header.section)
    odd = [Oddity(header.number, header.odd, f"write it as [{name}]")] if header.odd else []
    last: dict[str, Line] = {}
    for line in body:
        if line.odd:
            advice = f"write it as {line.key} = VALUE" if line.key else "begin it with a # if it is a comment"
            odd.append(Oddity(line.number, line.odd, advice))
        if line.key is not None:
            if line.key in last:
                what = f"{line.key} is there twice in its section, and the last counts"
                odd.append(Oddity(line.number, what, "take one of them out"))
            last[line.key] = line
    if not any(line.has_key for line in body):
        odd.append(Oddity(header.number, "the section is empty, and no device", "add host = ADDRESS, or take it out"))
        return None, odd
    device = DeviceConfig(name)
    for key, read in (("mac", _with_mac), ("host", _with_host), ("login", _with_login)):
        if key in last:
            device, found = read(device, last[key])
            odd += found
    if not {"mac", "host"} & last.keys():
        odd.append(Oddity(header.number, "the section has neither host nor mac", "add host = ADDRESS"))
    return device, sorted(odd)


def _with_mac(device: DeviceConfig, line: Line) -> tuple[DeviceConfig, list[Oddity]]:
    first, odd = _first_word(line)
    if not first:
        return device, odd
    mac = parse_mac(first)
    if mac is None:
        what = "mac isn't of the form 00:19:32:00:12:1D"
        odd.append(Oddity(line.number, what, "correct it; berofos scan shows it"))
        return device._replace(mac_problem=f"line {line.number}: {what}"), odd
    if not is_mac(first):
        odd.append(Oddity(line.number, "mac isn't written as 00:19:32:00:12:1D", f"write it as {mac}"))
    return device._replace(mac=mac), odd


def _with_host(device: DeviceConfig, line: Line) -> tuple[DeviceConfig, list[Oddity]]:
    first, odd = _first_word(line)
    try:
        host, port = parse_host(first)
    except ConfigError as error:
        odd.append(Oddity(line.number, str(error), error.advice or "correct it"))
        return device._replace(host_problem=f"line {line.number}: {error}"), odd
    if first == BROADCAST:
        odd.append(Oddity(line.number, "host is the broadcast address, so none", "write the device's own"))
    return device._replace(host=host, port=port), odd


def _with_login(device: DeviceConfig, line: Line) -> tuple[DeviceConfig, list[Oddity]]:
    odd, value = [], line.value
    if any("\udc80" <= character <= "\udcff" for character in value):
        value = value.encode("utf-8", "surrogateescape").decode("latin-1")
        odd.append(Oddity(line.number, "login isn't UTF-8 text, and read as Latin-1", "write the file as UTF-8"))
    try:
        user, password = parse_login(value)
    except ConfigError as error:
        return device, [*odd, Oddity(line.number, f"{error}, and isn't used", "write it as login = USER:PASSWORD")]
    return device._replace(user=user, password=password), odd


def _first_word(line: Line) -> tuple[str, list[Oddity]]:
    first, rest = words(line.value)
    what = f"words behind the {line.key} are ignored"
    return first, [Oddity(line.number, what, "put them on a line of their own, after a #")] if rest else []
