"""What ``bnfos`` does with devices, one function a mode, and how it says so in the vendor's words.

Each returns the exit status: 0 done, 1 not.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from berofos_ra.bnfosconf import writer
from berofos_ra.bnfosconf.reader import read_text
from berofos_ra.cli.bnfos.options import Options
from berofos_ra.cli.by_hand import NOT_SEEN, log_by_hand, refuse_if_managed
from berofos_ra.cli.output import Messages
from berofos_ra.device import gbl4, gbl4_client, names
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import READ_REQUESTS, Device
from berofos_ra.device.firmware import Image
from berofos_ra.device.parallel import ask_all
from berofos_ra.device.values import Value, wire_value
from berofos_ra.errors import (
    BerofosError,
    ConfigError,
    ConfigMissingError,
    DeviceError,
    EffectUnseenError,
    LoginRefusedError,
    explain,
)
from berofos_ra.operations.change_settings import Change, change_setting, max_requests
from berofos_ra.resource.guard import GUARDED_SETTINGS, ManagedError
from berofos_ra.settings import SETTINGS, Setting

_Result = TypeVar("_Result")
_UDP_WORDS = {
    "netconf": ("Setting network configuration succeeded!", "Setting network configuration failed!"),
    "ping": ("Ping succeeded!", "Ping failed!"),
    "kick": ("Watchdog successfully kicked!", "Watchdog did not response!"),
    "reset": ("Reset succeeded!", "Reset failed!"),
}


@dataclass(frozen=True)
class Target:
    """The device that a call means, and the path of the config file that it is from; None: from the options alone."""

    config: DeviceConfig
    path: str | None

    @property
    def label(self) -> str:
        """It in messages. A name that isn't in the file is invented, and not shown."""
        config = self.config
        if self.path is not None:
            return config.label
        if config.host is None:
            return str(config.mac or "all devices")
        return config.host if config.port == 80 else f"{config.host}:{config.port}"

    def explain(self, error: DeviceError) -> str:
        """Its error as a line."""
        return explain(error, self.label, self.path or "the options")


def scan(options: Options, path: str, messages: Messages) -> int:
    """Look for devices and tell of each; with ``-x`` put them into the config file."""
    text = ""
    try:
        if options.write_config:
            with contextlib.suppress(ConfigMissingError):
                text = read_text(path)[0]
        found = gbl4_client.scan(options.host, options.timeout)
        merged = writer.merge_scan(text, found)
    except BerofosError as error:
        if isinstance(error, ConfigError):
            error.advice = "correct the file or move it away"
        messages.complaint(f"Network scanning failed! {explain(error, config='the options')}")
        return 1
    for number, answer in enumerate(found, start=1):
        sys.stdout.write(_block(number, answer))
    sys.stdout.flush()
    if options.write_config and found:
        try:
            writer.write_config(path, merged.text)
        except BerofosError as error:
            messages.complaint(f"Failed to open {error}")
            return 1
        messages.hint(f"Writing results to: {path}")
        for name in merged.silent:
            messages.hint(f"{name} didn't answer, its section is kept; delete it if the device is gone")
    elif options.write_config:
        messages.hint(f"No device answered, {path} stays as it is; name its address with -h if there should be one")
    messages.result("")
    messages.result(f"{len(found)} device{'' if len(found) == 1 else 's'} found.")
    messages.result("")
    return 0


def udp(options: Options, target: Target, messages: Messages) -> int:
    """netconf, ping, kick or reset."""
    done, failed = _UDP_WORDS[options.mode]
    host, mac = target.config.host, target.config.require_mac()
    try:
        if options.mode == "netconf":
            gbl4_client.set_netconf(host, mac, options.netconf, options.timeout)
        elif options.mode == "ping":
            gbl4_client.ping(host, mac, options.timeout)
        elif options.mode == "kick":
            gbl4_client.kick(host, mac, options.timeout)
        else:
            gbl4_client.reset(host, mac)
    except DeviceError as error:
        messages.complaint(f"{failed} {target.explain(error)}")
        return 1
    messages.result(done)
    return 0


def flash(options: Options, target: Target, image: Image, messages: Messages) -> int:
    """Send firmware to a device that is in flash mode."""
    host, mac, label = target.config.host, target.config.require_mac(), target.label
    count = len(image.pages)
    arrived = -1  # not even announced
    start = "\r" if sys.stdout.isatty() else ""

    def progress(pages: int) -> None:
        nonlocal arrived
        arrived = pages
        if not options.syslog and pages and (start or pages == count):
            sys.stdout.write(f"{start}Page {pages} of {count} flashed...")
            sys.stdout.flush()

    try:
        answers = gbl4_client.scan(host, options.timeout, mac=mac)
        if not answers:
            messages.complaint(f"Device not found! {label}: no answer from {mac} within {options.timeout:.3g} s")
            return 1
        if answers[0].operational:
            messages.complaint(
                f"Device not in flashmode! {label}: switch it on with its black button held, "
                "until the red LEDs of port D begin to blink"
            )
            return 1
        gbl4_client.flash(host, mac, image, options.timeout, progress)
    except (DeviceError, KeyboardInterrupt) as error:
        _end_line(options, arrived)
        failure = error if isinstance(error, DeviceError) else DeviceError("interrupted", "")
        if arrived >= 0:
            failure.advice = gbl4_client.ADVICE_HALF_FLASHED
        messages.complaint(f"Flashing failed! {target.explain(failure)}")
        return 1
    _end_line(options, arrived)
    messages.result("Flashing succeeded!")
    return 0


