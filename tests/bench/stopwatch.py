"""Runs commands again and again, in turns, and times each whole process. A program of its own, sent into a node.

Standard input: a plan as JSON, see `main`. Standard output: the seconds of every run as JSON. It needs nothing but
Python, and stays small: a process begins with the memory of its parent.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any


def main() -> None:
    """Carry out the plan on standard input.

    ``{"rounds": N, "runners": {NAME: [TURN, ...]}}``: every round each runner has one go, so that a noisy moment of
    the machine hits all of them alike; its turns take turns. A TURN is ``{"before": [STEP, ...], "timed": STEP}``, a
    STEP ``{"command": [...], "environment": {...}}``.

    Answer: ``{NAME: {"wall": [...], "cpu": [...]}}``, CPU with that of the children.
    """
    plan = json.load(sys.stdin)
    times: dict[str, dict[str, list[float]]] = {name: {"wall": [], "cpu": []} for name in plan["runners"]}
    for number in range(plan["rounds"]):
        for name, turns in plan["runners"].items():
            turn = turns[number % len(turns)]
            for step in turn["before"]:
                timed(step)
            wall, cpu = timed(turn["timed"])
            times[name]["wall"].append(wall)
            times[name]["cpu"].append(cpu)
    json.dump(times, sys.stdout)


def timed(step: dict[str, Any]) -> tuple[float, float]:
    """Seconds of wall clock and CPU that a command takes; the program ends when the command fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        step["command"],
        env=step["environment"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    complaint = process.stderr.read()  # ends when the process does
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    if status != 0:
        sys.exit(f"{' '.join(step['command'])}: status {status}: {complaint.decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
