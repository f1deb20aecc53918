"""Could this standby node take the relay over, if it had to?"""

from __future__ import annotations

from berofos_ra.agent.call import Call
from berofos_ra.agent.placement import look_up
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.parallel import side_by_side
from berofos_ra.errors import BerofosError, explain
from berofos_ra.resource import spans


def unready(call: Call) -> str | None:
    """Why this node couldn't take the relay over; None when it could."""
    try:
        place = look_up(call)
        spans.require(call.parameters.spans_of(call.node))
    except BerofosError as error:
        return explain(error)

    def read(device: DeviceConfig) -> None:
        with Device(device, place.parameters.timeout, call.devices_deadline) as berofos:
            berofos.read()

    results = side_by_side(place.devices, read, call.devices_deadline)
    troubles = [f"{device.label}: {results[device.name]}" for device in place.devices if results[device.name]]
    return "; ".join(troubles) or None
