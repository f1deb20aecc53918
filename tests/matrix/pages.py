"""``python3 -m tests.matrix.pages``: the README's table of suites from what the matrix has found last."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from tests.matrix import results
from tests.matrix.results import PACKAGES, RESULTS, SUITES, Result
from tests.support.checkout import CHECKOUT

README = CHECKOUT / "README.md"
TABLE = re.compile(r"(?<=<!-- suites: made by make matrix-docs -->\n).*?(?=<!-- end of suites -->)", re.DOTALL)
_RUN = {1: "package, quick tests, demo", 2: "all tests"}


def main() -> int:
    """Write it; the exit status is 1 when not every suite has passed."""
    found = results.load()
    lacking = [suite for suite in SUITES if suite not in found or not found[suite].passed]
    if lacking:
        sys.stderr.write(f"{RESULTS}: not passed by {', '.join(lacking)}; run make matrix first\n")
        return 1
    README.write_text(with_table(README.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


def with_table(page: str, found: Mapping[str, Result]) -> str:
    """A page with the table of these results in the place of the one it has."""
    made = table(found)
    return TABLE.sub(lambda _: made, page)


def table(found: Mapping[str, Result]) -> str:
    """A row for each supported suite: versions, and what was run."""
    rows = [["Debian", *PACKAGES.values(), "tested"], ["---"] * (len(PACKAGES) + 2)]
    for suite, name in SUITES.items():
        result = found[suite]
        versions = [result.versions.get(package, "") for package in PACKAGES]
        rows.append([name, *versions, f"{_RUN[result.tier]} of {result.project}"])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
