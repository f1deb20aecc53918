"""``python3 -m tests.bench.ladder``: how short a token may be, into build/ladder.json for ``tests.bench.pages``.

For each token and each kind of load on the nodes: the seconds from the active node's death to the last relay's click
and to a Dummy's start, and how often the nodes lost sight of each other while nothing had happened. It takes about
three hours, and wants the machine for itself. Stopped, it goes on where it was when it is called again; to begin
anew remove its file.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from berofos_ra.crmconfig.corosync import Corosync, Member, render
from tests.bench.contenders import B, D
from tests.bench.failover import DUMMY, death
from tests.lab import asterisk
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT
from tests.support.examples import example

RESULTS = Path(CHECKOUT, "build", "ladder.json")
TOKENS = (300, 400, 600, 1000, 3000)  # ms

# What keeps a node busy, as a shell's command that doesn't end.
LOADS = {
    "idle": "",
    "one core busy per node": "while :; do :; done",
    "disk busy": "while :; do dd if=/dev/zero of=/var/tmp/bench-ladder bs=1M count=64 conv=fsync; done",
}
_DEATHS, _MINUTES = 7, 10.0
_MEMBERS = (Member(B, ("10.34.2.11", "10.34.1.11")), Member(D, ("10.34.2.12", "10.34.1.12")))
_LAB_S_OWN = "system {\n    move_to_root_cgroup: no\n}\n"
_LOG = "/var/log/corosync/corosync.log"
_LOAD_MARK = "bench-ladder-load"


def main() -> int:
    """Measure; the exit status is 1 when there is no lab."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench.ladder", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything once, to try the ladder itself out")
    parser.add_argument("--token", type=int, action="append", choices=TOKENS, help="only this one, in ms")
    args = parser.parse_args()
    deaths, seconds = (1, 5.0) if args.quick else (_DEATHS, _MINUTES * 60)
    rungs = _measured(seconds / 60)
    there = {(rung["token"], rung["load"]) for rung in rungs}
    try:
        for token in args.token or TOKENS:
            for load in LOADS:
                if (token, load) in there:
                    continue
                rungs.append(_rung(token, load, deaths, seconds))
                sys.stdout.write(f"{json.dumps(rungs[-1])}\n")
                sys.stdout.flush()
                RESULTS.parent.mkdir(exist_ok=True)
                measured = {"minutes": seconds / 60, "rungs": rungs}
                RESULTS.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _measured(minutes: float) -> list[dict[str, Any]]:
    """What the file has already, of rungs that were watched as long."""
    if not RESULTS.exists():
        return []
    before: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return list(before["rungs"]) if before["minutes"] == minutes else []


def corosync_conf(token: int) -> str:
    """As ``berofos crm-config`` writes it, with this token."""
    (text, found) = re.subn(r"token: \d+", f"token: {token}", render(Corosync(_MEMBERS)))
    assert found == 1
    return text + _LAB_S_OWN


def _rung(token: int, load: str, deaths: int, seconds: float) -> dict[str, Any]:
    files: Mapping[str, tuple[str, int]] = {
        **asterisk.files(),
        "/etc/corosync/corosync.conf": (corosync_conf(token), 0o644),
        "/etc/corosync/authkey": ("k" * 256, 0o400),
    }
    with Lab(2, 2, files, second_link=True) as lab:
        lab.configure(example("two-xivo") + DUMMY, B)
        for resource in ("berofos-relay", "bench-dummy"):
            lab.wait_started(resource)
        _load(lab, load)
        before = _memberships(lab)
        time.sleep(seconds)
        false_alarms = _memberships(lab) - before
        found = []
        for _ in range(deaths):
            lab.wait_online()
            lab.wait_quiet()
            owner = lab.wait_started("berofos-relay")
            _load(lab, load)
            found.append(death(lab, owner))
            lab.node(owner).start()
        return {"token": token, "load": load, "deaths": found, "false_alarms": false_alarms}


def _load(lab: Lab, load: str) -> None:
    """Have it on every node, once."""
    if not LOADS[load]:
        return
    for node in lab.running_nodes():
        if node.run(["pgrep", "-f", _LOAD_MARK], check=False).returncode != 0:
            script = f": {_LOAD_MARK}; {LOADS[load]}"
            node.run(["setsid", "--fork", "sh", "-c", 'exec sh -c "$0" </dev/null >/dev/null 2>&1', script])


def _memberships(lab: Lab) -> int:
    """How many memberships the nodes have been in, as their corosync logged them."""
    return sum(node.read(_LOG).count("A new membership") for node in lab.nodes.values())


if __name__ == "__main__":
    sys.exit(main())
