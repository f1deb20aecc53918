"""Not to fight over the relay with a partitioned peer. The rule itself is in `berofos_ra.resource.split_brain`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from berofos_ra.agent.call import Call
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import DeviceError
from berofos_ra.files import replace_file
from berofos_ra.resource.split_brain import must_yield_to_peer

_SUFFIX = ".released"  # of the file that holds the membership in which the relay was given up
_OLD_SUFFIX = ".held"  # what version 0.1.0 calls the same file


def record_release(call: Call) -> None:
    """On giving the relay up: record in which membership that was, if the peer isn't a member.

    Raises:
        ParameterError: a parameter makes no sense.
        WiringError: this node isn't wired to the relay.
    """
    peer = call.parameters.wiring.peer_of(call.node)
    if peer is None:
        return
    members = call.pacemaker.partition()
    if not members or peer.casefold() in members:
        return
    membership = call.pacemaker.membership()
    if membership.id is not None:
        with contextlib.suppress(OSError):
            replace_file(_file(call, _SUFFIX), membership.id)


def discard_release(call: Call) -> None:
    """Forget it: the relay is ours again, or a peer that has just come back was yielded to once."""
    for suffix in (_SUFFIX, _OLD_SUFFIX):
        with contextlib.suppress(OSError):
            _file(call, suffix).unlink(missing_ok=True)


def refusal(call: Call) -> str | None:
    """Why this node must not take the relay, None when it may."""
    peer = call.parameters.wiring.peer_of(call.node)
    released_in = _released_in(call)
    if peer is None or released_in is None:
        return None
    moved, known = _moved_device(call)
    if moved is None:
        return None
    membership = call.pacemaker.membership()
    is_member = peer.casefold() in membership.nodes | call.pacemaker.partition()
    joining = is_member and not call.pacemaker.has_joined_and_is_idle(peer, call.instance)
    if not must_yield_to_peer(released_in, membership.id, is_member, moved=True, peer_joining=joining):
        return None
    if joining:
        discard_release(call)
        return f"{moved.label}: taken by {peer}, which is just rejoining the cluster; not taken back at once"
    if not known:
        return f"{moved.label}: can't be asked, and {peer} may have taken it while partitioned from it"
    return f"{moved.label}: taken by {peer} while partitioned from it; not taken back until they meet again"


def _moved_device(call: Call) -> tuple[DeviceConfig | None, bool]:
    """The first device that is set to the peer's side for good, or may be; and whether that is known.

    It may be when no device can be asked: one of them could come back while the start still tries.
    """
    mode = call.desired.mode
    states = call.ask_all(call.devices, lambda berofos: berofos.read())
    for device in call.devices:
        state = states[device.name]
        if isinstance(state, DeviceError) or state.mode == mode:
            continue
        # Without provisioning nobody sets the default relay mode, so there the relay alone must tell.
        if not call.parameters.provision or state.values.get("modedef") != mode:
            return device, True
    # With spans to watch a start can tell by them whether the lines are here.
    if call.parameters.spans_of(call.node) or not all(isinstance(state, DeviceError) for state in states.values()):
        return None, True
    return call.devices[0], False


def _released_in(call: Call) -> str | None:
    """The membership in which this node gave the relay up while its peer wasn't a member, None when it didn't."""
    for suffix in (_SUFFIX, _OLD_SUFFIX):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return _file(call, suffix).read_text(encoding="ascii")
    return None


def _file(call: Call, suffix: str) -> Path:
    return call.record_path.with_suffix(suffix)
