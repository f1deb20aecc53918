"""Two nodes and their devices while the nodes may not see each other: everything that may happen next.

The agents are modelled in a few lines, with the project's own rules in the middle; Pacemaker is modelled as
anything it might do: it starts, monitors, recovers and stops whenever it could. A take-over is no single step: what
the other node, a hand or a late relay does comes between its writes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from berofos_ra.resource.split_brain import PeerView, Release, holds_back, release_of
from berofos_ra.resource.verdict import may_put_right

UP, DEAD, LEFT = "up", "dead", "left"  # LEFT: cleanly or fenced, so Pacemaker expects it to be down
LOOK, TAKE = "look", "take"  # a start between its two looks; and while it writes


class Rules(NamedTuple):
    """The rules that are searched; a test may put a wrong one in its place."""

    must_yield: Callable[[Release | None, PeerView, set[str]], bool] = holds_back
    looks_again: Callable[[Release | None, PeerView, set[str]], bool] = holds_back
    release_of: Callable[[Release | None, PeerView, set[str]], Release | None] = release_of
    may_put_right: Callable[[bool, bool, bool, bool, bool, bool], bool] = may_put_right
    releases_unseen: bool = False  # also what it has never seen on its side


RULES = Rules()


class Device(NamedTuple):
    """One device: the node that its lines are joined to, and that of its default relay mode.

    ``late``: the node that its relay will move to, if any. ``written``: how far each node's start is with it: 1 the
    default mode, 2 the relay too, 3 nothing more to do. ``before``: the default mode that each start found.
    ``looked``: whether each start has seen twice that it is on the other side. ``seen``: whether each ownership has
    seen it right; ``released``: by whom. ``wrong``: whether each owner's last monitor saw it wrong: 1 while the peer
    was writing, 2 else.
    """

    relay: int = 0
    default: int = 0
    late: int = -1
    written: tuple[int, int] = (0, 0)
    before: tuple[int, int] = (0, 0)
    looked: tuple[int, int] = (0, 0)
    seen: tuple[int, int] = (0, 0)
    released: tuple[int, int] = (0, 0)
    wrong: tuple[int, int] = (0, 0)
    switches: int = 0  # by nodes, since the partition began
    most: int = 1  # so often may nodes have switched it


class Node(NamedTuple):
    """One node. ``waits``: the peer was writing as it looked first, which is over before it looks again."""

    state: str = UP
    owned: bool = False
    released_in: str | None = None
    start: str = ""
    waits: bool = False


class World(NamedTuple):
    """Both nodes, the devices, and whether the nodes see each other."""

    devices: tuple[Device, ...]
    nodes: tuple[Node, Node] = (Node(owned=True), Node())
    linked: bool = True
    settled: bool = True  # False: the nodes see each other again, and aren't one cluster yet
    acted: frozenset[int] = frozenset()  # who has begun an action of its own meanwhile
    epoch: int = 0  # changes with each cut and each healing, as corosync's ring ID does
    others: int = 0  # how often a hand or a reset may still move a relay
    deaths: int = 0  # how many nodes may still die or leave


Story = dict[World, World | None]  # from which world each was reached


class Site(NamedTuple):
    """What is searched. ``need``: how many devices must be right. ``old``: nodes with the released version."""

    devices: int = 1
    need: int = 1
    old: tuple[bool, bool] = (False, False)
    late: int = 1  # a relay may move later: 1 before the start has ended, 2 at any time
    failing: bool = True  # a start may end before it has written to all
    others: int = 1
    deaths: int = 0


def first_world(site: Site) -> World:
    return World((Device(seen=(1, 0)),) * site.devices, others=site.others, deaths=site.deaths)


def _node(world: World, which: int, **changes: object) -> World:
    changed = world.nodes[which]._replace(**changes)  # type: ignore[arg-type]
    return world._replace(nodes=(changed, world.nodes[1]) if which == 0 else (world.nodes[0], changed))


def _device(world: World, place: int, device: Device) -> World:
    devices = list(world.devices)
    devices[place] = device
    return world._replace(devices=tuple(devices))


def _pair(pair: tuple[int, int], which: int, value: int) -> tuple[int, int]:
    return (value, pair[1]) if which == 0 else (pair[0], value)


def _moved_to(device: Device, which: int) -> Device:
    return device._replace(relay=which, switches=device.switches + (device.relay != which))


def stop(world: World, which: int, rules: Rules, site: Site) -> World:
    """It keeps the relays. A start that is under way was ended by Pacemaker before."""
    if world.nodes[which].start == TAKE:
        world = _end(world, which, rules, site, is_killed=True)
    seen = {str(place) for place, device in enumerate(world.devices) if device.seen[which]}
    if rules.releases_unseen or (site.old[which] and seen):
        seen = set(map(str, range(site.devices)))
    release = rules.release_of(_release(world, which), _view(world, which, site), seen)
    devices = tuple(
        device._replace(
            seen=_pair(device.seen, which, 0),
            wrong=_pair(device.wrong, which, 0),
            released=_pair(device.released, which, int(release is not None and str(place) in release.devices)),
        )
        for place, device in enumerate(world.devices)
    )
    released_in = None if release is None else release.membership
    world = world._replace(devices=devices)
    return _node(world, which, owned=False, released_in=released_in, start="", waits=False)


def _view(world: World, which: int, site: Site) -> PeerView:
    peer = world.nodes[1 - which]
    is_member = world.linked and peer.state == UP
    is_down = peer.state == LEFT and not site.old[which]
    return PeerView(str(world.epoch), is_member, is_member and not world.settled, is_down)


def _release(world: World, which: int) -> Release | None:
    membership = world.nodes[which].released_in
    devices = frozenset(str(place) for place, device in enumerate(world.devices) if device.released[which])
    return None if membership is None else Release(membership, devices)


def _shows_hand(device: Device, of: int) -> bool:
    return device.relay == device.default == of


def start(world: World, which: int, rules: Rules, site: Site) -> World:
    """Look, for the first or the second time, and fail, wait or begin to write."""
    node, peer = world.nodes[which], _view(world, which, site)
    release = _release(world, which)
    hands = {str(place) for place, device in enumerate(world.devices) if _shows_hand(device, 1 - which)}
    if rules.must_yield(release, peer, hands):
        released_in = None if peer.is_joining else node.released_in
        return _node(world, which, released_in=released_in, start="", waits=False)
    moved = {
        str(place) for place, device in enumerate(world.devices) if (device.relay, device.default) != (which,) * 2
    }
    if rules.looks_again(release, peer, moved) and node.start != LOOK and not site.old[which]:
        return _node(world, which, start=LOOK, waits=world.nodes[1 - which].start == TAKE)
    for place, device in enumerate(world.devices):
        looked = device.relay != which and node.start == LOOK
        world = _device(world, place, device._replace(looked=_pair(device.looked, which, int(looked))))
    return _node(world, which, start=TAKE, waits=False)


def _write(world: World, which: int, rules: Rules, site: Site) -> Iterator[World]:
    """A start's next step with any of its devices: read it again and set its default mode; switch its relay."""
    peer, release = _view(world, which, site), _release(world, which)
    for place, device in enumerate(world.devices):
        written = device.written[which]
        if written == 0:
            has_moved_since = device.relay != which and not device.looked[which] and not site.old[which]
            if (_shows_hand(device, 1 - which) and rules.must_yield(release, peer, {str(place)})) or (
                has_moved_since and rules.looks_again(release, peer, {str(place)})
            ):
                yield _device(world, place, device._replace(written=_pair(device.written, which, 3)))
                continue
            next_step = 3 if device.relay == which else 1  # what is right needs no switching
            before = _pair(device.before, which, device.default)
            written_pair = _pair(device.written, which, next_step)
            yield _device(world, place, device._replace(default=which, before=before, written=written_pair))
        elif written == 1:
            device = device._replace(written=_pair(device.written, which, 2))
            yield _device(world, place, _moved_to(device, which)._replace(seen=_pair(device.seen, which, 1)))
            if site.late and device.relay != which:
                yield _device(world, place, device._replace(late=which))


