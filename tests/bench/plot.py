"""Bars with whiskers, as an SVG that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from tests.bench.figures import Summary

_WIDTH = 860
_WORDS = 330  # x at which the bars begin
_FIGURES = 110  # on the right
_BAR, _GAP, _TITLE = 16, 8, 34
_OURS, _OTHERS = "#1f6feb", "#9aa4af"
_FONT = "font: 13px system-ui, 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Bar:
    """One bar; ``ours`` marks this project's own."""

    words: str
    length: Summary
    ours: bool = False


@dataclass(frozen=True)
class Panel:
    """Bars of one scale. ``unit`` stands behind each figure, which has so many ``digits`` after the point."""

    title: str
    unit: str
    digits: int
    bars: Sequence[Bar]


def svg(panels: Sequence[Panel]) -> str:
    """The panels, one above the other: bars are medians, whiskers reach from quartile to quartile."""
    height = sum(_TITLE + len(panel.bars) * (_BAR + _GAP) for panel in panels) + _GAP
    root = etree.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {height}", style=_FONT)
    etree.SubElement(root, "rect", width="100%", height="100%", fill="white")
    y = 0
    for panel in panels:
        _text(root, _GAP, y + _TITLE - 12, panel.title, {"style": "font-weight: bold"})
        y += _TITLE
        longest = max(bar.length.high for bar in panel.bars)
        for bar in panel.bars:
            _draw(root, y, bar, panel, (_WIDTH - _WORDS - _FIGURES) / longest)
            y += _BAR + _GAP
    return etree.tostring(root, encoding="unicode", pretty_print=True)


def _draw(root: etree._Element, y: int, bar: Bar, panel: Panel, scale: float) -> None:
    middle = y + _BAR / 2
    _text(root, _WORDS - _GAP, middle + 4, bar.words, {"text-anchor": "end"})
    etree.SubElement(
        root,
        "rect",
        x=str(_WORDS),
        y=str(y),
        width=f"{bar.length.median * scale:.1f}",
        height=str(_BAR),
        fill=_OURS if bar.ours else _OTHERS,
    )
    low, high = (f"{_WORDS + value * scale:.1f}" for value in (bar.length.low, bar.length.high))
    etree.SubElement(root, "line", x1=low, x2=high, y1=str(middle), y2=str(middle), stroke="black")
    figure = f"{bar.length.median:.{panel.digits}f} {panel.unit}"
    _text(root, float(high) + _GAP, middle + 4, figure, {})


def _text(root: etree._Element, x: float, y: float, words: str, attributes: dict[str, str]) -> None:
    etree.SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **attributes}).text = words
