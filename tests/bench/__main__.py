"""``python3 -m tests.bench``: measure everything, print it, and write build/bench.json for ``tests.bench.pages``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench import failover, processes, report
from tests.bench.figures import goals
from tests.lab import asterisk
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT

RESULTS = Path(CHECKOUT, "build", "bench.json")

_ROUNDS = {"one_device": 25, "scale": 5, "memory": 3}
_DEATHS = 6


def main() -> int:
    """Measure; the exit status is 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything once, to try the bench itself out")
    quick = parser.parse_args().quick
    console = Console(highlight=False, width=max(Console().width, 140))  # the tables' width
    begun = time.monotonic()

    def say(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:5.0f} s[/]  {what}")

    rounds = dict.fromkeys(_ROUNDS, 1) if quick else _ROUNDS
    try:
        say("a cluster comes up")
        with Lab(2, failover.DEVICES, asterisk.files()) as lab:
            bench: dict[str, Any] = {"machine": _machine(lab)}
            bench |= processes.measure(lab, say, rounds)
            bench["failover"] = failover.measure(lab, say, 1 if quick else _DEATHS)
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say("done")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(bench, indent=1) + "\n", encoding="utf-8")
    report.show(console, bench)
    return 0 if all(goal.kept for goal in goals(bench)) else 1


def _machine(lab: Lab) -> dict[str, str]:
    """What it was measured on, in general terms."""
    node = next(iter(lab.nodes.values()))
    pacemaker = node.run(["pacemakerd", "--version"]).stdout.split()[1]
    cores = node.run(["nproc"]).stdout.strip()
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return {
        "cores": cores,
        "system": system,
        "python": node.run(["/usr/bin/python3", "-V"]).stdout.split()[1],
        "requests": version("requests"),
        "pacemaker": pacemaker,
    }


if __name__ == "__main__":
    sys.exit(main())
