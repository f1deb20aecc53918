"""What the commands of ``berofos`` share: choosing devices, asking them, and saying things."""

from __future__ import annotations

import argparse
import datetime
import json
import math
import re
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO, TypeVar

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.cli.output import printable
from berofos_ra.device.config import DeviceConfig, is_device_name
from berofos_ra.device.parallel import ask_all
from berofos_ra.errors import DeviceError, ParameterError, explain

if TYPE_CHECKING:
    from berofos_ra.device.device import Device
    from berofos_ra.device.state import Applied, DeviceState
    from berofos_ra.device.values import Value

Result = TypeVar("Result")
DEFAULT_TIMEOUT = 3.0  # seconds, as the vendor's tool
TIME_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}  # in seconds


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Which devices, and how long to wait for one."""
    parser.add_argument(
        "--device",
        metavar="NAME",
        action="append",
        dest="devices",
        help="a device of the config file, such as fos1; can be given several times (default: all)",
    )
    add_timeout_option(parser)


def add_timeout_option(parser: argparse.ArgumentParser) -> None:
    """How long to wait for one device."""
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=DEFAULT_TIMEOUT,
        help="how long to wait for one answer of a device (default 3)",
    )


def add_force_option(parser: argparse.ArgumentParser) -> None:
    """To override the cluster."""
    parser.add_argument("--force", action="store_true", help="even if a running cluster manages these devices")


def seconds(text: str, is_fit: Callable[[float], bool] = lambda number: 0 < number <= 86400) -> float:
    """An option's number of seconds, by default more than none, and no more than a day has."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not is_fit(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def time_span(text: str, units: Collection[str]) -> int | None:
    """The seconds of such as ``90min`` or ``12h``, in one of these units; None: it is no such time."""
    match = re.fullmatch(r"([0-9]{1,6})([a-z]+)", text)
    return int(match[1]) * TIME_UNITS[match[2]] if match and match[2] in units else None


def chosen_devices(args: argparse.Namespace, kicked: bool = False) -> tuple[DeviceConfig, ...]:
    """The devices that ``--device`` names, or all of the config file; ``kicked``: each is to have a MAC.

    Raises:
        ParameterError: not a device's name.
        ConfigError: no such section, or the file can't serve.
    """
    return select(read_config(args.config), args.devices, kicked)


def select(config: BnfosConfig, names: list[str] | None, kicked: bool = False) -> tuple[DeviceConfig, ...]:
    """The same from a file that has been read."""
    lowered = tuple(dict.fromkeys(name.lower() for name in names or ["all"]))
    for name in lowered:
        if name != "all" and not is_device_name(name):
            raise ParameterError(f"--device: {name!r} isn't a berofos name such as fos1")
    return config.select(("all",) if "all" in lowered else lowered, kicked)


def ask(
    devices: Sequence[DeviceConfig],
    args: argparse.Namespace,
    requests: int,
    act: Callable[[Device], Result],
    log_failure: Callable[[DeviceConfig, DeviceError], None] | None = None,
) -> dict[DeviceConfig, Result]:
    """Ask the devices side by side, ``requests`` times each at most; their results. Says which failed, and why.

    ``log_failure`` is told of each that failed once something was written to it.
    """
    deadline = time.monotonic() + requests * args.timeout
    results = ask_all(devices, args.timeout, deadline, act)
    for device in devices:
        result = results[device.name]
        if isinstance(result, DeviceError) and not result.nothing_written and log_failure is not None:
            log_failure(device, result)
    return report_failures(devices, results, args.config)


def apply(
    wanted: Mapping[DeviceConfig, Mapping[str, Value]],
    args: argparse.Namespace,
    log_failure: Callable[[DeviceConfig, DeviceError], None] | None = None,
) -> dict[DeviceConfig, Applied]:
    """Bring the devices' settings to what is ``wanted`` of each, and read them back; otherwise as `ask`."""
    from berofos_ra.device.device import apply_requests

    requests = apply_requests(max(map(len, wanted.values()), default=0))
    return ask([*wanted], args, requests, lambda berofos: berofos.apply(wanted[berofos.config]), log_failure)


def report_failures(
    devices: Sequence[DeviceConfig], results: Mapping[str, Result | DeviceError], config: str
) -> dict[DeviceConfig, Result]:
    """Say which devices failed, and why; the results of the others, in the order of ``devices``."""
    done: dict[DeviceConfig, Result] = {}
    for device in devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            complain(explain(result, device.label, config))
        else:
            done[device] = result
    return done


def read_states(
    devices: Sequence[DeviceConfig],
    args: argparse.Namespace,
    needed: Sequence[str] | Mapping[str, Sequence[str]] = (),
) -> dict[DeviceConfig, DeviceState]:
    """The settings of the devices; says which couldn't be asked, or don't show what is ``needed``.

    That is the same of all devices, or by their names.
    """
    from berofos_ra.device.device import READ_REQUESTS  # with requests, which --help and bad usage can do without

    of_each = needed if isinstance(needed, Mapping) else {device.name: needed for device in devices}
    states = ask(devices, args, READ_REQUESTS, lambda berofos: berofos.read(of_each[berofos.config.name]))
    for device, state in states.items():
        if state.warning:
            complain(f"{device.label}: {state.warning}")
    return states


def is_meant(question: str, answers: Collection[str] = ("yes",), stream: TextIO | None = None) -> bool:
    """Ask on a terminal, by default on standard output; whether the answer is one of these."""
    asked_on = stream or sys.stdout
    asked_on.write(question)
    asked_on.flush()
    try:
        return sys.stdin.readline().strip().lower() in answers
    except UnicodeDecodeError:
        return False


def today() -> str:
    """The day by UTC, such as 2026-11-27, for what people keep."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def say(line: str = "") -> None:
    """Text on standard output, at once. A device may say anything, so control characters are taken out."""
    sys.stdout.write("\n".join(printable(part) for part in line.split("\n")) + "\n")
    sys.stdout.flush()


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """The rows as plain text, the headings first, in columns as wide as what is in them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say_json(answer: object) -> None:
    """What a program reads, on several lines."""
    say(json.dumps(answer, indent=2))


def complain(line: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"berofos: {printable(line)}\n")
    sys.stderr.flush()
