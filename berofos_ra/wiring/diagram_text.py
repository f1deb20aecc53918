"""A wiring's drawing as text, in box-drawing characters or in ASCII. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from berofos_ra.wiring.diagram import WIDTH, Box, Drawing, Join, Point

_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
_STEPS = {(1, 0): (_RIGHT, _LEFT), (-1, 0): (_LEFT, _RIGHT), (0, 1): (_DOWN, _UP), (0, -1): (_UP, _DOWN)}
_THIN = {
    _UP: "│",
    _DOWN: "│",
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _DOWN | _RIGHT: "┌",
    _DOWN | _LEFT: "┐",
    _UP | _RIGHT: "└",
    _UP | _LEFT: "┘",
    _LEFT | _RIGHT | _DOWN: "┬",
    _LEFT | _RIGHT | _UP: "┴",
}
_ASCII = str.maketrans("│─┌┐└┘┬┴┄┆━┃┗┛●○", "|-++++++..=|++*o")


def render_text(drawing: Drawing, ascii_only: bool = False) -> list[str]:
    """The drawing's lines, without its legend."""
    cells = [[" "] * WIDTH for _ in range(drawing.height)]
    ends: dict[Point, int] = {}
    for points in (*map(_outline, drawing.boxes), *drawing.wires):
        _trace(points, ends)
    for (x, y), directions in ends.items():
        cells[y][x] = _THIN[directions]
    for join in drawing.joins:
        _draw_join(cells, join)
    for label in drawing.labels:
        _put(cells, label.at, label.text if label.lit is None else f"{label.text} {'●' if label.lit else '○'}")
    lines = ["".join(row).rstrip() for row in cells]
    return [line.translate(_ASCII) for line in lines] if ascii_only else lines


def _outline(box: Box) -> tuple[Point, ...]:
    (left, top), (right, bottom) = box.top_left, box.bottom_right
    return (left, top), (right, top), (right, bottom), (left, bottom), (left, top)


def _trace(points: tuple[Point, ...], ends: dict[Point, int]) -> None:
    """Note for every cell that the line crosses, into which directions it leaves it."""
    for (x, y), (next_x, next_y) in pairwise(_cells(points)):
        forth, back = _STEPS[next_x - x, next_y - y]
        ends[x, y] = ends.get((x, y), 0) | forth
        ends[next_x, next_y] = ends.get((next_x, next_y), 0) | back


def _cells(points: tuple[Point, ...]) -> Iterator[Point]:
    yield points[0]
    for here, goal in pairwise(points):
        while here != goal:
            here = (here[0] + _sign(goal[0] - here[0]), here[1] + _sign(goal[1] - here[1]))
            yield here


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _draw_join(cells: list[list[str]], join: Join) -> None:
    across, down, left, right = ("━", "┃", "┗", "┛") if join.now else ("┄", "┆", "└", "┘")
    first, _, _, last = join.points
    row = join.points[1][1]
    for x, corner in ((first[0], left), (last[0], right)):
        for y in range(first[1], row):
            cells[y][x] = down
        cells[row][x] = corner
    for x in range(first[0] + 1, last[0]):
        cells[row][x] = across
    _put(cells, join.label.at, f" {join.label.text}{', now' if join.now else ''} ")


def _put(cells: list[list[str]], at: Point, words: str) -> None:
    left = min(max(at[0] - (len(words) - 1) // 2, 0), max(WIDTH - len(words), 0))
    for offset, character in enumerate(words[:WIDTH]):
        cells[at[1]][left + offset] = character
