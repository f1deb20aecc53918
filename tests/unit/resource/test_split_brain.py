"""Two nodes without fencing, every order of events: who may take the relay, searched state by state.

What is searched, and how the nodes act, is in `model_partition`.
"""

from __future__ import annotations

from collections.abc import Collection

import pytest

from berofos_ra.resource.split_brain import PeerView, Release, holds_back, release_of
from berofos_ra.resource.verdict import may_put_right
from tests.unit.resource.model_partition import (
    DEAD,
    LEFT,
    RULES,
    TAKE,
    UP,
    Device,
    Node,
    Rules,
    Site,
    World,
    broken_promise,
    finish_start,
    search,
    start,
    stop,
)

SITES = [
    (Site(devices=1, others=2), 13),
    (Site(devices=1, others=1, deaths=1), 12),
    (Site(devices=2, need=1, others=0), 13),
    (Site(devices=2, need=2, others=0), 13),
    (Site(devices=2, need=1, others=1), 10),
    (Site(devices=2, need=2, others=1), 10),
    (Site(devices=3, need=1, others=0), 10),
    (Site(devices=3, need=3, others=0), 10),
]
DEEP_SITES = [
    (Site(devices=1, others=3, deaths=1), 14),
    (Site(devices=2, need=1, others=1, deaths=1), 12),
    (Site(devices=2, need=2, others=1, deaths=1), 12),
    (Site(devices=3, need=1, others=0), 13),
    (Site(devices=3, need=2, others=0), 13),
    (Site(devices=3, need=3, others=0), 13),
]
SMALL = Site(devices=2, need=2, others=1)


@pytest.mark.parametrize(("site", "depth"), SITES, ids=str)
def test_during_a_cut_each_relay_is_switched_once_at_most(site: Site, depth: int) -> None:
    """Twice where its owner hadn't seen it on its side; once more for each hand, reset, death and return."""
    assert broken_promise(site, depth) is None


@pytest.mark.soak
@pytest.mark.parametrize(("site", "depth"), DEEP_SITES, ids=str)
def test_so_it_is_with_more_devices_and_deeper(site: Site, depth: int) -> None:
    assert broken_promise(site, depth) is None


@pytest.mark.parametrize("old", [(False, True), (True, False)])
def test_beside_a_node_of_the_released_version_once_more_at_most(old: tuple[bool, bool]) -> None:
    for world, _ in search(Site(devices=1, old=old, others=0), 16):
        assert all(device.switches <= device.most + 1 for device in world.devices)


def counts_for_ever(release: Release | None, peer: PeerView, devices: Collection[str]) -> bool:
    return release is not None and not peer.is_member and not release.devices.isdisjoint(devices)


def until_in_sight(release: Release | None, peer: PeerView, hands: Collection[str]) -> bool:
    return holds_back(release, peer._replace(is_joining=False), hands)


def forgets_what_was_before(release: Release | None, peer: PeerView, seen: Collection[str]) -> Release | None:
    return release_of(None, peer, seen)


def hand_or_not(managed: bool, idle: bool, down: bool, hand: bool, seen_before: bool, proven: bool) -> bool:
    return may_put_right(managed, idle, down, False, seen_before, proven)


def at_once(managed: bool, idle: bool, down: bool, hand: bool, seen_before: bool, proven: bool) -> bool:
    return may_put_right(managed, idle, down, hand, True, proven)


WRONG_RULES = {
    "nobody yields": Rules(must_yield=lambda *_: False),
    "nobody looks again": Rules(looks_again=lambda *_: False),
    "yields until the peer is in sight": Rules(must_yield=until_in_sight),
    "a second release forgets the first": Rules(release_of=forgets_what_was_before),
    "a monitor takes back what the peer has taken": Rules(may_put_right=hand_or_not),
    "a monitor takes back what is half taken": Rules(may_put_right=at_once),
}


