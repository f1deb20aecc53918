"""Could this standby node take the relay over, if it had to?"""

from __future__ import annotations

from berofos_ra.agent.call import Call
from berofos_ra.errors import BerofosError, DeviceError, explain
from berofos_ra.resource import spans


def why_not_ready(call: Call) -> str | None:
    """Why this node couldn't take the relay over; None when it could."""
    try:
        _ = call.desired  # raises where this node isn't wired
        devices = call.devices
        spans.require(call.parameters.spans_of(call.node))
    except BerofosError as error:
        return explain(error)
    answers = call.ask_all(devices, lambda berofos: berofos.read())
    reasons = [
        f"{device.label}: {answer}" for device in devices if isinstance(answer := answers[device.name], DeviceError)
    ]
    return "; ".join(reasons) or None
