"""How to reach one device. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from berofos_ra.errors import AddressMissingError


class DeviceConfig(NamedTuple):
    """A device's name, addresses and login.

    ``host`` is None when only the MAC is known, enough for GBL4 by broadcast but not for HTTP. ``port`` is the HTTP
    port. ``mac`` is in capitals, None when unknown. ``user`` and ``password`` are None when no login is configured.
    ``host_problem`` and ``mac_problem`` say why what the file has is no such: empty when it has nothing.
    """

    name: str
    host: str | None = None
    port: int = 80
    mac: str | None = None
    user: str | None = None
    password: str | None = None
    host_problem: str = ""
    mac_problem: str = ""

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
            if self.host_problem:
                raise AddressMissingError(f"section [{self.name}], {self.host_problem}", "correct it")
            raise AddressMissingError(f"section [{self.name}] has no host", "add host = ADDRESS")
        return self.host

    def require_mac(self, purpose: str = "to kick its watchdog") -> str:
        """The MAC, by which GBL4 means a device. ``purpose`` is what it is needed for, in the error.

        Raises:
            AddressMissingError: none is configured.
        """
        if self.mac is None:
            if self.mac_problem:
                raise AddressMissingError(f"section [{self.name}], {self.mac_problem}, needed {purpose}")
            raise AddressMissingError(f"section [{self.name}] has no mac, needed {purpose}")
        return self.mac

    def lacks(self, kicked: bool = False) -> AddressMissingError | None:
        """What of host, and MAC if it is to be ``kicked``, it lacks; None: nothing."""
        try:
            self.require_host()
            if kicked:
                self.require_mac()
        except AddressMissingError as error:
            return error
        return None


def is_device_name(text: str) -> bool:
    """Whether this is what the vendor's tool calls a device, in small letters: ``fos1``, ``fos2``, ..."""
    return re.fullmatch("fos[1-9][0-9]*", text, re.ASCII) is not None
