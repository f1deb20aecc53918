"""What corosync's own programs say."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from berofos_ra.programs import find_program, run_program

_TIMEOUT = 30.0  # seconds
_STAMP = re.compile(r"^\w+ +\d+ [\d:.]+ +")  # what corosync's messages begin with
_LAST_WORDS = "exiting with status"


def parser_complaint(make: Callable[[str], str]) -> str | None:
    """What corosync's parser has against a configuration, in one line; empty: nothing; None: corosync isn't here.

    ``make`` writes the configuration with the cluster's key, log and state in that folder: the parser looks at them.
    """
    if find_program("corosync") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="berofos-") as folder:
        config = Path(folder, "corosync.conf")
        Path(folder, "authkey").write_bytes(bytes(256))
        config.write_text(make(folder), encoding="utf-8")
        try:
            done = run_program("corosync", "-t", "-c", str(config), timeout=_TIMEOUT)
        except OSError as error:
            return f"corosync can't be run: {error}"
    if done.returncode == 0:
        return ""
    lines = [_STAMP.sub("", line).strip() for line in (done.stderr + done.stdout).splitlines()]
    told = [line for line in lines if line and _LAST_WORDS not in line]
    return "; ".join(told).replace(f"{folder}/", "") or f"exit status {done.returncode}"


class CorosyncView(NamedTuple):
    """What the running corosync goes by. ``noticed``: seconds from a node's death to the new membership, if told.

    ``links`` are the ways between the nodes; ``quorum_device``: whether a third machine votes.
    """

    links: int
    noticed: float | None
    quorum_device: bool


def corosync_view() -> CorosyncView | None:
    """The running corosync's; None: it can't be asked."""
    try:
        done = run_program("corosync-cmapctl", timeout=_TIMEOUT)
    except OSError:
        return None
    return parse_cmap(done.stdout) if done.returncode == 0 else None


def parse_cmap(text: str) -> CorosyncView | None:
    """The same from what ``corosync-cmapctl`` prints; None: no nodes are in it."""
    values = dict(re.findall(r"^(\S+) \(\w+\) = (.*)$", text, re.MULTILINE))
    links = {key for key in values if re.fullmatch(r"nodelist\.node\.0\.ring\d+_addr", key)}
    times = [values.get(f"runtime.config.totem.{name}", "") for name in ("token", "consensus")]
    noticed = sum(map(int, times)) / 1000 if all(each.isdecimal() for each in times) else None
    return CorosyncView(len(links), noticed, "quorum.device.model" in values) if links else None
