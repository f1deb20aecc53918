"""How ``berofos status`` looks: a coloured table on a terminal, the same as plain text elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from berofos_ra.cli.common import say, say_table
from berofos_ra.device.relay import lit_groups, position
from berofos_ra.settings import WATCHDOG_OFF, WATCHDOG_RAN_OUT

if TYPE_CHECKING:
    from rich.console import Console, Group, RenderableType
    from rich.table import Table
    from rich.text import Text

    from berofos_ra.cli.commands.status_report import DeviceReport, Report
    from berofos_ra.device.state import DeviceState

_HEADINGS = ("device", "address", "state", "fw", "scenario", "relay", "default", "watchdog", "LEDs")
_EXPENDABLE = ("fw", "scenario", "default", "LEDs", "address", "watchdog")  # on a narrow terminal, in this order
_UNKNOWN = "-"
_ROOMY = 96  # columns that the widest table takes with some air


def show(report: Report) -> None:
    """Show it once, as good as standard output allows."""
    if sys.stdout.isatty():
        from rich.console import Console

        console = Console(highlight=False)
        picture = rendering(report, console)
        console.width = max(console.width, _width(picture.renderables[0], console))
        console.print(picture)
        return
    say_table([_HEADINGS, *(_cells(device) for device in report.devices)])
    for line in _notes(report):
        say(line)


def watch(look: Callable[[], Report], first: Report, interval: float) -> Iterator[Report]:
    """Show it again and again on a terminal, in place; yields every report that was shown."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with Live(rendering(first, console, narrow=True), console=console, auto_refresh=False) as live:
        yield first
        while True:
            time.sleep(interval)
            report = look()
            live.update(rendering(report, console, narrow=True), refresh=True)
            yield report


def rendering(report: Report, console: Console, narrow: bool = False) -> Group:
    """The report for Rich; ``narrow``: without columns that there is no room for, the least needed first."""
    from rich.console import Group
    from rich.text import Text

    headings = list(_HEADINGS)
    table = _table(report, console, headings)
    for heading in _EXPENDABLE if narrow else ():
        if _width(table, console) <= console.width:
            break
        headings.remove(heading)
        table = _table(report, console, headings)
    notes = [Text(line, style="" if report.ok else "yellow") for line in _notes(report)]
    return Group(table, *notes)


def _table(report: Report, console: Console, headings: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    gap = 1 if console.width >= _ROOMY else 0
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, gap, 0, 0), pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    dots = console.encoding.lower().startswith("utf")
    for device in report.devices:
        cells = dict(zip(_HEADINGS, map(Text, _cells(device)), strict=True))
        cells["device"].stylize("bold")
        state = "green" if not device.problems else "bold red" if device.seen.state is None else "yellow"
        cells["state"].stylize(state)
        if device.seen.state is not None:
            cells["relay"].stylize("bold")
            cells["LEDs"] = _leds(device.seen.state, dots, gap)
        table.add_row(*(cells[heading] for heading in headings))
    return table


def _width(table: RenderableType, console: Console) -> int:
    """Also of a table wider than the terminal: wrapped lines are ugly, but nothing is cut off."""
    return console.measure(table, options=console.options.update_width(1000)).maximum


def _cells(report: DeviceReport) -> tuple[str, ...]:
    device, state = report.seen.device, report.seen.state
    address = str(device.host) if device.port == 80 else f"{device.host}:{device.port}"
    firmware = report.seen.firmware or _UNKNOWN
    if state is None:
        return device.name, address, "error", firmware, *[_UNKNOWN] * 5
    bypass = bool(state.get("scenario"))
    default = state.values.get("modedef")
    return (
        device.name,
        address,
        "problem" if report.problems else "ok",
        firmware,
        "bypass" if bypass else "fallback",
        state.position,
        _UNKNOWN if default is None else position(bool(default), bypass),
        _watchdog(state),
        " ".join(group if group in lit_groups(state.position) else "." for group in "ABCD"),
    )


def _watchdog(state: DeviceState) -> str:
    status, left, interval = (state.values.get(keyword) for keyword in ("wdogstate", "wdogrtime", "wdogitime"))
    if status is None:
        return _UNKNOWN
    if status == WATCHDOG_OFF:
        return "off"
    if status == WATCHDOG_RAN_OUT:
        return "ran out"
    return "/".join(_UNKNOWN if number is None else str(number) for number in (left, interval)) + " s"


def _leds(state: DeviceState, dots: bool, gap: int) -> Text:
    """The green LEDs of the port groups."""
    from rich.text import Text

    text = Text()
    for group in "ABCD":
        lit = group in lit_groups(state.position)
        lamp = ("\u25cf" if lit else "\u25cb") if dots else ("*" if lit else ".")
        text.append(group + lamp, style="bold green" if lit else "dim")
        text.append(" " * gap)
    text.rstrip()
    return text


def _notes(report: Report) -> Iterator[str]:
    """What the table has no room for."""
    yield from (*report.troubles, *report.notes)
    claims = [claim for claim in report.claims.values() if claim.node is not None]
    if claims:
        where = ", ".join(sorted({f"{claim.resource.name} on {claim.node}" for claim in claims}))
        agreement = f"devices and cluster {'agree' if report.agrees else 'do not agree'}"
        left_alone = ", ".join(sorted({claim.resource.name for claim in claims if not claim.resource.managed}))
        paused = f"; {left_alone} in maintenance or unmanaged" if left_alone else ""
        yield f"cluster: {where}: {agreement}{paused}"
