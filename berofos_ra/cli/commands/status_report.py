"""What ``berofos status`` tells, as data: every device, all that isn't as it should be, and what the cluster says."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import DeviceState
from berofos_ra.errors import BerofosError, DeviceError, explain
from berofos_ra.operations.survey import DeviceSnapshot, survey
from berofos_ra.resource.claims import Claim, claimed_deviations, find_claims


@dataclass(frozen=True)
class DeviceReport:
    """One device with all that isn't as it should be."""

    seen: DeviceSnapshot
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything at one moment.

    ``claims`` are the resources in charge, by the devices' names. ``cluster_error``: why the cluster can't be asked.
    """

    devices: tuple[DeviceReport, ...]
    claims: Mapping[str, Claim]
    cluster_error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return self.cluster_error is None and not self.inactive and not any(one.problems for one in self.devices)

    @property
    def active_node(self) -> str | None:
        """The node that has the lines, as the cluster sees it; None: none, more than one, or no cluster."""
        nodes = {claim.node for claim in self.claims.values()}
        return nodes.pop() if len(nodes) == 1 else None

    @property
    def inactive(self) -> set[str]:
        """The resources in charge that aren't active on one node."""
        return {claim.resource.name for claim in self.claims.values() if claim.node is None}

    @property
    def agrees(self) -> bool:
        """Whether every device that the cluster is in charge of is as it should be."""
        return not any(one.problems for one in self.devices if one.seen.device.name in self.claims)

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "ok": self.ok,
            "active_node": self.active_node,
            "devices": [_device_as_json(device) for device in self.devices],
        }


def make_report(config: str, devices: tuple[DeviceConfig, ...], timeout: float) -> Report:
    """Look at the devices and at the cluster, side by side. ``config`` is the path of the file that they are from."""
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(Pacemaker().view)
        seen = survey(devices, timeout)
    try:
        view = asked.result()
    except BerofosError as error:
        return Report(tuple(_device_report(one, None, config) for one in seen), {}, explain(error))
    claims = {} if view is None else find_claims(view, config, devices)
    return Report(tuple(_device_report(one, claims.get(one.device.name), config) for one in seen), claims)


def _device_report(seen: DeviceSnapshot, claim: Claim | None, config: str) -> DeviceReport:
    if seen.state is None:
        error = seen.error or DeviceError("no answer")
        return DeviceReport(seen, (explain(error, config=config),))
    try:
        return DeviceReport(seen, claimed_deviations(seen.state, claim))
    except BerofosError as error:
        return DeviceReport(seen, (explain(error, config=config),))


def _device_as_json(report: DeviceReport) -> dict[str, Any]:
    seen = report.seen
    return {
        "name": seen.device.name,
        "address": seen.device.host,
        "reachable": seen.state is not None,
        "relay": None if seen.state is None else seen.state.position,
        "scenario": _number(seen.state, "scenario"),
        "modedef": _number(seen.state, "modedef"),
        "watchdog": {
            "state": _number(seen.state, "wdogstate"),
            "interval": _number(seen.state, "wdogitime"),
            "remaining": _number(seen.state, "wdogrtime"),
        },
        "firmware": seen.firmware,
        "error": "; ".join(report.problems) or None,
    }


def _number(state: DeviceState | None, keyword: str) -> int | None:
    value = None if state is None else state.values.get(keyword)
    return None if value is None else int(value)
