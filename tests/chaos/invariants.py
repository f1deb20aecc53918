"""What must be true whatever is done to the cluster. Pure: over what was seen, what was done and what was logged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.plan import ACTIVE, CLUSTER, STANDBY, Kind
from tests.chaos.site import PBX, Site
from tests.lab.cluster import Code, ResourceState, logged_failures

BY_HAND = "by hand"
POWER = ("power off", "power on")
WATCHDOG = "watchdog"


@dataclass(frozen=True)
class Injection:
    """A fault as it was brought about.

    Attributes:
        kind: What.
        target: The node or device, or `plan.CLUSTER`.
        role: What the node was at that time: `plan.ACTIVE` or `plan.STANDBY`; for others the same as `target`.
        began: When, on the devices' clock.
        ended: When its undoing began; None: not yet, or there is nothing to undo.
    """

    kind: Kind
    target: str
    role: str
    began: float
    ended: float | None = None


@dataclass(frozen=True)
class Change:
    """A movement of a relay: by a node, `BY_HAND`, one of `POWER`, or `WATCHDOG`."""

    at: float
    device: str
    before: str
    after: str
    by: str


@dataclass(frozen=True)
class View:
    """The cluster as one node sees it."""

    online: frozenset[str]
    votes: int
    resources: Mapping[str, ResourceState]
    attributes: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Snapshot:
    """A moment: what the nodes see that can be asked, where asterisk really runs, where the relays really are."""

    views: Mapping[str, View]
    asterisk: frozenset[str]
    relays: Mapping[str, str]


# Quiet moments.


def not_well(seen: Snapshot, site: Site, relays: Sequence[str]) -> list[str]:
    """What isn't as it must be with no fault left: one owner of all, the lines there, all others ready, no traces.

    Args:
        seen: The moment.
        site: Where.
        relays: The resources that run the agent.
    """
    wrong = [f"{node} can't be asked" for node in site.nodes if node not in seen.views]
    for node, view in seen.views.items():
        unseen = set(site.nodes) - view.online
        wrong += [f"{node} doesn't see {', '.join(sorted(unseen))} online"] if unseen else []
        wrong += [f"{node} counts {view.votes} of {site.votes} votes"] if view.votes != site.votes else []
        wrong += [f"{each} on {node}'s list" for each in _failures(view, relays)]
    wrong += blocked(seen)
    places = {state.node for view in seen.views.values() for state in view.resources.values()}
    if len(places) != 1 or None in places:
        return [*wrong, f"not everything runs on one node: {_where(seen)}"]
    (active,) = places
    assert active is not None
    if seen.asterisk != {active}:
        wrong.append(f"active is {active}, but asterisk runs on {' and '.join(sorted(seen.asterisk)) or 'no node'}")
    for device in site.devices:
        expected = site.expected(device, active)
        if seen.relays[device] != expected:
            wrong.append(f"active is {active}, but {device} is at {seen.relays[device]}, expected {expected}")
    return wrong or list(_wrong_attributes(seen, site, active))


def _failures(view: View, relays: Sequence[str]) -> Iterator[str]:
    for name in relays:
        for failure in view.resources[name].failures:
            if failure.code != Code.DEGRADED:  # that one stays listed until it is cleaned up, and means nothing
                yield f"failed {failure.task} of {name} on {failure.node} ({failure.reason})"


def _where(seen: Snapshot) -> str:
    return "; ".join(
        f"{node} sees {state.name} {state.role} on {' and '.join(state.nodes) or 'no node'}"
        + (" failed" if state.failed else "")
        + (f" ({state.pending})" if state.pending else "")
        for node, view in seen.views.items()
        for state in view.resources.values()
    )


def _wrong_attributes(seen: Snapshot, site: Site, active: str) -> Iterator[str]:
    for asked, view in seen.views.items():
        for node, attributes in view.attributes.items():
            ready = attributes.get("berofos-ready")
            if ready != "yes":
                yield f"{asked} shows berofos-ready={ready} for {node}"
            shown = {name for name in attributes if name.removeprefix("berofos-") in site.devices}
            if shown != ({f"berofos-{device}" for device in site.devices} if node == active else set()):
                yield f"{asked} shows {', '.join(sorted(shown)) or 'no device'} for {node}, active is {active}"


def blocked(seen: Snapshot) -> list[str]:
    """The resources with which Pacemaker can't do anything any more."""
    return [
        f"{node} sees {state.name} blocked"
        for node, view in seen.views.items()
        for state in view.resources.values()
        if state.blocked
    ]


