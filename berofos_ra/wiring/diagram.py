"""What a drawing of a wiring shows: boxes, lines and words on a grid. `diagram_text` and `diagram_svg` draw it. Pure.

A grid cell is one character wide and one line high; points are the middles of cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from berofos_ra.device.relay import A_D
from berofos_ra.wiring.topology import TOPOLOGIES, Wiring

Point = tuple[int, int]
Wire = tuple[Point, ...]  # a cable, from point to point

_LEFT, _APART, _PORTS_APART = 4, 19, 4  # columns: of group A's first port, between groups, between ports
_TITLE, _SOCKETS_ABOVE, _TOP, _GROUPS, _PORTS, _MODE_1, _MODE_0, _BOTTOM = 0, 1, 3, 4, 5, 6, 7, 8  # rows
_ENDS, _ENDS_BOTTOM = 11, 15
MAX_NAME = 16  # characters of a node's name; longer ones are cut
_SECOND = 13  # rows, from a device in front to the one behind it
_FRONT_END = 10  # row, of what is beside the cables between the two
WIDTH = 2 * _LEFT + 3 * _APART + 3 * _PORTS_APART + 1


@dataclass(frozen=True)
class Box:
    """A device or machine from one corner to the other. ``active``: it has the lines now."""

    top_left: Point
    bottom_right: Point
    is_device: bool = False
    active: bool = False


@dataclass(frozen=True)
class Label:
    """Words, centred at a point. ``lit``: whether the port group's green LEDs are lit, None when that is unknown."""

    at: Point
    text: str
    kind: str = "plain"  # plain, title, name, group, port, faint or here
    lit: bool | None = None


@dataclass(frozen=True)
class Join:
    """What the relay joins in one of its modes. ``now``: in its present one."""

    points: tuple[Point, ...]
    label: Label
    now: bool


@dataclass(frozen=True)
class Drawing:
    """All of it, and the sentences that belong below. ``height`` is in rows."""

    height: int = _ENDS_BOTTOM + 1
    boxes: list[Box] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)


def draw(wiring: Wiring, devices: str = "berofos", mode: bool | None = None) -> Drawing:
    """The drawing of a wiring; ``devices`` is the device box's caption, ``mode`` the relay's, None when unknown."""
    drawing = Drawing()
    _device(drawing, devices, wiring, mode)
    _provider(drawing, wiring)
    _nodes(drawing, wiring, mode)
    _legend(drawing, wiring)
    return drawing


def draw_chain(
    behind: Wiring, devices: tuple[str, str] = ("fos1", "fos2"), modes: tuple[bool | None, bool | None] = (None, None)
) -> Drawing:
    """The drawing of two devices in a row: the first in bypass, in front of the second, which is wired as ``behind``.

    ``devices`` are their captions, ``modes`` those of their relays, None when unknown.
    """
    front = Wiring(TOPOLOGIES["xivo-pbx"], None, None)
    (front_mode, behind_mode), (front_name, behind_name) = modes, devices
    drawing = Drawing(height=_SECOND + _ENDS_BOTTOM + 1)
    _device(drawing, front_name, front, front_mode)
    lines = range(1, behind.topology.lines + 1)
    _lines(drawing, len(lines))
    _cables(drawing, "D", lines, _BOTTOM, _FRONT_END)
    _machine(drawing, _port("D", 1) - 2, _port("D", 4) + 2, _FRONT_END, "PBX", front_mode is False)
    for number, start in enumerate([_port(group, port) for group in "BC" for port in lines], start=1):
        end, row = _port("A", number), _FRONT_END + number - 1
        drawing.wires.append(((start, _BOTTOM), (start, row), (end, row), (end, _SECOND + _TOP)))

    second = Drawing()
    _device(second, behind_name, behind, behind_mode)
    _nodes(second, behind, behind_mode if front_mode else None)
    _put_below(drawing, second, _SECOND)

    to_b, to_d = behind.lines_on(True), behind.lines_on(False)
    drawing.legend.extend(
        [
            f"{front_name}, mode 1, {front.position(True)}: lines on {behind_name}, the PBX behind it",
            f"{front_name}, mode 0, {A_D}: lines on the PBX; also while it has no power",
            f"{behind_name}, mode 1, {behind.position(True)}: what comes in at A goes to {to_b}",
            f"{behind_name}, mode 0, {A_D}: what comes in at A goes to {to_d}; also while it has no power",
            f"Such a pair carries up to {behind.topology.lines} lines; for more, add pairs wired alike.",
        ]
    )
    return drawing


def _put_below(drawing: Drawing, other: Drawing, rows: int) -> None:
    def down(point: Point) -> Point:
        return point[0], point[1] + rows

    for box in other.boxes:
        drawing.boxes.append(replace(box, top_left=down(box.top_left), bottom_right=down(box.bottom_right)))
    drawing.wires.extend(tuple(map(down, wire)) for wire in other.wires)
    for join in other.joins:
        label = replace(join.label, at=down(join.label.at))
        drawing.joins.append(replace(join, points=tuple(map(down, join.points)), label=label))
    drawing.labels.extend(replace(label, at=down(label.at)) for label in other.labels)


