"""The plugin ``check_berofos``: ``berofos check`` with the options that every plugin has."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from berofos_ra import __version__
from berofos_ra.bnfosconf.reader import DEFAULT_PATH
from berofos_ra.cli import output
from berofos_ra.cli.commands import check
from berofos_ra.cli.parser import OneLineParser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the plugin and return the exit status, 3 on wrong usage."""
    return output.run("check_berofos", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    parser = OneLineParser(
        prog="check_berofos",
        description=check.SUMMARY[0].upper() + check.SUMMARY[1:] + ".",
        epilog=f"example:\n{check.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=DEFAULT_PATH,
        help="addresses and logins of the devices (default %(default)s)",
    )
    parser.add_argument("-V", "--version", action="version", version=f"check_berofos {__version__}")
    check.add_arguments(parser)
    return check.run(parser.parse_args(argv))
