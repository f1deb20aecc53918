"""Two resources must not share a device: each would throw the other's lines away, again and again."""

from __future__ import annotations

from berofos_ra.agent.call import Call
from berofos_ra.errors import BerofosError
from berofos_ra.resource.devices import devices_in_common
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.record import instance_of, read_record


def refusal(call: Call) -> str | None:
    """Why this resource must not take its devices, None when it may.

    On this node the resource that owns one of them keeps it. In the whole cluster the one that comes first in the
    configuration may have it: so there is one that runs.
    """
    return _device_owned_here(call) or device_in_common(call, earlier_only=True)


def device_in_common(call: Call, earlier_only: bool = False) -> str | None:
    """Which device another resource of the cluster's configuration has as well; None: none.

    ``earlier_only``: only resources count that come before this one in the configuration.
    """
    own = call.instance.partition(":")[0]
    for name, given in call.pacemaker.relay_resources().items():
        if name == own:
            if earlier_only:
                return None
            continue
        try:
            shared = devices_in_common(parse_parameters(given), call.devices, call.parameters.config)
        except BerofosError:
            continue  # it can't run, anywhere or here
        if shared:
            return f"{shared[0].label}: is a device of the resource {name} as well; take it out of one of them"
    return None


def _device_owned_here(call: Call) -> str | None:
    for path in sorted(call.record_path.parent.glob("berofos-*.json")):
        record = read_record(path) if path != call.record_path else None
        if record is None or not record.owned:
            continue
        owned = {known.label for known in record.devices.values()}
        for device in call.devices:
            if device.label in owned:
                return f"{device.label}: the resource {instance_of(path)} has it on this node; stop that one first"
    return None
