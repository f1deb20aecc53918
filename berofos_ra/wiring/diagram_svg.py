"""A wiring's drawing as SVG for documents: self-contained, no fonts or styles from elsewhere. Pure."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from berofos_ra.wiring.diagram import WIDTH, Box, Drawing, Join, Label, Point, Wire

_CELL_WIDTH, _CELL_HEIGHT, _MARGIN = 10, 22, 16  # pixels
_LEGEND_LINE = 22
_SANS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_INK, _FAINT, _GREEN = "#24292f", "#6e7781", "#1a7f37"
_TEXT_STYLES = {
    "title": f'font-size="14" fill="{_INK}"',
    "name": f'font-size="15" font-weight="bold" fill="{_INK}"',
    "group": f'font-size="16" font-weight="bold" fill="{_INK}"',
    "port": f'font-size="12" fill="{_INK}"',
    "faint": f'font-size="12" fill="{_FAINT}"',
    "here": f'font-size="12" font-weight="bold" fill="{_GREEN}"',
    "plain": f'font-size="13" fill="{_INK}"',
}


def render_svg(drawing: Drawing, title: str) -> str:
    """The drawing with its legend as an SVG document."""
    width = WIDTH * _CELL_WIDTH + 2 * _MARGIN
    legend_top = drawing.height * _CELL_HEIGHT + 2 * _MARGIN
    height = legend_top + len(drawing.legend) * _LEGEND_LINE + _MARGIN // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="{_SANS}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *map(_wire, drawing.wires),
        *map(_box, drawing.boxes),
        *(_join(join) for join in sorted(drawing.joins, key=lambda join: join.now)),
        *map(_label, drawing.labels),
        *(_words(_MARGIN, legend_top + row * _LEGEND_LINE, "plain", line) for row, line in enumerate(drawing.legend)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(point: Point) -> tuple[int, int]:
    x, y = point
    return _MARGIN + x * _CELL_WIDTH + _CELL_WIDTH // 2, _MARGIN + y * _CELL_HEIGHT + _CELL_HEIGHT // 2


def _points(points: tuple[Point, ...], raised: int = 0) -> str:
    """Both ends of the line may be ``raised``, in pixels."""
    places = [_place(point) for point in points]
    places[0], places[-1] = ((x, y - raised) for x, y in (places[0], places[-1]))
    return quoteattr(" ".join(f"{x},{y}" for x, y in places))


def _wire(wire: Wire) -> str:
    return f'<polyline points={_points(wire)} fill="none" stroke="{_INK}" stroke-width="1.5"/>'


def _box(box: Box) -> str:
    (left, top), (right, bottom) = _place(box.top_left), _place(box.bottom_right)
    fill = "#f6f8fa" if box.is_device else "#dafbe1" if box.active else "#ffffff"
    stroke = _GREEN if box.active else _INK
    return (
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" rx="6" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.5"/>'
    )


def _join(join: Join) -> str:
    style = f'stroke="{_FAINT}" stroke-width="1.5" stroke-dasharray="3 4"'
    if join.now:
        style = f'stroke="{_GREEN}" stroke-width="4" stroke-linejoin="round"'
    x, y = _place(join.label.at)
    words = join.label.text + (", now" if join.now else "")
    half = 4 * len(words) + 4
    colour = _GREEN if join.now else _FAINT
    return (
        f'<polyline points={_points(join.points, _CELL_HEIGHT // 2)} fill="none" {style}/>\n'
        f'<rect x="{x - half}" y="{y - 9}" width="{2 * half}" height="18" fill="#f6f8fa"/>\n'
        f'<text x="{x}" y="{y + 4}" text-anchor="middle" font-size="12" fill="{colour}">{escape(words)}</text>'
    )


def _label(label: Label) -> str:
    x, y = _place(label.at)
    text = _words(x, y + 5, label.kind, label.text, "middle")
    if label.kind == "port":
        return (
            f'<rect x="{x - 9}" y="{y - 9}" width="18" height="18" rx="3" fill="#ffffff" stroke="{_FAINT}"/>\n{text}'
        )
    if label.lit is None:
        return text
    fill = "#2da44e" if label.lit else "#ffffff"
    return text + f'\n<circle cx="{x + 18}" cy="{y}" r="5" fill="{fill}" stroke="{_FAINT}"/>'


def _words(x: int, y: int, kind: str, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {_TEXT_STYLES[kind]}>{escape(text)}</text>'
