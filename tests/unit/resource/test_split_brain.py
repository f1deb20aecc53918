"""Two nodes without fencing, every order of events: who may take the relay, searched state by state.

The agents are modelled in a few lines, with the project's own rule in the middle; Pacemaker is modelled as
anything it might do: it starts, monitors, recovers and stops whenever it could.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from berofos_ra.resource.split_brain import must_yield_to_peer

DEPTH = 16
Rule = Callable[[str | None, str | None, bool, bool, bool], bool]


@dataclass(frozen=True)
class Node:
    """One node: owns the relay, where it gave the relay up while alone, and what its Pacemaker thinks."""

    owned: bool = False
    released_in: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class World:
    """The relay (its position and its default), the nodes, and how often they see each other."""

    nodes: tuple[Node, Node] = (Node(owned=True), Node())
    relay: int = 0  # the node that the lines are joined to
    default: int = 0
    linked: bool = True
    settled: bool = True  # False: the nodes see each other again, and aren't one cluster yet
    acted: frozenset[int] = frozenset()  # who has carried out an action of its own meanwhile
    epoch: int = 0  # changes with each cut and each healing, as corosync's ring ID does
    switches_in_cut: int = 0  # and until it has settled
    owned_at_cut: bool = False

    def with_node(self, which: int, **changes: object) -> World:
        changed = replace(self.nodes[which], **changes)  # type: ignore[arg-type]
        nodes = (changed, self.nodes[1]) if which == 0 else (self.nodes[0], changed)
        return replace(self, nodes=nodes)


def stop(world: World, which: int) -> World:
    if not world.nodes[which].owned:
        return world.with_node(which, failed=False)
    released_in = world.nodes[which].released_in if world.linked else str(world.epoch)
    return world.with_node(which, owned=False, released_in=released_in, failed=False)


def start(world: World, which: int, rule: Rule) -> World:
    node = world.nodes[which]
    moved = world.relay != which and world.default != which
    joining = world.linked and not world.settled
    if rule(node.released_in, str(world.epoch), world.linked, moved, joining):
        return world.with_node(which, failed=True, released_in=None if joining else node.released_in)
    switched = world.relay != which
    world = replace(world, relay=which, default=which)
    if switched and not (world.linked and world.settled):
        world = replace(world, switches_in_cut=world.switches_in_cut + 1)
    return world.with_node(which, owned=True, released_in=None, failed=False)


def monitor(world: World, which: int) -> World:
    return world.with_node(which, failed=world.relay != which)


def next_worlds(world: World, rule: Rule) -> Iterator[World]:
    """Everything that may happen next."""
    if not world.settled:
        yield replace(world, settled=True, acted=frozenset())
        for which in {0, 1} - world.acted:
            yield from acts_alone(replace(world, acted=world.acted | {which}), which, rule)
        return
    if world.linked:
        owned = any(node.owned for node in world.nodes)
        yield replace(world, linked=False, epoch=world.epoch + 1, switches_in_cut=0, owned_at_cut=owned)
        owners = [which for which in (0, 1) if world.nodes[which].owned]
        for which in owners:
            yield monitor(world, which)
            # A move, a recovery, or (where both own it after a split) Pacemaker's choice of one.
            stopped = stop(stop(world, 0), 1)
            yield start(stopped, 0, rule)
            yield start(stopped, 1, rule)
        if not owners:
            yield start(world, 0, rule)
            yield start(world, 1, rule)
        return
    yield replace(world, linked=True, settled=False, epoch=world.epoch + 1)
    for which in (0, 1):
        yield from acts_alone(world, which, rule)


def acts_alone(world: World, which: int, rule: Rule) -> Iterator[World]:
    """What a node's Pacemaker may do without the other's."""
    if not world.nodes[which].owned:
        yield start(world, which, rule)  # the peer looks dead; or once more after a failure
    else:
        yield monitor(world, which)
        yield stop(world, which)  # asterisk restarts, or the relay is recovered


def worlds(rule: Rule) -> Iterator[World]:
    """Every world that can be reached in DEPTH events."""
    first = World()
    seen = {first}
    queue = deque([(first, 0)])
    while queue:
        world, depth = queue.popleft()
        yield world
        if depth == DEPTH:
            continue
        for following in next_worlds(world, rule):
            if following not in seen:
                seen.add(following)
                queue.append((following, depth + 1))


def test_during_a_cut_the_relay_is_switched_at_most_once_whatever_happens() -> None:
    assert max(world.switches_in_cut for world in worlds(must_yield_to_peer) if world.owned_at_cut) == 1


def test_when_nobody_had_it_as_the_cut_began_each_node_takes_it_once_at_most() -> None:
    assert max(world.switches_in_cut for world in worlds(must_yield_to_peer)) == 2


def test_without_the_rule_it_would_be_thrown_to_and_fro() -> None:
    assert max(world.switches_in_cut for world in worlds(lambda *_: False)) > 3


def test_an_action_that_outlives_the_cut_would_take_the_relay_back() -> None:
    """Were the release void as soon as the nodes see each other."""

    def until_it_is_a_member(
        released_in: str | None, membership: str | None, is_member: bool, moved: bool, _: bool
    ) -> bool:
        return must_yield_to_peer(released_in, membership, is_member, moved)

    assert max(world.switches_in_cut for world in worlds(until_it_is_a_member) if world.owned_at_cut) == 3


def test_once_the_nodes_are_one_cluster_again_either_may_take_it() -> None:
    for world in worlds(must_yield_to_peer):
        if world.linked and world.settled:
            for which in (0, 1):
                taken = start(stop(stop(world, 0), 1), which, must_yield_to_peer)
                assert taken.nodes[which].owned
                assert taken.relay == which


def test_a_node_whose_peer_dies_after_a_split_has_healed_may_take_it() -> None:
    # Death and split look the same to the survivor: the membership changes, and the peer is out of sight.
    for world in worlds(must_yield_to_peer):
        if world.linked and world.settled:
            for owner in (0, 1):
                survivor = 1 - owner
                alone = replace(
                    start(stop(stop(world, 0), 1), owner, must_yield_to_peer), linked=False, epoch=world.epoch + 1
                )
                assert start(alone, survivor, must_yield_to_peer).nodes[survivor].owned


def test_a_relay_moved_by_hand_is_taken_back_also_while_the_peer_is_dead() -> None:
    alone = World(linked=False, epoch=1)
    by_hand = replace(alone, relay=1)
    recovered = start(stop(monitor(by_hand, 0), 0), 0, must_yield_to_peer)
    assert recovered.relay == 0
    assert recovered.nodes[0].owned


@pytest.mark.parametrize(
    ("released_in", "membership", "peer_is_member", "moved", "yields"),
    [
        ("1.8", "1.8", False, True, True),
        (None, "1.8", False, True, False),  # not released: the peer died, or this node has just come
        ("1.8", "1.c", False, True, False),  # the cluster has had its say since
        ("1.8", None, False, True, False),  # nobody to ask
        ("1.8", "1.8", True, True, False),  # the peer takes part in what the cluster decides
        ("1.8", "1.8", False, False, False),  # still on our side
        (None, None, False, True, False),
    ],
)
@pytest.mark.parametrize("joining", [False, True])
def test_what_a_partitioned_peer_has_taken_isn_t_taken_back(
    released_in: str | None, membership: str | None, peer_is_member: bool, moved: bool, yields: bool, joining: bool
) -> None:
    if joining:
        yields = released_in is not None and moved
    assert must_yield_to_peer(released_in, membership, peer_is_member, moved, joining) is yields
