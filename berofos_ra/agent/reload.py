"""reload-agent: take reloadable parameters into the record without touching the relay."""

from __future__ import annotations

import contextlib

import ocf

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.known_devices import known_devices
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.clock import boot_clock
from berofos_ra.device.device import Device
from berofos_ra.errors import BerofosError, DeviceError
from berofos_ra.resource.parameters import Parameters
from berofos_ra.resource.record import Record
from berofos_ra.resource.record_file import read_record, update_record


def reload_agent(call: Call) -> Outcome:
    """Take them over, and bring the devices' watchdog interval up to date; all else is read at each monitor.

    With a record it never fails: what makes no sense is said, and the monitor shows it.
    """
    before = read_record(call.record_path)
    if before is None or not before.owned:
        return Outcome(ocf.OCF_NOT_RUNNING, (f"{call.node} doesn't own the relay: nothing to reload",))
    try:
        parameters = call.parameters
    except BerofosError as error:
        journal.warning(f"not reloaded: {error}")
        return SUCCESS
    record = before._replace(parameters=call.given_parameters)
    if parameters.wiring.topology.watchdog and parameters.provision:
        record = _with_interval(call, record, parameters)
    with contextlib.suppress(OSError):  # then the monitor goes on with what was
        update_record(call.record_path, before, record)
    return SUCCESS


def _with_interval(call: Call, record: Record, parameters: Parameters) -> Record:
    interval = parameters.watchdog_interval
    known = known_devices(record, parameters).devices
    armed = [
        known[name].device for name, one in record.devices.items() if one.watchdog_interval not in (None, interval)
    ]

    def set_interval(berofos: Device) -> None:
        berofos.kick()  # before, too: a shorter interval may have passed already
        berofos.apply({"wdogitime": interval})
        berofos.kick()

    with Kicks(call.record_path, call.started + call.timeout) as kicks:
        # The others, too: no monitor comes while one of these is waited for.
        shortened = {
            device.name: record.devices[device.name]._replace(watchdog_interval=interval) for device in armed
        }
        kicks.begin({**{name: one for name, one in record.devices.items() if one.is_worth_a_kick}, **shortened})
        results = call.ask_all(armed, set_interval, parameters.timeout)
    for device in armed:
        result = results[device.name]
        if isinstance(result, DeviceError):
            # Not a failure of the resource: the next thorough monitor finds the old interval and says so.
            journal.warning(f"{device.label}: watchdog interval not changed to {interval} s: {result}")
        else:
            record = record.with_device(device.name, shortened[device.name]._replace(kicked=boot_clock()))
    return record
