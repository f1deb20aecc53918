"""The documentation as a list of steps: its fenced blocks, and notes in HTML comments that say how to run them.

A page is read from top to bottom, as its reader would. The notes, each on a line of its own:

    <!-- session: two-xivo -->              the blocks below run in a lab, which is in this state (see session.py)
    <!-- lab: kill xivo-1 -->               what the reader does by hand (kill, start), or sees: nothing moved
    <!-- on: xivo-1 xivo-2 -->              the next block runs on these nodes; without, on the first
    <!-- file: /etc/bnfos.conf -->          the next block is that file
    <!-- output of: crm_mon -1A -->         the next block is what the command prints, sooner or later
    <!-- run by: tests/x.py::test_y -->     the next block isn't run here, but by that test (or several)
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.checkout import CHECKOUT

PAGES = [CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "tests/README.md", "tests/lab/README.md")]
PAGES += sorted((CHECKOUT / "docs").glob("*.md"))

_ALONE = ("session", "lab")  # notes that are steps of their own
_PART = re.compile(
    r"<!-- (?P<note>session|lab|on|file|output of|run by): (?P<value>[^\n]+?) -->"
    r"|^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """A block with the notes before it, or a session's beginning, or what is done to the lab.

    Attributes:
        where: Page and line, for messages.
        language: The block's: `sh` for commands. Empty for what isn't a block, too.
        text: What is in the block.
        notes: By their names.
    """

    where: str
    language: str
    text: str
    notes: Mapping[str, str]

    @property
    def is_run(self) -> bool:
        """Whether something is to be done with it in a lab."""
        return "run by" not in self.notes and bool(self.notes or self.language == "sh")


def steps(page: Path) -> Iterator[Step]:
    """What is in a page, from top to bottom."""
    content = page.read_text(encoding="utf-8")
    notes: dict[str, str] = {}
    for part in _PART.finditer(content):
        where = f"{page.relative_to(CHECKOUT)}:{content.count(chr(10), 0, part.start()) + 1}"
        if part["note"] in _ALONE:
            yield Step(where, "", "", {part["note"]: part["value"]})
        elif part["note"]:
            notes[part["note"]] = part["value"]
        else:
            yield Step(where, part["language"], textwrap.dedent(part["text"]), notes)
            notes = {}
