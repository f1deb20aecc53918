"""What every command does that moves a relay by hand: it asks whether a cluster is in charge, and tells syslog."""

from __future__ import annotations

import argparse
import os
import pwd
import syslog
from collections.abc import Callable, Iterable, Mapping, Sequence

from berofos_ra.cli.common import apply
from berofos_ra.cli.output import MAX_SYSLOG, printable
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.state import Applied
from berofos_ra.device.values import Value
from berofos_ra.errors import DeviceError, NoEffectError

NOT_SEEN = " (not seen)"  # of a change that was sent, and couldn't be read back


def refuse_if_managed(
    config: str,
    devices: Sequence[DeviceConfig],
    override: str = "use --force",
    is_meant: Callable[[str], bool] | None = None,
) -> None:
    """Keep hands off devices that a cluster switches, or may; see `berofos_ra.resource.guard.refuse_if_managed`.

    Raises:
        ManagedError: the cluster is in charge, or can't be asked.
    """
    from berofos_ra.resource import guard
    from berofos_ra.resource.record_file import RUN_DIRECTORY

    run_directory = os.environ.get("HA_RSCTMP") or RUN_DIRECTORY  # as the agent, which has it from Pacemaker
    guard.refuse_if_managed(config, devices, run_directory, override, is_meant)


def log_by_hand(command: str, device: str, changes: Iterable[str], program: str = "berofos") -> None:
    """One line to syslog, at notice level, of what was done to a device by hand; without changes none.

    It reads ``berofos[4711]: root (sudo: anna): switch d --force: fos1 A--B -> A--D, wdog 1 -> 0``. ``command`` and
    ``changes`` hold no password.
    """
    done = ", ".join(changes)
    if done:
        log(f"{who()}: {command}: {device} {done}", program)


def apply_by_hand(
    wanted: Mapping[DeviceConfig, Mapping[str, Value]],
    args: argparse.Namespace,
    command: str,
    changes: Mapping[DeviceConfig, Sequence[str]],
) -> dict[DeviceConfig, Applied]:
    """As `apply`; ``changes`` are told to syslog where a device can't be asked any more what became of them."""

    def log_unseen(device: DeviceConfig, error: DeviceError) -> None:
        if not isinstance(error, NoEffectError):
            log_by_hand(command, device.name, [words + NOT_SEEN for words in changes[device]])

    return apply(wanted, args, log_unseen)


def log(line: str, program: str = "berofos") -> None:
    """A line to syslog, at notice level, of what a command does."""
    syslog.openlog(program, syslog.LOG_PID, syslog.LOG_USER)
    syslog.syslog(syslog.LOG_NOTICE, printable(line)[:MAX_SYSLOG])


def change(keyword: str, before: object, after: object) -> str:
    """A setting's change in such a line; the keyword is left out where these are a relay's positions."""
    return f"{keyword} {before} -> {after}".lstrip()


def who() -> str:
    """The user, and the one who became it by sudo: ``root (sudo: anna)``."""
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = str(number)
    by = "".join(letter for letter in os.environ.get("SUDO_USER", "") if letter.isalnum() or letter in "._-@\\")
    return f"{user} (sudo: {by})" if by else user
