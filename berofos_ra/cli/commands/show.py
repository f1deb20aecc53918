"""``berofos show``: every setting of the devices."""

from __future__ import annotations

import argparse

from berofos_ra.cli.common import add_device_options, chosen_devices, read_states, say, say_json
from berofos_ra.device.values import wire_value
from berofos_ra.settings import SETTINGS

SUMMARY = "show every setting of the devices"
EXAMPLE = """\
  berofos show --device fos1
  berofos show --json | jq .fos1.mode
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object: settings by device")


def run(args: argparse.Namespace) -> int:
    """Show them; 1 when a device couldn't be asked."""
    devices = chosen_devices(args)
    states = read_states(devices, args)
    if args.json:
        say_json({device.name: dict(state.values) for device, state in states.items()})
    else:
        for device, state in states.items():
            say(f"{device.label}:")
            for setting in SETTINGS:
                value = state.values.get(setting.keyword)
                if value is not None:
                    say(f"  {setting.keyword:<10} = {wire_value(value):<15}  {setting.meaning}")
    return 0 if len(states) == len(devices) else 1
