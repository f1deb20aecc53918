"""What argparse says of a wrong command line, in one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from berofos_ra.cli.messages import printable


class OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong and where help is, in place of the whole usage."""

    def parse_args(  # type: ignore[override]  # only the way in which it is called here
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Leave with 2 on wrong usage. Words that no option asked for aren't repeated: one may be a password."""
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            if any(word.partition("=")[0] == "--config" for word in unknown):
                self.error("--config goes before the command")
            options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
            self.error(f"unknown option {options[0]}" if options else "an argument too many")
        return parsed

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        near = get_close_matches(str(value), choices, 1)
        advice = f"did you mean {near[0]}?" if near else f"choose from {', '.join(choices)}"
        raise argparse.ArgumentError(action, f"invalid choice: {value!r}, {advice}")

    def error(self, message: str) -> NoReturn:
        """Leave with 2."""
        self.exit(2, f"{self.prog}: {printable(message)}; see {self.prog} --help\n")
