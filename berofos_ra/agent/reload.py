"""reload-agent: take reloadable parameters over without touching the relay."""

from __future__ import annotations

import ocf

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.agent.placement import look_up
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Applied, Device
from berofos_ra.device.parallel import side_by_side
from berofos_ra.errors import DeviceError
from berofos_ra.resource.record import boot_clock, read_record, update_record


def reload_agent(call: Call) -> Outcome:
    """Check the parameters and bring the devices' watchdog interval up to date; all else is read at each monitor."""
    parameters = call.parameters
    record = found = read_record(call.record)
    if record is None or found is None or not record.owned:
        return Outcome(ocf.OCF_NOT_RUNNING, (f"{call.node} doesn't own the relay: nothing to reload",))
    if not (parameters.wiring.topology.watchdog and parameters.provision):
        return SUCCESS
    place = look_up(call)
    interval = parameters.watchdog_interval

    def set_interval(device: DeviceConfig) -> Applied:
        with Device(device, parameters.timeout, call.devices_deadline) as berofos:
            applied = berofos.apply({"wdogitime": interval})
            berofos.kick()  # from now on it counts down from the new interval
            return applied

    results = side_by_side(place.devices, set_interval, call.devices_deadline)
    for device in place.devices:
        result = results[device.name]
        if isinstance(result, DeviceError):
            # Not a failure of the resource: the next thorough monitor finds the old interval and says so.
            journal.warning(f"{device.label}: watchdog interval not changed to {interval} s: {result}")
        elif device.name in record.devices:
            known = record.devices[device.name]._replace(watchdog_interval=interval, kicked=boot_clock())
            record = record.with_device(device.name, known)
    try:
        update_record(call.record, found, record)
    except OSError as error:
        return Outcome(ocf.OCF_ERR_GENERIC, (f"can't write {call.record}: {error.strerror}",))
    return SUCCESS
