"""Two resources must not share a device: each would throw the other's lines away, again and again."""

from __future__ import annotations

from collections.abc import Mapping

from berofos_ra.agent.call import Call
from berofos_ra.agent.placement import Placement
from berofos_ra.cluster import pacemaker
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import BerofosError
from berofos_ra.resource.devices import covered, listed_elsewhere
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.record import instance_of, read_record


def refusal(call: Call, place: Placement) -> str | None:
    """Why this resource must not take its devices, None when it may.

    On this node the resource that owns one of them keeps it. In the whole cluster the one that comes first in the
    configuration may have it: so there is one that runs.
    """
    return _held_here(call, place) or shared(call, place, earlier_only=True)


def shared(call: Call, place: Placement, earlier_only: bool = False) -> str | None:
    """Which device another resource of the cluster's configuration has as well; None: none.

    ``earlier_only``: only resources count that come before this one in the configuration.
    """
    own = call.instance.partition(":")[0]
    for name, given in pacemaker.relay_resources(call.tools_patience).items():
        if name == own:
            if earlier_only:
                return None
            continue
        for device in _covered(given, place):
            return f"{device.label}: is a device of the resource {name} as well; take it out of one of them"
    return None


def _held_here(call: Call, place: Placement) -> str | None:
    for path in sorted(call.record.parent.glob("berofos-*.json")):
        record = read_record(path) if path != call.record else None
        if record is None or not record.owned:
            continue
        held = {known.label for known in record.devices.values()}
        for device in place.devices:
            if device.label in held:
                return f"{device.label}: the resource {instance_of(path)} has it on this node; stop that one first"
    return None


def _covered(given: Mapping[str, str], place: Placement) -> list[DeviceConfig]:
    """Which of our devices a resource with these parameters has."""
    try:
        other = parse_parameters(given)
        listed = listed_elsewhere(other.config, other.devices, place.parameters.config)
    except BerofosError:
        return []  # it can't run, anywhere or here
    return covered(other.devices, listed, place.devices)
