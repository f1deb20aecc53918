"""``/etc/bnfos.conf``: the names, addresses and logins of this site's berofos devices.

The format is the vendor's: one section a device (``[fos1]``, ``[fos2]``, any case) with ``mac``, ``host`` and
``login = USER:PASSWORD``. As an addition, ``host`` may end in ``:PORT`` for a device whose HTTP port was changed.
No error message ever quotes a line of the file, since it may hold a password.
"""

from __future__ import annotations

import configparser
import errno
import os
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from berofos_ra.device.config import DeviceConfig, is_device_name
from berofos_ra.errors import (
    AddressMissingError,
    ConfigError,
    ConfigMissingError,
    ConfigUnreadableError,
    ConfigUntrustedError,
)
from berofos_ra.number import whole_number

DEFAULT_PATH = "/etc/bnfos.conf"
MAX_BYTES = 2**20  # bytes

_SECTION = re.compile(r"\[(?P<name>\w+)\][ \t]*([#;].*)?", re.ASCII)
_KEYS = ("mac", "host", "login")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_HOST = re.compile(r"(?P<host>[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?)(:(?P<port>[0-9]+))?", re.ASCII)
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what the vendor's scan writes for a device without an address


class BnfosConfig(NamedTuple):
    """The whole file: its path, its devices in the file's order, and whether others may read the passwords."""

    path: str
    devices: tuple[DeviceConfig, ...]
    readable_by_others: bool = False

    @property
    def digest(self) -> str:
        """The same for two files that list the same devices, in whatever order: their names, hosts, ports and MACs.

        No login goes into it, so nobody can try passwords against it.
        """
        from hashlib import sha256  # only those who compare files need it

        listed = sorted((each.name, (each.host or "").lower(), each.port, each.mac or "") for each in self.devices)
        return sha256(repr(listed).encode()).hexdigest()[:16]

    def select(self, names: tuple[str, ...], kicked: bool = False) -> tuple[DeviceConfig, ...]:
        """The devices called ``names``, in that order; ``("all",)`` means every section.

        Raises:
            ConfigError: a name has no section, or its section no host, or no MAC though it is to be ``kicked``.
        """
        if names == ("all",):
            chosen = self.devices
        else:
            by_name = {device.name: device for device in self.devices}
            missing = [name for name in names if name not in by_name]
            if missing:
                raise ConfigError(
                    f"{self.path}: no section [{missing[0]}]", f"add it, or take {missing[0]} from devices"
                )
            chosen = tuple(by_name[name] for name in names)
        if not chosen:
            raise ConfigError(f"{self.path}: no device in it", "add a section [fos1] with its host")
        try:
            for device in chosen:
                device.require_host()
                if kicked:
                    device.require_mac()
        except AddressMissingError as error:
            raise ConfigError(f"{self.path}: {error}", error.advice) from None
        return chosen


def read_config(path: str = DEFAULT_PATH) -> BnfosConfig:
    """Read and check the file.

    Raises:
        ConfigUnreadableError: it is there but may not be read.
        ConfigUntrustedError: it holds passwords, and others could have written it.
        ConfigError: it is missing or malformed; the message names file and line or section.
    """
    text, status = read_text(path)
    devices = parse_config(text, path)
    if all(device.password is None for device in devices):
        return BnfosConfig(path, devices)
    _require_trust(path, status)
    return BnfosConfig(path, devices, readable_by_others=bool(status.st_mode & 0o077))


