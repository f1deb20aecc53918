"""What argparse says of a wrong command line, in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from berofos_ra.cli.messages import printable


class OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong and where help is, in place of the whole usage."""

    def parse_args(  # type: ignore[override]  # only the way in which it is called here
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Leave with 2 on wrong usage. Words that no option asked for aren't repeated: one may be a password."""
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
            self._give_up(f"unknown option {options[0]}" if options else "an argument too many", parsed.__dict__)
        return parsed

    def error(self, message: str) -> NoReturn:
        """Leave with 2, or as the command has it: with its ``usage_status``, said on standard output."""
        self._give_up(message, self._defaults)

    def _give_up(self, message: str, values: Mapping[str, Any]) -> NoReturn:
        line = f"{self.prog}: {printable(message)}; see {self.prog} --help\n"
        if "usage_status" in values:
            sys.stdout.write(f"{values['usage_prefix']}{line}")
            self.exit(values["usage_status"])
        self.exit(2, line)