def _end(world: World, which: int, rules: Rules, site: Site, is_killed: bool = False) -> World:
    """A start's end: it has read all back, and repaired a default mode that moved; or Pacemaker has killed it."""
    devices = []
    right = 0
    for device in world.devices:
        written, is_right = device.written[which], device.relay == which
        if not is_killed:
            if is_right and written:
                right += 1
                device = device._replace(seen=_pair(device.seen, which, 1))
            if written and is_right:
                device = device._replace(default=which)
        devices.append(device)
    owned = right >= site.need
    for place, device in enumerate(devices):
        if not owned and not is_killed and device.written[which] == 1:
            device = device._replace(default=device.before[which])
        devices[place] = _forget_start(device, which)
    world = _node(world._replace(devices=tuple(devices)), which, owned=owned, start="")
    return _finished(world, which)


def _finished(world: World, which: int) -> World:
    """Nothing of this node's is half done any more: the peer needn't wait for that."""
    devices = [
        device._replace(wrong=_pair(device.wrong, 1 - which, 2)) if device.wrong[1 - which] else device
        for device in world.devices
    ]
    return _node(world._replace(devices=tuple(devices)), 1 - which, waits=False)


def finish_start(world: World, which: int, rules: Rules, site: Site) -> World:
    """A start from its first look to its end, while nothing else happens."""
    world = start(world, which, rules, site)
    if world.nodes[which].start == LOOK:
        world = start(_node(world, which, waits=False), which, rules, site)
    if world.nodes[which].start != TAKE:
        return world
    while any(device.written[which] < 2 for device in world.devices):
        world = next(_write(world, which, rules, site))
    return _end(world, which, rules, site)