def _require_trust(path: str, status: os.stat_result) -> None:
    """Refuse a file into which others could have put an address of theirs, to be sent the passwords."""
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigUntrustedError(
            f"{path}: holds passwords and belongs to user {status.st_uid}", f"chown root {path}"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigUntrustedError(f"{path}: holds passwords and others can write it", f"chmod 0600 {path}")


def read_text(path: str) -> tuple[str, os.stat_result]:
    """The file's text as it stands, and its owner and permissions.

    Raises:
        ConfigUnreadableError: it is there but may not be read.
        ConfigError: it is missing, or isn't text.
    """
    try:
        # Without O_NONBLOCK it would wait for somebody to write into a named pipe.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"{path}: isn't a file but a device or a pipe")
            raw = stream.read(MAX_BYTES + 1) or b""
    except FileNotFoundError:
        raise ConfigMissingError(f"{path}: no such file") from None
    except PermissionError:
        raise ConfigUnreadableError(f"{path}: permission denied") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise ConfigError(f"{path}: can't be read: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES // 2**20} MiB", "is that the right file?")
    text = raw.decode("utf-8-sig", errors="surrogateescape")  # a UnicodeDecodeError would carry the whole file along
    undecoded = re.search("[\udc80-\udcff]", text)
    if undecoded is not None:
        line = text.count("\n", 0, undecoded.start()) + 1
        raise ConfigError(f"{path}: line {line}: not UTF-8 text")
    return text, status


def parse_config(text: str, path: str = DEFAULT_PATH) -> tuple[DeviceConfig, ...]:
    """The devices in the text of a ``bnfos.conf``; ``path`` is for messages only.

    Raises:
        ConfigError: malformed; the message names file and line or section.
    """
    # No default section, no interpolation, "=" alone between key and value: any password is taken as it stands.
    parser = configparser.ConfigParser(
        delimiters=("=",), comment_prefixes=("#", ";"), interpolation=None, default_section="", strict=True
    )
    reason = ""
    try:
        parser.read_file(_lines(text, path), path)
    except configparser.MissingSectionHeaderError as error:
        reason = f"line {error.lineno}: expected a section such as [fos1] before it"
    except configparser.DuplicateSectionError as error:
        reason = f"line {error.lineno}: section [{error.section}] is there twice"
    except configparser.DuplicateOptionError as error:
        key = error.option if error.option in _KEYS else "a key"
        reason = f"line {error.lineno}: {key} is there twice in its section"
    except configparser.ParsingError as error:
        reason = f"line {error.errors[0][0]}: expected KEY = VALUE"
    if reason:
        # Only now, not to carry configparser's error along: it quotes the line, which may hold a password.
        raise ConfigError(f"{path}: {reason}")
    return tuple(_device(name, dict(parser[name]), f"{path}: section [{name}]") for name in parser.sections())


def _lines(text: str, path: str) -> Iterator[str]:
    """The lines as configparser is to see them.

    It would take an indented line as the continuation of the one before, which the vendor's tool doesn't, and would
    silently drop odd white space at a password's end.
    """
    for number, raw in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        line = raw.strip(" \t")
        if line != line.strip():
            raise ConfigError(f"{path}: line {number}: begins or ends in white space other than spaces and tabs")
        if line.startswith("["):
            name = section_name(line)
            if name is None:
                raise ConfigError(f"{path}: line {number}: berofos devices are called fos1, fos2, ...")
            line = f"[{name}]"
        yield line + "\n"


def section_name(line: str) -> str | None:
    """The device's name in a line such as ``[fos1]``, None when the line is no such."""
    header = _SECTION.fullmatch(line.strip(" \t"))
    name = "" if header is None else header["name"].lower()
    return name if is_device_name(name) else None


def is_mac(text: str) -> bool:
    """Whether this is a MAC as the file has it, such as 00:19:32:00:12:1D."""
    return _MAC.fullmatch(text) is not None


def _device(name: str, values: dict[str, str], where: str) -> DeviceConfig:
    mac = values.get("mac") or None
    if mac is not None and not _MAC.fullmatch(mac):
        raise ConfigError(f"{where}: mac isn't of the form 00:19:32:00:12:1D")
    host, port = parse_host(values.get("host", ""), where)
    if mac is None and host is None:
        raise ConfigError(f"{where}: neither host nor mac", "add host = ADDRESS")
    user, password = parse_login(values.get("login", ""), where)
    return DeviceConfig(name, host, port, None if mac is None else mac.upper(), user, password)


def parse_host(value: str, where: str) -> tuple[str | None, int]:
    """Host and HTTP port of a ``host`` value; no host when there is no address. ``where`` begins messages.

    Raises:
        ConfigError: it is neither a name nor an IPv4 address, or its port isn't one.
    """
    if value in ("", _NO_ADDRESS):
        return None, 80
    match = _HOST.fullmatch(value)
    if match is None:
        raise ConfigError(f"{where}: host isn't an IPv4 address or a host name")
    port = whole_number(match["port"] or "80", 1, 65535)
    if port is None:
        raise ConfigError(f"{where}: host ends in a port that isn't in 1 to 65535")
    return match["host"], port


def parse_login(value: str, where: str) -> tuple[str | None, str | None]:
    """User and password of a ``login`` value; None twice when it is empty. ``where`` begins messages.

    Raises:
        ConfigError: it isn't of the form USER:PASSWORD.
    """
    if not value:
        return None, None
    user, colon, password = value.partition(":")
    if not colon or not user:
        raise ConfigError(f"{where}: login isn't of the form USER:PASSWORD")
    if any(not character.isprintable() for character in value):
        raise ConfigError(f"{where}: login holds a control character")
    return user, password
