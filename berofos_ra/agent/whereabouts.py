"""Where a device is, where record and config file don't say it, or not the same; and which box it is, by its MAC."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from berofos_ra.agent.known_devices import Answer, KnownDevice
from berofos_ra.device import gbl4_client, names
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.parallel import side_by_side
from berofos_ra.errors import DeviceError

_SCAN_TIMEOUT = 0.5  # seconds for one question by GBL4; it is asked twice within
_SLACK = 0.2  # seconds for all threads to end


def find(berofos: Device, one: KnownDevice, needed: Sequence[str]) -> Answer:
    """What a device shows at the record's address, or at the file's: there by an answer with its MAC alone.

    Raises:
        DeviceError: it can't be asked.
    """
    if one.elsewhere is None:
        return Answer(berofos.read(needed), _resolved(one.device), one.device.host)
    if not _answers(one.device):
        try:
            there = _resolved(one.elsewhere)
        except DeviceError:
            return Answer(berofos.read(needed), one.device)
        if _answers(there):
            berofos.reach(there)
            return Answer(berofos.read(needed), there, one.elsewhere.host)
    return Answer(berofos.read(needed), one.device)


def learn_macs(devices: Sequence[DeviceConfig]) -> dict[str, str]:
    """The MACs that these devices answer with at their addresses, by their names; those that answer."""

    def ask(device: DeviceConfig) -> str | None:
        found = gbl4_client.scan(device.require_host(), _SCAN_TIMEOUT)
        return found[0].mac if len(found) == 1 else None

    macs = side_by_side(devices, ask, time.monotonic() + _SCAN_TIMEOUT + _SLACK)
    return {name: mac for name, mac in macs.items() if isinstance(mac, str)}


def replaced(known: Mapping[str, KnownDevice]) -> dict[str, DeviceConfig]:
    """The successors, by name, of those devices that are replaced.

    The box at the successor's address answers with the successor's MAC, and the old one answers nowhere.
    """

    def ask(successor: DeviceConfig) -> DeviceConfig | None:
        old = known[successor.name].device
        there = _resolved(successor)
        if not _answers(there) or any(_answers(old._replace(host=host)) for host in {old.host, there.host, None}):
            return None
        return there

    asked = [one.successor._replace(name=name) for name, one in known.items() if one.successor is not None]
    answers = side_by_side(asked, ask, time.monotonic() + 4 * _SCAN_TIMEOUT + _SLACK)
    return {name: there for name, there in answers.items() if isinstance(there, DeviceConfig)}


def _answers(device: DeviceConfig) -> bool:
    """Whether the device with this MAC answers at this address; without one, anywhere."""
    try:
        gbl4_client.ping(device.host, device.require_mac(), _SCAN_TIMEOUT)
    except DeviceError:
        return False
    return True


def _resolved(device: DeviceConfig) -> DeviceConfig:
    return device._replace(host=names.resolve(device.require_host()))
