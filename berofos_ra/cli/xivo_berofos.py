"""``xivo-berofos``: what XiVO's own HA calls to bring the lines to the master or to the slave.

Same words and exit status as XiVO's script; but all devices at once, and each relay is read back.
"""

from __future__ import annotations

import argparse
import os
import sys
import syslog
import time
from collections.abc import Sequence

from berofos_ra.bnfosconf.reader import DEFAULT_PATH, BnfosConfig, read_config
from berofos_ra.cli import output
from berofos_ra.cli.by_hand import NOT_SEEN, change, log_by_hand, refuse_if_managed
from berofos_ra.cli.output import Messages
from berofos_ra.cli.parser import OneLineParser
from berofos_ra.device.device import apply_requests
from berofos_ra.device.parallel import ask_all
from berofos_ra.errors import BerofosError, ConfigMissingError, DeviceError, EffectUnseenError, explain
from berofos_ra.operations.change_settings import apply_anyway

_MODES = {"master": True, "slave": False}
_POSITIONS = {True: "A--B", False: "A--D"}
_TIMEOUT = 3.0  # seconds for one request, as the vendor's tool
_EPILOG = """\
example:
  xivo-berofos --syslog slave      # the lines go to the slave, at port group D

The devices are those of /etc/bnfos.conf, or of the file that BNFOS_CONF names. Without that file berofos is not
configured, and nothing is done. Exit status: 0 done, or not configured; 1 a device isn't as asked, or refused because
a cluster is in charge; 2 wrong usage.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return output.run("xivo-berofos", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    args = _parser().parse_args(argv)
    log = _Log(args)
    path = os.environ.get("BNFOS_CONF") or DEFAULT_PATH
    try:
        config = _configured(path)
        if config is None:
            log.info("berofos is not configured -- doing nothing")
            return 0
        config.select(("all",))  # raises where it leads to no device
        if not args.force:
            refuse_if_managed(path, config.devices)
        return _switch(config, args, log)
    except BerofosError as error:
        log.error(explain(error, config=path))
        return 1


def _configured(path: str) -> BnfosConfig | None:
    """The config file, unless there is none, or nothing in it."""
    try:
        config = read_config(path)
    except ConfigMissingError:
        return None
    return config if config.devices or config.oddities else None


class _Log:
    """Everything goes to standard error, and to syslog if asked to: there a switch is told even when quiet."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._quiet = args.quiet
        self._all = Messages("xivo-berofos", to_syslog=args.syslog)
        self._syslog = Messages("xivo-berofos", to_terminal=False, to_syslog=args.syslog)

    def info(self, line: str) -> None:
        if not self._quiet:
            self._all.hint(line)

    def switched(self, line: str) -> None:
        (self._syslog if self._quiet else self._all).hint(line)

    def error(self, line: str) -> None:
        self._all.complaint(line, syslog.LOG_ERR)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="xivo-berofos",
        description="Bring the ISDN lines to the master or to the slave: the relay mode of every berofos.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="only write errors")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell more")
    parser.add_argument("--syslog", action="store_true", help="also log to syslog")
    parser.add_argument("--force", action="store_true", help="even if a running cluster manages these devices")
    parser.add_argument(
        "ha_state", choices=tuple(_MODES), help="master: relay mode 1, A--B; slave: relay mode 0, A--D"
    )
    return parser


def _switch(config: BnfosConfig, args: argparse.Namespace, log: _Log) -> int:
    """Switch all, and say what became of each; 1 when one isn't as asked."""
    mode = _MODES[args.ha_state]
    command = f"{args.ha_state}{' --force' if args.force else ''}"
    if config.readable_by_others:
        log.info(f"{config.path}: others can read the passwords in it; do: chmod 600 {config.path}")
    for device in config.devices:
        log.info(f"setting berofos relay mode to {int(mode)} ({_POSITIONS[mode]}) for {device.name}")
    deadline = time.monotonic() + apply_requests(1) * _TIMEOUT
    results = ask_all(config.devices, _TIMEOUT, deadline, lambda berofos: apply_anyway(berofos, "mode", mode))
    for device in config.devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            if isinstance(result, EffectUnseenError):
                moves = [change("", "?", _POSITIONS[mode]) + NOT_SEEN]
                log_by_hand(command, device.name, moves, "xivo-berofos")
            log.error(explain(result, device.label, config.path))
        elif result.changed:
            moves = [change("", result.before.position, result.after.position)]
            log_by_hand(command, device.name, moves, "xivo-berofos")
            log.switched(f"{device.label}: relay {result.before.position} -> {result.after.position}")
        elif args.verbose:
            log.info(f"{device.label}: relay is {result.after.position} already")
    return 1 if any(isinstance(result, DeviceError) for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
