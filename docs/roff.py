"""Text as man(7) takes it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from docs.descriptions import literals

_WIDTH = 66  # characters of an example's line, on a terminal of 80


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
