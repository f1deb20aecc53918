"""``berofos get``: some settings of the devices."""

from __future__ import annotations

import argparse

from berofos_ra.cli.common import add_device_options, chosen_devices, read_states, say, say_json
from berofos_ra.device.values import wire_value
from berofos_ra.errors import ParameterError
from berofos_ra.settings import BY_KEYWORD, SETTINGS

SUMMARY = "show some settings of the devices"
EXAMPLE = """\
  berofos get mode modedef
  berofos get --device fos1 --json wdogitime

settings: """ + " ".join(setting.keyword for setting in SETTINGS if setting.read_key is not None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("settings", metavar="KEY", nargs="+", help="keyword of a setting, see below")
    add_device_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object: settings by device")


def run(args: argparse.Namespace) -> int:
    """Show them; 1 when a device couldn't be asked."""
    for keyword in args.settings:
        if keyword not in BY_KEYWORD:
            raise ParameterError(f"{keyword!r} is no setting; berofos get --help lists them")
        if BY_KEYWORD[keyword].read_key is None:
            raise ParameterError(f"{keyword} can't be read from a device")
    devices = chosen_devices(args)
    states = read_states(devices, args, args.settings)
    found = {one.name: {keyword: state.get(keyword) for keyword in args.settings} for one, state in states.items()}
    if args.json:
        say_json(found)
    else:
        for name, values in found.items():
            for keyword, value in values.items():
                say(f"{name} {keyword} = {wire_value(value)}")
    return 0 if len(states) == len(devices) else 1
