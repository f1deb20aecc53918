"""Not to fight over the relay with a peer that is out of sight. The rule is in `berofos_ra.resource.split_brain`."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from berofos_ra.agent.call import Call
from berofos_ra.files import replace_file
from berofos_ra.resource.split_brain import looks_again, must_yield_to_peer

if TYPE_CHECKING:
    from berofos_ra.cluster.pacemaker import Membership
    from berofos_ra.cluster.view import PeerState

_RELEASED = ".released"  # suffix of the file that holds the membership in which the relay was given up
_RELEASED_BY_0_1 = ".held"  # what the first version called it
_BLIND = ".blind"  # of the one that holds the membership in which devices were written to blindly


def record_release(call: Call, peer: str | None) -> None:
    """On giving the relay up: record in which membership that was, if the peer isn't a member."""
    if peer is None:
        return
    members = call.pacemaker.partition()
    if not members or peer.casefold() in members:
        return
    membership = call.pacemaker.membership()
    if membership.id is not None:
        with contextlib.suppress(OSError):
            replace_file(call.record_path.with_suffix(_RELEASED), membership.id)


def discard_release(call: Call) -> None:
    """Forget it: the relay is ours again, or a peer that has just come back was yielded to once."""
    for suffix in (_RELEASED, _RELEASED_BY_0_1):
        with contextlib.suppress(OSError):
            call.record_path.with_suffix(suffix).unlink(missing_ok=True)


class Sight:
    """What this node sees of its peer: each is asked once, and only when somebody wants to know."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.peer = call.parameters.wiring.peer_of(call.node)

    @cached_property
    def released_in(self) -> str | None:
        """The membership in which this node gave the relay up while its peer wasn't a member, None when it didn't."""
        for suffix in (_RELEASED, _RELEASED_BY_0_1):
            text = _read(self._call.record_path.with_suffix(suffix))
            if text is not None and self.peer is not None:
                return text
        return None

    @cached_property
    def membership(self) -> Membership:
        """The membership now."""
        return self._call.pacemaker.membership()

    @cached_property
    def peer_is_member(self) -> bool:
        """Whether the peer is in this node's partition."""
        return str(self.peer).casefold() in self.membership.nodes | self._call.pacemaker.partition()

    @cached_property
    def _peer(self) -> PeerState | None:
        return self._call.pacemaker.peer_state(str(self.peer), self._call.instance)

    @property
    def peer_is_down(self) -> bool:
        """Whether Pacemaker itself expects the peer to be down: it left cleanly, or was fenced."""
        return not self.peer_is_member and self._peer is not None and self._peer.expected_down

    @property
    def peer_is_joining(self) -> bool:
        """Whether the peer is a member again, but not taken in by Pacemaker, or known to run the resource.

        The cluster that both are in stops a resource there before it starts it elsewhere. So where this is True, a
        start was decided on while they were partitioned.
        """
        return self.peer_is_member and self._peer is not None and (not self._peer.joined or self._peer.runs)

    def refusal(self, hand: str | None) -> str | None:
        """Why this node must not take the relay, None when it may.

        ``hand`` is the label of a device that looks as the peer's takeover leaves it, None: none does.
        """
        if self.released_in is None or hand is None:
            return None
        if not must_yield_to_peer(
            self.released_in,
            self.membership.id,
            peer_is_member=self.peer_is_member,
            peers_hand=True,
            peer_is_joining=self.peer_is_joining,
            peer_is_down=self.peer_is_down,
        ):
            return None
        if self.peer_is_joining:
            discard_release(self._call)
            return f"{hand}: taken by {self.peer}, which is just rejoining the cluster; not taken back at once"
        return (
            f"{hand}: taken by {self.peer} while partitioned from it; if {self.peer} is dead: berofos switch "
            f"{'b' if self._call.desired.mode else 'd'}"
        )

    def looks_again(self) -> bool:
        """Whether this node has to look a second time before it takes the relay back."""
        if self.released_in is None:
            return False
        return looks_again(
            self.released_in, self.membership.id, peer_is_member=self.peer_is_member, peer_is_down=self.peer_is_down
        )

    def may_write_blindly(self) -> bool:
        """Whether a device may be told without being read: the peer isn't a member, and it's the first time so.

        Once in a membership, and never by a node that is to yield to the peer, or can't know.
        """
        if self.peer is None or self.membership.id is None or not self._call.pacemaker.partition():
            return False
        if self.peer_is_member or (self.released_in == self.membership.id and not self.peer_is_down):
            return False
        file = self._call.record_path.with_suffix(_BLIND)
        if _read(file) == self.membership.id:
            return False
        try:
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(file, self.membership.id)
        except OSError:
            return False
        return True


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
