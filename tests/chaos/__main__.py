"""``python3 -m tests.chaos --seed 7 --minutes 30``: see `make chaos`."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.plan import Step, steps
from tests.chaos.run import new_lab, run
from tests.chaos.site import SITES
from tests.lab.errors import LabError
from tests.support.checkout import CHECKOUT


def main(arguments: list[str]) -> int:
    """Run chaos; 0 if nothing broke."""
    options = _parser().parse_args(arguments)
    site = SITES[options.example]
    directory = CHECKOUT / "build" / "chaos" / f"{site.example}-{options.seed}"
    plan = _until(steps(options.seed, site, options.step), options.minutes * 60)
    try:
        with new_lab(site) as lab:
            report = run(lab, site, options.seed, plan, directory, _say)
    except LabError as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 1
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "report.json"
    file.write_text(report.as_json(), encoding="utf-8")
    _say(report.summary())
    _say(f"the same for machines: {_short(file)}")
    again = f"make chaos SEED={options.seed} EXAMPLE={site.example} MINUTES=1 STEP="
    for step in report.steps:
        if step.violations:
            _say(f"to see it again: {again}{step.number}")
    return 1 if report.violations else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="what is done follows from it alone")
    parser.add_argument("--minutes", type=float, required=True, help="no new step is begun after them")
    parser.add_argument("--example", choices=SITES, default="two-xivo", help="the one of crm-examples that runs")
    parser.add_argument("--step", type=int, default=1, help="begin with this step of the plan")
    return parser


def _until(plan: Iterator[Step], seconds: float) -> Iterator[Step]:
    """The steps that begin within so many seconds from the first one on; that one comes in any case."""
    yield next(plan)
    end = time.monotonic() + seconds
    yield from itertools.takewhile(lambda _: time.monotonic() < end, plan)


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}" if "\n" not in line else line, flush=True)


def _short(path: Path) -> Path:
    return path.relative_to(CHECKOUT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
