"""How to reach one device. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from berofos_ra.errors import AddressMissingError


class DeviceConfig(NamedTuple):
    """A device's name, addresses and login.

    ``host`` is None when only the MAC is known, enough for GBL4 by broadcast but not for HTTP. ``port`` is the HTTP
    port. ``mac`` is in capitals, None when unknown. ``user`` and ``password`` are None when no login is configured.
    """

    name: str
    host: str | None = None
    port: int = 80
    mac: str | None = None
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """All but the password."""
        shown = {name: value for name, value in self._asdict().items() if name != "password"}
        return f"DeviceConfig({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def label(self) -> str:
        """Name and address as messages show them: ``fos1 (10.34.1.20)``."""
        if self.host is None:
            return f"{self.name} (no host)"
        return f"{self.name} ({self.host})" if self.port == 80 else f"{self.name} ({self.host}:{self.port})"

    def require_host(self) -> str:
        """The host.

        Raises:
            AddressMissingError: none is configured.
        """
        if self.host is None:
            raise AddressMissingError(f"section [{self.name}] has no host", "add host = ADDRESS")
        return self.host

    def require_mac(self, purpose: str = "to kick its watchdog") -> str:
        """The MAC, by which GBL4 means a device. ``purpose`` is what it is needed for, in the error.

        Raises:
            AddressMissingError: none is configured.
        """
        if self.mac is None:
            raise AddressMissingError(f"section [{self.name}] has no mac, needed {purpose}")
        return self.mac


def is_device_name(text: str) -> bool:
    """Whether this is what the vendor's tool calls a device, in small letters: ``fos1``, ``fos2``, ..."""
    return re.fullmatch("fos[1-9][0-9]*", text, re.ASCII) is not None