def _forget_start(device: Device, which: int) -> Device:
    return device._replace(
        written=_pair(device.written, which, 0),
        before=_pair(device.before, which, 0),
        looked=_pair(device.looked, which, 0),
    )


def monitor(world: World, which: int, rules: Rules, site: Site) -> World:
    """Put right what may be, where another device is right; else nothing changes here, and Pacemaker may recover."""
    peer = world.nodes[1 - which]
    if site.old[which] or all(device.relay != which for device in world.devices):
        return world
    is_member = world.linked and world.settled and peer.state == UP
    is_idle = is_member and not peer.owned and not peer.start
    for place, device in enumerate(world.devices):
        hand = _shows_hand(device, 1 - which)
        wrong = device.wrong[which]
        if device.relay == which:
            device = device._replace(seen=_pair(device.seen, which, 1), wrong=_pair(device.wrong, which, 0))
        elif wrong != 1 and rules.may_put_right(True, is_idle, peer.state == LEFT, hand, wrong == 2, True):
            device = device._replace(seen=_pair(device.seen, which, 1), wrong=_pair(device.wrong, which, 0))
            device = _moved_to(device._replace(default=which), which)
        elif not wrong:
            device = device._replace(wrong=_pair(device.wrong, which, 1 if peer.start == TAKE else 2))
        world = _device(world, place, device)
    return world


def next_worlds(world: World, rules: Rules, site: Site) -> Iterator[World]:
    """Everything that may happen next."""
    for place, device in enumerate(world.devices):
        if device.late >= 0:
            landed = _moved_to(device, device.late)._replace(late=-1)
            if world.nodes[device.late].start == TAKE:  # which waits for it
                landed = landed._replace(seen=_pair(device.seen, device.late, 1))
            yield _device(world, place, landed)
        if world.others:
            fewer = world._replace(others=world.others - 1)
            yield _device(fewer, place, device._replace(relay=1 - device.relay, most=device.most + 1))
            if (device.relay, device.default) != (1, 1):
                yield _device(fewer, place, device._replace(relay=1, default=1, most=device.most + 1))
    for which in (0, 1):
        if world.nodes[which].state == UP and world.nodes[which].start == TAKE:
            yield from _write(world, which, rules, site)
            all_written = all(device.written[which] >= 2 for device in world.devices)
            awaited = site.late == 1 and any(device.late == which for device in world.devices)
            if (all_written or site.failing) and not awaited:
                ended = _end(world, which, rules, site)
                # Pacemaker stops what failed to start.
                yield ended if ended.nodes[which].owned else stop(ended, which, rules, site)
    if not world.settled:
        if not any(node.start for node in world.nodes):
            yield world._replace(settled=True, acted=frozenset())
        for which in (0, 1):
            if which not in world.acted or world.nodes[which].start:
                yield from _acts_alone(world._replace(acted=world.acted | {which}), which, rules, site)
        return
    if world.linked and all(node.state == UP for node in world.nodes):
        yield _new_partition(world)
        owners = [which for which in (0, 1) if world.nodes[which].owned]
        for which in owners:
            yield monitor(world, which, rules, site)
            # A move, a recovery, or (where both own it after a split) Pacemaker's choice of one.
            yield stop(stop(world, 0, rules, site), 1, rules, site)
        if not owners:
            for which in (0, 1):
                if not world.nodes[1 - which].start:
                    yield from _starts(world, which, rules, site)
        return
    if not world.linked and all(node.state == UP for node in world.nodes):
        yield world._replace(linked=True, settled=False, acted=frozenset(), epoch=world.epoch + 1)
    for which in (0, 1):
        if world.nodes[which].state == UP:
            yield from _acts_alone(world, which, rules, site)
            if world.deaths and world.nodes[1 - which].state == UP:
                yield from dies(world, which, rules, site)
        elif world.nodes[1 - which].state == UP:  # back, with nothing remembered
            back = _node(world, which, state=UP)
            devices = tuple(device._replace(most=device.most + 1) for device in world.devices)
            yield back._replace(devices=devices, linked=True, settled=False, acted=frozenset(), epoch=world.epoch + 1)


