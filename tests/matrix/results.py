"""What the matrix has found: kept in build/matrix.json, shown as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from tests.matrix.steps import STEPS, Outcome
from tests.support.checkout import CHECKOUT

RESULTS = CHECKOUT / "build" / "matrix.json"

# The suites that are supported.
SUITES = {"bookworm": "Debian 12, bookworm", "trixie": "Debian 13, trixie", "sid": "Debian unstable, sid"}
# Package -> its name in tables.
PACKAGES = {
    "pacemaker": "Pacemaker",
    "corosync": "corosync",
    "resource-agents": "resource-agents",
    "crmsh": "crmsh",
    "pcs": "pcs",
    "python3": "Python",
}


@dataclass(frozen=True)
class Result:
    """What was found in one suite.

    Attributes:
        suite: Its code name.
        day: When, as 2026-11-27.
        tier: Which steps there were.
        project: The project's version that was tested.
        versions: Of the Debian packages.
        outcomes: Of the steps.
    """

    suite: str
    day: str
    tier: int
    project: str
    versions: dict[str, str]
    outcomes: list[Outcome]

    @property
    def passed(self) -> bool:
        """Whether every step has passed."""
        return all(outcome.passed for outcome in self.outcomes)


def load() -> dict[str, Result]:
    """The last result of each suite; none where none was kept."""
    try:
        kept: Mapping[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {
        suite: Result(**{**record, "outcomes": [Outcome(*each) for each in record["outcomes"]]})
        for suite, record in kept.items()
    }


def keep(result: Result) -> None:
    """Keep a result in the place of the last one of its suite."""
    results = {**load(), result.suite: result}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({suite: asdict(each) for suite, each in results.items()}, indent=1) + "\n")


def table(results: list[Result]) -> Table:
    """A line a suite: versions, and the seconds that each step took, or that it failed."""
    names = [
        name for name in ("root", *(step.name for step in STEPS)) if any(name in _seconds(each) for each in results)
    ]
    shown = Table("suite", *PACKAGES.values(), *names, "min")
    for result in results:
        total = sum(outcome.seconds for outcome in result.outcomes) / 60
        versions = [result.versions.get(package, "") for package in PACKAGES]
        shown.add_row(result.suite, *versions, *(_seconds(result).get(name, "") for name in names), f"{total:.1f}")
    return shown


def _seconds(result: Result) -> dict[str, str]:
    return {
        outcome.name: f"{outcome.seconds:.0f} s" if outcome.passed else "[red]FAILED[/]"
        for outcome in result.outcomes
    }
