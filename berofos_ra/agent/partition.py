"""Not to fight over the relay with a peer that is out of sight. The rule is in `berofos_ra.resource.split_brain`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from berofos_ra.agent.call import Call
from berofos_ra.errors import NoEffectError
from berofos_ra.files import read_ascii, replace_file
from berofos_ra.resource.split_brain import PeerView, Release, holds_back, release_of

if TYPE_CHECKING:
    from berofos_ra.device.state import DeviceState

_RELEASED = ".released"  # suffix of the file that holds the release
_RELEASED_BY_0_1 = ".held"  # what the first version called it, and it held the membership alone
_BLIND = ".blind"  # of the one that holds the membership in which devices were written to blindly


class Partition:
    """What this node sees of its peer; the cluster is asked once, and only when somebody wants to know.

    ``peer`` is the other wired node, None: there is none. ``devices`` are what all devices of the resource are known
    by: a release of the first version is about all of them.
    """

    def __init__(self, call: Call, peer: str | None, devices: Collection[str]) -> None:
        self._call = call
        self._devices = frozenset(devices)
        self.peer = peer

    @cached_property
    def release(self) -> Release | None:
        """That this node gave the relay up while its peer wasn't a member; None: it didn't."""
        if self.peer is None:
            return None
        text = read_ascii(self._call.record_path.with_suffix(_RELEASED))
        with contextlib.suppress(ValueError, TypeError, LookupError):
            membership, *devices = json.loads(text)
            return Release(str(membership), frozenset(map(str, devices)))
        text = text or read_ascii(self._call.record_path.with_suffix(_RELEASED_BY_0_1))
        return Release(text, self._devices) if text else None

    @cached_property
    def view(self) -> PeerView:
        """What the cluster says of the peer."""
        peer = str(self.peer)
        membership = self._call.pacemaker.membership()
        is_member = peer.casefold() in membership.nodes | self._call.pacemaker.partition()
        state = self._call.pacemaker.peer_state(peer, self._call.instance)
        if state is None:
            return PeerView(membership.id, is_member)
        # The cluster that both are in stops a resource there before it starts it here. So where it is known to run
        # there, this start was decided on while they were partitioned.
        is_joining = is_member and (not state.joined or state.runs)
        return PeerView(membership.id, is_member, is_joining, is_down=not is_member and state.expected_down)

    def record_release(self, seen: Collection[str]) -> None:
        """On giving the relay up: note it if the peer isn't a member. ``seen`` are the devices that were here."""
        if self.peer is None or not self._call.pacemaker.partition():
            return
        release = release_of(self.release, self.view, seen)
        if release is not None:
            with contextlib.suppress(OSError):
                text = json.dumps([release.membership, *sorted(release.devices)])
                replace_file(self._call.record_path.with_suffix(_RELEASED), text)

    def holds_back(self, devices: Collection[str]) -> bool:
        """Whether this node is not to take these: the peer's to keep where they show its hand, else to look again."""
        return self.release is not None and holds_back(self.release, self.view, devices)

    def require_peace(self, device: str, state: DeviceState, is_peers_hand: bool, was_elsewhere: bool) -> None:
        """Check that a device on the other side isn't there by the peer's doing.

        ``was_elsewhere``: two looks have seen it there.

        Raises:
            NoEffectError: it may be.
        """
        if (is_peers_hand or not was_elsewhere) and self.holds_back({device}):
            raise NoEffectError(f"has just moved to {state.position}, perhaps by {self.peer}")

    def refusal(self, label: str) -> str:
        """What to say of a device that the peer is to keep."""
        if self.view.is_joining:
            discard_release(self._call)  # good for one refusal: Pacemaker may be stopped on the peer
            return f"{label}: taken by {self.peer}, which is just rejoining the cluster; not taken back at once"
        side = "b" if self._call.desired.mode else "d"
        taken = f"{label}: taken by {self.peer} while partitioned from it"
        return f"{taken}; if {self.peer} is dead: berofos switch {side}"

    def may_write_blindly(self) -> bool:
        """Whether a device may be told without being read: the peer isn't a member, and it's the first time so.

        Once in a membership, and never by a node that may have to yield to the peer, or can't know.
        """
        if self.peer is None or self.view.membership is None or not self._call.pacemaker.partition():
            return False
        if self.view.is_member or self.holds_back(self._devices):
            return False
        return read_ascii(self._call.record_path.with_suffix(_BLIND)) != self.view.membership

    def note_blind_write(self) -> bool:
        """Note that it is told so in this membership; False: that can't be noted, so it isn't to be."""
        file = self._call.record_path.with_suffix(_BLIND)
        try:
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(file, str(self.view.membership))
        except OSError:
            return False
        return True


def discard_release(call: Call) -> None:
    """Forget it: the relay is ours again, or a peer that has just come back was yielded to once."""
    for suffix in (_RELEASED, _RELEASED_BY_0_1):
        with contextlib.suppress(OSError):
            call.record_path.with_suffix(suffix).unlink(missing_ok=True)
