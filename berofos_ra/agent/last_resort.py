"""The last resort of a start: devices that take commands and can't be read, while the peer is gone.

They are told all the same. Whether that is allowed is `partition.Partition.may_write_blindly`'s to say.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from berofos_ra.agent import journal
from berofos_ra.agent.check import Contact
from berofos_ra.device.device import Device
from berofos_ra.errors import DeviceError, LoginRefusedError, UnreachableError
from berofos_ra.resource.deviations import DesiredState


def unread(contacts: Iterable[Contact]) -> list[Contact]:
    """Devices that are there, and whose settings can't be read."""
    return [
        contact
        for contact in contacts
        if contact.state is None
        and contact.error is not None
        and not isinstance(contact.error, (UnreachableError, LoginRefusedError))
    ]


def tell_blindly(berofos: Device, desired: DesiredState) -> None:
    """Tell a device to join the lines to this node, whatever it answers: that says nothing of the effect."""
    if desired.provision:
        with contextlib.suppress(DeviceError):
            berofos.write("modedef", desired.mode)
    with contextlib.suppress(DeviceError):
        berofos.write("mode", desired.mode)
    journal.warning(f"{berofos.config.label}: can't be read; told blindly to join {desired.position}")
