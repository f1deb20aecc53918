"""``berofos kick``: restart the watchdogs' countdown, once or for as long as all is well."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from berofos_ra.cli.by_hand import change, log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_device_options, add_force_option, chosen_devices, report_failures, say, seconds
from berofos_ra.cli.interruption import Interruption
from berofos_ra.device import gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.parallel import ask_all, side_by_side
from berofos_ra.errors import DeviceError, explain

if TYPE_CHECKING:
    from berofos_ra.operations.keep_lines import Kept

SUMMARY = "kick the watchdogs, once or again and again while a command succeeds"
EXAMPLE = """\
  berofos kick --device fos1
  berofos kick --every 5 --while 'asterisk -rx "core show uptime"'

With --while, for one XiVO in front of a PBX without a cluster (scenario bypass): as long as the command succeeds the
relay is kept on B, the watchdog armed and kicked. While it fails nothing is kicked, and each device gives the lines
to the PBX when its watchdog runs out. Each change is told in a line. It ends on SIGTERM or Ctrl-C. The systemd unit
berofos-kick.service does this.
"""

_EVERY = 5.0  # seconds, as XiVO's cron job
_MIN_TIMEOUT, _MAX_TIMEOUT = 3.0, 10.0  # seconds for the command; between these, twice the interval


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)
    parser.add_argument("--every", metavar="SECONDS", type=seconds, help="again and again, so often (default 5)")
    parser.add_argument(
        "--while",
        metavar="COMMAND",
        type=_command,
        dest="condition",
        help="a shell command: as long as it succeeds, within twice the interval (3 s at least), keep the lines here",
    )
    add_force_option(parser)


def _command(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty, and would always succeed")
    return text


def run(args: argparse.Namespace) -> int:
    """Kick; 1 when a device doesn't answer."""
    once = args.condition is None and args.every is None
    devices = chosen_devices(args, kicked=not once)
    if once:
        return _kick_once(devices, args)
    if args.condition is not None and not args.force:
        refuse_if_managed(args.config, devices)
    _Keeper(devices, args).run()
    return 0


def _kick_once(devices: Sequence[DeviceConfig], args: argparse.Namespace) -> int:
    done = report_failures(devices, _kick_all(devices, args.timeout, args.timeout + 1), args.config)
    off = _with_watchdog_off([*done], args.timeout)
    for device in done:
        say(f"{device.label}: {_kicked(device.name in off)}")
    return 0 if len(done) == len(devices) else 1


def _kicked(is_off: bool) -> str:
    return f"watchdog kicked{', but it is off: nothing guards the lines' if is_off else ''}"


def _with_watchdog_off(devices: Sequence[DeviceConfig], timeout: float) -> set[str]:
    """Those that show it; a device answers kicks whether or not its watchdog is on."""
    asked = [device for device in devices if device.host is not None]
    shown = ask_all(asked, timeout, time.monotonic() + timeout, lambda berofos: berofos.read(("wdog",)).watchdog_on)
    return {name for name, is_on in shown.items() if is_on is False}


def _kick_all(devices: Sequence[DeviceConfig], timeout: float, within: float) -> dict[str, DeviceError | None]:
    def kick(device: DeviceConfig) -> None:
        gbl4_client.kick(device.host, device.require_mac(), timeout)

    return side_by_side(devices, kick, time.monotonic() + within)


class _Keeper:
    """Round after round until a signal comes; says what has changed since the last one."""

    def __init__(self, devices: Sequence[DeviceConfig], args: argparse.Namespace) -> None:
        self._devices = devices
        self._args = args
        self._every = args.every or _EVERY
        self._end = Interruption()
        self._said: dict[str, str] = {}
        self._well: bool | None = None  # whether the command succeeded when last run
        self._off: set[str] | None = None  # whose watchdog was off after the first kick

    def run(self) -> None:
        with self._end:
            while not self._end.came:
                begun = time.monotonic()
                if self._is_well() and not self._end.came:
                    self._round()
                self._end.wait(begun + self._every - time.monotonic())
        say("stopped; armed watchdogs run out from now on")

    def _is_well(self) -> bool:
        if self._args.condition is None:
            return True
        timeout = min(max(2 * self._every, _MIN_TIMEOUT), _MAX_TIMEOUT)  # when asterisk hangs, what asks it may too
        failure = _run(self._args.condition, timeout, self._end)
        if self._end.came:
            return False
        if (failure is None) != self._well:
            self._well = failure is None
            if failure is None:
                say("the command succeeds: keeping the lines here")
            else:
                say(f"the command {failure}: no more kicks, the lines go to the PBX when the watchdogs run out")
                self._said.clear()
        return failure is None

    def _round(self) -> None:
        from berofos_ra.operations.keep_lines import keep_lines

        # Not much longer than the interval, whatever one device does: the others want their kicks.
        timeout = self._args.timeout
        within = max(self._every, 2 * timeout)
        results: Mapping[str, Kept | DeviceError | None]
        if self._args.condition is not None:
            results = ask_all(self._devices, timeout, time.monotonic() + within, keep_lines)
        else:
            results = _kick_all(self._devices, timeout, within)
            if self._off is None:  # asked once: further kicks don't wait for that
                self._off = _with_watchdog_off([one for one in self._devices if results[one.name] is None], timeout)
        for device in self._devices:
            result = results[device.name]
            if isinstance(result, DeviceError):
                words = explain(result, device.label, self._args.config)
            elif result is None:
                words = f"{device.label}: {_kicked(device.name in (self._off or ()))}"
            else:
                words = f"{device.label}: {_describe(result, self._every)}"
                moved = [change("", result.before, result.after)] if result.before != result.after else []
                armed = [change("wdog", 0, 1)] if result.armed else []
                log_by_hand(f"kick --while{' --force' if self._args.force else ''}", device.name, moved + armed)
                if moved:
                    say(f"{device.label}: relay {result.before} -> {result.after}, lines now here")
            if self._said.get(device.name) != words:
                self._said[device.name] = words
                say(words)


def _describe(kept: Kept, every: float) -> str:
    words = f"relay {kept.after}, watchdog on and kicked, it runs out after {kept.interval} s without"
    if kept.interval < 2 * every:
        words += f"; that is too little for a kick every {every:g} s: one lost kick gives the lines away"
    return words


def _run(command: str, timeout: float, end: Interruption) -> str | None:
    """Run a shell command; what became of it as words, None when it succeeded."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + timeout
    try:
        while process.poll() is None:
            if time.monotonic() >= deadline:
                return f"didn't end within {timeout:g} s"
            if end.wait(0.02):
                return "was interrupted"
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what the shell started, too
            process.wait()
    return None if process.returncode == 0 else f"failed with {process.returncode}"
