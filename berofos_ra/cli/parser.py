"""What argparse says of a wrong command line, in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from berofos_ra.cli.output import printable


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
            self._give_up(f"unknown option {options[0]}" if options else "an argument too many", parsed.__dict__)
        return parsed

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        near = get_close_matches(str(value), choices, 1)
        advice = f"did you mean {near[0]}?" if near else f"choose from {', '.join(choices)}"
        raise argparse.ArgumentError(action, f"invalid choice: {value!r}, {advice}")

    def error(self, message: str) -> NoReturn:
        """Leave with 2, or as the command has it: with its ``usage_status``, said on standard output."""
        self._give_up(message, self._defaults)

    def _give_up(self, message: str, values: Mapping[str, Any]) -> NoReturn:
        line = f"{self.prog}: {printable(message)}; see {self.prog} --help\n"
        if "usage_status" in values:
            sys.stdout.write(f"{values['usage_prefix']}{line}")
            self.exit(values["usage_status"])
        self.exit(2, line)
