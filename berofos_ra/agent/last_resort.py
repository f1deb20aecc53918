"""The last resort of a start: devices that take commands and can't be read, while the peer is gone.

They are told all the same. Whether that is allowed is `partition.Partition.may_write_blindly`'s to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from berofos_ra.agent import journal
from berofos_ra.agent.check import Contact, Contacts
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.errors import ConnectionRefusedByDeviceError, DeviceError, LoginRefusedError, UnreachableError
from berofos_ra.resource.deviations import DesiredState

_REFUSED_FOR = 3.0  # seconds in which a write is sent again to a device that takes no connection
_PAUSE = 0.3  # seconds between two of these


def unread(contacts: Contacts, may_be_told: Callable[[], bool], until: float) -> list[DeviceConfig]:
    """Devices that are there, and whose settings can't be read; none, unless they may be told.

    A check that still asks one of them is waited for, until then (monotonic clock): a device may serve one connection
    alone.
    """
    found = [contact for contact in contacts.by_name.values() if _is_unread(contact)]
    if not found or not may_be_told():
        return []
    contacts.wait_for([contact.config.name for contact in found], until)
    return [contact.config for contact in found if contact.is_over and _is_unread(contact)]


def _is_unread(contact: Contact) -> bool:
    error = contact.error
    if contact.state is not None or not contact.was_met or isinstance(error, LoginRefusedError):
        return False
    # One that refuses connections by now may be serving another, or restart.
    return isinstance(error, ConnectionRefusedByDeviceError) or not isinstance(error, UnreachableError)


def tell_blindly(berofos: Device, desired: DesiredState) -> None:
    """Tell a device to join the lines to this node, whatever it answers: that says nothing of the effect."""
    if desired.provision:
        _write(berofos, "modedef", desired.mode)
    _write(berofos, "mode", desired.mode)
    journal.warning(f"{berofos.config.label}: can't be read; told blindly to join {desired.position}")


def _write(berofos: Device, keyword: str, value: bool) -> None:
    """Write once, as soon as the device takes a connection."""
    until = time.monotonic() + _REFUSED_FOR
    while time.monotonic() < until:
        try:
            berofos.write(keyword, value)
        except ConnectionRefusedByDeviceError:
            time.sleep(_PAUSE)
        except DeviceError:
            return
        else:
            return
