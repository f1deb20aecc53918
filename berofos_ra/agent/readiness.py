"""Could this standby node take the relay over, if it had to?"""

from __future__ import annotations

from berofos_ra.agent.call import Call
from berofos_ra.device.device import Device
from berofos_ra.errors import BerofosError, DeviceError, WiringError, explain
from berofos_ra.resource import spans
from berofos_ra.resource.devices import in_doubt


def why_not_ready(call: Call) -> str | None:
    """Why this node couldn't take the relay over; None when it could.

    Raises:
        WiringError: this node isn't wired to the relay, and has nothing to say.
    """
    try:
        desired = call.desired
        devices = call.devices
        spans.require(call.parameters.spans_of(call.node))
    except WiringError:
        raise
    except BerofosError as error:
        return explain(error)

    def answer(berofos: Device) -> None:
        berofos.read((*desired.provisioned, *desired.relay_settings))  # what start needs
        if desired.watchdog:
            berofos.ping()

    doubted = in_doubt(devices, call.parameters)
    answers = call.ask_all([device for device in devices if device.name not in doubted], answer)
    reasons = [
        f"{device.label}: {doubted.get(device.name) or answers[device.name]}"
        for device in devices
        if device.name in doubted or isinstance(answers[device.name], DeviceError)
    ]
    return "; ".join(reasons) or None
