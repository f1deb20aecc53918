"""The man pages from their sources in docs/man. Each is man(7): every Linux has the macros for it.

A line ``@NAME ARGUMENT@`` in a source stands for what a method `on_NAME` of `Page` makes of it.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

from berofos_ra import __version__
from berofos_ra.agent.metadata import LONGDESC, SHORTDESC
from berofos_ra.cli import berofos, completion, flash_mode, xivo_berofos
from berofos_ra.resource.actions import ACTIONS
from berofos_ra.resource.parameters import PARAMETERS
from berofos_ra.settings import SETTINGS
from docs.descriptions import access, facts, operations, values
from docs.roff import bold, example, italic, plain, prose, sentence, wrap

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = CHECKOUT / "docs" / "man"
_COMMANDS = berofos.COMMANDS


class Page:
    """A page in the making: it knows of which commands it has told what."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._told: list[tuple[str, str]] = []

    def text(self) -> str:
        """The whole page.

        Raises:
            ValueError: the source leaves a command out, or asks for what there isn't.
        """
        source = (SOURCES / f"{self.name}.in").read_text(encoding="ascii")
        lines = [self._line(line) for line in source.splitlines()]
        if self._told:
            wanted = sorted((what, name) for what in ("synopsis", "options") for name in _COMMANDS)
            if sorted(self._told) != wanted:
                raise ValueError(f"{self.name}: not one @synopsis@ and one @options@ for each command")
        return "\n".join(lines) + "\n"

    def _line(self, line: str) -> str:
        match = re.fullmatch("@([a-z_]+)(?: (.+))?@", line)
        if match is None:
            return line
        make = getattr(self, f"on_{match[1]}", None)
        if make is None:
            raise ValueError(f"{self.name}: no @{match[1]}@")
        return str(make(*([] if match[2] is None else [match[2]])))

    def on_title(self, manual: str) -> str:
        """The page's head, and how lines are set."""
        name, section = self.name.rsplit(".", 1)
        return (
            f'.\\" Generated from docs/man/{self.name}.in and the code.\n'
            f'.TH "{plain(name)}" {section} "{date()}" "berofos\\-ra {__version__}" "{manual}"\n'
            # AD: from groff 1.23 on each paragraph begins with that adjustment again.
            ".nh\n.ds AD l\n.ad l\n.ss 12 0"
        )

    # The agent.

    def on_shortdesc(self) -> str:
        """What the agent is, for NAME."""
        return f"{plain(self.name.rsplit('.', 1)[0])} \\- {plain(SHORTDESC)}"

    def on_longdesc(self) -> str:
        """The agent's description."""
        return prose(LONGDESC)

    def on_parameters(self) -> str:
        """Every parameter."""
        return "\n".join(
            f".TP\n{bold(parameter.name)}\n{prose(parameter.longdesc)}\n.IP\n({plain(facts(parameter))})"
            for parameter in PARAMETERS
        )

    def on_operations(self) -> str:
        """What to give a resource."""
        return example([f"op {words}" for words in operations()])

    def on_timeout(self, name: str) -> str:
        """What is advised for one action."""
        (timeout,) = {action.timeout for action in ACTIONS if action.name == name}
        return f"(Advised timeout: {timeout} s.)"

    def on_example(self, argument: str) -> str:
        """A part of a file in crm-examples: the command that begins with certain words."""
        file, _, beginning = argument.partition(" ")
        lines = (CHECKOUT / "crm-examples" / file).read_text(encoding="utf-8").splitlines()
        (start,) = [number for number, line in enumerate(lines) if line.startswith(beginning)]
        end = start
        while lines[end].endswith("\\"):
            end += 1
        command = [line.rstrip("\\").rstrip() for line in lines[start : end + 1]]
        wrapped = [re.sub(r" \\$", "", piece) for line in command for piece in wrap(line.replace(' -f "$cib"', ""))]
        return example([*(f"{line} \\" for line in wrapped[:-1]), wrapped[-1]])

    # The commands.

    def on_synopsis(self, name: str) -> str:
        """A command's heading, its command line, and what it does."""
        self._told.append(("synopsis", name))
        parser = command_parser(name)
        words = [bold(f"berofos {name}").replace(" ", "\\ ")]
        actions = [action for action in parser._actions if "--help" not in action.option_strings]
        words += [usage(action) for action in sorted(actions, key=lambda action: not action.option_strings)]
        return f".SS {name}\n{' '.join(words)}\n.PP\n{plain(sentence(_COMMANDS[name].SUMMARY))}"

    def on_options(self, name: str) -> str:
        """A command's options, its examples, and what its help says beside them."""
        self._told.append(("options", name))
        own = [option for option in options(command_parser(name)) if option not in shared_options()]
        parts = [*own, *epilog(_COMMANDS[name].EXAMPLE)]
        return "\n".join(part for part in parts if part)

    def on_first_options(self) -> str:
        """Those before the command."""
        return "\n".join(options(berofos.make_parser()))

    def on_shared_options(self) -> str:
        """Those that mean the same in several commands."""
        return "\n".join(shared_options())

    def on_xivo_berofos_options(self) -> str:
        """All of xivo-berofos."""
        return "\n".join(options(xivo_berofos._parser()))

    def on_flash_mode(self) -> str:
        """How to bring a device there."""
        return prose(flash_mode.HOW)

    def on_settings(self) -> str:
        """The table of device settings."""
        rows = [f"{bold(s.keyword)}\t{plain(values(s))}\t{plain(s.meaning)}{access(s)}" for s in SETTINGS]
        table = [".PP", ".nf", ".ta 11n 23n", *rows, ".fi", ".PP"]
        return "\n".join([*table, "Those with (get) can only be read, those with (set) only be set."])


