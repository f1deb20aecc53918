"""What can come next on a ``berofos`` command line. The shell's part is in completion/berofos."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

from berofos_ra.bnfosconf.reader import DEFAULT_PATH, read_config
from berofos_ra.errors import ConfigError
from berofos_ra.settings import SETTINGS, Kind


def candidates(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """The words that can stand in the place of the last of ``words``, which may have been begun.

    Empty also where a file name, a number or a text is expected: there the shell knows better.
    """
    *before, current = words or [""]
    before = _without_equals_signs(before)
    config = dict(pairwise(before)).get("--config") or DEFAULT_PATH
    command = _command(parser, before)
    scope = parser if command is None else commands(parser)[command]
    option = _option(scope, before[-1]) if before else None
    if option is not None and option.nargs != 0:
        found = _values(option, config)
    elif current.startswith("-"):
        found = [word for action in scope._actions for word in action.option_strings if word.startswith("--")]
    elif command is None:
        found = list(commands(parser))
    else:
        found = list(_positional(scope, command, config))
    return sorted(word for word in found if word.startswith(current))


def _without_equals_signs(words: Sequence[str]) -> list[str]:
    """``--option = value``, as bash cuts ``--option=value``, and ``--option=value`` itself as two words."""
    flat: list[str] = []
    for word in words:
        if word.startswith("--") and "=" in word:
            flat += word.split("=", 1)
        elif word != "=":
            flat.append(word)
    return flat


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the sub-commands, by their names."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _command(parser: argparse.ArgumentParser, words: Sequence[str]) -> str | None:
    names = commands(parser)
    for previous, word in pairwise(["", *words]):
        option = _option(parser, previous)
        if word in names and (option is None or option.nargs == 0):
            return word
    return None


def _option(parser: argparse.ArgumentParser, word: str) -> argparse.Action | None:
    return next((action for action in parser._actions if word and word in action.option_strings), None)


def _values(option: argparse.Action, config: str) -> list[str]:
    if option.choices is not None:
        return [str(choice) for choice in option.choices]
    return _device_names(config) if "--device" in option.option_strings else []


def _device_names(config: str) -> list[str]:
    with contextlib.suppress(ConfigError):
        return [device.name for device in read_config(config).devices]
    return []


def _positional(parser: argparse.ArgumentParser, command: str, config: str) -> Iterable[str]:
    if command == "status":
        return _device_names(config)
    if command == "get":
        return [setting.keyword for setting in SETTINGS if setting.read_key is not None]
    if command == "set":
        writable = [setting for setting in SETTINGS if setting.write_query is not None]
        return [setting.keyword + ("" if setting.kind is Kind.TRIGGER else "=") for setting in writable]
    return [
        *(_device_names(config) if command == "power" else ()),
        *(
            str(choice)
            for action in parser._actions
            if not action.option_strings and action.choices is not None
            for choice in action.choices
        ),
    ]
