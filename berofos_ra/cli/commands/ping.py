"""``berofos ping``: do the devices answer by GBL4?"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from berofos_ra.cli.common import act_on_all, add_device_options, chosen_devices, complain_of, mac_of, say

if TYPE_CHECKING:
    from berofos_ra.device.config import DeviceConfig

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
    from berofos_ra.device import gbl4_client

    devices = chosen_devices(args)

    def act(device: DeviceConfig, deadline: float) -> float:
        begun = time.monotonic()
        gbl4_client.ping(device.host, mac_of(device), args.timeout)
        return time.monotonic() - begun

    done = complain_of(devices, act_on_all(devices, act, args.timeout + 1), args.config)
    for device in devices:
        if device.name in done:
            say(f"{device.label}: answers, {1000 * done[device.name]:.1f} ms")
    return 0 if len(done) == len(devices) else 1
