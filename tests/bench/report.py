"""The measurements as tables: on a terminal, and as Markdown. Pure, but for the printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from tests.bench.contenders import NAMES
from tests.bench.figures import BARE, MANY, ONE, PACEMAKER_WAIT, Summary, goals, noticed, ratio, summary


@dataclass(frozen=True)
class Table:
    """A title, the head of every column, and rows of as many cells; the first column is words, the others figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(bench: Mapping[str, Any]) -> tuple[Table, ...]:
    """All tables of ``build/bench.json``, the one on what is promised first."""
    return _goals(bench), _one_device(bench), _many_devices(bench), _failover(bench["failover"])


def _goals(bench: Mapping[str, Any]) -> Table:
    rows = [
        (
            goal.what,
            _times(goal.ratio),
            f"{'at least' if goal.at_least else 'at most'} {goal.limit:g}",
            "yes" if goal.kept else "NO",
        )
        for goal in goals(bench)
    ]
    return Table("What is promised", ("", "times", "promised", "kept"), tuple(rows))


def _one_device(bench: Mapping[str, Any]) -> Table:
    rows = []
    for name, words in NAMES.items():
        cells = [words]
        for times in bench["one_device"].values():
            cells += [_ms(times[name]["wall"]), _ms(times[name]["cpu"])]
        cells += [f"{summary(bench['memory'][name]).median / 1024:.1f}"]
        monitor = bench["one_device"]["monitor"]
        cells += [_times(ratio(monitor[name]["cpu"], monitor[BARE]["cpu"]))]
        rows.append(tuple(cells))
    columns = [f"{action}, {kind}" for action in bench["one_device"] for kind in ("ms", "CPU ms")]
    return Table(
        "A whole process, one device without latency",
        ("", *columns, "peak memory, MiB", "monitor's CPU time, times the bare"),
        tuple(rows),
    )


def _many_devices(bench: Mapping[str, Any]) -> Table:
    rows = []
    devices: Sequence[str] = ()
    for action, latencies in bench["scale"].items():
        for latency, times in latencies.items():
            devices = tuple(times)
            cells = [_ms(times[number]["wall"]) for number in devices]
            rows.append((f"{action}, {latency} ms", *cells, _times(ratio(times[MANY]["wall"], times[ONE]["wall"]))))
    head = ("action, latency of a device", *(f"{number}, ms" for number in devices), f"{MANY} beside {ONE}, times")
    return Table("Devices side by side: elapsed time", head, tuple(rows))


def _failover(failover: Mapping[str, Any]) -> Table:
    rows = []
    clicks = [death["click"] for death in failover["deaths"]]
    for words, seconds in (
        ("last relay's click, this agent", clicks),
        ("start of an `ocf:pacemaker:Dummy` in the same cluster", [death["dummy"] for death in failover["deaths"]]),
        ("relay's click, ping from cron", [each["click"] for each in failover["cron"]]),
    ):
        beside = summary(seconds).median / summary(clicks).median
        rows.append(
            (
                words,
                f"{summary(seconds).median:.2f}",
                f"{min(seconds):.2f} to {max(seconds):.2f}",
                str(len(seconds)),
                f"{beside:.2f}",
            )
        )
    return Table("From a node's death", ("", "median, s", "range, s", "measured", "times this agent"), tuple(rows))


def ladder(measured: Mapping[str, Any]) -> Table:
    """``build/ladder.json``: one row for each token and load."""
    rows = []
    for rung in measured["rungs"]:
        clicks = [death["click"] for death in rung["deaths"]]
        dummies = [death["dummy"] for death in rung["deaths"]]
        waited = sum(click - noticed(rung["token"]) >= PACEMAKER_WAIT for click in clicks)
        rows.append(
            (
                f"{rung['token']} ms, {rung['load']}",
                f"{summary(clicks).median:.2f}",
                f"{min(clicks):.2f} to {max(clicks):.2f}",
                f"{summary(dummies).median:.2f}",
                f"{waited} of {len(clicks)}",
                str(rung["false_alarms"]),
            )
        )
    head = ("token, load", "click, median s", "range, s", "Dummy's start, median s", "Pacemaker's own second")
    return Table("How short a token may be", (*head, f"false alarms in {measured['minutes']:g} min"), tuple(rows))


def markdown(table: Table) -> str:
    """The table without its title."""
    lines = [table.head, ("---",) + ("---:",) * (len(table.head) - 1), *table.rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def show(console: Console, bench: Mapping[str, Any]) -> None:
    """Print all tables."""
    for table in tables(bench):
        shown = RichTable(title=table.title, box=box.SIMPLE, title_justify="left")
        for number, head in enumerate(table.head):
            shown.add_column(
                head, justify="right" if number else "left", min_width=len(table.rows[0][number]) if number else None
            )
        for row in table.rows:
            shown.add_row(*(Text(cell.replace("`", "")) for cell in row))
        console.print(shown)


def _ms(seconds: Sequence[float]) -> str:
    found = summary(seconds)
    return f"{found.median * 1000:.0f} ({found.low * 1000:.0f}-{found.high * 1000:.0f})"


def _times(found: Summary) -> str:
    return f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"
