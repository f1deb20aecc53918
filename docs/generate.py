"""What the manuals share with the code is made from the code's own definitions, so that it can't be wrong.

The pages in docs/man are man(7): what every Linux has the macros for, and what the pages of Pacemaker and of other
agents are written in. A line ``@NAME ARGUMENT@`` in them stands for what a method `on_NAME` of `Page` makes of it.

    python3 -m docs.generate man DIRECTORY        every page, as DIRECTORY/man8/berofos.8 and so on
    python3 -m docs.generate parameters FILE      docs/parameters.md
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.append(os.environ.get("OCF_FUNCTIONS_DIR") or "/usr/lib/ocf/lib/heartbeat")  # ocf.py is there

from berofos_ra import __version__  # noqa: E402
from berofos_ra.agent.metadata import ACTIONS, LONGDESC, SHORTDESC, Action  # noqa: E402
from berofos_ra.bnfosconf.reader import DEFAULT_PATH  # noqa: E402
from berofos_ra.cli import berofos, flash_mode, xivo_berofos  # noqa: E402
from berofos_ra.resource.parameters import PARAMETERS, Parameter  # noqa: E402
from berofos_ra.settings import SETTINGS, Kind, Setting  # noqa: E402
from berofos_ra.wiring.topology import TOPOLOGIES  # noqa: E402

SOURCES = CHECKOUT / "docs" / "man"
_WIDTH = 66  # characters of an example's line, on a terminal of 80
_COMMANDS = berofos.COMMANDS


# What is said of a parameter or an operation, in whatever form.


def facts(parameter: Parameter) -> str:
    """Type, values and default of a parameter, and whether it can be changed without a restart."""
    default = "no default" if parameter.default is None else f"default {parameter.default or 'empty'}"
    if parameter.default is None and parameter.choices:
        default = "default by topology"
    return f"{allowed(parameter)}, {default}{', reloadable' if parameter.reloadable else ''}"


def allowed(parameter: Parameter) -> str:
    """What a parameter may be."""
    if parameter.choices:
        return " or ".join(", ".join(parameter.choices).rsplit(", ", 1))
    if parameter.kind == "integer":
        return "integer from {} to {}".format(*parameter.limits)
    return parameter.kind


def operation(action: Action) -> str:
    """An action as the ``op`` of a resource, with what is advised."""
    words = [action.name, f"timeout={action.timeout}s"]
    if action.interval is not None:
        words.append(f"interval={action.interval}s")
    if action.depth:
        words.append(f"OCF_CHECK_LEVEL={action.depth}")
    if action.role is not None:
        words.append(f"role={action.role}")
    return " ".join(words)


def operations() -> list[str]:
    """Those that a resource can have."""
    return [operation(action) for action in ACTIONS if action.name in ("start", "stop", "monitor")]


# What is typed as it stands in the descriptions: what is quoted, names that aren't English words, a value before its
# meaning.
_NAMES = [parameter.name for parameter in PARAMETERS if "_" in parameter.name]
_NAMES += [*TOPOLOGIES, DEFAULT_PATH, "crm_node -n", "failure-timeout"]
_CHOICES = {choice for parameter in PARAMETERS for choice in parameter.choices}
_LITERAL = re.compile(
    "|".join(['"[^"]+"', *sorted(map(re.escape, _NAMES), key=len, reverse=True), *(f"{c}(?=:)" for c in _CHOICES)])
)


def literals(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and of each whether it is typed as it stands; only several words keep their quotes."""
    end = 0
    for match in _LITERAL.finditer(text):
        yield text[end : match.start()], False
        yield match[0] if " " in match[0] else match[0].strip('"'), True
        end = match.end()
    yield text[end:], False


# Man pages.


