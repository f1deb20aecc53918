"""``python3 -m tests.matrix [SUITE...]``: package, checks, tests and demo in roots of Debian's suites.

Exit status 1: something failed. A suite that can't be fetched is said to be so, and fails nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from rich.console import Console

from berofos_ra import __version__
from tests.matrix import results, steps
from tests.matrix.results import PACKAGES, SUITES, Result
from tests.matrix.roots import PreparationError, Root
from tests.matrix.steps import STEPS, Outcome

_SHOWN = 40  # lines of a failed step's output


def main() -> int:
    """Run the steps in each suite, one after the other."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.matrix", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", default=list(SUITES))
    parser.add_argument("--tier", type=int, choices=(1, 2), default=1, help="2: all tests, not only the quick ones")
    parser.add_argument(
        "--steps", nargs="+", choices=[step.name for step in STEPS], default=[], help="these alone; nothing is kept"
    )
    args = parser.parse_args()
    console = Console(highlight=False, width=max(Console().width, 160))  # the table's
    begun = time.monotonic()
    found: list[Result] = []
    defective: list[str] = []
    for suite in args.suites:

        def say(outcome: Outcome, log: Path, suite: str = suite) -> None:
            word = "[green]passed[/]" if outcome.passed else f"[bold red]FAILED[/]: {log}"
            took = f"[dim]{time.monotonic() - begun:5.0f} s[/]"
            console.print(f"{took}  {suite:9} {outcome.name:8} {outcome.seconds:6.1f} s  {word}", soft_wrap=True)
            if not outcome.passed:
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
                sys.stdout.write("".join(f"  | {line}\n" for line in lines[-_SHOWN:]))

        root = Root(suite)
        with root.locked():
            try:
                outcomes = steps.run(root, steps.chosen(args.tier, args.steps), say)
            except PreparationError as error:
                console.print(f"{suite}: not tested, there is no root of it: {error}", markup=False, soft_wrap=True)
                defective += [suite] if error.fetched else []
                continue
            versions = root.versions(*PACKAGES)
        result = Result(suite, date.today().isoformat(), args.tier, __version__, versions, outcomes)
        found.append(result)
        if not args.steps:
            results.keep(result)
    if found:
        console.print(results.table(found))
    return 0 if all(result.passed for result in found) and not defective else 1


if __name__ == "__main__":
    sys.exit(main())
