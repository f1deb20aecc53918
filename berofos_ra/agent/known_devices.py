"""The devices of the record beside the config file: the record says what runs, the file how to log in.

A device is its MAC, where file or device told it. It is asked at the record's address, and at the file's only where
the record's is silent; the file's is taken over by an answer with the device's MAC alone: a typo costs nobody a call.
"""

from __future__ import annotations

from typing import NamedTuple

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError, explain
from berofos_ra.resource.parameters import Parameters
from berofos_ra.resource.record import DeviceRecord, Record


class KnownDevice(NamedTuple):
    """How one device of the record is reached.

    ``device`` has the record's address and the file's login. ``elsewhere`` is the same at the file's address, where
    that is another; ``successor`` what the file has in its place, under the same name and with another MAC.
    """

    device: DeviceConfig
    elsewhere: DeviceConfig | None = None
    successor: DeviceConfig | None = None


def known_devices(record: Record, parameters: Parameters) -> tuple[dict[str, KnownDevice], tuple[str, ...]]:
    """The devices by name, and what of file and record doesn't go together."""
    try:
        config = read_config(parameters.config)
    except ConfigError as error:
        return {name: _known(name, one, None) for name, one in record.devices.items()}, (
            explain(error, config=parameters.config),
        )
    found: dict[str, KnownDevice] = {}
    reasons = []
    for name, one in record.devices.items():
        section = _section(config, name, one)
        found[name] = _known(name, one, section)
        if section is None:
            reasons.append(f"{name} is no longer in {config.path}; restart the resource to give it up")
        elif found[name].successor is not None:
            reasons.append(
                f"{name} has another mac in {config.path} than what runs; restart the resource to replace it"
            )
        elif found[name].elsewhere is not None:
            reasons.append(f"{name} has another host in {config.path} than where it answers, {one.host}")
    for name in _new_sections(config, record, parameters):
        reasons.append(f"{name} is new in {config.path}; restart the resource to take it in")
    return found, tuple(reasons)


def _section(config: BnfosConfig, name: str, known: DeviceRecord) -> DeviceConfig | None:
    by_mac = {device.mac: device for device in config.devices if device.mac is not None}
    by_name = {device.name: device for device in config.devices}
    return by_mac.get(known.mac or "") or by_name.get(name)


def _known(name: str, known: DeviceRecord, section: DeviceConfig | None) -> KnownDevice:
    device = DeviceConfig(name, known.reached_at or None, known.port, known.mac)
    if section is None:
        return KnownDevice(device)
    device = device._replace(user=section.user, password=section.password)
    if known.mac is not None and section.mac is not None and section.mac != known.mac:
        return KnownDevice(device, successor=section)
    if (section.host, section.port) == (known.host, known.port):
        return KnownDevice(device._replace(mac=known.mac or section.mac))
    if section.host is None:
        return KnownDevice(device)
    return KnownDevice(device, elsewhere=device._replace(host=section.host, port=section.port))


def _new_sections(config: BnfosConfig, record: Record, parameters: Parameters) -> list[str]:
    if parameters.devices != ("all",):
        return []
    macs = {one.mac for one in record.devices.values() if one.mac is not None}
    return [device.name for device in config.devices if device.name not in record.devices and device.mac not in macs]
