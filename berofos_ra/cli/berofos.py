"""The operator's tool ``berofos``: options that all commands share, and what becomes of errors.

A command is a module in ``commands`` that looks like ``Command``; listed here, it has the module's name.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Protocol

from berofos_ra import __version__
from berofos_ra.bnfosconf.reader import DEFAULT_PATH
from berofos_ra.cli import completion, output
from berofos_ra.cli.commands import (
    acceptance,
    check,
    crm_config,
    doctor,
    drill,
    flash,
    get,
    history,
    kick,
    metrics,
    netconf,
    password,
    pause,
    ping,
    power,
    provision,
    record,
    report,
    reset,
    restore,
    resume,
    scan,
    show,
    simulate,
    status,
    switch,
    wiring,
)
from berofos_ra.cli.commands import set as set_
from berofos_ra.cli.common import complain
from berofos_ra.cli.parser import OneLineParser
from berofos_ra.errors import BerofosError, ConfigUnreadableError, ParameterError, explain


class Command(Protocol):
    """A sub-command."""

    __name__: str
    SUMMARY: str
    EXAMPLE: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit status; ``args.config`` is the path of bnfos.conf."""


_MODULES: tuple[Command, ...] = (
    *(status, drill, pause, resume, switch, provision, wiring, crm_config, doctor, history, check, metrics),
    *(show, get, set_, restore, ping, kick, power, password, scan, netconf, flash, reset),
    *(record, acceptance, report, simulate),
)
COMMANDS = {module.__name__.rpartition(".")[2].replace("_", "-"): module for module in _MODULES}
_EPILOG = """\
example:
  berofos status
  berofos --config ./bnfos.conf switch b
  berofos doctor --help

exit status: 0 done; 1 a device or the config file failed, or isn't as asked; 2 wrong usage
"""
# They are there for what they print, as is --dry-run. Of the others counts what they do, whether that is read or not.
_TELLING = ("status", "wiring", "crm-config", "doctor", "history", "check", "metrics", "show", "get", "ping", "scan")
_COMPLETE = "complete"  # for the shell, not for people: what could come next


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = OneLineParser(
        prog="berofos", description="Control berofos ISDN failover switches.", epilog=_EPILOG, formatter_class=raw
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=_path,
        default=DEFAULT_PATH,
        help="addresses and logins of the devices (default %(default)s)",
    )
    parser.add_argument("--version", action="version", version=f"berofos {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=command.SUMMARY,
            description=command.SUMMARY[0].upper() + command.SUMMARY[1:] + ".",
            epilog=f"example:\n{command.EXAMPLE}",
            formatter_class=raw,
        )
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def _path(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("it is empty, expected a file")
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status, 2 on wrong usage."""
    words = sys.argv[1:] if argv is None else list(argv)
    return output.run("berofos", lambda: _run(words))


def _run(words: list[str]) -> int:
    if words[:1] == [_COMPLETE]:
        sys.stdout.write("".join(f"{word}\n" for word in completion.candidates(make_parser(), words[1:])))
        return output.told(0)
    if not words:
        make_parser().print_help(sys.stderr)
        return 2
    args = make_parser().parse_args(words)
    try:
        status: int = args.run(args)
    except BerofosError as error:
        if isinstance(error, ConfigUnreadableError) and os.geteuid():
            error.advice = "use sudo"
        complain(explain(error, config=args.config))
        return 2 if isinstance(error, ParameterError) else 1
    except ImportError as error:  # what only some commands need
        complain(f"{error}; install python3-requests, python3-rich and python3-ifaddr")
        return 1
    except OSError as error:  # a full disk, as a rule
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        return 1
    is_telling = args.run in [COMMANDS[name].run for name in _TELLING] or getattr(args, "dry_run", False)
    return output.told(status) if is_telling else status


if __name__ == "__main__":
    sys.exit(main())
