"""The ownership record of a start: all devices that it selected, and what is known of them in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from berofos_ra.agent import refusals
from berofos_ra.agent.call import Call
from berofos_ra.agent.check import Contact
from berofos_ra.agent.outcome import cannot_write
from berofos_ra.agent.takeover import taken_over
from berofos_ra.clock import boot_clock
from berofos_ra.errors import BerofosError
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import all_locked, create_record


class NotBegunError(BerofosError):
    """There is no record, so nothing may be told."""


def begin_record(call: Call, contacts: Mapping[str, Contact], in_doubt: Iterable[str]) -> Record:
    """Write a record before anything is told: a start that is killed leaves a trace of what it may have told.

    Raises:
        NotBegunError: another resource here has one of the devices, or there is no room.
    """
    devices = {
        name: DeviceRecord(
            host=contact.config.host or "", address=contact.address, port=contact.config.port, mac=contact.config.mac
        )
        for name, contact in contacts.items()
    }
    # Without an address nobody asks them: who knows which box that would be.
    devices |= {name: DeviceRecord() for name in in_doubt}
    record = Record(False, devices, boot_clock(), call.node, call.given_parameters)
    try:
        with all_locked(call.record_path.parent):
            holder = refusals.holder(call)
            if holder is not None:
                raise NotBegunError(holder[1])
            create_record(call.record_path, record)
    except OSError as error:
        raise NotBegunError(cannot_write(call.record_path, error).reasons[0]) from None
    return record


def known_after(known: DeviceRecord, contact: Contact, is_here: bool, desired: DesiredState) -> DeviceRecord:
    """What is known of a device once a start is through with it. ``is_here``: it counts without having answered."""
    if contact.applied is not None:
        return taken_over(known, contact.applied, desired)
    if is_here:
        return known._replace(was_right=True, seen_right=True, told_at=None)
    if contact.is_told and (contact.error is None or not contact.error.nothing_written):
        return known._replace(told_at=boot_clock())  # and its watchdog may be armed: it goes on being kicked
    return known._replace(is_ours=False, told_at=None, watchdog_interval=None, arming=False, turned_off=False)
