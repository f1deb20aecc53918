"""Hands off what a cluster is in charge of: the one check before anything is done to a relay by hand.

"No cluster here" is only said where none answers, none of Pacemaker's daemons runs, and no record says that a
resource has the lines. Whatever else keeps the cluster from being asked counts as a cluster in charge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import ClusterSilentError, RelayResource
from berofos_ra.device.config import DeviceConfig, is_device_name
from berofos_ra.device.names import resolve
from berofos_ra.errors import BerofosError, ConfigError, DeviceError, ParameterError
from berofos_ra.resource.claims import claimed_devices
from berofos_ra.resource.devices import is_same_device
from berofos_ra.resource.parameters import Parameters, parse_parameters
from berofos_ra.resource.record import Record
from berofos_ra.resource.record_file import RUN_DIRECTORY, instance_of, records_by_path

# What a change of may move a relay: at once, at the next loss of power, or when a watchdog runs out.
GUARDED_SETTINGS = ("mode", "scenario", "modedef", "wdog", "wdogdef", "wdogitime")


class ManagedError(BerofosError):
    """The cluster is in charge, or may be: whatever is done by hand, it would undo."""


class Hold(NamedTuple):
    """The managed resource that has a device, and whether it is active on a node."""

    resource: str
    is_active: bool


def refuse_if_managed(
    config: str,
    devices: Sequence[DeviceConfig],
    run_directory: str = RUN_DIRECTORY,
    override: str = "use --force",
    is_meant: Callable[[str], bool] | None = None,
) -> None:
    """Keep hands off devices that a cluster switches; ``config`` is the file that they are from.

    ``override`` is how the caller's user says that it is meant all the same. ``is_meant`` is asked, with the
    resources' names, where these are active on no node: whoever knows that the other node is dead may move the lines.

    Raises:
        ManagedError: the cluster is in charge, or can't be asked; the message says what to do.
    """
    try:
        holds = find_holds(config, devices, run_directory)
    except ClusterSilentError as error:
        what = f"refused: {error}, so it may be in charge of the lines"
        raise ManagedError(what, f"look with crm_mon, as root, or {override}") from None
    names = sorted({hold.resource for hold in holds.values()})
    is_active = any(hold.is_active for hold in holds.values())
    if holds and (is_active or is_meant is None or not is_meant(", ".join(names))):
        unmanage = "; ".join(f"crm resource unmanage {name} (or pcs resource unmanage {name})" for name in names)
        raise ManagedError(
            f"refused: the cluster's resource {', '.join(names)} is in charge of {', '.join(holds)}",
            f"take it out of its hands first, {unmanage}, or {override}",
        )


def find_holds(config: str, devices: Sequence[DeviceConfig], run_directory: str = RUN_DIRECTORY) -> dict[str, Hold]:
    """Which resource that Pacemaker manages has each of the devices, by the device's name; those that one has.

    Raises:
        ClusterSilentError: a cluster may have them, and can't be asked.
    """
    view = Pacemaker().view()
    records = dict(records_by_path(Path(run_directory)))
    if view is None:
        for path, record in records.items():
            if record is None or any(_is_in(record, device) for device in devices):
                raise ClusterSilentError(f"no cluster answers here, but by {path} a resource has the lines")
        return {}
    recorded = {instance_of(path): record for path, record in records.items()}
    found: dict[str, Hold] = {}
    for resource in view.relays:
        if resource.managed:
            held = _held(resource, config, devices, recorded.get(resource.name))
            found |= {name: Hold(resource.name, bool(resource.nodes)) for name in held if name not in found}
    return {device.name: found[device.name] for device in devices if device.name in found}


def _held(
    resource: RelayResource, config: str, devices: Sequence[DeviceConfig], record: Record | None
) -> tuple[str, ...]:
    """The names of the devices that the resource has: by its parameters, and by its record here."""
    try:
        parameters = parse_parameters(resource.parameters)
    except ParameterError:  # it runs on as it was started, with nobody knows which
        claimed = tuple(devices) if resource.nodes else ()
    else:
        named = [device for device in devices if is_device_name(device.name)]
        listed = [device for device in devices if not is_device_name(device.name) and _is_listed(device, parameters)]
        claimed = (*claimed_devices(parameters, config, named), *listed)
    recorded = () if record is None else tuple(device for device in devices if _is_in(record, device))
    return tuple(device.name for device in (*claimed, *recorded))


def _is_listed(device: DeviceConfig, parameters: Parameters) -> bool:
    """Whether a device that has no name here is one of the resource's, whatever its address is called."""
    try:
        listed = read_config(parameters.config).select(parameters.devices)
    except ConfigError:
        return True  # better to refuse once too often
    place = (_resolved(device), device.port)
    return any(is_same_device(one, device) or (_resolved(one), one.port) == place for one in listed)


def _resolved(device: DeviceConfig) -> str:
    try:
        return resolve(device.require_host())
    except DeviceError:
        return device.host or ""


def _is_in(record: Record, device: DeviceConfig) -> bool:
    place = (_resolved(device), device.port)
    return any(
        is_same_device(one, device) or place in ((one.host, one.port), (one.address, one.port))
        for one in record.devices.values()
    )
