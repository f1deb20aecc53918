"""Who may take the relay while the nodes don't see each other. Pure.

Two nodes that are partitioned, in a cluster without fencing, both think that they should run. The one that doesn't
have the lines can't tell a partition from the other's death: it takes them, and that one switch can't be avoided.
What can be is the tug-of-war that would follow: the first owner finds its relay moved, recovers, takes it back, and
so on at every monitor. So a node that gives the relay up while its peer isn't a member notes the membership in which
it did, and the devices that it had seen on its side (a *release*), and doesn't take back, in this very membership,
what the peer has taken of these: it *yields*. What it has never had it takes: a start that failed before it had seen
a device on its side never makes a node yield, or nobody would serve where the peer is dead.

A peer's hand shows in a device that is on the peer's side, with the default relay mode of that side: whoever takes
over sets both, and a hand that moves the relay doesn't. A take-over may be half done as it is looked at. So a node
that is about to take something back looks again `SECOND_LOOK` seconds later; and it switches nothing that has moved
since.

A peer that Pacemaker itself expects to be down left cleanly, or was fenced: it does nothing, and nobody yields to it.
How long it has been away proves nothing.

As the two meet again an action may be under way, or be begun, that either has decided on alone. So the release counts
until Pacemaker has taken the peer in, but is good for one refusal then: Pacemaker may be stopped on the peer.

So each relay changes at most once in a partition that begins with an owner, and once more for each time that somebody
else moved it meanwhile. When nobody owns it as the partition begins, each node may take it once. Known limits: the
peer dies while they are still partitioned, and the membership stays what it was; or it dies unfenced, and a device is
reset, which then looks as after a take-over by the node at D: then move the relay by hand, and this node may start. A
reboot forgets the release; corosync's wait_for_all keeps such a node from starting.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

SECOND_LOOK = 10.0  # seconds; longer than a take-over needs


class Release(NamedTuple):
    """That this node gave the relay up while its peer wasn't a member.

    ``membership``: in which that was; ``devices``: those that it had seen on its side.
    """

    membership: str
    devices: frozenset[str]


class PeerView(NamedTuple):
    """What the cluster says of the peer.

    ``membership``: the one now. ``is_member``: the peer is in it. ``is_joining``: it is a member again, but the two
    haven't become one cluster yet, or what is done now was decided on before they did. ``is_down``: Pacemaker expects
    the peer to be down.
    """

    membership: str | None
    is_member: bool
    is_joining: bool = False
    is_down: bool = False


def release_of(release: Release | None, peer: PeerView, seen: Collection[str]) -> Release | None:
    """What a stop notes: ``seen`` are the devices that its ownership has seen on this node's side.

    ``release`` is the note from before. None: there is nothing to note, the cluster that both are in decides.
    """
    if peer.membership is None or not _is_apart(peer):
        return None
    known = release.devices if release is not None and _is_recent(release, peer) else frozenset()
    devices = known.union(seen)
    return Release(peer.membership, devices) if devices else None


def holds_back(release: Release | None, peer: PeerView, devices: Collection[str]) -> bool:
    """Whether the release still counts for any of these devices, which keeps this node from taking them.

    Those that show the peer's hand are the peer's to keep. Those whose relay, or default relay mode, isn't on this
    node's side otherwise are to be looked at again first. Once the cluster that both are in has decided, no release
    counts.
    """
    if release is None or peer.is_down or not _is_apart(peer) or not _is_recent(release, peer):
        return False
    return not release.devices.isdisjoint(devices)


def _is_apart(peer: PeerView) -> bool:
    return peer.is_joining or not peer.is_member


def _is_recent(release: Release, peer: PeerView) -> bool:
    return peer.is_joining or release.membership == peer.membership
