"""The one table of a berofos device's settings: names, types, wire names, meaning. Pure.

Everything that reads, writes, shows or simulates a setting takes it from here. The wire names are those
of the vendor's tool (``config.txt`` keys and ``/?cmd=`` parameters); the order is the order in which that
tool shows them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What values a setting takes."""

    BOOL = "bool"
    INT = "int"
    IPV4 = "IPv4 address"
    HOSTNAME = "host name"
    TEXT = "string"
    TRIGGER = "trigger"  # takes no value: writing it makes the device do something


class Setting(NamedTuple):
    """One setting of the device.

    ``read_key`` is its key in ``config.txt`` (None: can't be read). ``write_query`` is the query string
    that writes it, up to and including the ``=`` before the value (None: can't be written).
    ``low`` and ``high`` bound an INT's value, and ``high`` a TEXT's length in characters.
    """

    keyword: str
    kind: Kind
    read_key: str | None
    write_query: str | None
    meaning: str
    low: int = 0
    high: int = 65535

    @property
    def group(self) -> str | None:
        """The number after ``cmd=``; None when it can't be written."""
        return None if self.write_query is None else self.write_query.split("&")[0].removeprefix("cmd=")

    @property
    def form(self) -> str | None:
        """The part of ``write_query`` that it shares with the settings of the same form on the device.

        None when it can't be written.
        """
        return None if self.write_query is None else self.write_query.rpartition("&")[0]

    @property
    def parameter(self) -> str | None:
        """The part of ``write_query`` that is its own, ``=`` included; None when it can't be written."""
        return None if self.write_query is None else self.write_query.rpartition("&")[2]


SETTINGS: tuple[Setting, ...] = (
    Setting("scenario", Kind.BOOL, "1_sz", "cmd=1&sz=", "wiring: 0 fallback, 1 bypass"),
    Setting("mode", Kind.BOOL, "4_mode", "cmd=4&mode=", "relay now: 0 A--D; 1 A--B, in bypass also C--D"),
    Setting("modedef", Kind.BOOL, "1_rm", "cmd=1&rm=", "relay after power-on"),
    Setting("power1", Kind.BOOL, "5_p0", "cmd=5&p=0&s=", "power port 1 now"),
    Setting("power1def", Kind.BOOL, "1_p0", "cmd=1&p0=", "power port 1 after power-on"),
    Setting("power2", Kind.BOOL, "5_p1", "cmd=5&p=1&s=", "power port 2 now"),
    Setting("power2def", Kind.BOOL, "1_p1", "cmd=1&p1=", "power port 2 after power-on"),
    Setting("hostname", Kind.HOSTNAME, "3_dn", "cmd=3&dn=", "the device's own name"),
    Setting("address", Kind.IPV4, "3_ip", "cmd=3&ip=", "IP address"),
    Setting("netmask", Kind.IPV4, "3_nm", "cmd=3&nm=", "IP netmask"),
    Setting("gateway", Kind.IPV4, "3_gw", "cmd=3&gw=", "IP gateway"),
    Setting("dns", Kind.IPV4, "3_dns", "cmd=3&dns=", "DNS server"),
    Setting("dhcp", Kind.BOOL, "3_dhcp", "cmd=3&dhcp=", "address by DHCP"),
    Setting("port", Kind.INT, "3_port", "cmd=3&port=", "HTTP port", low=1),
    Setting("pwd", Kind.BOOL, "3_pwd", "cmd=3&pwd=", "HTTP login demanded"),
    Setting("apwd", Kind.TEXT, None, "cmd=3&apwd=", "password of the HTTP user admin", high=15),
    Setting("smtpserv", Kind.TEXT, "2_mhost", "cmd=2&mhost=", "mail server", high=255),
    Setting("smtpfrom", Kind.TEXT, "2_mfrom", "cmd=2&mfrom=", "mail sender", high=255),
    Setting("smtpto", Kind.TEXT, "2_mto", "cmd=2&mto=", "mail recipient", high=255),
    Setting("smtptest", Kind.TRIGGER, None, "cmd=7", "send a test mail"),
    Setting("syslog", Kind.BOOL, "3_log", "cmd=3&syslog=", "log to a remote syslog"),
    Setting("slgip", Kind.IPV4, "3_loghost", "cmd=3&slgip=", "address of the remote syslog"),
    Setting("slgpt", Kind.INT, "3_logport", "cmd=3&slgpt=", "port of the remote syslog", low=1),
    Setting("wdog", Kind.BOOL, "6_wen", "cmd=6&wen=", "watchdog now"),
    Setting("wdogdef", Kind.BOOL, "2_wen", "cmd=2&wen=", "watchdog after power-on"),
    Setting("wdogstate", Kind.INT, "6_wstate", None, "watchdog state: 0 off, 1 on, 2 run out", high=2),
    Setting("wdogitime", Kind.INT, "2_wintv", "cmd=2&wintv=", "watchdog interval, s", low=1),
    Setting("wdogaudio", Kind.BOOL, "2_as", "cmd=2&as=", "beep when the watchdog runs out"),
    Setting("wdogmail", Kind.BOOL, "2_men", "cmd=2&men=", "mail when the watchdog runs out"),
    Setting("wdogrtime", Kind.INT, "0_wretv", None, "watchdog seconds left"),
)

BY_KEYWORD: dict[str, Setting] = {setting.keyword: setting for setting in SETTINGS}
BY_READ_KEY: dict[str, Setting] = {s.read_key: s for s in SETTINGS if s.read_key is not None}

# config.txt: before this line nothing counts, and without it the text is no configuration.
CONFIG_MAGIC = "bnfos_confmap_magic=0.1"

# A header by which a simulated device says what it is, so that nobody takes it for hardware. No device sends it.
SIMULATED_HEADER = "X-Berofos-Simulated"

# wdogstate
WATCHDOG_OFF, WATCHDOG_ON, WATCHDOG_RAN_OUT = 0, 1, 2
