"""``berofos power``: switch what hangs on a device's power ports."""

from __future__ import annotations

import argparse
import sys

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.by_hand import apply_by_hand, change, log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_force_option, add_timeout_option, complain, is_meant, say, seconds, select
from berofos_ra.cli.interruption import Interruption
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ParameterError

PORTS = ("1", "2")
_WAIT = 5.0  # seconds; long enough for the capacitors of a small power supply

SUMMARY = "switch a power port of a device on, off, or off and on again"
EXAMPLE = """\
  berofos power fos1 2 on
  berofos power fos1 2 cycle --wait 10       # asks before it does it
  berofos power fos1 2 off --yes

Nobody can show what these ports bear, in volts and amperes: measure before you rely on them. They are no fence device
for the servers: a box that fails would leave both without power. After the device's own power-on a port is as
power1def or power2def says (berofos get, berofos set).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("device", metavar="DEVICE", help="a device of the config file, such as fos1")
    parser.add_argument("port", choices=PORTS, help="which of its power ports")
    parser.add_argument("action", choices=("on", "off", "cycle"), help="cycle: off and on again")
    parser.add_argument(
        "--wait", metavar="SECONDS", type=seconds, help=f"with cycle, how long it stays off (default {_WAIT:g})"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask before switching off")
    add_timeout_option(parser)
    add_force_option(parser)


def run(args: argparse.Namespace) -> int:
    """Switch it; 1 when it doesn't."""
    if args.wait is not None and args.action != "cycle":
        raise ParameterError("--wait: goes with cycle")
    if args.device.lower() == "all":
        raise ParameterError("one device at a time: 'all' isn't one")
    if args.action != "on" and not args.yes and not sys.stdin.isatty():
        raise ParameterError("there is no terminal to ask whether you mean it; say so with --yes")
    (device,) = select(read_config(args.config), [args.device])
    if not args.force:
        refuse_if_managed(args.config, (device,))
    question = f"Switch off whatever hangs on power port {args.port} of {device.label}? Type yes: "
    if args.action != "on" and not args.yes and not is_meant(question):
        say("nothing was done")
        return 1
    if args.action != "cycle":
        return 0 if _switch(args, device, args.action == "on") else 1
    with Interruption() as interruption:
        try:
            is_off = _switch(args, device, on=False)
            if is_off:
                interruption.wait(_WAIT if args.wait is None else args.wait)
        finally:  # whatever happens, it isn't left without power
            is_on = _switch(args, device, on=True)
            if not is_on:
                again = f"berofos power {device.name} {args.port} on"
                complain(f"{device.label}: power port {args.port} may be off: {again}")
    return 130 if interruption.came else 0 if is_off and is_on else 1


def _switch(args: argparse.Namespace, device: DeviceConfig, on: bool) -> bool:
    """Whether it was seen to be so."""
    keyword = f"power{args.port}"
    command = f"power {args.port} {args.action}{' --force' if args.force else ''}"
    sent = [change(keyword, "?", int(on))]
    done = apply_by_hand({device: {keyword: on}}, args, command, {device: sent})
    if device not in done:
        return False
    changed = bool(done[device].changed)
    log_by_hand(command, device.name, [change(keyword, int(not on), int(on))] if changed else [])
    say(f"{device.label}: power port {args.port} {'' if changed else 'already '}{'on' if on else 'off'}")
    return True
