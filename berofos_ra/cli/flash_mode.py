"""What the commands for a device in flash mode share: choosing one, finding it, and that it is in that mode."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.common import add_timeout_option
from berofos_ra.device import gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.gbl4 import ScanAnswer
from berofos_ra.errors import BerofosError, DeviceError, ParameterError

HOW = """\
The device must be in flash mode: press and hold its black button, switch it on, release the button when the red LEDs
of port D begin to blink. Its relay is then at A--D. Switched off and on again it is back in operation.
"""


class FlashModeError(BerofosError):
    """The device isn't there, or not in flash mode."""


@dataclass(frozen=True)
class FlashModeDevice:
    """A device that answered in flash mode. ``host`` is where it does so, None: to broadcasts only."""

    device: DeviceConfig
    mac: str
    host: str | None
    answer: ScanAnswer


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which device, and how long to wait for it."""
    parser.add_argument(
        "--device",
        metavar="NAME",
        help="the device's name in the config file, such as fos1; needed if it has several",
    )
    add_timeout_option(parser)


def find_device(device: DeviceConfig, args: argparse.Namespace) -> FlashModeDevice:
    """The device, after a look at it: at its address, else by broadcast."""
    mac = device.require_mac("to address it")
    reason = ""
    for host in dict.fromkeys((device.host, None)):
        try:
            answers = gbl4_client.scan(host, args.timeout, mac=mac)
        except DeviceError as error:
            reason = f": {error}"
            continue
        if answers and answers[0].operational:
            raise FlashModeError(f"{device.label}: it isn't in flash mode", "see berofos flash --help")
        if answers:
            return FlashModeDevice(device, mac, host, answers[0])
    raise FlashModeError(
        f"{device.label}: no answer from {mac}, neither there nor to a broadcast{reason}",
        f"check its power, its network cable, and mac and host in {args.config}",
    )


def chosen_device(args: argparse.Namespace) -> DeviceConfig:
    """The one that ``--device`` names, or the only one of the config file.

    Raises:
        ParameterError: it isn't clear which.
        ConfigError: the file can't serve.
    """
    devices = read_config(args.config).devices
    if args.device is None:
        if len(devices) != 1:
            raise ParameterError(
                f"--device: expected one of {', '.join(device.name for device in devices) or 'none'}"
            )
        return devices[0]
    for device in devices:
        if device.name == args.device.lower():
            return device
    raise ParameterError(f"--device: no section [{args.device.lower()}] in {args.config}")
