"""reload-agent: take reloadable parameters over without touching the relay."""

from __future__ import annotations

import ocf

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome, cannot_write
from berofos_ra.clock import boot_clock
from berofos_ra.device.device import Device
from berofos_ra.errors import DeviceError
from berofos_ra.resource.record import read_record, update_record


def reload_agent(call: Call) -> Outcome:
    """Check the parameters and bring the devices' watchdog interval up to date; all else is read at each monitor."""
    parameters = call.parameters
    before = read_record(call.record_path)
    if before is None or not before.owned:
        return Outcome(ocf.OCF_NOT_RUNNING, (f"{call.node} doesn't own the relay: nothing to reload",))
    if not (parameters.wiring.topology.watchdog and parameters.provision):
        return SUCCESS
    interval = parameters.watchdog_interval

    def set_interval(berofos: Device) -> None:
        berofos.apply({"wdogitime": interval})
        berofos.kick()  # from now on it counts down from the new interval

    _ = call.desired  # raises where this node isn't wired
    results = call.ask_all(call.devices, set_interval)
    record = before
    for device in call.devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            # Not a failure of the resource: the next thorough monitor finds the old interval and says so.
            journal.warning(f"{device.label}: watchdog interval not changed to {interval} s: {result}")
        elif device.name in record.devices:
            known = record.devices[device.name]._replace(watchdog_interval=interval, kicked=boot_clock())
            record = record.with_device(device.name, known)
    try:
        update_record(call.record_path, before, record)
    except OSError as error:
        return cannot_write(call.record_path, error)
    return SUCCESS
