"""What became of a move: what is said of it, what is logged, and the exit status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from berofos_ra.cli.commands.status_report import problems_of
from berofos_ra.cli.drill.checks import Looked, Wish
from berofos_ra.cli.drill.leg import Ended, Leg
from berofos_ra.cluster.situation import Situation
from berofos_ra.cluster.tools import find_situation
from berofos_ra.cluster.view import ClusterSilentError
from berofos_ra.operations.survey import DeviceSnapshot, survey
from berofos_ra.resource.claims import find_claims

_STATUS = {Ended.MOVED: 0, Ended.ELSEWHERE: 1, Ended.NOT_BEGUN: 1, Ended.UNKNOWN: 3, Ended.INTERRUPTED: 130}


class Outcome(NamedTuple):
    """``lines`` are for standard output, ``problems`` for standard error, ``log`` for syslog."""

    status: int
    lines: tuple[str, ...]
    problems: tuple[str, ...]
    log: str


def conclude(leg: Leg, looked: Looked, wish: Wish) -> Outcome:
    """Look at devices and cluster once more, and say how it ended."""
    plan = leg.plan
    situation: Situation | None = None
    try:
        situation = find_situation()
        where = _where(situation, looked)
    except ClusterSilentError as error:
        where = str(error)
    seen = survey(looked.devices, wish.timeout)
    problems = [] if situation is None else list(_disagreements(situation, seen, wish))
    status = _STATUS[leg.ended]
    lines: list[str] = []
    way = f"{plan.source} -> {plan.target}"
    if leg.ended is Ended.MOVED:
        agree = "devices and cluster agree" if situation is not None and not problems else "but see below"
        removed = "rule removed; " if leg.left is None else ""
        lines = [f"{leg.settled:5.1f} s  settled; {removed}{agree}", _measured(leg)]
        status = 1 if problems or situation is None else 0
        log = f"{way}, {leg.relays_took:.1f} s" if leg.relays_took is not None else f"{way}, relays not all seen"
    else:
        words = {
            Ended.ELSEWHERE: f"the lines didn't move from {plan.source} to {plan.target}",
            Ended.NOT_BEGUN: "Pacemaker didn't begin: do the nodes' clocks agree? (date, on each of them)",
            Ended.UNKNOWN: f"not known yet: after {leg.plan.target} was asked for, Pacemaker still works on it",
            Ended.INTERRUPTED: "interrupted",
        }[leg.ended]
        problems.insert(0, "; ".join(part for part in (words, leg.why, where) if part))
        log = f"{way} {leg.ended.value}: {where}"
    if leg.left is not None:
        problems.append(f"a rule is left behind; remove it: {leg.left.clear_command}")
        status = 3 if status in (0, 1) else status
    return Outcome(status, tuple(lines), tuple(problems), log)


def _measured(leg: Leg) -> str:
    took = leg.relays_took
    relays = f"relays {took:.1f} s after the order" if took is not None else "not every relay was seen to move"
    gap = "" if leg.gap is None else f", no server behind the lines for {leg.gap:.1f} s (+-1 s)"
    return f"{leg.plan.source} -> {leg.plan.target}: {relays}{gap}"


def _where(situation: Situation, looked: Looked) -> str:
    """Where things are, as Pacemaker sees it."""
    places: dict[str, list[str]] = {}
    for name in looked.moving:
        nodes = situation.resources[name].nodes if name in situation.resources else ()
        places.setdefault(", ".join(nodes), []).append(name)
    return "; ".join(
        f"{', '.join(names)} {f'on {place}' if place else 'active nowhere'}" for place, names in places.items()
    )


def _disagreements(situation: Situation, seen: tuple[DeviceSnapshot, ...], wish: Wish) -> Iterator[str]:
    claims = find_claims(situation.view, wish.config, [one.device for one in seen])
    for one in seen:
        for problem in problems_of(one, claims.get(one.device.name), wish.config):
            yield f"{one.device.label}: {problem}"
