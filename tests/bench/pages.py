"""``python3 -m tests.bench.pages``: docs/speed.md and docs/speed.svg from build/bench.json.

Where there is a build/ladder.json too, the page ends with it, and docs/ladder.svg is its picture.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.contenders import NAMES
from tests.bench.figures import AGENT, SLOW, summary
from tests.bench.plot import Bar, Panel, svg
from tests.bench.report import ladder as ladder_table
from tests.bench.report import markdown, tables
from tests.support.checkout import CHECKOUT

_TEXT = """\
# Speed

Measured by `make bench`, written by `make bench-docs`: don't edit.
{cores} cores, {system}, Python {python}, requests {requests}, Pacemaker {pacemaker}.

All in one run, round by round in turns, so that a noisy moment of the machine hits everything alike. Figures are
medians, with the quartiles in brackets; ratios are taken round by round.

![Elapsed times](speed.svg)

## {titles[0]}

{tables[0]}
## {titles[1]}

Every process is timed from its call to its end, in a node of a running two-node cluster, as Pacemaker would call it.
*Bare* is what an agent in Python that speaks HTTP can't do without: `/usr/bin/python3` imports requests and ocf.py
and makes one request to the same simulated device. A start switches the relay: it asks the device four times, and
runs three of Pacemaker's tools, one to look for other resources with the same device, two to set node attributes. A
healthy monitor asks each device once and runs no tool.

{tables[1]}
A device with a login is asked once more in each action, since it says only then which kind of login it takes.

## {titles[2]}

Latency is what a device waits before each answer. A start asks a device for its settings, writes two of them and
reads back, one after the other: four times the latency.

{tables[2]}
## {titles[3]}

A two-node cluster with [crm-examples/two-xivo.crm](../crm-examples/two-xivo.crm), corosync's token 1 s, no fencing.
The power of the active node is cut. The Dummy has the relay's constraints, so that Pacemaker starts both at the same
moment. Nearly all of the time is corosync's: token and consensus, then Pacemaker's own.

XiVO's own method is measured in real time at a last death: on the standby `ping -c 3 -i 10` to the master begins
every minute, as from cron, and `xivo-berofos slave` follows when no answer came. It runs {schedules} times side by
side, the minutes beginning {apart:.0f} s apart, each with a device of its own. Asterisk's start, which XiVO puts
before the switch, isn't part of it.

{tables[3]}"""

LADDER = Path(CHECKOUT, "build", "ladder.json")
_LADDER = """
## {title}

Measured by `make ladder`: two nodes with two encrypted links, as `berofos crm-config` writes them. A false alarm is a
membership that a node logged though nothing had happened to the other one, in {minutes} minutes of the load.
*Pacemaker's own second*: its controller sometimes sleeps for one between the new membership and the first start.

![From a node's death to the click](ladder.svg)

{table}"""


def main() -> int:
    """Write both files; the exit status is 1 when there are no measurements."""
    try:
        bench = json.loads(Path(CHECKOUT, "build", "bench.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        sys.stderr.write("there is no build/bench.json; run make bench first\n")
        return 1
    ladder = None
    if LADDER.exists():
        ladder = json.loads(LADDER.read_text(encoding="utf-8"))
        Path(CHECKOUT, "docs", "ladder.svg").write_text(ladder_picture(ladder), encoding="utf-8")
    Path(CHECKOUT, "docs", "speed.md").write_text(page(bench, ladder), encoding="utf-8")
    Path(CHECKOUT, "docs", "speed.svg").write_text(picture(bench), encoding="utf-8")
    return 0


def page(bench: Mapping[str, Any], ladder: Mapping[str, Any] | None = None) -> str:
    """docs/speed.md."""
    every = tables(bench)
    schedules = len(bench["failover"]["cron"])
    text = _TEXT.format(
        **bench["machine"],
        titles=[table.title for table in every],
        tables=[markdown(table) for table in every],
        schedules=schedules,
        apart=60 / schedules,
    )
    if ladder is None:
        return text
    table = ladder_table(ladder)
    return text + _LADDER.format(title=table.title, table=markdown(table), minutes=f"{ladder['minutes']:g}")


def ladder_picture(ladder: Mapping[str, Any]) -> str:
    """docs/ladder.svg."""
    bars = [
        Bar(f"{rung['token']} ms, {rung['load']}", summary([each["click"] for each in rung["deaths"]]), ours=True)
        for rung in ladder["rungs"]
    ]
    return svg((Panel("From a node's death to the last relay's click, by token and load", "s", 2, bars),))


def picture(bench: Mapping[str, Any]) -> str:
    """docs/speed.svg."""
    monitor, failover = bench["one_device"]["monitor"], bench["failover"]
    processes = [
        Bar(words.replace("`", ""), summary([s * 1000 for s in monitor[name]["wall"]]), ours=name == AGENT)
        for name, words in NAMES.items()
    ]
    scale = [
        Bar(f"{action}, {number} {'device' if number == '1' else 'devices'}", summary(times["wall"]), ours=True)
        for action, latencies in bench["scale"].items()
        for number, times in latencies[SLOW].items()
    ]
    deaths = [
        Bar("this agent: the last relay's click", summary([each["click"] for each in failover["deaths"]]), ours=True),
        Bar("ocf:pacemaker:Dummy: its start", summary([each["dummy"] for each in failover["deaths"]])),
        Bar("ping from cron: the relay's click", summary([each["click"] for each in failover["cron"]])),
    ]
    return svg(
        (
            Panel("One monitor, from its call to its end", "ms", 0, processes),
            Panel(f"Devices side by side, {SLOW} ms latency each", "s", 2, scale),
            Panel("From a node's death", "s", 1, deaths),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
