"""``berofos check``, also ``check_berofos``: the site's state by the guidelines of the Monitoring Plugins."""

from __future__ import annotations

import argparse
import os
import signal
from datetime import datetime
from types import FrameType
from typing import NoReturn

from berofos_ra.cli.common import say, seconds, time_span
from berofos_ra.cli.output import is_lost
from berofos_ra.errors import BerofosError, ParameterError, explain
from berofos_ra.monitoring.judgement import Level, Limits, answer, first_line, judge, verdict
from berofos_ra.monitoring.ranges import Range, parse_range

SUMMARY = "tell a monitoring system how devices and cluster are, as a plugin of Icinga or Nagios"
EXAMPLE = """\
  berofos check
  berofos check -w 20: -c 10: --time-warning 1
  /usr/lib/nagios/plugins/check_berofos --paused 12h

A RANGE is what the Monitoring Plugins call so: 10: alerts below 10, 10 above it, 10:20 below 10 and above 20.
Each device is asked once, and nothing is changed.
exit status: 0 ok, 1 warning, 2 critical, 3 unknown; wrong usage is 3, too
"""

DEFAULT_TIMEOUT = 10.0  # seconds, for all of it
_DEVICE_TIMEOUT = 3.0  # seconds, for one request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.set_defaults(usage_status=Level.UNKNOWN.value, usage_prefix="BEROFOS UNKNOWN - ")
    parser.add_argument(
        "-w",
        "--warning",
        metavar="RANGE",
        type=_range,
        help="warn unless so many seconds are left on each armed watchdog (default: half of its interval)",
    )
    parser.add_argument(
        "-c", "--critical", metavar="RANGE", type=_range, help="the same, and critical (default: a quarter)"
    )
    parser.add_argument(
        "--time-warning", metavar="RANGE", type=_range, help="warn unless each device answers in so many seconds"
    )
    parser.add_argument(
        "--paused",
        metavar="TIME",
        type=_span,
        default="4h",
        help="a pause is a warning for so long, such as 90min or 12h, and critical afterwards (default %(default)s)",
    )
    parser.add_argument(
        "-t",
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=DEFAULT_TIMEOUT,
        help="for all of it (default 10); what takes longer is unknown",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also each finding on a line of its own")


def run(args: argparse.Namespace) -> int:
    """Look, judge, and say so; the exit status is the verdict."""
    _end_after(args.timeout)
    try:
        return _check(args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # a Python that is ending would die of it


def _check(args: argparse.Namespace) -> int:
    limits = Limits(args.warning, args.critical, args.time_warning, args.paused)
    try:
        from berofos_ra.monitoring.look import look

        site = look(args.config, min(_DEVICE_TIMEOUT, args.timeout / 3), args.timeout / 4)
    except Exception as error:  # Python's own exit status for it would be a warning
        text = explain(error, config=args.config) if isinstance(error, BerofosError) else f"not done: {error!r}"
        say(first_line(Level.UNKNOWN, text))
        return Level.UNKNOWN.value
    findings = judge(site, limits, datetime.now().astimezone())
    say(answer(site, findings, limits, args.verbose))
    return Level.UNKNOWN.value if is_lost() else verdict(findings).value


def _end_after(timeout: float) -> None:
    """End the process as unknown once the time is over, whatever it does then."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        os.write(1, f"{first_line(Level.UNKNOWN, f'not done within {timeout:g} s')}\n".encode())
        os._exit(Level.UNKNOWN.value)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, timeout)


def _range(text: str) -> Range:
    try:
        return parse_range(text)
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _span(text: str) -> float:
    span = time_span(text, ("s", "min", "m", "h", "d"))
    if span is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90min or 12h")
    return span
