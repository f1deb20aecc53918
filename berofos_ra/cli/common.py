"""What the commands of ``berofos`` share: choosing devices, saying things, and what to do about an error."""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.cli.messages import printable
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.parallel import ask_all, side_by_side
from berofos_ra.errors import (
    BadAnswerError,
    BerofosError,
    DeviceError,
    DeviceTimeoutError,
    LoginRefusedError,
    NoEffectError,
    ParameterError,
    UnreachableError,
)

if TYPE_CHECKING:
    from berofos_ra.device.device import DeviceState

Result = TypeVar("Result")
DEFAULT_TIMEOUT = 3.0  # seconds, as the vendor's tool


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
        help="patience with one device for one request (default 3)",
    )


def add_force_option(parser: argparse.ArgumentParser) -> None:
    """To override the cluster."""
    parser.add_argument("--force", action="store_true", help="even if a running cluster manages these devices")


def seconds(text: str) -> float:
    """An option's number of seconds, more than none."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def chosen_devices(args: argparse.Namespace) -> tuple[DeviceConfig, ...]:
    """The devices that ``--device`` names, or all of the config file.

    Raises:
        ParameterError: not a device's name.
        ConfigError: no such section, or the file can't serve.
    """
    return select(read_config(args.config), args.devices)


def select(config: BnfosConfig, names: list[str] | None) -> tuple[DeviceConfig, ...]:
    """The same from a file that has been read."""
    lowered = tuple(dict.fromkeys(name.lower() for name in names or ["all"]))
    for name in lowered:
        if not re.fullmatch("fos[1-9][0-9]*|all", name, re.ASCII):
            raise ParameterError(f"--device: {name!r} isn't a berofos name such as fos1")
    return config.select(("all",) if "all" in lowered else lowered)


def act_on_all(
    devices: Sequence[DeviceConfig], act: Callable[[DeviceConfig, float], Result], patience: float
) -> dict[str, Result | DeviceError]:
    """Do something to all devices side by side within ``patience`` seconds; ``act`` gets the deadline too."""
    deadline = time.monotonic() + patience
    return side_by_side(devices, lambda device: act(device, deadline), deadline + 0.5)


def complain_of(
    devices: Sequence[DeviceConfig], results: Mapping[str, Result | DeviceError], config: str
) -> dict[str, Result]:
    """Say which devices failed, and why; the results of the others."""
    done: dict[str, Result] = {}
    for device in devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            complain(trouble(device, result, config))
        else:
            done[device.name] = result
    return done


def read_states(
    devices: Sequence[DeviceConfig], args: argparse.Namespace, needed: Sequence[str] = ()
) -> dict[str, DeviceState]:
    """The settings of the devices by their names, those ``needed`` among them; says which couldn't be asked."""
    deadline = time.monotonic() + 2 * args.timeout
    states = ask_all(devices, args.timeout, deadline, lambda berofos: berofos.read(needed))
    return complain_of(devices, states, args.config)


def mac_of(device: DeviceConfig) -> str:
    """The MAC by which GBL4 means a device.

    Raises:
        DeviceError: none is configured.
    """
    if device.mac is None:
        raise DeviceError(f"no mac in section [{device.name}]; find it with berofos scan")
    return device.mac


def say(line: str = "") -> None:
    """Text on standard output, at once. A device may say anything, so control characters are taken out."""
    sys.stdout.write("\n".join(printable(part) for part in line.split("\n")) + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"berofos: {printable(line)}\n")
    sys.stderr.flush()


def trouble(device: DeviceConfig, error: BerofosError, config: str) -> str:
    """A device's error as one line: who, where, what, and what to do. ``config`` is the path of bnfos.conf."""
    advice = what_to_do(error, config)
    return f"{device.label}: {error}" + (f"; {advice}" if advice else "")


def what_to_do(error: BerofosError, config: str) -> str:
    """What to try against a device's error; empty when its message says so itself."""
    text = str(error)
    if isinstance(error, NoEffectError):
        return "" if ";" in text else "try again, and restart the device if that doesn't help"
    if ";" in text:
        return ""
    if "flash mode" in text:
        return "switch it off and on again to bring it into operation"
    if "host name" in text:
        return f"correct its host in {config}"
    if "GBL4" in text or "kick" in text:
        return f"check its mac in {config}, and that UDP port 50123 isn't blocked"
    if isinstance(error, DeviceTimeoutError):
        return f"check its power, its network cable and its host in {config}"
    if isinstance(error, UnreachableError):
        return f"check its power, whether it is in flash mode, and its host in {config}"
    if isinstance(error, LoginRefusedError):
        return f"correct its login in {config}"
    if isinstance(error, BadAnswerError):
        return f"check that a berofos is at its host in {config}"
    return ""
