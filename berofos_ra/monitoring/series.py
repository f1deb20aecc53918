"""What Prometheus is told of a site: names, meanings and values. Pure.

A position is a number and no label: a label would begin a new series with each switch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from berofos_ra.monitoring.site import DeviceSeen, Site

PREFIX = "berofos_"
_DEVICE = ("device",)


class Series(NamedTuple):
    """A gauge; ``labels`` are the names of its labels."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


class Sample(NamedTuple):
    """A value of a series, with its labels' values."""

    series: Series
    value: float
    labels: tuple[str, ...] = ()


UP = Series("up", "Whether the device answers with all that matters.", _DEVICE)
MODE = Series("relay_mode", "The relay: 1 joins A to B (in bypass also C to D), 0 joins A to D.", _DEVICE)
EXPECTED = Series("relay_expected_mode", "The same as the cluster wants it.", _DEVICE)
ARMED = Series("watchdog_armed", "Whether the device's watchdog counts down.", _DEVICE)
LEFT = Series("watchdog_remaining_seconds", "How long until the watchdog runs out, if it is armed.", _DEVICE)
INTERVAL = Series("watchdog_interval_seconds", "How long the watchdog lasts without a kick.", _DEVICE)
DURATION = Series("request_duration_seconds", "How long the device took to answer.", _DEVICE)
FIRMWARE = Series("firmware_info", "Always 1; the device's firmware is a label.", ("device", "firmware"))
CLUSTER = Series("cluster_up", "Whether the cluster could be asked; nothing where there is none.")
ACTIVE = Series("active", "Whether the resource is active on the node.", ("resource", "node"))
MANAGED = Series("managed", "Whether Pacemaker acts on the resource: not in maintenance, nor paused.", ("resource",))
READY = Series("standby_ready", "Whether the node, which hasn't the lines, could take them over.", ("node",))
LAST_RUN = Series("last_run_timestamp_seconds", "When this was found out, in Unix time.")

ALL = (UP, MODE, EXPECTED, ARMED, LEFT, INTERVAL, DURATION, FIRMWARE, CLUSTER, ACTIVE, MANAGED, READY, LAST_RUN)


def samples(site: Site, now: float) -> list[Sample]:
    """All values at this moment, ``now`` in Unix time."""
    found = [sample for device in site.devices for sample in _of_device(device)]
    return [*found, *_of_cluster(site), Sample(LAST_RUN, now)]


def _of_device(device: DeviceSeen) -> Iterator[Sample]:
    name = (device.name,)
    yield Sample(UP, not device.failure, name)
    values = {
        MODE: device.number("mode"),
        EXPECTED: None if device.desired is None else device.desired.mode,
        ARMED: None if device.number("wdogstate") is None else device.is_armed,
        LEFT: device.number("wdogrtime") if device.is_armed else None,
        INTERVAL: device.number("wdogitime"),
        DURATION: device.seconds,
    }
    yield from (Sample(series, value, name) for series, value in values.items() if value is not None)
    if device.firmware is not None:
        yield Sample(FIRMWARE, 1, (device.name, device.firmware))


def _of_cluster(site: Site) -> Iterator[Sample]:
    if site.nodes or site.cluster_error:
        yield Sample(CLUSTER, not site.cluster_error)
    for resource in site.resources:
        for node in dict.fromkeys((*resource.nodes, *resource.standbys)):
            yield Sample(ACTIVE, node in resource.nodes, (resource.name, node))
        yield Sample(MANAGED, resource.managed, (resource.name,))
    for node in site.standbys:
        yield Sample(READY, site.is_ready(node), (node,))


def by_series(found: Sequence[Sample]) -> dict[Series, list[Sample]]:
    """The samples of each series that has some, in the order of `ALL`."""
    grouped = {series: [sample for sample in found if sample.series == series] for series in ALL}
    return {series: of_it for series, of_it in grouped.items() if of_it}
