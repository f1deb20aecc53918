"""What argparse says of a wrong command line, in one line."""

from __future__ import annotations

import argparse
from typing import NoReturn

from berofos_ra.cli.messages import printable

_UNKNOWN = "unrecognized arguments: "


class OneLineParser(argparse.ArgumentParser):
    """Names the trouble and where help is, in place of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Leave with 2. Words that no option asked for aren't repeated: one may be a password."""
        if message.startswith(_UNKNOWN):
            options = [word.partition("=")[0] for word in message[len(_UNKNOWN) :].split() if word.startswith("-")]
            message = f"unknown option {options[0]}" if options else "an argument too many"
        self.exit(2, f"{self.prog}: {printable(message)}; see {self.prog} --help\n")
