"""From measured seconds to what can be said about them. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from berofos_ra.crmconfig.corosync import CONSENSUS

AGENT, BARE, INTERPRETER = "berofos", "bare", "interpreter"
ONE, MANY = "1", "64"  # devices
SLOW = "300"  # ms of latency

MONITOR_LIMIT = 1.25  # times what the interpreter with its libraries and one request takes
MANY_LIMIT = 2.0  # times one device
DUMMY_LIMIT = 1.15  # times the Dummy's start
PACEMAKER_WAIT = 1.0  # s that Pacemaker's controller sometimes sleeps between a membership and the first start
CRON_LIMIT = 10.0  # times sooner than cron


@dataclass(frozen=True)
class Summary:
    """The median of several measurements, and the quartiles around it."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Goal:
    """Something that must hold. ``at_least``: the ratio may not be less than the limit, else not more."""

    what: str
    ratio: Summary
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the median is within the limit."""
        return self.ratio.median >= self.limit if self.at_least else self.ratio.median <= self.limit


def noticed(token: int) -> float:
    """Seconds after which corosync notices a death with this token, in ms."""
    return token * (1 + CONSENSUS) / 1000


def summary(values: Sequence[float]) -> Summary:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Summary(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Summary(median, low, high)


def ratio(values: Sequence[float], others: Sequence[float]) -> Summary:
    """How many times the others the values are, round by round: both were measured in the same moments."""
    return summary([value / other for value, other in zip(values, others, strict=True)])


def goals(bench: Mapping[str, Any]) -> list[Goal]:
    """What the measurements (``build/bench.json``) say about what is promised."""
    monitor, scale = bench["one_device"]["monitor"], bench["scale"]
    found = [
        Goal(
            f"monitor of one device beside the bare libraries and one request, {kind}",
            ratio(monitor[AGENT][key], monitor[BARE][key]),
            MONITOR_LIMIT,
        )
        for key, kind in (("cpu", "CPU time"), ("wall", "elapsed time"))
    ]
    found += [
        Goal(
            f"{action} of {MANY} devices at {SLOW} ms latency beside one device",
            ratio(scale[action][SLOW][MANY]["wall"], scale[action][SLOW][ONE]["wall"]),
            MANY_LIMIT,
        )
        for action in scale
    ]
    deaths = bench["failover"]["deaths"]
    clicks = [death["click"] for death in deaths]
    found.append(
        Goal(
            "node death to the last relay's click, beside a Dummy's start",
            ratio(clicks, [death["dummy"] for death in deaths]),
            DUMMY_LIMIT,
        )
    )
    cron = [each["click"] for each in bench["failover"]["cron"]]
    sooner = summary([seconds / summary(clicks).median for seconds in cron])
    found.append(Goal("node death to click: ping and cron beside this agent", sooner, CRON_LIMIT, at_least=True))
    return found
