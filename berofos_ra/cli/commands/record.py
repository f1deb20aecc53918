"""``berofos record``: a device's behaviour in a file that may be sent to others."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from berofos_ra.cli.common import add_device_options, chosen_devices, report_failures, say, today
from berofos_ra.cli.recording_file import write_recording
from berofos_ra.device.firmware import version_text
from berofos_ra.device.parallel import side_by_side
from berofos_ra.device.recording import Recording
from berofos_ra.device.redaction import stood_in_for, unknown_keys
from berofos_ra.device.traits import differences
from berofos_ra.errors import ParameterError, RecordingError
from berofos_ra.settings import BY_READ_KEY

SUMMARY = "write a device's behaviour into a file, without names, addresses and passwords"
EXAMPLE = """\
  berofos record --device fos1 --output fos1.json
  berofos simulate --from fos1.json         # try what it does

It reads only: nothing on the device is changed. It takes some seconds, in which others have to wait for the device.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="where to write it, for one device (default NAME.json)"
    )


def run(args: argparse.Namespace) -> int:
    """Record; 1 when a device couldn't be asked or a file not be written."""
    from berofos_ra.operations.record_device import max_seconds, record_device

    devices = chosen_devices(args)
    if args.output is not None and len(devices) > 1:
        raise ParameterError("--output: one file is for one device; choose it with --device")
    files = {device: args.output or Path(f"{device.name}.json") for device in devices}
    for file in files.values():
        if file.exists():
            raise RecordingError(f"{file} is there already", "move it away, or give another --output")
        if not file.parent.is_dir():
            raise RecordingError(f"{file} can't be written: no such directory", "give another --output")
    day = today()
    deadline = time.monotonic() + max_seconds(args.timeout)
    results = side_by_side(devices, lambda device: record_device(device, args.timeout, day), deadline)
    recordings = report_failures(devices, results, args.config)
    for device, recording in recordings.items():
        write_recording(files[device], recording)
        _describe(files[device], recording)
    return 0 if len(recordings) == len(devices) else 1


def _describe(file: Path, recording: Recording) -> None:
    scan, keys = recording.scan, [line.partition("=")[0] for line in recording.config.splitlines()]
    versions = "firmware unknown"
    if scan is not None:
        versions = f"firmware {version_text(scan.firmware)}, boot loader {version_text(scan.bootloader)}"
    say(f"{file}: {versions}, {sum(key in BY_READ_KEY for key in keys)} settings")
    if unknown := unknown_keys(recording.config):
        say(f"  unknown to this project, please send it: {', '.join(unknown)}")
    say(f"  replaced in it: {', '.join([*stood_in_for(recording.config), 'the device half of the MAC'])}")
    for difference in differences(recording):
        say(f"  differs from the simulator: {difference}")
    if recording.taken.simulated:
        say("  This is a simulated device, and its recording says so.")
    say(f"  Try it: berofos simulate --from {file}")