@pytest.mark.parametrize("rules", WRONG_RULES.values(), ids=WRONG_RULES)
def test_a_wrong_rule_is_found_out(rules: Rules) -> None:
    sites = (Site(devices=1, others=0), Site(devices=2, need=1, others=0), Site(devices=2, need=2, others=0))
    assert any(broken_promise(site, 14, rules) for site in sites)


@pytest.fixture(scope="module")
def reached() -> list[World]:
    """What may come about, with nothing late or half done any more."""
    site = SMALL._replace(deaths=1)
    worlds = {settle(world, site) for world, _ in search(site, 8)}
    return sorted(worlds, key=repr)


def settle(world: World, site: Site) -> World:
    devices = tuple(device._replace(late=-1) for device in world.devices)
    world = world._replace(devices=devices)
    for which in (0, 1):
        if world.nodes[which].start:
            world = stop(world, which, RULES, site)
    return world


def has_the_lines(world: World, which: int) -> bool:
    return world.nodes[which].owned and all(device.relay == which for device in world.devices)


def restarted(world: World, which: int, rules: Rules = RULES) -> World:
    return finish_start(stop(world, which, rules, SMALL), which, rules, SMALL)


def test_once_the_nodes_are_one_cluster_again_either_may_take_it(reached: list[World]) -> None:
    together = [
        world for world in reached if world.linked and world.settled and all(node.state == UP for node in world.nodes)
    ]
    assert together
    for world in together:
        for which in (0, 1):
            assert has_the_lines(restarted(stop(world, 1 - which, RULES, SMALL), which), which)


def test_a_node_whose_peer_dies_after_a_split_has_healed_may_take_it(reached: list[World]) -> None:
    # Death and split look the same to the survivor: the membership changes, and the peer isn't in it.
    for world in reached:
        if world.linked and world.settled and all(node.state == UP for node in world.nodes):
            for owner in (0, 1):
                running = restarted(stop(world, 1 - owner, RULES, SMALL), owner)
                alone = running._replace(linked=False, epoch=world.epoch + 1)
                assert has_the_lines(restarted(alone, 1 - owner), 1 - owner)


def test_the_only_living_node_takes_the_lines_after_a_clean_leave_or_fencing(reached: list[World]) -> None:
    alone = [world for world in reached if any(node.state == LEFT for node in world.nodes)]
    assert alone
    for world in alone:
        for which in (0, 1):
            if world.nodes[which].state == UP:
                assert has_the_lines(restarted(world, which), which)


def test_where_the_peer_is_hard_dead_the_way_out_is_to_move_the_relay_by_hand(reached: list[World]) -> None:
    dead = [world for world in reached if any(node.state == DEAD for node in world.nodes)]
    refused = 0
    for world in dead:
        for which in (0, 1):
            if world.nodes[which].state == UP:
                again = restarted(world, which)
                refused += not again.nodes[which].owned
                moved = tuple(device._replace(relay=which) for device in again.devices)
                assert has_the_lines(restarted(again._replace(devices=moved), which), which)
    assert refused  # else there would be no need of it


def test_a_start_that_failed_before_it_had_anything_does_not_yield_to_a_dead_peer() -> None:
    alone = World((Device(), Device()), nodes=(Node(state=DEAD), Node()), linked=False, epoch=1)

    def after_a_failure(rules: Rules) -> World:
        begun = start(alone, 1, rules, SMALL)
        assert begun.nodes[1].start == TAKE
        return restarted(begun, 1, rules)

    assert has_the_lines(after_a_failure(RULES), 1)
    assert not has_the_lines(after_a_failure(Rules(releases_unseen=True)), 1)


def test_a_relay_moved_by_hand_is_taken_back_also_while_the_peer_is_dead() -> None:
    alone = World(
        (Device(relay=1, seen=(1, 0)),) * 2, nodes=(Node(owned=True), Node(state=DEAD)), linked=False, epoch=1
    )
    assert has_the_lines(restarted(alone, 0), 0)
