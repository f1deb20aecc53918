"""``/etc/bnfos.conf``: the names, addresses and logins of this site's berofos devices.

The format is the vendor's: one section a device (``[fos1]``, ``[fos2]``, any case) with ``mac``, ``host`` and
``login = USER:PASSWORD``. As an addition, ``host`` may end in ``:PORT`` for a device whose HTTP port was changed.
What the text means is in `sections`; here is the file.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from berofos_ra.bnfosconf.sections import Oddity, parse_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError, ConfigMissingError, ConfigUnreadableError, ConfigUntrustedError

DEFAULT_PATH = "/etc/bnfos.conf"
MAX_BYTES = 2**20  # bytes


class BnfosConfig(NamedTuple):
    """The whole file: its path, its devices in the file's order, and what is odd about it.

    A device may lack a host or a MAC; its ``host_problem`` and ``mac_problem`` tell when what the file has is none.
    """

    path: str
    devices: tuple[DeviceConfig, ...]
    readable_by_others: bool = False  # the passwords
    oddities: tuple[Oddity, ...] = ()

    @property
    def digest(self) -> str:
        """The same for two files that list the same devices, in whatever order: their names, hosts, ports and MACs.

        No login goes into it, so nobody can try passwords against it.
        """
        from hashlib import sha256  # only those who compare files need it

        listed = sorted((each.name, (each.host or "").lower(), each.port, each.mac or "") for each in self.devices)
        return sha256(repr(listed).encode()).hexdigest()[:16]

    def select(self, names: tuple[str, ...], kicked: bool = False) -> tuple[DeviceConfig, ...]:
        """The devices called ``names``, in that order; ``("all",)`` means every one in the file.

        Each that is named has a host, and a MAC if it is to be ``kicked``. Among all some may lack them, which is a
        failure of these devices alone: one at least has what is needed.

        Raises:
            ConfigError: a name has no section, or no device has what is needed.
        """
        if names == ("all",):
            chosen = self.devices
        else:
            by_name = {device.name: device for device in self.devices}
            for name in names:
                if name not in by_name:
                    raise ConfigError(f"{self.path}: no section [{name}]", f"add it, or take {name} from devices")
            chosen = tuple(by_name[name] for name in names)
        if not chosen:
            raise ConfigError(f"{self.path}: no device in it", "add a section [fos1] with its host")
        lacking = [error for device in chosen if (error := device.lacks(kicked)) is not None]
        if lacking and (names != ("all",) or len(lacking) == len(chosen)):
            raise ConfigError(f"{self.path}: {lacking[0]}", lacking[0].advice)
        return chosen


def read_config(path: str = DEFAULT_PATH) -> BnfosConfig:
    """Read the file.

    Raises:
        ConfigUnreadableError: it is there but may not be read.
        ConfigUntrustedError: it holds passwords, and others could have written it.
        ConfigError: it is missing, or no file.
    """
    text, status = read_text(path)
    devices, oddities = parse_config(text)
    if all(device.password is None for device in devices):
        return BnfosConfig(path, devices, oddities=oddities)
    # Whoever could write it could have put an address of theirs into it, to be sent the passwords.
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigUntrustedError(
            f"{path}: holds passwords and belongs to user {status.st_uid}", f"chown root {path}"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigUntrustedError(f"{path}: holds passwords and others can write it", f"chmod 0600 {path}")
    return BnfosConfig(path, devices, bool(status.st_mode & 0o077), oddities)


def read_text(path: str) -> tuple[str, os.stat_result]:
    """The file's text as it stands, with surrogates for bytes that aren't UTF-8; and its owner and permissions.

    Raises:
        ConfigUnreadableError: it is there but may not be read.
        ConfigError: it is missing, or no file.
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
    return raw.decode("utf-8-sig", errors="surrogateescape"), status
