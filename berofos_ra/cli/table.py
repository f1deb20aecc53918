"""A table in plain text, for what reads along."""

from __future__ import annotations

from collections.abc import Sequence

from berofos_ra.cli.common import say


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """The rows, the headings first, in columns as wide as what is in them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
