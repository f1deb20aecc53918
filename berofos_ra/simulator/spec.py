"""What a simulated device is like: where it lives, its login, its quirks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from berofos_ra.errors import BerofosError, ParameterError


class SimulatorError(BerofosError):
    """The simulator can't run as told: an address it can't listen on, an events file it can't write."""


def is_mac(text: object) -> bool:
    """Whether it is a MAC address such as 00:19:32:00:12:1D."""
    return isinstance(text, str) and re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", text) is not None


def mac_bytes(mac: str) -> bytes:
    """The MAC as GBL4 carries it, 6 bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def another_mac(mac: str) -> str:
    """One of the same vendor: a made-up MAC of a box that takes the place of one with that MAC."""
    return ":".join([*mac.split(":")[:3], *(f"{byte ^ 0xFF:02X}" for byte in mac_bytes(mac)[3:])])


QUEUED, REFUSED, SERVED, DROPPED = "queued", "refused", "served", "dropped"
CONNECTIONS = (QUEUED, REFUSED, SERVED, DROPPED)
ENDINGS = ("answered", "closed", "reset", "silent")
# The kinds of requests whose answers may be styled.
ANSWERS = ("config", "front-page", "wrong-url", "no-login", "wrong-login", "head")


@dataclass(frozen=True)
class AnswerStyle:
    """How a device answers one kind of request.

    ``ending``: it is "answered", or else the connection is "closed" without a byte, "reset", or left "silent".
    ``headers`` come in that order. What of them is about the message is made anew each time: Content-Length (where
    "other" means that it isn't the body's), Connection, and the nonce in WWW-Authenticate.
    """

    ending: str = "answered"
    status: int = 200
    protocol: str = "HTTP/1.0"
    headers: tuple[tuple[str, str], ...] = ()
    has_body: bool = True


@dataclass(frozen=True)
class DeviceSpec:
    """One device to simulate.

    ``port`` and ``gbl4_port`` may be 0: any free one. ``latency`` (s) comes before every answer and
    ``boot_time`` (s) is how long a power-on takes; a device starts booted. ``password`` None means that no
    login is demanded, unless ``settings`` turns ``pwd`` on. ``settings`` holds initial values by keyword.

    Quirks, none of them known of a real firmware but all to be survived: ``bool_style`` is how
    ``config.txt`` spells a true box, ``"1"`` or ``"checked"``; ``form_like`` clears the boxes of a ``cmd``
    group that a write to it leaves out; ``keep_alive`` leaves the connection open after an answer;
    ``interval_at_once`` counts a new watchdog interval from the last kick, not from the next one on; ``connections``
    is what a second connection meets while there is one: it is "queued", "refused", "served", too, or "dropped" when
    it has been made; ``phy_configuration``, ``phy_state`` and ``access_list`` are what a scan tells; a ping's answer
    repeats ``ping_answer`` of the request's bytes (MAC 6, sequence 2) and has so many zeros then.

    To look like a certain device: ``config_txt`` is a text of its ``config.txt``, whose lines, order, line ends and
    spelling it keeps, with its own values in it; they begin as those of the text, address and port apart, and
    ``settings`` go before. ``answers`` are the styles of its answers, by ``ANSWERS``.

    Raises ParameterError when a field makes no sense.
    """

    name: str
    address: str
    mac: str
    port: int = 80
    user: str = "admin"
    password: str | None = field(default=None, repr=False)
    auth: str = "basic"
    latency: float = 0.0
    gbl4_port: int = 50123
    firmware: tuple[int, int] = (1, 53)
    boot_loader: tuple[int, int] = (1, 2)
    hardware_magic: int = 0x0050
    boot_time: float = 0.0
    settings: Mapping[str, object] = field(default_factory=dict, repr=False)  # may hold apwd
    bool_style: str = "1"
    form_like: bool = False
    keep_alive: bool = False
    interval_at_once: bool = False
    connections: str = QUEUED
    phy_configuration: int = 0x03  # automatic
    phy_state: int = 0x07  # link, 100 Mbit, full duplex
    access_list: bool = False
    ping_answer: tuple[int, int] = (8, 0)
    config_txt: str | None = field(default=None, repr=False)
    answers: Mapping[str, AnswerStyle] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        try:
            ipaddress.IPv4Address(self.address)
        except ValueError:
            raise ParameterError(f"{self.name}: {self.address!r} is not an IPv4 address") from None
        if not is_mac(self.mac):
            raise ParameterError(f"{self.name}: {self.mac!r} is not a MAC address such as 00:19:32:00:12:1D")
        for what, port in (("port", self.port), ("gbl4_port", self.gbl4_port)):
            if not 0 <= port <= 65535:
                raise ParameterError(f"{self.name}: {what} {port} is not within 0-65535")
        if self.auth not in ("basic", "digest"):
            raise ParameterError(f"{self.name}: auth is basic or digest, not {self.auth!r}")
        if self.bool_style not in ("1", "checked"):
            raise ParameterError(f"{self.name}: bool_style is 1 or checked, not {self.bool_style!r}")
        if self.connections not in CONNECTIONS:
            raise ParameterError(f"{self.name}: connections is one of {', '.join(CONNECTIONS)}")
        if not self.answers.keys() <= set(ANSWERS) or any(s.ending not in ENDINGS for s in self.answers.values()):
            kinds, endings = ", ".join(ANSWERS), " or ".join(ENDINGS)
            raise ParameterError(f"{self.name}: answers are of {kinds}, and each is {endings}")
        if self.latency < 0 or self.boot_time < 0:
            raise ParameterError(f"{self.name}: latency and boot_time can't be negative")

    @property
    def challenge(self) -> str | None:
        """What it asks a login with, by the style of its answers; None when that isn't styled."""
        headers = self.answers.get("no-login", AnswerStyle()).headers
        return {name.lower(): value for name, value in headers}.get("www-authenticate")
