"""``berofos flash``: new firmware for a device in flash mode."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from berofos_ra.cli import flash_mode
from berofos_ra.cli.common import say
from berofos_ra.cli.firmware_file import read_image
from berofos_ra.device import gbl4_client
from berofos_ra.errors import DeviceError

SUMMARY = "send firmware to a device in flash mode"
EXAMPLE = f"""\
  berofos flash bnfos_v153.bin --device fos1

The file is checked before anything is sent. When it stops half way the device has no firmware, and its relay stays at
A--D, but nothing is lost: leave it in flash mode and flash it again.

{flash_mode.HOW}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("image", metavar="FILE", help="the firmware, as the vendor delivers it")
    flash_mode.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Send it."""
    image = read_image(args.image)
    found = flash_mode.find_device(flash_mode.chosen_device(args), args)
    arrived = -1
    try:
        with _progress(found.device.label, len(image.pages)) as show:

            def progress(pages: int) -> None:
                nonlocal arrived
                arrived = pages
                show(pages)

            gbl4_client.flash(found.host, found.mac, image, args.timeout, progress)
    except (DeviceError, KeyboardInterrupt) as error:
        failure = error if isinstance(error, DeviceError) else DeviceError("interrupted", "")
        advice = failure.advice if arrived < 0 else gbl4_client.ADVICE_HALF_FLASHED
        raise DeviceError(f"{found.device.label}: {failure}", advice) from None
    say(f"{found.device.label}: {len(image.pages)} pages sent; switch it off and on again to start the new firmware")
    return 0


@contextmanager
def _progress(label: str, count: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing where there is none."""
    if not sys.stdout.isatty():
        yield lambda pages: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} pages"))
    with Progress(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(label, total=count)
        yield lambda pages: bar.update(task, completed=pages)
