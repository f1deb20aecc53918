"""``berofos ping``: do the devices answer by GBL4?"""

from __future__ import annotations

import argparse
import time

from berofos_ra.cli.common import add_device_options, chosen_devices, report_failures, say
from berofos_ra.device import gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.parallel import side_by_side

SUMMARY = "check that the devices answer by GBL4 (UDP), in flash mode too"
EXAMPLE = """\
  berofos ping
  berofos ping --device fos1 --timeout 1
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)


def run(args: argparse.Namespace) -> int:
    """Ping; 1 when a device doesn't answer."""
    devices = chosen_devices(args)

    def ping(device: DeviceConfig) -> float:
        begun = time.monotonic()
        gbl4_client.ping(device.host, device.require_mac("to ping it"), args.timeout)
        return time.monotonic() - begun

    results = side_by_side(devices, ping, time.monotonic() + args.timeout + 1)
    done = report_failures(devices, results, args.config)
    for device, took in done.items():
        say(f"{device.label}: answers, {1000 * took:.1f} ms")
    return 0 if len(done) == len(devices) else 1