def without_lines(seen: Snapshot, site: Site, relays: Sequence[str], paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of these paths that aren't where a cluster, or a part of it, is active, with faults in effect.

    A node is active if it says so itself: in a cut the others can't know. The PBX always is.
    """
    claims = {
        node
        for node, view in seen.views.items()
        if node in seen.asterisk and all(view.resources[name].node == node for name in relays)
    }
    wrong = []
    for path in paths:
        holder = site.holder(path, seen.relays)
        if holder != PBX and holder not in claims:
            where = ", ".join(f"{device} at {seen.relays[device]}" for device in path)
            wrong.append(f"the lines are on {holder} ({where}), active: {' and '.join(sorted(claims)) or 'no node'}")
    return wrong + blocked(seen)


_LEAVES_A_NODE = frozenset(
    (
        Kind.NODE_DIES,
        Kind.NODE_HANGS,
        Kind.NODES_CUT,
        Kind.NODE_ISOLATED,
        Kind.COROSYNC_HANGS,
        Kind.PACEMAKER_STOPS,
        Kind.STANDBY,
        Kind.MOVE,
        Kind.QUORUM_DEVICE_CUT,
    )
)
_FILES_CHANGE = frozenset((Kind.FILE_TYPO, Kind.FILE_GROWS, Kind.FILE_SHRINKS, Kind.FILE_GONE, Kind.REINSTALLED))
_LEAVES_THE_LINES = _FILES_CHANGE | frozenset(
    (
        Kind.DEVICES_CUT,
        Kind.DEVICE_CUT,
        Kind.DEVICE_UNPLUGGED,
        Kind.DEVICE_ERRS,
        Kind.DEVICE_HANGS,
        Kind.RELAY_BY_HAND,
        Kind.REFRESH,
        Kind.CLEANUP,
        Kind.UNMANAGE,
        Kind.MAINTENANCE,
        Kind.RESTART,
        Kind.ASTERISK_DIES,
        Kind.NODE_REBOOTS,
        Kind.DEVICE_IS_SLOW,
        Kind.DEVICE_REBOOTS,
        Kind.SECOND_RESOURCE,
    )
)


def must_serve(done: Sequence[Injection], site: Site) -> tuple[tuple[str, ...], ...]:
    """The paths whose lines must be on an active node with all these faults in effect: they leave one able."""
    if len(site.nodes) == 1:
        return ()
    if (len(done) == 1 and done[0].kind in _LEAVES_A_NODE | _LEAVES_THE_LINES) or _spares_a_node(done, site):
        return site.paths
    hit = {each.target for each in done} & set(site.devices)
    others = [each for each in done if each.target not in hit]
    if len(hit) > site.spare or (others and not _spares_a_node(others, site)):
        return ()
    return tuple(path for path in site.paths if not hit & set(path))


def _spares_a_node(done: Sequence[Injection], site: Site) -> bool:
    """Whether everything hits the same node, and leaves the other one able."""
    if site.quorum_device and len(done) > 1 and any(each.kind is Kind.NODES_CUT for each in done):
        return False  # the vote may have gone to the node that was hit
    hit = {each.target for each in done}
    return len(hit - {CLUSTER}) == 1 and all(each.kind in _LEAVES_A_NODE - {Kind.MOVE} for each in done)


def leaves_a_sound_node(done: Sequence[Injection]) -> bool:
    """Whether lines must be served, and the node that has the lines looks after them as if nothing were."""
    return all(each.kind in _LEAVES_A_NODE for each in done)


# Relay changes.

# How often nodes may move a relay because of one fault that comes alone: while it lasts, and once it is undone.
_MOVES: Mapping[tuple[Kind, str], tuple[int, int]] = {
    (Kind.NODE_DIES, ACTIVE): (1, 0),
    (Kind.ALL_NODES_DIE, CLUSTER): (0, 1),
    (Kind.NODE_REBOOTS, ACTIVE): (1, 0),
    # Without fencing the other one takes over while this one still believes to be active, and Pacemaker chooses one
    # when they meet again.
    (Kind.NODE_HANGS, ACTIVE): (1, 1),
    (Kind.COROSYNC_HANGS, ACTIVE): (1, 1),
    (Kind.NODES_CUT, ACTIVE): (1, 1),
    (Kind.NODES_CUT, STANDBY): (1, 1),
    (Kind.NODE_ISOLATED, ACTIVE): (1, 1),
    (Kind.NODE_ISOLATED, STANDBY): (0, 1),
    (Kind.PACEMAKER_STOPS, ACTIVE): (1, 0),
    (Kind.STANDBY, ACTIVE): (1, 0),
    (Kind.MOVE, STANDBY): (1, 0),
}
_CUTS = frozenset((Kind.NODES_CUT, Kind.NODE_ISOLATED))
_MOVING = frozenset(kind for kind, _ in _MOVES)
# Whoever starts the relay by hand in a part of the cluster that owns nothing lets it take the lines.
_STARTED_BY_HAND = frozenset((Kind.STOP, Kind.RESTART))
_TAKING = _MOVING | _STARTED_BY_HAND | {Kind.RELAY_BY_HAND}
# Nothing that could keep a watchdog from being kicked.
_HARMLESS = _FILES_CHANGE | frozenset(
    (
        Kind.REFRESH,
        Kind.CLEANUP,
        Kind.DEVICE_IS_SLOW,
        Kind.SECOND_RESOURCE,
    )
)
_POWERED_OFF = frozenset((Kind.DEVICE_OFF, Kind.DEVICE_REBOOTS))

# How often it changes who is to have the lines: as a fault comes, and as it is undone. That is a node, or where there
# is a PBX nobody, as asterisk or Pacemaker stop. Of the kinds that aren't listed none changes that.
_CHANGES_OF_THE_WORLD: Mapping[Kind, tuple[int, int]] = {
    Kind.NODE_DIES: (1, 1),
    Kind.ALL_NODES_DIE: (1, 1),
    Kind.NODE_REBOOTS: (2, 0),
    Kind.NODE_HANGS: (1, 1),
    Kind.COROSYNC_HANGS: (1, 1),
    Kind.PACEMAKER_HANGS: (1, 1),
    Kind.PACEMAKER_STOPS: (1, 1),
    Kind.ASTERISK_DIES: (2, 0),
    Kind.NODES_CUT: (1, 1),
    Kind.NODE_ISOLATED: (1, 1),
    Kind.STANDBY: (1, 1),
    Kind.MOVE: (1, 0),
    Kind.RESTART: (2, 0),
    Kind.STOP: (1, 1),
    Kind.QUORUM_DEVICE_CUT: (1, 1),
}


def unaccounted(changes: Sequence[Change], done: Sequence[Injection], site: Site) -> list[str]:
    """The relay changes for which nothing that was done accounts.

    Args:
        changes: Those of one step, oldest first.
        done: What was done in this step.
        site: Where.
    """
    wrong = []
    for device in site.devices:
        mine = [change for change in changes if change.device == device]
        for index, change in enumerate(mine):
            before = [each for each in done if each.began <= change.at]
            reason = _objection(mine[: index + 1], before, device, site)
            if reason is not None:
                wrong.append(f"{device}: {change.before} -> {change.after} by {change.by}: {reason}")
    return wrong


def _objection(changes: Sequence[Change], done: Sequence[Injection], device: str, site: Site) -> str | None:
    """What is wrong with the last one of a device's changes, None if nothing."""
    last = changes[-1]
    if last.by == BY_HAND:
        asked = sum(each.kind is Kind.RELAY_BY_HAND and each.target == device for each in done)
        return _too_many(changes, (BY_HAND,), asked)
    if last.by in POWER:
        asked = sum(each.kind in _POWERED_OFF and each.target == device for each in done)
        return _too_many(changes, (last.by,), asked)
    if last.by == WATCHDOG:
        disturbed = sum(each.kind not in _HARMLESS for each in done)
        return _too_many(changes, (WATCHDOG,), disturbed if device in site.guards else 0)
    if last.by not in site.nodes:
        return "which is none of ours"
    if device in site.guards:
        falls = sum(change.by not in site.nodes for change in changes)
        return _too_many(changes, site.nodes, falls + 2 * sum(each.kind not in _HARMLESS for each in done))
    if last.after != site.expected(device, last.by):
        return f"away from {last.by}"
    return _too_many(changes, site.nodes, sum(_moves(each, last.at, device, site, len(done) == 1) for each in done))


def _moves(cause: Injection, at: float, device: str, site: Site, alone: bool) -> int:
    """How many movements by nodes a fault accounts for up to a time."""
    if cause.kind in (Kind.RELAY_BY_HAND, Kind.DEVICE_REBOOTS):
        return int(cause.target == device)
    if not alone:
        # Who is active changes under its feet, so it may cost what it would cost on either node.
        return 2 if cause.kind in _MOVING else int(cause.kind in _STARTED_BY_HAND)
    during, after = _MOVES.get((cause.kind, cause.role), (0, 0))
    if site.quorum_device and cause.kind in _CUTS:
        after = 0  # only one of them has gone on, and the other one knows
    return during + (after if cause.ended is not None and cause.ended <= at else 0)


def _too_many(changes: Sequence[Change], by: Sequence[str], allowed: int) -> str | None:
    number = sum(change.by in by for change in changes)
    if number <= allowed:
        return None
    return f"number {number} of this step, and what was done accounts for {allowed or 'none'}"


def more_clicks_than_changes(changes: Sequence[Change], done: Sequence[Injection], site: Site) -> list[str]:
    """The devices that nodes have switched more often than the world has really changed until then.

    The world really changes for a device when its relay moves by anything but a node (a hand, its power, its
    watchdog), and when it changes who is to have the lines.
    """
    wrong = []
    for device in site.devices:
        clicks = others = 0
        for change in (each for each in changes if each.device == device):
            if change.by not in site.nodes:
                others += 1
                continue
            clicks += 1
            real = others + sum(_real_changes(each, change.at) for each in done)
            if clicks > real:
                wrong.append(f"{device}: click {clicks} by nodes, after {real} real changes of the world")
    return wrong


def _real_changes(cause: Injection, at: float) -> int:
    coming, ending = _CHANGES_OF_THE_WORLD.get(cause.kind, (0, 0))
    come = cause.began <= at
    return come * coming + (come and cause.ended is not None and cause.ended <= at) * ending


def more_than_once_in_a_cut(changes: Sequence[Change], done: Sequence[Injection], site: Site) -> list[str]:
    """The documented rule: while nodes without fencing don't see each other, a relay is switched at most once.

    It is for cuts in which nothing else is done that would make a node take the lines.
    """
    wrong = []
    for cut in done:
        others = [
            each
            for each in done
            if each is not cut and each.kind in (*_MOVING, *_STARTED_BY_HAND, Kind.RELAY_BY_HAND)
        ]
        if cut.kind is not Kind.NODES_CUT or others:
            continue
        end = float("inf") if cut.ended is None else cut.ended
        for device in site.devices:
            during = [
                change
                for change in changes
                if change.device == device and change.by in site.nodes and cut.began <= change.at < end
            ]
            if len(during) > 1:
                wrong.append(f"{device}: switched {len(during)} times while the nodes didn't see each other")
    return wrong


def unlogged(changes: Sequence[Change], done: Sequence[Injection], logs: Mapping[str, str], site: Site) -> list[str]:
    """The relay changes by nodes of which their syslog says nothing.

    A node that dies takes with it what it hasn't written to its disk yet. Of a device that restarts as soon as it was
    told nobody sees the move: there the log has what was expected of it.
    """
    restarting = {each.target for each in done if each.kind is Kind.DEVICE_REBOOTS}
    died = {each.target for each in done if each.kind in (Kind.NODE_DIES, Kind.ALL_NODES_DIE)}
    wrong = []
    for node in set(site.nodes) - died - (set(site.nodes) if CLUSTER in died else set()):
        for device in site.devices:
            said = re.findall(rf"berofos {device} \(\S+\): relay (\S.*) -> (\S.*), lines now on", logs[node])
            blindly = re.findall(rf"berofos {device} \(\S+\): can't be read; told blindly to join (\S.*)", logs[node])
            for change in changes:
                if (change.device, change.by) != (device, node):
                    continue
                if (change.before, change.after) in said:
                    said.remove((change.before, change.after))
                elif device in restarting and f": connection refused, expected {change.after}" in logs[node]:
                    continue
                elif change.after in blindly:
                    blindly.remove(change.after)
                else:
                    wrong.append(
                        f"{device}: {change.before} -> {change.after} by {node}, of which its syslog has nothing"
                    )
    return wrong


# What was logged.

_ACTION = re.compile(r"Requesting local execution of (start|stop) operation for (\S+) on (\S+)")


def failed_stops(logs: Mapping[str, str]) -> list[str]:
    """The stops that didn't succeed, by the nodes' pacemaker.log."""
    return [
        f"stop of {resource} on {failure.node}: exit code {failure.code} ({failure.reason})"
        for log in logs.values()
        for resource, failure in logged_failures(log)
        if failure.task == "stop"
    ]


def disturbed(changes: Sequence[Change], logs: Mapping[str, str]) -> list[str]:
    """What happened in a time in which nothing was done and all was well: nothing may."""
    wrong = [f"{change.device}: {change.before} -> {change.after} by {change.by}" for change in changes]
    for log in logs.values():
        wrong += [f"{action} of {resource} on {node}" for action, resource, node in _ACTION.findall(log)]
    return wrong