def set_setting(options: Options, target: Target, keyword: str, value: Value, messages: Messages) -> int:
    """Change a setting and make sure of it. Not what a cluster has set: what is so there already does no harm."""
    refusal = _refusal(target, keyword)

    def act(berofos: Device) -> tuple[Change, ...]:
        if refusal is not None and not _is_so(berofos, keyword, value):
            raise refusal
        demands_login = keyword == "pwd" and bool(value)
        if demands_login:
            berofos.read()
        try:
            return change_setting(berofos, keyword, value)
        except LoginRefusedError:
            if not demands_login:
                raise
            # It could be asked a moment ago: so this is the very effect.
            file = target.path or "the config file"
            note = f"it demands a login now, and not the one given; correct the login line in {file}"
            return (Change(keyword, False, value, note),)

    command, device = f"--set {keyword}", target.config.name if target.path else target.label
    try:
        changes = _ask(target, options, READ_REQUESTS + max_requests([keyword]), act)
    except ManagedError as error:
        messages.complaint(f"Setting {keyword} failed! {explain(error)}")
        return 1
    except DeviceError as error:
        if isinstance(error, EffectUnseenError):
            log_by_hand(command, device, [Change(keyword, None, value).words + NOT_SEEN], "bnfos")
        messages.complaint(f"Setting {keyword} failed! {target.explain(error)}")
        return 1
    log_by_hand(command, device, [one.words for one in changes], "bnfos")
    messages.result(f"Setting {keyword} succeeded!")
    for one in changes:
        if one.note:
            messages.hint(f"{target.label}: {one.note}")
    return 0


def _refusal(target: Target, keyword: str) -> ManagedError | None:
    """Why this setting is the cluster's to change; None: it isn't, or the user says that it is meant."""
    if keyword in GUARDED_SETTINGS and not os.environ.get("BNFOS_FORCE"):
        try:
            refuse_if_managed(target.path or "", [target.config], "set BNFOS_FORCE=1 in the environment")
        except ManagedError as error:
            return error
    return None


def _is_so(berofos: Device, keyword: str, value: Value) -> bool:
    try:
        return berofos.read([keyword]).get(keyword) == value
    except DeviceError:
        return False


def show(options: Options, target: Target, setting: Setting | None, messages: Messages) -> int:
    """Show one setting or, without, all."""
    needed = [setting.keyword] if setting else []
    host = str(target.config.host)
    try:
        state, address = _ask(
            target, options, READ_REQUESTS, lambda berofos: (berofos.read(needed), names.resolve(host))
        )
    except DeviceError as error:
        messages.complaint(f"Retrieving configuration and status failed! {target.explain(error)}")
        return 1
    if state.warning:
        messages.hint(f"{target.label}: {state.warning}")
    if setting is not None:
        messages.result(f"{setting.keyword} = {wire_value(state.get(setting.keyword))}")
        return 0
    messages.result(f"Configuration of device {address}:")
    for each in SETTINGS:
        if each.read_key is not None:
            value = wire_value(state.get(each.keyword)) if each.keyword in state.values else ""
            messages.result(f" {each.keyword:<10}= {value}")
    messages.result("")
    return 0


class DeferredMessages(Messages):
    """Messages that are kept, to be told later or not at all."""

    def __init__(self) -> None:
        super().__init__("bnfos", to_terminal=False)
        self._kept: list[tuple[str, int, bool]] = []

    def repeat_to(self, messages: Messages) -> None:
        """Tell it all."""
        for kept in self._kept:
            messages._say(*kept)

    def _say(self, line: str, priority: int, aside: bool = False) -> None:
        self._kept.append((line, priority, aside))


def _ask(target: Target, options: Options, requests: int, act: Callable[[Device], _Result]) -> _Result:
    """Do it within so many requests' time, whatever hangs: even a name lookup."""
    deadline = time.monotonic() + requests * options.timeout
    outcome = ask_all([target.config], options.timeout, deadline, act)[target.config.name]
    if isinstance(outcome, DeviceError):
        raise outcome
    return outcome


def _block(number: int, answer: gbl4.ScanAnswer) -> str:
    """A device as the vendor's tool shows it."""
    netconf = answer.netconf
    phy, state = netconf.phy, answer.phy_state
    probes = {"PROBE_10MBIT": phy & gbl4.PROBE_10MBIT, "PROBE_100MBIT": phy & gbl4.PROBE_100MBIT}
    beat, fast, duplex = (state & bit for bit in (gbl4.LINK_BEAT, gbl4.LINK_100MBIT, gbl4.LINK_FULL_DUPLEX))
    link = {"LINK_BEAT": beat, "LINK_100MBIT": fast, "LINK_10MBIT": not fast, "LINK_FDX": duplex}
    options = {"OPT_DHCP": netconf.dhcp, "OPT_HTTP_AUTH": netconf.http_login, "OPT_IP_ACL": answer.access_list}
    shown = f"({_words(options)})" if any(options.values()) else ""
    return f"""\
#{number}:
 mac: {answer.mac}
 bootloader: v{answer.bootloader[0]}.{answer.bootloader[1]}
 firmware: v{answer.firmware[0]}.{answer.firmware[1]}
 device mode: {"OPERATIONAL" if answer.operational else "FLASH MODE"}

 address: {netconf.address}
 netmask: {netconf.netmask}
 gateway: {netconf.gateway}
 phy conf: 0x{phy:02x} ({"PROBE_AUTO" if phy == gbl4.PROBE_AUTO else _words(probes)})
 phy state: 0x{state:02x} ({_words(link)})
 options: 0x{answer.options:02x} {shown}
 http port: {netconf.http_port}

"""


def _words(flags: Mapping[str, int]) -> str:
    return " | ".join(word for word, is_set in flags.items() if is_set)


def _end_line(options: Options, pages: int) -> None:
    if not options.syslog and pages > 0:
        sys.stdout.write("\n")
        sys.stdout.flush()
