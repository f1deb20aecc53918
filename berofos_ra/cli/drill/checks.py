"""What is looked at before the lines are moved: the facts, and what the rules make of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.drill.calls import count_calls
from berofos_ra.cluster.move import Simulation, find_leaders, simulate_move
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.rules import MoveRule
from berofos_ra.cluster.situation import Situation
from berofos_ra.cluster.tools import ToolFailedError, find_situation
from berofos_ra.cluster.view import ClusterSilentError
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import BerofosError, ConfigError, DeviceError, ParameterError, explain
from berofos_ra.operations.survey import DeviceSnapshot, survey
from berofos_ra.resource import drill_rule
from berofos_ra.resource.claims import Claim, claimed_deviations, find_claims
from berofos_ra.resource.drill_rule import Calls, Check, DeviceFacts, Plan, Problem
from berofos_ra.resource.parameters import Parameters, parse_parameters


class Looked(NamedTuple):
    """What was found. ``plan`` is None where it can't be told what would move.

    ``moving`` are the resources that would; ``devices`` are those of the relays, with ``claims`` by their names.
    ``over`` are the rules of earlier moves that have ended and are still there.
    """

    checks: tuple[Check, ...]
    plan: Plan | None
    situation: Situation | None = None
    moving: tuple[str, ...] = ()
    devices: tuple[DeviceConfig, ...] = ()
    claims: Mapping[str, Claim] = MappingProxyType({})
    over: tuple[MoveRule, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them."""
        return tuple(problem for check in self.checks for problem in check.problems)


class Wish(NamedTuple):
    """What is asked for: ``to`` which node (None: the other one); the rule's ``lifetime`` in seconds.

    ``last`` is how many seconds the last move took, where that is known.
    """

    config: str
    timeout: float
    to: str | None
    lifetime: int
    calls: Calls
    last: float | None = None


def look(wish: Wish) -> Looked:
    """Look at everything; nothing is changed."""
    if os.geteuid() != 0:
        return _only(Problem("only root may move what the cluster runs", "sudo berofos drill"))
    try:
        situation = find_situation()
    except ClusterSilentError as error:
        return _only(Problem(str(error), "it needs a running cluster: systemctl status pacemaker corosync"))
    relays, problems = _relays(situation)
    try:
        leaders = {name: find_leaders(name, situation) for name in relays}
    except ToolFailedError as error:
        return _only(Problem(str(error)))
    plan = drill_rule.find_plan(situation, relays, leaders, wish.to)
    if problems or not isinstance(plan, Plan):
        return _only(*problems, *(() if isinstance(plan, Plan) else plan))
    return _look_at(situation, plan, wish)


def _look_at(situation: Situation, plan: Plan, wish: Wish) -> Looked:
    simulated: Simulation | ToolFailedError
    try:
        simulated = simulate_move(plan.leader, plan.target, wish.lifetime)
        simulation = drill_rule.check_simulation(simulated.there, simulated.afterwards, plan)
        moving = tuple(one.resource for one in simulated.there)
    except ToolFailedError as error:
        simulation, moving = Check("", (Problem(str(error), "crm_simulate -sL"),)), ()
    followed = [name for name, one in situation.resources.items() if plan.leader in (name, one.group)]
    moving = tuple(dict.fromkeys((*moving, *followed)))
    devices, claims, trouble = _devices(situation, plan, wish)
    concerned = drill_rule.rules_on(situation.view.moves, plan, moving)
    over = tuple(rule for rule in concerned if rule.is_over(datetime.now(UTC)))
    checks = [
        drill_rule.check_cluster(situation, plan, moving, over),
        drill_rule.check_target(situation, plan, moving),
        trouble or drill_rule.check_devices(_facts(devices, claims, wish), wish.last),
    ]
    here = Pacemaker().node_name().casefold() == plan.source.casefold()
    checks.append(drill_rule.check_calls(count_calls() if here else None, wish.calls, plan, here))
    return Looked((*checks, simulation), plan, situation, moving, devices, claims, over)


def _only(*problems: Problem) -> Looked:
    return Looked((Check("", problems),), None)


def _relays(situation: Situation) -> tuple[dict[str, Parameters], tuple[Problem, ...]]:
    """The relays that are meant to run, with their parameters."""
    relays, problems = {}, []
    for relay in situation.relays:
        try:
            relays[relay.name] = parse_parameters(relay.parameters)
        except ParameterError as error:
            problems.append(Problem(f"{relay.name}: {error}", f"crm configure edit {relay.name}"))
    return relays, tuple(problems)


def _devices(
    situation: Situation, plan: Plan, wish: Wish
) -> tuple[tuple[DeviceConfig, ...], dict[str, Claim], Check | None]:
    """The relays' devices, whose they are, and what is wrong with the file that has them."""
    try:
        listed = read_config(wish.config).select(("all",))
    except ConfigError as error:
        return (), {}, Check("", (Problem(explain(error, config=wish.config)),))
    claims = find_claims(situation.view, wish.config, listed)
    devices = tuple(one for one in listed if one.name in claims and claims[one.name].resource.name in plan.relays)
    without = set(plan.relays) - {claims[one.name].resource.name for one in devices}
    if without:
        what = f"{wish.config} lists no device of {', '.join(sorted(without))}"
        return (), {}, Check("", (Problem(what, "use --config with the resource's own file"),))
    return devices, claims, None


def _facts(devices: tuple[DeviceConfig, ...], claims: Mapping[str, Claim], wish: Wish) -> tuple[DeviceFacts, ...]:
    return tuple(_facts_of(one, claims, wish.config) for one in survey(devices, wish.timeout))


def _facts_of(seen: DeviceSnapshot, claims: Mapping[str, Claim], config: str) -> DeviceFacts:
    device, state = seen.device, seen.state
    facts = DeviceFacts(device.name, device.label)
    if state is None:
        return facts._replace(deviations=(explain(seen.error or DeviceError("no answer"), config=config),))
    try:
        wrong = claimed_deviations(state, claims[device.name])
        armed = state.watchdog_on
    except BerofosError as trouble:
        return facts._replace(deviations=(explain(trouble, config=config),))
    facts = facts._replace(position=state.position, deviations=wrong)
    interval, left = (state.values.get(keyword) for keyword in ("wdogitime", "wdogrtime"))
    if not armed or interval is None:
        return facts
    return facts._replace(interval=int(interval), left=None if left is None else int(left))
