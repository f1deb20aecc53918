"""The demo's command line: which story, where it is shown, and an honest exit status."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from berofos_ra.errors import BerofosError
from tests.demo import by_hand, on_cluster, svg
from tests.demo import stage as show
from tests.demo.cast import CASTS, Cast
from tests.demo.outcome import DemoFailed, Outcome
from tests.demo.stage import Stage
from tests.demo.summary import summarise
from tests.lab import requirements
from tests.lab.errors import LabError

_TITLE = "berofos in a Pacemaker cluster: a server dies, the ISDN lines follow"


def main(arguments: list[str]) -> int:
    """Show the demo; 0 if the lines really moved and came back, and were moved no more than that."""
    options = _parser().parse_args(arguments)
    stage = show.for_recording() if options.svg else show.on_stdout()
    try:
        begun = time.monotonic()
        outcome = _perform(stage, CASTS[options.example])
        summarise(stage, outcome)
        _close(stage, time.monotonic() - begun)
        if options.svg:
            svg.write(stage, options.svg, "make demo")
            print(f"{options.svg} written")
    except DemoFailed as failure:
        _lament(stage, failure, options.svg is not None)
        return 1
    except (LabError, BerofosError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def _perform(stage: Stage, cast: Cast) -> Outcome:
    """The story on a cluster, or the next best thing."""
    stage.console.print(_TITLE, style="bold")
    with show.waiting(stage, "looking whether this machine can hold a cluster"):
        lacking = requirements.missing()
    if not lacking:
        return on_cluster.play(stage, cast)
    show.say(stage, "No cluster can be had here:", "yellow")
    for each in lacking:
        show.say(stage, f"- {each}", "yellow")
    show.say(stage, "So the next best thing: the same agent and devices, without Pacemaker.")
    return by_hand.play(stage, cast)


def _close(stage: Stage, seconds: float) -> None:
    show.done(stage, f"The lines moved and came back. All told in {seconds:.0f} s.")
    show.say(stage, "To look around in such a cluster: make lab (needs root; make lab-down takes it down).")


def _lament(stage: Stage, failure: DemoFailed, recorded: bool) -> None:
    stage.console.print()
    show.say(stage, "FAILED", "bold red")
    show.say(stage, f"expected: {failure.expected}", "red")
    show.say(stage, f"found:    {failure.found}", "red")
    if recorded:
        # Nothing has been seen of it so far.
        print(stage.console.export_text(), end="", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.demo",
        description="A real cluster with simulated berofos on this machine: a server dies, the lines follow.",
    )
    parser.add_argument(
        "--example", choices=CASTS, default="two-xivo", help="the one of crm-examples (default: two-xivo)"
    )
    parser.add_argument("--svg", metavar="FILE", type=Path, help="show nothing, write a picture of it all instead")
    return parser
