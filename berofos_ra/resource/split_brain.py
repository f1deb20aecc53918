"""Who may take the relay while the nodes don't see each other. Pure.

Two nodes that are partitioned, in a cluster without fencing, both think that they should run. The one that doesn't
have the lines can't tell a partition from the other's death: it takes them, and that one switch can't be avoided.
What can be is the tug-of-war that would follow: the first owner finds its relay moved, recovers, takes it back, and
so on at every monitor. So an owner that gives the relay up while its peer isn't a member records the membership in
which it did (a *release*), and doesn't take back, in this very membership, what the peer has taken: it *yields*.

As the two meet again an action may be under way, or be begun, that either has decided on alone. So the release counts
until Pacemaker has taken the peer in, but is good for one refusal then: Pacemaker may be stopped on the peer.

So the relay changes at most once in a partition that begins with an owner. When nobody owns it as the partition
begins, each node may take it once. Known limits: the peer dies while they are still partitioned, and the membership
stays what it was: then move the relay by hand, and this node may start. A reboot forgets the release; corosync's
wait_for_all keeps such a node from starting.
"""

from __future__ import annotations


def must_yield_to_peer(
    released_in: str | None, membership: str | None, peer_is_member: bool, moved: bool, peer_joining: bool = False
) -> bool:
    """Whether the relay is the peer's to keep, so that this node must not take it.

    ``released_in``: the membership in which this node gave the relay up while its peer wasn't a member, None when it
    didn't; ``membership``: the one now; ``moved``: a device is set to the peer's side for good (its default relay
    mode as well, which a peer that takes over sets and a hand that moves the relay doesn't); ``peer_joining``: the
    peer is a member again, but the two haven't become one cluster yet, or this was decided on before they did.

    Once the cluster that both are in has decided, no release counts any more.
    """
    if released_in is None or not moved:
        return False
    return peer_joining or (released_in == membership and not peer_is_member)
