"""``berofos status``: how every device is, and whether that is as the cluster has it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial

from berofos_ra.cli.common import add_device_options, chosen_devices, say, say_json, seconds
from berofos_ra.cli.output import is_lost

SUMMARY = "show every device: relay, watchdog, firmware, and whether the cluster agrees"
EXAMPLE = """\
  berofos status
  berofos status fos1 --watch
  berofos status --json | jq .active_node

With --json, numbers are the device's own: scenario 0 fallback, 1 bypass; modedef 0 A--D, 1 A--B;
watchdog state 0 off, 1 on, 2 run out; interval and remaining in seconds.
exit status: 0 all is as it should be, 1 something isn't
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="the same as --device NAME")
    add_device_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object (with --watch: one a line)")
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        type=seconds,
        nargs="?",
        const=2.0,
        help="again every so many seconds (2 if not given), until interrupted",
    )


def run(args: argparse.Namespace) -> int:
    """Show it; 1 when something isn't as it should be."""
    from berofos_ra.cli.commands import status_table
    from berofos_ra.cli.commands.status_report import make_report

    args.devices = [*args.names, *(args.devices or ())] or None
    look = partial(make_report, args.config, chosen_devices(args), args.timeout)
    report = look()
    if args.watch is None:
        if args.json:
            say_json(report.as_json())
        else:
            status_table.show(report)
        return 0 if report.ok else 1
    try:
        if sys.stdout.isatty() and not args.json:
            for shown in status_table.watch(look, report, args.watch):
                report = shown
        while not is_lost():
            if args.json:
                say(json.dumps(report.as_json()))
            else:
                status_table.show(report)
                say()
            time.sleep(args.watch)
            report = look()
    except KeyboardInterrupt:
        return 0 if report.ok else 1
    return 1
