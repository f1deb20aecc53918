"""``berofos reset``: erase a device's settings and firmware."""

from __future__ import annotations

import argparse
import sys

from berofos_ra.cli import flash_mode
from berofos_ra.cli.by_hand import log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_force_option, is_meant, say
from berofos_ra.device import gbl4_client
from berofos_ra.errors import DeviceError, ParameterError

SUMMARY = "erase settings and firmware of a device in flash mode"
EXAMPLE = f"""\
  berofos reset --device fos1          # asks before it does it
  berofos reset --device fos1 --yes

The device needs new firmware then, see berofos flash. To forget the settings only, keep the firmware: switch the
device on, press the black button while the red and green LEDs are lit, release it when the red LEDs of D blink fast.

{flash_mode.HOW}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--yes", action="store_true", help="don't ask")
    flash_mode.add_options(parser)
    add_force_option(parser)


def run(args: argparse.Namespace) -> int:
    """Reset it, if that is really meant."""
    if not args.yes and not sys.stdin.isatty():
        raise ParameterError("there is no terminal to ask whether you mean it; say so with --yes")
    device = flash_mode.chosen_device(args)
    if not args.force:
        refuse_if_managed(args.config, [device])
    found = flash_mode.find_device(device, args)
    if not args.yes and not is_meant(f"Erase settings and firmware of {found.device.label}? Type yes: "):
        say("nothing was done")
        return 1
    try:
        gbl4_client.reset(found.host, found.mac)
    except DeviceError as error:
        advice = "switch it off and on into flash mode and try again"
        raise DeviceError(f"{found.device.label}: {error}", advice) from None
    log_by_hand(f"reset{' --force' if args.force else ''}", device.name, ["settings and firmware erased"])
    say(f"{found.device.label}: settings and firmware are erased")
    return 0
