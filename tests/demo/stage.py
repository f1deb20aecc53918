"""How the demo talks to whoever watches: on a terminal with colours and movement, else as plain text in sequence."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.text import Text

from tests.demo.picture import picture
from tests.demo.scene import Scene

_WIDEST = 100
_PAUSE = 1.5  # s


@dataclass(frozen=True)
class Stage:
    """Where it is shown.

    Attributes:
        console: Rich's.
        plain: ASCII only.
        live: Somebody watches a terminal that can overwrite what it has shown.
        brief: Leave out what is shown again later: there is only room for one page.
    """

    console: Console
    plain: bool
    live: bool
    brief: bool = False


def on_stdout() -> Stage:
    """A stage as good as standard output allows."""
    console = Console(highlight=False)
    if console.width > _WIDEST:
        console.width = _WIDEST
    live = sys.stdout.isatty() and not console.is_dumb_terminal
    utf8 = console.encoding.lower().startswith("utf")
    return Stage(console, plain=not (live and utf8) or console.no_color, live=live)


def for_recording() -> Stage:
    """A stage whose pictures are kept for `svg`; nothing moves, and nothing goes to standard output."""
    console = Console(
        record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor", width=_WIDEST, highlight=False
    )
    console.no_color = False
    return Stage(console, plain=False, live=False, brief=True)


def headline(stage: Stage, number: int, text: str) -> None:
    """Begin a step."""
    stage.console.print()
    stage.console.print(Text(f"{number}. {text}", style="bold cyan"))


def say(stage: Stage, text: str, style: str = "") -> None:
    """A sentence of the story."""
    _print_indented(stage, 3, Text(text, style=style))


def done(stage: Stage, text: str) -> None:
    """Something came out as expected."""
    say(stage, f"{'ok' if stage.plain else '✓'} {text}", "green")


def shell(stage: Stage, where: str, command: str) -> None:
    """The command that is given now, and where."""
    _print_indented(stage, 3, Text.assemble((f"{where}# ", "dim"), (command, "bold")))


def verbatim(stage: Stage, text: str) -> None:
    """What a program printed, as it is."""
    margin = " " * 5
    # Tab stops are counted from the terminal's edge.
    lines = [(margin + line.rstrip()).expandtabs()[len(margin) :] for line in text.rstrip().splitlines()]
    _print_indented(stage, len(margin), Text("\n".join(lines)))


def show(stage: Stage, scene: Scene, more: bool = True) -> None:
    """The picture, to stay, and time to look at it; ``more`` of the step comes after it."""
    stage.console.print()
    stage.console.print(picture(scene, stage.console.width, stage.plain))
    if more:
        stage.console.print()
    pause(stage)


def pause(stage: Stage) -> None:
    """Time for a person to read; none where nobody watches."""
    if stage.live:
        time.sleep(_PAUSE)


def _print_indented(stage: Stage, indent: int, text: Text) -> None:
    if stage.console.record:
        # Nothing wraps what runs over the edge of a picture. Elsewhere lines stay whole, fit for copying.
        stage.console.print(Padding(text, (0, 0, 0, indent)))
        return
    for line in text.split(allow_blank=True):
        stage.console.print(Text(" " * indent).append_text(line) if line else "", soft_wrap=True)


@contextlib.contextmanager
def waiting(stage: Stage, what: str, scene: Scene | None = None) -> Iterator[Callable[[Scene], None]]:
    """While the block runs, show that there is something to wait for; gives a function to change the picture."""
    if not stage.live:
        yield lambda _: None
        return
    shown = [scene]
    spinner = Spinner("line" if stage.plain else "dots", style="cyan")
    begun = time.monotonic()

    def render() -> RenderableType:
        spinner.update(text=Text(f"{what} ({time.monotonic() - begun:.1f} s)"))
        if shown[0] is None:
            return spinner
        return Group("", picture(shown[0], stage.console.width, stage.plain), "", spinner)

    def change(to: Scene) -> None:
        shown[0] = to

    with Live(get_renderable=render, console=stage.console, refresh_per_second=10, transient=True):
        yield change
