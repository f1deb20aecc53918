"""``berofos scan``: which devices are on the network, configured or not."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from berofos_ra.bnfosconf.reader import DEFAULT_PATH, read_text
from berofos_ra.bnfosconf.sections import parse_config, parse_host
from berofos_ra.bnfosconf.writer import merge_scan, write_config
from berofos_ra.cli.common import add_timeout_option, say, say_json, say_table
from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.firmware import version_text
from berofos_ra.errors import ConfigError, ConfigMissingError, ParameterError

SUMMARY = "look for devices on the network, in flash mode too"
EXAMPLE = f"""\
  berofos scan
  berofos scan --host 10.34.1.50 --write    # beyond a router, where a broadcast doesn't get

Without --host it asks by broadcast, on every network that this machine is in. --write puts what was found into the
config file ({DEFAULT_PATH} unless --config says otherwise): devices that are in it keep names and logins, new ones
get the next free name, and those that don't answer are left as they are.
"""

_HEAD = ("NAME", "ADDRESS", "MAC", "FIRMWARE", "MODE", "DHCP", "LOGIN", "LINK")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", metavar="HOST", help="ask this address or name only")
    parser.add_argument("--write", action="store_true", help="put the devices into the config file")
    parser.add_argument("--json", action="store_true", help="a JSON list")
    add_timeout_option(parser)


def run(args: argparse.Namespace) -> int:
    """Scan; 1 when nothing was found."""
    try:
        host = None if args.host is None else parse_host(args.host)[0]
    except ConfigError as error:
        raise ParameterError(f"--host: {error}", error.advice) from None
    text, names = _configured(args)
    found = gbl4_client.scan(host, args.timeout)
    if args.write and found:
        merged = merge_scan(text, found)
        write_config(args.config, merged.text)
        names = merged.names
    if args.json:
        say_json([_as_dict(answer, names.get(answer.mac)) for answer in found])
        return 0 if found else 1
    if not found:
        say("no device answers" + ("" if args.host else "; beyond a router name its address with --host"))
        return 1
    say_table([_HEAD, *(_row(answer, names.get(answer.mac, "-")) for answer in found)])
    if args.write:
        say(f"written to {args.config}: {', '.join(names[answer.mac] for answer in found)}")
        for name in merged.silent:
            say(f"{name} didn't answer, its section is kept; delete it if the device is gone")
    return 0


def _configured(args: argparse.Namespace) -> tuple[str, Mapping[str, str]]:
    """The config file's text, and the names that it gives to MACs."""
    try:
        text = read_text(args.config)[0]
    except ConfigError as error:
        if args.write and not isinstance(error, ConfigMissingError):
            raise
        return "", {}  # a file that can't be used is no reason not to look at the network
    return text, {device.mac: device.name for device in parse_config(text).devices if device.mac is not None}


def _row(answer: gbl4.ScanAnswer, name: str) -> tuple[str, ...]:
    shown = _as_dict(answer, name)
    port = answer.netconf.http_port
    return (
        name,
        shown["address"] if port == 80 else f"{shown['address']}:{port}",
        answer.mac,
        shown["firmware"],
        shown["mode"],
        "on" if shown["dhcp"] else "off",
        "on" if shown["http_login"] else "off",
        f"{shown['link']} Mbit" if shown["link"] else "none",
    )


def _as_dict(answer: gbl4.ScanAnswer, name: str | None) -> dict[str, Any]:
    netconf = answer.netconf
    speed = 100 if answer.phy_state & gbl4.LINK_100MBIT else 10
    return {
        "name": name,
        "mac": answer.mac,
        "address": str(netconf.address),
        "netmask": str(netconf.netmask),
        "gateway": str(netconf.gateway),
        "http_port": netconf.http_port,
        "dhcp": netconf.dhcp,
        "http_login": netconf.http_login,
        "access_list": answer.access_list,
        "firmware": version_text(answer.firmware),
        "bootloader": version_text(answer.bootloader),
        "mode": "operational" if answer.operational else "flash",
        "link": speed if answer.phy_state & gbl4.LINK_BEAT else 0,  # Mbit/s, 0 without a link
    }
