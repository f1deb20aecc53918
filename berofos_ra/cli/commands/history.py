"""``berofos history``: who had the lines, since when and why, of all nodes, from the logs of one."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta

from berofos_ra.cli.common import complain, say, time_span
from berofos_ra.device.config import is_device_name
from berofos_ra.errors import ParameterError

SUMMARY = "tell who had the lines, since when and why, from the logs of this node"
EXAMPLE = """\
  berofos history
  berofos history --since 2d --all
  berofos history --json xivo-2.syslog xivo-2.syslog.1

Each node logs what the others tell the cluster, so one node's logs have the story of all. What only the node itself
logs (a relay that its monitor put right at once) is in its own: copy those files here and name them, too.
What the logs don't say is called unknown.
exit status: 0 done, 1 no log can be read
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--since",
        metavar="TIME",
        default="7d",
        help="how far back: 90min, 12h, 7d (the default), 4w, or a date such as 2026-11-27",
    )
    parser.add_argument("--device", metavar="NAME", help="what concerns this device alone, such as fos1")
    parser.add_argument(
        "--all", action="store_true", help="also what moved no lines: degraded, not ready, settings changed"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, an event each")
    parser.add_argument("files", metavar="FILE", nargs="*", help="logs to read in place of this machine's own")


def run(args: argparse.Namespace) -> int:
    """Tell it."""
    from berofos_ra.history.page import page, summary
    from berofos_ra.history.sources import read_logs
    from berofos_ra.history.story import tell

    now = datetime.now().astimezone()
    since = _since(args.since, now)
    device = args.device and args.device.lower()
    if device is not None and not is_device_name(device):
        raise ParameterError(f"--device: {args.device!r} isn't a berofos name such as fos1")
    logs = read_logs(args.files, since, now)
    for trouble in logs.unreadable:
        complain(f"not read: {trouble}")
    story = [event for event in tell(logs.lines) if device is None or not event.devices or device in event.devices]
    shown = [event for event in story if event.at >= since and (args.all or not event.minor)]
    if args.json:
        for event in shown:
            say(json.dumps(event.as_json()))
        return 0
    for line in page(shown):
        say(line)
    if not shown:
        say("nothing is told of the lines in that time")
    say(summary(story, since, logs.begins, now))
    return 0


def _since(text: str, now: datetime) -> datetime:
    span = time_span(text, ("s", "min", "h", "d", "w"))
    try:
        if span is not None:
            return now - timedelta(seconds=span)
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise ParameterError(f"--since: {text!r} is no time such as 7d or 2026-11-27") from None
