"""The summary at the end. Rendering only."""

from __future__ import annotations

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tests.demo import stage as show
from tests.demo.outcome import PROMISED_RATIO, Chapter, Comparison, Outcome
from tests.demo.stage import Stage


def summarise(stage: Stage, outcome: Outcome) -> None:
    """Table, relay changes, and the comparison with a Dummy where there is one."""
    devices = tuple(outcome.changes)
    table = Table(
        title=outcome.measured,
        title_justify="left",
        title_style="",
        box=box.ASCII if stage.plain else box.ROUNDED,
        border_style="dim",
    )
    table.add_column("what happened")
    table.add_column("the lines")
    for device in devices:
        table.add_column(device, justify="right")
    for chapter in outcome.chapters:
        cells = [_seconds(chapter, device) for device in devices]
        table.add_row(chapter.what, chapter.lines, *cells, style="" if chapter.seconds else "dim")
    stage.console.print()
    stage.console.print(Text("Summary", style="bold cyan"))
    stage.console.print(Padding(table, (0, 0, 0, 3), expand=False))
    if outcome.comparison is not None:
        _compare(stage, outcome.comparison)
    for device, changes in outcome.changes.items():
        needed = outcome.expected_changes[device]
        text = f"{device}: {len(changes)} relay changes, {len(needed)} needed: {' '.join(changes)}"
        if changes == needed:
            show.done(stage, text)
        else:
            show.say(stage, text, "bold red")


def _compare(stage: Stage, comparison: Comparison) -> None:
    show.say(
        stage,
        f"From the kill to the last relay's click {comparison.relays:.2f} s; "
        f"to the start of an ocf:pacemaker:Dummy {comparison.dummy:.2f} s.",
    )
    ratio = f"Ratio {comparison.ratio:.2f}, promised at most {PROMISED_RATIO:.2f}"
    if comparison.kept:
        show.done(stage, f"{ratio}: kept.")
    else:
        show.say(stage, f"{ratio}: NOT kept in this run.", "bold yellow")


def _seconds(chapter: Chapter, device: str) -> str:
    seconds = chapter.seconds.get(device)
    return "no click" if seconds is None else f"{seconds:.2f} s"
