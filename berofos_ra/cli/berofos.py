"""The operator's tool ``berofos``: options that all commands share, and what becomes of errors.

A command is a module of this package, listed in COMMANDS, that looks like ``Command``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Protocol

from berofos_ra.bnfosconf import DEFAULT_PATH
from berofos_ra.cli import simulate
from berofos_ra.errors import BerofosError, ParameterError


class Command(Protocol):
    """A sub-command: its name is the module's."""

    SUMMARY: str
    EXAMPLE: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit status; ``args.config`` is the path of bnfos.conf."""


COMMANDS: dict[str, Command] = {"simulate": simulate}
_EPILOG = """\
example:
  berofos --config ./bnfos.conf simulate --control 127.0.0.1:8900

exit status: 0 done, 1 a device failed or isn't as asked, 2 wrong usage
"""


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="berofos", description="Control berofos ISDN failover switches.", epilog=_EPILOG, formatter_class=raw
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=DEFAULT_PATH,
        help="addresses and logins of the devices (default %(default)s)",
    )
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; leaves with 2 on wrong usage, as argparse does."""
    args = make_parser().parse_args(argv)
    try:
        status: int = args.run(args)
    except BerofosError as error:
        sys.stderr.write(f"berofos: {error}\n")
        return 2 if isinstance(error, ParameterError) else 1
    return status


if __name__ == "__main__":
    sys.exit(main())
