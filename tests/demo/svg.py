"""A recorded stage as a picture that needs nothing from the network, and looks the same in every viewer."""

from __future__ import annotations

import html
import re
from pathlib import Path

from tests.demo.stage import Stage

_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_BLANK = "\xa0"
_TEXT = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)" textLength="(?P<length>[^"]*)"'
    r' clip-path="[^"]*">(?P<text>[^<]*)</text>'
)
_CLIP_PATH = re.compile(r'<clipPath id="[^"]*-line-[0-9]+">\s*<rect [^>]*/>\s*</clipPath>\s*')
_WORDS = re.compile(rf"[^{_BLANK}]+(?:{_BLANK}[^{_BLANK}]+)*")  # words with single blanks between them


def write(stage: Stage, path: Path, title: str) -> None:
    """Write what the stage has shown to an SVG file.

    Raises:
        OSError: the file can't be written.
    """
    path.write_text(portable(stage.console.export_svg(title=title)), encoding="utf-8")


def portable(svg: str) -> str:
    """Rich's SVG without what depends on the viewer: a web font from the network, and the width of blanks."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = re.sub(r"font-family:\s*Fira Code[^;]*;", f"font-family: {_FONTS};", svg)
    # No line is too long here, so nothing has to be clipped.
    svg = _TEXT.sub(_placed, _CLIP_PATH.sub("", svg))
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines() if line.strip())


def _placed(match: re.Match[str]) -> str:
    """The same text with a place for every run of words: some viewers drop blanks, or give them another width."""
    text = html.unescape(match["text"]).rstrip("\n")
    if not text.strip(_BLANK):
        return ""
    width = float(match["length"]) / len(text)
    return "".join(
        f'<text class="{match["style"]}" x="{float(match["x"]) + words.start() * width:.1f}" y="{match["y"]}"'
        f' textLength="{len(words[0]) * width:.1f}">{html.escape(words[0].replace(_BLANK, " "))}</text>\n'
        for words in _WORDS.finditer(text)
    )
