"""Drawing a scene with characters. Pure. Colour never says anything that the characters don't say too."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from rich.text import Text

from tests.demo.scene import (
    PROVIDER,
    Device,
    Power,
    Scene,
    Server,
    answering,
    at_provider,
    has_lines,
    joined_pairs,
    takes_calls,
)

_WIDTH = 36
_HEIGHT = 9
_INDENT = 2
_GAP = 4
_COLUMN = {"A": 4, "B": 12, "C": 20, "D": 28}  # of a port group's letter; its four ports begin one to the left
_PORTS = 4


@dataclass(frozen=True)
class Glyphs:
    """The characters to draw with. ``box`` and ``bridge`` go from the left to the right."""

    lit: str
    dark: str
    wire: str
    edge: str
    side: str
    top: tuple[str, str]
    bottom: tuple[str, str]
    bridge: tuple[str, str, str]


FANCY = Glyphs("●", "○", "│", "─", "│", ("╭", "╮"), ("╰", "╯"), ("╰", "─", "╯"))
ASCII = Glyphs("*", ".", "|", "-", "|", ("+", "+"), ("+", "+"), ("\\", "_", "/"))

Canvas = list[list[tuple[str, str]]]  # character and style, by row and column


def picture(scene: Scene, width: int, plain: bool) -> Text:
    """The devices side by side, as many as fit, and who answers the lines.

    Args:
        scene: What is to be seen.
        width: Columns that there are.
        plain: Draw with ASCII only.
    """
    glyphs = ASCII if plain else FANCY
    per_row = max(1, (width - _INDENT + _GAP) // (_WIDTH + _GAP))
    lines: list[Text] = []
    for first in range(0, len(scene.devices), per_row):
        row = scene.devices[first : first + per_row]
        canvas = [[(" ", "")] * (_INDENT + len(row) * (_WIDTH + _GAP)) for _ in range(_HEIGHT)]
        for number, device in enumerate(row):
            _draw(canvas, _INDENT + number * (_WIDTH + _GAP), device, glyphs)
        lines += [_line(cells) for cells in canvas]
    return Text("\n").join([*lines, _caption(scene)])


def _draw(canvas: Canvas, left: int, device: Device, glyphs: Glyphs) -> None:
    def put(row: int, column: int, text: str, style: str = "") -> None:
        for offset, character in enumerate(text):
            canvas[row][left + column + offset] = (character, style)

    pairs = joined_pairs(device.relay)
    joined = {group for pair in pairs for group in pair}
    taken = any(takes_calls(server, device) for server in device.servers)
    put(0, _COLUMN[PROVIDER] - 1, glyphs.wire * device.ports, "green" if taken else "red")
    put(0, _COLUMN[PROVIDER] + _PORTS, device.feed)

    put(1, 0, _edge(glyphs, glyphs.top))
    put(1, 2, f" {device.name} ", "bold")
    put(1, _WIDTH - 4 - len(device.address), f" {device.address} ", "dim")
    put(5, 0, _edge(glyphs, glyphs.bottom))
    put(5, 2, f" {device.relay} ", "bold")
    for row in range(2, 5):
        put(row, 0, glyphs.side)
        put(row, _WIDTH - 1, glyphs.side)
    for group, column in _COLUMN.items():
        put(2, column, group, "bold" if group in joined else "")
        lit = group in joined
        put(3, column - 1, (glyphs.lit if lit else glyphs.dark) * _PORTS, "bold green" if lit else "dim")
    for one, other in pairs:
        length = _COLUMN[other] - _COLUMN[one] - 1
        put(4, _COLUMN[one], glyphs.bridge[0] + glyphs.bridge[1] * length + glyphs.bridge[2], "green")

    for server in device.servers:
        columns = [_COLUMN[group] for group in (server.group, server.and_group) if group]
        column = sum(columns) // len(columns)
        word, style = _state(server, device)
        for each in columns:
            put(6, each - 1, glyphs.wire * device.ports, style)
        put(7, _centred(column, server.name), server.name, style)
        put(8, _centred(column, word), word, style)


def _state(server: Server, device: Device) -> tuple[str, str]:
    """What a server is to a device, in a word or three, and its style."""
    if server.power is Power.DEAD:
        return "DEAD", "bold red"
    if takes_calls(server, device):
        return "HAS THE LINES", "bold green"
    if server.power is Power.BOOTING:
        return "booting", "yellow"
    if has_lines(server, device):
        return "not answering", "yellow"
    return "standby", "dim"


def _edge(glyphs: Glyphs, corners: tuple[str, str]) -> str:
    return corners[0] + glyphs.edge * (_WIDTH - 2) + corners[1]


def _centred(column: int, text: str) -> int:
    # The middle of a group's four ports is half a column to the right of its letter.
    return column + 1 - len(text) // 2


def _caption(scene: Scene) -> Text:
    by_device = {device.name: answering(scene, device) for device in at_provider(scene)}
    who = set(by_device.values())
    if who == {None}:
        return Text("  The lines: nobody answers", style="bold red")
    if len(who) == 1:
        return Text(f"  The lines: {who.pop()} answers", style="bold green")
    parts = [f"those of {name}: {server or 'nobody'}" for name, server in by_device.items()]
    return Text(f"  The lines: {', '.join(parts)}", style="bold yellow")


def _line(cells: list[tuple[str, str]]) -> Text:
    line = Text()
    for style, run in itertools.groupby(cells, key=lambda cell: cell[1]):
        line.append("".join(character for character, _ in run), style)
    line.rstrip()
    return line
