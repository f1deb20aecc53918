"""What ``berofos status`` tells, as data: every device, all that isn't as it should be, and what the cluster says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from berofos_ra.cluster.attribute_names import unready_reason
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import ClusterView
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.values import Value
from berofos_ra.errors import BerofosError, DeviceError, explain
from berofos_ra.operations.survey import DeviceSnapshot, survey
from berofos_ra.resource.claims import Claim, claimed_deviations, find_claims
from berofos_ra.resource.remarks import (
    Remark,
    move_remarks,
    pause_remarks,
    place_remarks,
    readiness_remarks,
    standby_remarks,
    watchdog_remark,
)

JSON_VERSION = 1  # of the JSON object; another one when a field's meaning changes


@dataclass(frozen=True)
class DeviceReport:
    """One device with all that isn't as it should be."""

    seen: DeviceSnapshot
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything at one moment.

    ``claims`` are the resources in charge, by the devices' names. ``view``: what the cluster says, None: there is
    none, or it can't be asked, and ``cluster_error`` tells why. ``remarks`` are about the resources in charge.
    """

    devices: tuple[DeviceReport, ...]
    claims: Mapping[str, Claim]
    view: ClusterView | None = None
    cluster_error: str | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return not self.troubles

    @property
    def troubles(self) -> tuple[str, ...]:
        """Whatever isn't as it should be."""
        found = [f"{one.seen.device.label}: {'; '.join(one.problems)}" for one in self.devices if one.problems]
        found += [] if self.cluster_error is None else [self.cluster_error]
        return (*found, *(f"{one.what}; {one.advice}" for one in self.remarks if one.counts))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known besides."""
        return tuple(f"{one.what}; {one.advice}" for one in self.remarks if not one.counts)

    @property
    def active_node(self) -> str | None:
        """The node that has the lines, as the cluster sees it; None: none, more than one, or no cluster."""
        nodes = {claim.node for claim in self.claims.values()}
        return nodes.pop() if len(nodes) == 1 else None

    @property
    def agrees(self) -> bool:
        """Whether every device that the cluster is in charge of is as it should be."""
        return not any(one.problems for one in self.devices if one.seen.device.name in self.claims)

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        resources = {claim.resource.name: claim.resource for claim in self.claims.values()}
        return {
            "version": JSON_VERSION,
            "ok": self.ok,
            "troubles": list(self.troubles),
            "notes": list(self.notes),
            "active_node": self.active_node,
            "cluster": None if self.view is None else {name: list(one.nodes) for name, one in resources.items()},
            "managed": all(one.managed for one in resources.values()) if resources else None,
            "ready": {} if self.view is None else {node: unready_reason(it) for node, it in self.view.ready.items()},
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
        return Report(_judged(seen, {}, config), {}, cluster_error=explain(error))
    claims = {} if view is None else find_claims(view, config, devices)
    remarks = () if view is None else tuple(_remarks(view, claims, seen))
    return Report(_judged(seen, claims, config), claims, view, remarks=remarks)


def _remarks(view: ClusterView, claims: Mapping[str, Claim], seen: Sequence[DeviceSnapshot]) -> Iterator[Remark]:
    """On the resources that are in charge of these devices."""
    for claim in {claim.resource.name: claim for claim in claims.values()}.values():
        yield from place_remarks(view, claim.resource, claim.parameters)
        yield from standby_remarks(view, claim.resource, claim.parameters)
    for one in seen:
        in_charge = claims.get(one.device.name)
        if in_charge is not None and one.state is not None:
            remark = watchdog_remark(in_charge.resource, in_charge.parameters, one.device.label, one.state)
            if remark is not None:
                yield remark
    if claims:
        yield from readiness_remarks(view)
        yield from move_remarks(view.moves, datetime.now(UTC))
        yield from pause_remarks(view)


def _judged(seen: Sequence[DeviceSnapshot], claims: Mapping[str, Claim], config: str) -> tuple[DeviceReport, ...]:
    return tuple(DeviceReport(one, problems_of(one, claims.get(one.device.name), config)) for one in seen)


def problems_of(seen: DeviceSnapshot, claim: Claim | None, config: str) -> tuple[str, ...]:
    """What isn't as it should be with a device that ``claim`` is in charge of, in words, without its label."""
    if seen.state is None:
        return (explain(seen.error or DeviceError("no answer"), config=config),)
    try:
        return claimed_deviations(seen.state, claim)
    except BerofosError as error:
        return (explain(error, config=config),)


def _device_as_json(report: DeviceReport) -> dict[str, Any]:
    seen = report.seen
    shown = {} if seen.state is None else seen.state.values
    return {
        "name": seen.device.name,
        "address": seen.device.host,
        "reachable": seen.state is not None,
        "relay": None if seen.state is None else seen.state.position,
        "scenario": _number(shown.get("scenario")),
        "modedef": _number(shown.get("modedef")),
        "watchdog": {
            "state": _number(shown.get("wdogstate")),
            "interval": _number(shown.get("wdogitime")),
            "remaining": _number(shown.get("wdogrtime")),
        },
        "firmware": seen.firmware,
        "error": "; ".join(report.problems) or None,
    }


def _number(value: Value | None) -> int | None:
    return None if value is None else int(value)
