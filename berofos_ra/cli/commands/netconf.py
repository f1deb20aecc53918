"""``berofos netconf``: network settings of a device in flash mode, wherever it is and whatever its password."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

from berofos_ra.cli import flash_mode
from berofos_ra.cli.common import say
from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.gbl4 import NetConf
from berofos_ra.errors import DeviceError, NoEffectError, ParameterError
from berofos_ra.number import whole_number

SUMMARY = "change the network settings of a device in flash mode"
EXAMPLE = f"""\
  berofos netconf --device fos1 --address 10.34.1.20 --netmask 255.255.255.0 --gateway 10.34.1.1 --dhcp off

What isn't named stays as it is. {flash_mode.HOW}"""

_SCAN_TIMEOUT = 1.0  # seconds at each place where it may be
_SETTINGS = ("address", "netmask", "gateway", "dhcp", "http_login", "http_port", "phy")
# What the options call values:
_SWITCH = {"on": True, "off": False}
_PHY = {"auto": gbl4.PROBE_AUTO, "10": gbl4.PROBE_10MBIT, "100": gbl4.PROBE_100MBIT}
_WORDS: Mapping[str, Mapping[str, int]] = {"dhcp": _SWITCH, "http_login": _SWITCH, "phy": _PHY}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--address", metavar="ADDRESS", type=_address, help="IP address, while DHCP is off")
    parser.add_argument("--netmask", metavar="ADDRESS", type=_netmask, help="such as 255.255.255.0")
    parser.add_argument("--gateway", metavar="ADDRESS", type=_address, help="0.0.0.0 for none")
    parser.add_argument("--dhcp", choices=("on", "off"), help="take the address from a DHCP server")
    parser.add_argument("--http-login", choices=("on", "off"), help="demand the password")
    parser.add_argument("--http-port", metavar="PORT", type=_port, help="where it answers by HTTP, usually 80")
    parser.add_argument("--phy", choices=tuple(_PHY), help="Ethernet speed in Mbit/s")
    flash_mode.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Change them and look whether it took them."""
    given = {name: getattr(args, name) for name in _SETTINGS}
    wanted = {name: _WORDS.get(name, {}).get(value, value) for name, value in given.items() if value is not None}
    if not wanted:
        raise ParameterError("nothing to change; name at least one setting, such as --address 10.34.1.20")
    found = flash_mode.find_device(flash_mode.chosen_device(args), args)
    before = found.answer.netconf
    after = before._replace(**wanted)
    if not after.dhcp and not int(after.address):
        raise ParameterError("--address: without DHCP the device needs one")
    if after == before:
        say(f"{found.device.label}: nothing to change")
        return 0
    try:
        gbl4_client.set_netconf(found.host, found.mac, after, args.timeout)
    except DeviceError as error:
        raise DeviceError(f"{found.device.label}: {error}", error.advice) from None
    seen = _look(found, after, args.timeout)
    differing = [name for name in wanted if seen is not None and _shown(seen, name) != _shown(after, name)]
    if differing:
        raise NoEffectError(f"{found.device.label}: it accepted, but shows its old {', '.join(differing)}")
    for name in wanted:
        say(f"{found.device.label}: {name} {_shown(before, name)} -> {_shown(after, name)}")
    if seen is None:
        say(f"{found.device.label}: accepted, but it doesn't answer yet, so it isn't verified")
    say(
        f"Now switch it off and on again, then correct {args.config}: "
        f"berofos scan --write{'' if after.dhcp else f' --host {after.address}'}"
    )
    return 0


def _look(found: flash_mode.FlashModeDevice, after: NetConf, timeout: float) -> NetConf | None:
    """What it shows now, wherever it is; None: it doesn't answer."""
    for host in dict.fromkeys((found.host, None if after.dhcp else str(after.address), None)):
        with contextlib.suppress(DeviceError):
            for answer in gbl4_client.scan(host, min(timeout, _SCAN_TIMEOUT), mac=found.mac):
                return answer.netconf
    return None


def _shown(netconf: NetConf, name: str) -> str:
    value = getattr(netconf, name)
    otherwise = f"0x{value:02x}" if name == "phy" else str(value)
    return next((word for word, meant in _WORDS.get(name, {}).items() if meant == value), otherwise)


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IPv4 address such as 10.34.1.20") from None


def _netmask(text: str) -> IPv4Address:
    address = _address(text)
    if address not in {IPv4Network(f"0.0.0.0/{bits}").netmask for bits in range(33)}:
        raise argparse.ArgumentTypeError(f"{text!r} is not a netmask such as 255.255.255.0")
    return address


def _port(text: str) -> int:
    port = whole_number(text, 1, 65535)
    if port is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 1 to 65535")
    return port
