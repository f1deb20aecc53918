"""Moving by rule: asking Pacemaker to move something for a while, trying it out before, and taking the rule back.

All but `clear` raise a ToolFailedError where the cluster can't be asked, or refuses.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from berofos_ra.cluster.rules import MoveRule, parse_move_rules
from berofos_ra.cluster.simulation import Action, parse_actions, parse_leaders
from berofos_ra.cluster.situation import Operation, Situation, parse_operations
from berofos_ra.cluster.tools import ToolFailedError, run_tool


class Simulation(NamedTuple):
    """What Pacemaker would do with a rule, and once that is done and the rule has gone."""

    there: tuple[Action, ...]
    afterwards: tuple[Action, ...]


def find_operations() -> dict[tuple[str, str], Operation]:
    """The last action of each resource on each node."""
    return dict(parse_operations(run_tool("cibadmin", "--query", "--scope", "status")))


def find_leaders(resource: str, situation: Situation) -> frozenset[str]:
    """What has to be moved for a resource to move: the group, or resource, that it must be with in the end.

    More than one where it must be with several that needn't be together.
    """
    done: set[str] = set()

    def walk(name: str) -> frozenset[str]:
        done.add(name)
        group = situation.resources[name].group if name in situation.resources else None
        if group is not None:
            return walk(group) if group not in done else frozenset()
        leaders = parse_leaders(run_tool("crm_resource", "--constraints", "--resource", name, "--output-as=xml"))
        if leaders is None:
            raise ToolFailedError("crm_resource answers no XML")
        found = frozenset[str]().union(*(walk(leader) for leader in leaders.get(name, ()) if leader not in done))
        return found or frozenset({name})

    return walk(resource)


def simulate_move(resource: str, node: str, seconds: int) -> Simulation:
    """What the scheduler would do, on a copy of the cluster's own state."""
    with tempfile.TemporaryDirectory(prefix="berofos-") as folder:
        before, after = f"{folder}/before.xml", f"{folder}/after.xml"
        Path(before).write_text(run_tool("cibadmin", "--query"), encoding="utf-8")
        _move(resource, node, seconds, before)
        there = _simulate("--xml-file", before, "--save-output", after)
        run_tool("crm_resource", "--clear", "--resource", resource, "--node", node, cib=after)
        return Simulation(there, _simulate("--xml-file", after))


def find_actions() -> tuple[Action, ...]:
    """What the scheduler would do now."""
    return _simulate("--live-check")


def ask_move(resource: str, node: str, seconds: int) -> MoveRule:
    """Have Pacemaker move a resource to a node, by a rule that ends by itself after so many seconds.

    Raises:
        ToolFailedError: it refused, or nobody knows.
    """
    _move(resource, node, seconds)
    rule = _find_prefer(resource)
    if rule is None:
        raise ToolFailedError("crm_resource has left no rule")
    return rule


def find_rule(resource: str, node: str) -> MoveRule | None:
    """The rule, if there is one, that a killed or failed `ask_move` may have left."""
    rule = _find_prefer(resource)
    return rule if rule is not None and rule.node.casefold() == node.casefold() else None


def clear(rule: MoveRule) -> bool:
    """Take back this very rule; whether it is gone. One that somebody else has put in its place is left alone."""
    try:
        if rule not in find_rules():
            return True
        run_tool("crm_resource", "--clear", "--resource", rule.resource, "--node", rule.node)
        return rule not in find_rules()
    except ToolFailedError:
        return False


def find_rules() -> tuple[MoveRule, ...]:
    """All rules of moves."""
    rules = parse_move_rules(run_tool("cibadmin", "--query"))
    if rules is None:
        raise ToolFailedError("cibadmin answers no XML")
    return rules


def _find_prefer(resource: str) -> MoveRule | None:
    return next((rule for rule in find_rules() if rule.resource == resource and not rule.is_ban), None)


def _move(resource: str, node: str, seconds: int, cib: str | None = None) -> None:
    run_tool("crm_resource", "--move", "--resource", resource, "--node", node, "--lifetime", f"PT{seconds}S", cib=cib)


def _simulate(*arguments: str) -> tuple[Action, ...]:
    actions = parse_actions(run_tool("crm_simulate", *arguments, "--simulate", "--output-as=xml"))
    if actions is None:
        raise ToolFailedError("crm_simulate answers no XML")
    return actions