def plain(text: str) -> str:
    """The text for roff: nothing in it is a macro, and every hyphen can be copied and searched for."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)


def bold(text: str) -> str:
    """To be typed as it stands."""
    return f"\\fB{plain(text)}\\fR"


def italic(text: str) -> str:
    """To be replaced."""
    return f"\\fI{plain(text)}\\fR"


def prose(text: str) -> str:
    """Paragraphs, with what is to be typed in bold."""
    paragraphs = []
    for paragraph in text.strip().split("\n\n"):
        joined = " ".join(paragraph.split())
        paragraphs.append("".join(bold(piece) if typed else plain(piece) for piece, typed in literals(joined)))
    return "\n.PP\n".join(paragraphs)


def sentence(text: str) -> str:
    """The words of a --help as a sentence. What comes before a colon stays as it is: it may be a value."""
    first = text.split()[0]
    begun = text if first.endswith(":") or "-" in first or "_" in first else text[0].upper() + text[1:]
    return begun if begun.endswith(".") else begun + "."


def example(lines: Sequence[str]) -> str:
    """Lines that stay as they are; those that are too long go on in the next one, as the shell takes it."""
    wrapped = [piece for line in lines for piece in wrap(line)]
    return "\n".join([".PP", ".RS 4", ".nf", *(plain(line) for line in wrapped), ".fi", ".RE"])


def wrap(line: str) -> list[str]:
    """A command line as several. A remark at its end comes first."""
    remark = re.fullmatch(r"( *)(.*\S) {2,}(# .*)", line)
    if remark:
        return [remark[1] + remark[3], *wrap(remark[1] + remark[2])]
    if len(line) <= _WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    unbroken = r'"[^"]*"|\'[^\']*\'|--[a-z-]+ (?=[^-|])'  # what is quoted; an option and its argument
    whole = re.sub(unbroken, lambda match: match[0].replace(" ", "\0"), line.strip())
    pieces = textwrap.wrap(
        whole, _WIDTH - 2 - len(indent), subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
    )
    lines = [indent + piece.replace("\0", " ") for piece in pieces]
    return [*(f"{piece} \\" for piece in lines[:-1]), lines[-1]]


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
            ".nh\n.ad l\n.ss 12 0"
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
    (commands,) = [a for a in berofos.make_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    parser: argparse.ArgumentParser = commands.choices[name]
    return parser


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
    if action.choices is not None:
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


def values(setting: Setting) -> str:
    """What a setting takes."""
    if setting.kind is Kind.BOOL:
        return "0, 1"
    if setting.kind is Kind.INT:
        return f"{setting.low} to {setting.high}"
    return {Kind.IPV4: "IPv4", Kind.HOSTNAME: "name", Kind.TEXT: "text", Kind.TRIGGER: ""}[setting.kind]


def access(setting: Setting) -> str:
    """Whether a setting can only be read, or only be written."""
    if setting.read_key is None:
        return " (set)"
    return " (get)" if setting.write_query is None else ""


# Markdown.


def parameters_page() -> str:
    """docs/parameters.md."""
    page = [
        "# Parameters of ocf:xivo:berofos",
        "<!-- Generated from berofos_ra/resource/parameters.py by make docs. -->",
        markdown(
            "The same as `man 7 ocf_xivo_berofos`, `crm ra info ocf:xivo:berofos` and `pcs resource describe "
            "ocf:xivo:berofos` show. A *reloadable* parameter can be changed while the resource runs: the agent "
            "takes it over without touching the relay. A change of any other one stops and starts the resource. The "
            "wirings behind `topology` are drawn in [wirings](wirings.md)."
        ),
        "| parameter | values | default | reloadable | meaning |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(_row(parameter) for parameter in PARAMETERS),
    ]
    for parameter in PARAMETERS:
        text = "".join(f"`{piece}`" if typed else piece for piece, typed in literals(parameter.longdesc))
        page += [f"## {parameter.name}", markdown(text), f"*{facts(parameter)}*"]
    page += [
        "## Operations",
        "What to give the resource. The last monitor runs on the nodes on which the resource doesn't.",
        "```\n" + "\n".join(f"op {words}" for words in operations()) + "\n```",
    ]
    return "\n\n".join(page) + "\n"


def _row(parameter: Parameter) -> str:
    default = f"`{parameter.default}`" if parameter.default else "by topology" if parameter.choices else ""
    cells = (
        f"[`{parameter.name}`](#{parameter.name})",
        allowed(parameter),
        default,
        "yes" if parameter.reloadable else "",
        parameter.shortdesc,
    )
    return f"| {' | '.join(cells)} |"


def markdown(text: str) -> str:
    """A paragraph in lines as long as those that people write here."""
    return textwrap.fill(text, 118, break_on_hyphens=False, break_long_words=False)


def main(arguments: Sequence[str]) -> int:
    """Write what is asked for."""
    what, where = arguments
    if what == "parameters":
        Path(where).write_text(parameters_page(), encoding="utf-8")
        return 0
    for source in sorted(SOURCES.glob("*.in")):
        page = Page(source.stem)
        file = Path(where, f"man{page.name[-1]}", page.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page.text(), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