def _device(drawing: Drawing, caption: str, wiring: Wiring, mode: bool | None) -> None:
    position = None if mode is None else wiring.position(mode)
    drawing.boxes.append(Box((0, _TOP), (WIDTH - 1, _BOTTOM), is_device=True))
    drawing.labels.append(Label((WIDTH - 2 - len(caption) // 2, _TOP - 1), caption, "name"))
    for group in "ABCD":
        lit = None if position is None else group in position
        drawing.labels.append(Label((_middle(group), _GROUPS), group, "group", lit))
        drawing.labels.extend([Label((_port(group, number), _PORTS), str(number), "port") for number in range(1, 5)])
    _joins(drawing, wiring, mode)


def _joins(drawing: Drawing, wiring: Wiring, mode: bool | None) -> None:
    a, b, c, d = (_middle(group) for group in "ABCD")
    pairs = [(a + 2, b)]
    if wiring.topology.bypass:
        pairs.append((c, d - 2))
    for left, right in pairs:
        points = ((left, _PORTS + 1), (left, _MODE_1), (right, _MODE_1), (right, _PORTS + 1))
        drawing.joins.append(Join(points, Label(((left + right) // 2, _MODE_1), "mode 1"), mode is True))
    points = ((a - 2, _PORTS + 1), (a - 2, _MODE_0), (d + 2, _MODE_0), (d + 2, _PORTS + 1))
    drawing.joins.append(Join(points, Label(((a + d) // 2, _MODE_0), "mode 0"), mode is False))


def _lines(drawing: Drawing, lines: int) -> None:
    drawing.labels.append(Label((max(_middle("A"), 10), _TITLE), "ISDN lines (provider)", "title"))
    _cables(drawing, "A", range(1, lines + 1), _SOCKETS_ABOVE, _TOP)


def _cables(drawing: Drawing, group: str, numbers: Iterable[int], top: int, bottom: int) -> None:
    """Those from a group's ports straight down."""
    for number in numbers:
        x = _port(group, number)
        drawing.wires.append(((x, top), (x, bottom)))


def _provider(drawing: Drawing, wiring: Wiring) -> None:
    lines = wiring.topology.lines
    _lines(drawing, lines)
    _cables(drawing, "A", range(lines + 1, 5), _BOTTOM, _ENDS)
    if lines < 4:
        left, right = _port("A", lines + 1) - 3, _port("A", 4) + 3
        drawing.boxes.append(Box((left, _ENDS), (right, _ENDS_BOTTOM)))
        drawing.labels.append(Label(((left + right) // 2, _ENDS + 2), "PBX", "name"))


def _nodes(drawing: Drawing, wiring: Wiring, mode: bool | None) -> None:
    """What the lines can be joined to; ``mode`` None: not known, or there are none to join."""
    topology = wiring.topology
    b_active, d_active = mode is True, mode is False
    if topology.pbx_on_d:
        _end(drawing, "B", "C", str(wiring.port_b_node), ("CPE spans", "NET spans"), b_active)
        _end(drawing, "D", "D", "PBX", ("",), d_active)
        return
    spans = ("CPE", "NET") if topology.lines == 2 else ("",)  # half of the ports lead on to the PBX
    _end(drawing, "B", "B", str(wiring.port_b_node), spans, b_active)
    _end(drawing, "D", "D", str(wiring.port_d_node), spans, d_active)
    drawing.labels.append(Label((_middle("C"), _BOTTOM + 2), "C: not used", "faint"))


def _end(drawing: Drawing, first: str, last: str, name: str, spans: tuple[str, ...], active: bool) -> None:
    """A machine below the device, wired to the port groups from ``first`` to ``last``."""
    groups = [group for group in "ABCD" if first <= group <= last]
    for group in groups:
        _cables(drawing, group, range(1, 5), _BOTTOM, _ENDS)
    if len(groups) == len(spans):
        places = [_middle(group) for group in groups]
    else:
        places = [(_port(first, 1) + _port(first, 2)) // 2, (_port(first, 3) + _port(first, 4)) // 2]
    drawing.labels.extend(
        [Label((x, _ENDS + 1), text, "faint") for x, text in zip(places, spans, strict=True) if text]
    )
    _machine(drawing, _port(first, 1) - 2, _port(last, 4) + 2, _ENDS, name, active)


def _machine(drawing: Drawing, left: int, right: int, top: int, name: str, active: bool) -> None:
    shown = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}~"
    middle = (left + right) // 2
    wider = max(0, len(shown) - (right - left - 3) + 1) // 2
    drawing.boxes.append(Box((left - wider, top), (right + wider, top + _ENDS_BOTTOM - _ENDS), active=active))
    drawing.labels.append(Label((middle, top + 2), shown, "name"))
    if active:
        drawing.labels.append(Label((middle, top + 3), "lines here", "here"))


def _legend(drawing: Drawing, wiring: Wiring) -> None:
    topology = wiring.topology
    also = ", the PBX too" if topology.lines < 4 else ""
    behind = ", the PBX behind it" if topology.bypass else also
    drawing.legend.extend(
        [
            f"mode 1, {wiring.position(True)}: lines on {wiring.lines_on(True)}{behind}",
            f"mode 0, {A_D}: lines on {wiring.lines_on(False)}{also}; also while it has no power",
            "The relay moves all ports of a group together: A1 goes to B1 or D1, A2 to B2 or D2, and so on.",
            f"One berofos carries up to {topology.lines} lines in this wiring; for more, add devices wired alike.",
        ]
    )


def _port(group: str, number: int) -> int:
    return _LEFT + _APART * "ABCD".index(group) + _PORTS_APART * (number - 1)


def _middle(group: str) -> int:
    return (_port(group, 1) + _port(group, 4)) // 2
