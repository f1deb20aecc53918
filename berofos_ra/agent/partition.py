"""Not to fight over the relay with a peer that is out of sight. The rule itself is in `berofos_ra.ownership`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from berofos_ra.agent.call import Call
from berofos_ra.agent.placement import Placement
from berofos_ra.cluster import pacemaker
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import DeviceError
from berofos_ra.resource.record import replace_file, taken_by_peer
from berofos_ra.wiring.topology import Wiring


def remember_holding(call: Call, wiring: Wiring) -> None:
    """On giving the relay up: keep in which membership that was, if the peer is out of sight."""
    peer = wiring.peer_of(call.node)
    if peer is None:
        return
    members = pacemaker.members(call.tools_patience)
    if not members or peer.casefold() in members:
        return
    ring = pacemaker.ring(call.tools_patience)
    if ring.id is not None:
        with contextlib.suppress(OSError):
            replace_file(_file(call), ring.id)


def forget_holding(call: Call) -> None:
    """The relay is ours again: what was before doesn't matter any more."""
    with contextlib.suppress(OSError):
        _file(call).unlink(missing_ok=True)


def refusal(call: Call, place: Placement) -> str | None:
    """Why this node must not take the relay, None when it may."""
    peer = place.parameters.wiring.peer_of(call.node)
    try:
        held_in = _file(call).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    if peer is None:
        return None
    moved, known = _moved_device(call, place)
    if moved is None:
        return None
    ring = pacemaker.ring(call.tools_patience)
    in_sight = peer.casefold() in ring.nodes | pacemaker.members(call.tools_patience)
    joining = in_sight and not pacemaker.act_as_one(peer, call.instance, call.tools_patience)
    if not taken_by_peer(held_in, ring.id, in_sight, moved=True, peer_joining=joining):
        return None
    if joining:
        forget_holding(call)
        return f"{moved.label}: taken by {peer}, which is just coming back into sight; not taken back at once"
    if not known:
        return f"{moved.label}: can't be asked, and {peer} may have taken it while out of sight here"
    return f"{moved.label}: taken by {peer} while it is out of sight here; not taken back until they meet again"


def _moved_device(call: Call, place: Placement) -> tuple[DeviceConfig | None, bool]:
    """The first device that is set to the peer's side for good, or may be; and whether that is known.

    It may be when no device can be asked: one of them could come back while the start still tries.
    """
    from berofos_ra.device.device import Device, DeviceState  # stop, which comes by here too, needs no HTTP
    from berofos_ra.device.parallel import side_by_side

    def read(device: DeviceConfig) -> DeviceState:
        with Device(device, place.parameters.timeout, call.devices_deadline) as berofos:
            return berofos.read()

    states = side_by_side(place.devices, read, call.devices_deadline)
    for device in place.devices:
        state = states[device.name]
        if isinstance(state, DeviceError) or state.mode == place.mode:
            continue
        # Without provisioning nobody sets the default relay mode, so there the relay alone must tell.
        if not place.parameters.provision or state.values.get("modedef") != place.mode:
            return device, True
    # With spans to watch a start can tell by them whether the lines are here.
    if place.parameters.spans_of(call.node) or not all(isinstance(state, DeviceError) for state in states.values()):
        return None, True
    return place.devices[0], False


def _file(call: Call) -> Path:
    return call.record.with_suffix(".held")
