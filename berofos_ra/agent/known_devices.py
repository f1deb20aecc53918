"""The devices of the record beside the config file: the record says what runs, the file how to log in.

A device is its MAC, where file or device told it. It is asked at the record's address, and at the file's only where
the record's is silent; the file's is taken over by an answer with the device's MAC alone: a typo costs nobody a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError, explain
from berofos_ra.resource.devices import in_doubt
from berofos_ra.resource.parameters import Parameters
from berofos_ra.resource.record import DeviceRecord, Record

if TYPE_CHECKING:
    from berofos_ra.device.state import DeviceState


class KnownDevice(NamedTuple):
    """How one device of the record is reached.

    ``device`` has the record's address and the file's login. ``elsewhere`` is the same at the file's address, where
    that is another; ``successor`` what the file has in its place, under the same name and with another MAC. ``odd``
    says what of file and record doesn't go together. ``is_located`` False: the record has no address yet.
    ``is_mac_in_file`` False: the device alone can tell its MAC, or has told it.
    """

    device: DeviceConfig
    elsewhere: DeviceConfig | None = None
    successor: DeviceConfig | None = None
    odd: str = ""
    is_located: bool = True
    is_mac_in_file: bool = True


class Answer(NamedTuple):
    """What a device answered, and where; ``host`` is what the record is to know of that, None: it does already."""

    state: DeviceState
    device: DeviceConfig
    host: str | None = None


class KnownDevices(NamedTuple):
    """The devices of a record by name.

    ``unusable``: why the file can't be used, empty when it can. ``new``: what of it isn't in the record.
    """

    devices: dict[str, KnownDevice]
    unusable: str = ""
    new: tuple[str, ...] = ()


def known_devices(record: Record, parameters: Parameters) -> KnownDevices:
    """The devices of the record, beside the file that the parameters name."""
    try:
        config = read_config(parameters.config)
    except ConfigError as error:
        found = {name: _unlisted(name, one) for name, one in record.devices.items()}
        return KnownDevices(found, unusable=explain(error, config=parameters.config))
    found = {name: _known(name, one, config) for name, one in record.devices.items()}
    recorded = [device for device in config.devices if device.name in record.devices]
    for name, doubt in in_doubt(recorded, parameters).items():
        if not record.devices[name].reached_at:  # start left it out: it has no address, or another's
            found[name] = KnownDevice(DeviceConfig(name), odd=f"{config.path}: {doubt}")
    return KnownDevices(found, new=_new(config, record, parameters))


def _as_recorded(name: str, known: DeviceRecord) -> DeviceConfig:
    return DeviceConfig(name, known.reached_at or None, known.port, known.mac)


def _unlisted(name: str, known: DeviceRecord, odd: str = "") -> KnownDevice:
    return KnownDevice(_as_recorded(name, known), odd=odd, is_mac_in_file=not known.mac_learned)


def _known(name: str, known: DeviceRecord, config: BnfosConfig) -> KnownDevice:
    by_mac = {device.mac: device for device in config.devices if device.mac is not None}
    by_name = {device.name: device for device in config.devices}
    section = by_mac.get(known.mac or "") or by_name.get(name)
    if section is None:
        return _unlisted(name, known, f"{name} is no longer in {config.path}; restart the resource to give it up")
    return _listed(name, known, section, config.path)._replace(is_mac_in_file=section.mac is not None)


def _listed(name: str, known: DeviceRecord, section: DeviceConfig, path: str) -> KnownDevice:
    if not known.reached_at:  # of an older version, which didn't note it
        return KnownDevice(section._replace(name=name), is_located=False)
    device = _as_recorded(name, known)._replace(user=section.user, password=section.password)
    if known.mac is not None and section.mac is not None and section.mac != known.mac:
        odd = f"{name} has another mac in {path} than what runs, {known.mac}, and isn't replaced yet"
        return KnownDevice(device, successor=section, odd=odd)
    if section.host is None:
        return KnownDevice(device, odd=f"{name} has no host in {path} any more")
    if (section.host, section.port) == (known.host, known.port):
        return KnownDevice(device._replace(mac=known.mac or section.mac), is_located=bool(known.address))
    odd = f"{name} has another host in {path} than what runs, {known.host}"
    if known.mac is None:
        return KnownDevice(device, odd=f"{odd}; restart the resource to use it")
    return KnownDevice(device, elsewhere=device._replace(host=section.host, port=section.port), odd=odd)


def _new(config: BnfosConfig, record: Record, parameters: Parameters) -> tuple[str, ...]:
    if parameters.devices != ("all",):
        return ()
    macs = {one.mac for one in record.devices.values() if one.mac is not None}
    return tuple(
        f"{device.name} is new in {config.path}; restart the resource to take it in"
        for device in config.devices
        if device.name not in record.devices and device.mac not in macs
    )