def date() -> str:
    """Of the package that is being built, else of the newest version: the same source gives the same pages."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        return datetime.fromtimestamp(int(epoch), UTC).date().isoformat()
    changelog = (CHECKOUT / "debian" / "changelog").read_text(encoding="utf-8")
    trailer = next(line for line in changelog.splitlines() if line.startswith(" -- "))
    return parsedate_to_datetime(trailer.rpartition(">")[2]).astimezone(UTC).date().isoformat()


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of one command of berofos."""
    return completion.commands(berofos.make_parser())[name]


def usage(action: argparse.Action) -> str:
    """An option or argument in a command line; it isn't broken in two."""
    words = " ".join([bold(action.option_strings[-1])] if action.option_strings else [])
    value = argument(action)
    word = f"{words} {value}".strip()
    if action.nargs == "+":
        word += " ..."
    return (word if action.required else f"[{word}]").replace(" ", "\\ ")


def argument(action: argparse.Action) -> str:
    """What follows an option, or stands for an argument; empty when there is none."""
    if action.nargs == 0:
        return ""
    if action.choices is not None and action.metavar is None:
        return "|".join(bold(str(choice)) for choice in action.choices)
    value = italic(str(action.metavar or action.dest))
    return f"[{value}]" if action.nargs == "?" else value


def options(parser: argparse.ArgumentParser) -> list[str]:
    """Every option and argument with its help; --help but once, and of the commands themselves nothing."""
    formatter = parser._get_formatter()
    entries = []
    for action in parser._actions:
        is_help = "--help" in action.option_strings and parser.prog.startswith("berofos ")
        if not is_help and not isinstance(action, argparse._SubParsersAction):
            names = ", ".join(bold(name) for name in action.option_strings)
            text = plain(sentence(formatter._expand_help(action)))
            entries.append(f".TP\n{f'{names} {argument(action)}'.strip()}\n{text}")
    return entries


@cache
def shared_options() -> tuple[str, ...]:
    """The options that more than three commands have."""
    times = Counter(option for name in _COMMANDS for option in options(command_parser(name)))
    return tuple(option for option, number in times.items() if number > 3)


def epilog(text: str) -> Iterator[str]:
    """The examples of a --help, and its paragraphs."""
    text = text.replace(flash_mode.HOW, "The device must be in flash mode, see FLASH MODE.")
    for block in text.strip("\n").split("\n\n"):
        lines = block.splitlines()
        if lines[0].startswith("  "):
            yield example([line[2:] for line in lines])
        elif lines[0].startswith("settings:"):
            yield ".PP\nThe keys are listed under DEVICE SETTINGS."
        else:
            yield from (f".PP\n{plain(sentence(' '.join(part)))}" for part in paragraphs(lines))


def paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines in paragraphs; the exit status is one of its own."""
    part: list[str] = []
    for line in lines:
        if line.startswith("exit status:") and part:
            yield part
            part = []
        part.append(line)
    yield part