def _new_partition(world: World) -> World:
    """What its owner has seen on its side changes once at most, what nobody had once by each node."""
    owners = [which for which in (0, 1) if world.nodes[which].owned]
    devices = tuple(
        device._replace(most=1 if any(device.relay == owner and device.seen[owner] for owner in owners) else 2)
        for device in world.devices
    )
    return world._replace(devices=devices, linked=False, epoch=world.epoch + 1)


def dies(world: World, which: int, rules: Rules, site: Site) -> Iterator[World]:
    """Hard, by fencing, or by leaving cleanly; a new membership where its peer saw it."""
    left = stop(world, which, rules, site)
    for gone, state in ((world, DEAD), (world, LEFT), (left, LEFT)):
        devices = tuple(
            _forget_start(device, which)._replace(
                seen=_pair(device.seen, which, 0), released=_pair(device.released, which, 0), most=device.most + 1
            )
            for device in gone.devices
        )
        gone = _node(gone._replace(devices=devices), which, **Node(state=state)._asdict())
        gone = _finished(gone, which)._replace(deaths=world.deaths - 1)
        yield gone._replace(linked=False, epoch=world.epoch + 1) if world.linked else gone


def _acts_alone(world: World, which: int, rules: Rules, site: Site) -> Iterator[World]:
    """What a node's Pacemaker may do without the other's."""
    if not world.nodes[which].owned:
        yield from _starts(world, which, rules, site)  # the peer looks dead; or once more after a failure
    else:
        yield monitor(world, which, rules, site)
        yield stop(world, which, rules, site)  # asterisk restarts, or the relay is recovered


def _starts(world: World, which: int, rules: Rules, site: Site) -> Iterator[World]:
    node = world.nodes[which]
    if node.start != TAKE and not node.waits:
        yield start(world, which, rules, site)


def search(site: Site, depth: int, rules: Rules = RULES) -> Iterator[tuple[World, Story]]:
    """Every world that can be reached in ``depth`` steps, and how; which device is which makes no difference."""
    first = first_world(site)
    before: Story = {first: None}
    queue = deque([(first, 0)])
    while queue:
        world, steps = queue.popleft()
        yield world, before
        if steps == depth:
            continue
        for following in next_worlds(world, rules, site):
            together = following.linked and following.settled
            devices = [device._replace(switches=0, most=0) if together else device for device in following.devices]
            following = following._replace(devices=tuple(sorted(devices)))
            if following not in before:
                before[following] = world
                queue.append((following, steps + 1))


def broken_promise(site: Site, depth: int, rules: Rules = RULES) -> str | None:
    """How it comes that nodes switch a relay too often; None: it doesn't."""
    for world, before in search(site, depth, rules):
        if any(device.switches > device.most for device in world.devices):
            return _told(world, before)
    return None


def _told(world: World | None, before: Story) -> str:
    steps: list[str] = []
    while world is not None:
        steps.insert(0, str(world))
        world = before[world]
    return "\n".join(steps)
