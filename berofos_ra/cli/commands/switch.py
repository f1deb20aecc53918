"""``berofos switch``: move the relays by hand."""

from __future__ import annotations

import argparse
import sys

from berofos_ra.cli.by_hand import apply_by_hand, change, log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_device_options, add_force_option, chosen_devices, is_meant, say
from berofos_ra.wiring.topology import BYPASS_SETTINGS

SUMMARY = "move the relays by hand: lines to port group b (mode 1) or d (mode 0)"
EXAMPLE = """\
  berofos switch b
  berofos switch --device fos1 d

On a running cluster that manages these devices it refuses, since the cluster would undo it: unmanage the resource.
Where the cluster's resource is active on no node it asks instead: switch only if the other node is dead.
Switching drops calls. An armed watchdog is disarmed before its device goes to d.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "side", type=str.lower, choices=("b", "d"), help="b: A--B (with scenario bypass also C--D); d: A--D"
    )
    add_device_options(parser)
    add_force_option(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask where the cluster's resource is active nowhere")


def run(args: argparse.Namespace) -> int:
    """Switch; 1 when a device didn't."""
    devices = chosen_devices(args)
    if not args.force:
        refuse_if_managed(args.config, devices, is_meant=lambda resources: args.yes or _means_it(resources))
    wanted = {"mode": True} if args.side == "b" else BYPASS_SETTINGS
    command = f"switch {args.side}{' --force' if args.force else ''}"
    sent = [change("mode", "?", int(wanted["mode"]))]
    done = apply_by_hand(dict.fromkeys(devices, wanted), args, command, dict.fromkeys(devices, sent))
    for device, applied in done.items():
        before, after, moved = applied.before, applied.after, applied.moved
        disarmed = "; watchdog disarmed" if before.shows_watchdog_on and not after.shows_watchdog_on else ""
        changes = [change("", before.position, after.position)] if moved else []
        changes += [change("wdog", 1, 0)] if disarmed else []
        log_by_hand(command, device.name, changes)
        was = f"{before.position} -> " if moved else "already "
        say(f"{device.label}: relay {was}{after.position}{disarmed}")
    return 0 if len(done) == len(devices) else 1


def _means_it(resources: str) -> bool:
    question = f"The cluster's resource {resources} is active on no node. Move the lines? Type yes: "
    return sys.stdin.isatty() and is_meant(question)
