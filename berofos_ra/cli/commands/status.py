"""``berofos status``: how every device is, and whether that is as the cluster has it."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from berofos_ra.cli.common import add_device_options, chosen_devices, say, seconds, trouble
from berofos_ra.errors import BerofosError, DeviceError

if TYPE_CHECKING:
    from berofos_ra.cluster.view import ClusterView
    from berofos_ra.device.config import DeviceConfig
    from berofos_ra.device.device import DeviceState
    from berofos_ra.operations.survey import Seen
    from berofos_ra.resource.claims import Claim

SUMMARY = "show every device: relay, watchdog, firmware, and whether the cluster agrees"
EXAMPLE = """\
  berofos status
  berofos status --device fos1 --watch
  berofos status --json | jq .active_node

With --json, numbers are the device's own: scenario 0 fallback, 1 bypass; modedef 0 A--D, 1 A--B;
watchdog state 0 off, 1 on, 2 run out; interval and remaining in seconds.
exit status: 0 all is as it should be, 1 something isn't
"""


@dataclass(frozen=True)
class DeviceReport:
    """One device with all that isn't as it should be."""

    seen: Seen
    troubles: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything at one moment. ``cluster`` is what to say of it, None without one; ``troubles`` concern it."""

    devices: tuple[DeviceReport, ...]
    active_node: str | None
    cluster: str | None
    troubles: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return not self.troubles and not any(device.troubles for device in self.devices)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object (with --watch: one a line)")
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        type=seconds,
        nargs="?",
        const=2.0,
        help="again every so many seconds (2 if not given), until interrupted",
    )


def run(args: argparse.Namespace) -> int:
    """Show it; 1 when something isn't as it should be."""
    devices = chosen_devices(args)
    if args.watch is not None:
        return _watch(args, devices)
    report = make_report(args.config, devices, args.timeout)
    if args.json:
        say(json.dumps(as_json(report), indent=2))
    else:
        from berofos_ra.cli.commands import status_table

        status_table.show(report)
    return 0 if report.ok else 1


def _watch(args: argparse.Namespace, devices: tuple[DeviceConfig, ...]) -> int:
    from berofos_ra.cli.commands import status_table

    def look() -> Report:
        return make_report(args.config, devices, args.timeout)

    report = look()
    try:
        if sys.stdout.isatty() and not args.json:
            for shown in status_table.watch(look, report, args.watch):
                report = shown
        while True:
            if args.json:
                say(json.dumps(as_json(report)))
            else:
                status_table.show(report)
                say()
            time.sleep(args.watch)
            report = look()
    except KeyboardInterrupt:
        return 0 if report.ok else 1


def make_report(config: str, devices: tuple[DeviceConfig, ...], timeout: float) -> Report:
    """Look at the devices and at the cluster, side by side."""
    from berofos_ra.cluster.pacemaker import Pacemaker
    from berofos_ra.operations.survey import survey
    from berofos_ra.resource.claims import find_claims

    asked = _Aside(Pacemaker().view)
    seen = survey(devices, timeout)
    try:
        view = asked.result()
    except BerofosError as error:
        return Report(tuple(_look(one, None, config) for one in seen), None, str(error), (str(error),))
    claims = {} if view is None else find_claims(view, config, devices)
    reports = tuple(_look(one, claims.get(one.device.name), config) for one in seen)
    return Report(reports, _active_node(claims), *_cluster_words(view, claims, reports))


def _look(seen: Seen, claim: Claim | None, config: str) -> DeviceReport:
    from berofos_ra.resource.claims import claimed_deviations

    if seen.state is None:
        error = seen.error or DeviceError("no answer")
        return DeviceReport(seen, (trouble(seen.device, error, config).removeprefix(f"{seen.device.label}: "),))
    try:
        return DeviceReport(seen, claimed_deviations(seen.state, claim))
    except BerofosError as error:
        return DeviceReport(seen, (str(error),))


def _active_node(claims: dict[str, Claim]) -> str | None:
    nodes = {claim.node for claim in claims.values()}
    return nodes.pop() if len(nodes) == 1 else None


def _cluster_words(
    view: ClusterView | None, claims: dict[str, Claim], reports: tuple[DeviceReport, ...]
) -> tuple[str | None, tuple[str, ...]]:
    """What to say of the cluster, and what is wrong with it."""
    if view is None or not claims:
        return None, ()
    inactive = sorted({claim.resource.name for claim in claims.values() if claim.node is None})
    if inactive:
        words = f"the cluster's resource {', '.join(inactive)} isn't active on one node"
        return words, (f"{words}; crm_mon shows why",)
    where = ", ".join(sorted({f"{claim.resource.name} on {claim.node}" for claim in claims.values()}))
    held = sorted({claim.resource.name for claim in claims.values() if not claim.resource.managed})
    paused = f"; {', '.join(held)} in maintenance or unmanaged" if held else ""
    agree = not any(report.troubles for report in reports if report.seen.device.name in claims)
    return f"{where}: {'devices and cluster agree' if agree else 'devices and cluster do not agree'}{paused}", ()


def as_json(report: Report) -> dict[str, Any]:
    """The report for machines."""
    return {
        "ok": report.ok,
        "active_node": report.active_node,
        "devices": [_device_as_json(device) for device in report.devices],
    }


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
        "error": "; ".join(report.troubles) or None,
    }


def _number(state: DeviceState | None, keyword: str) -> int | None:
    value = None if state is None else state.values.get(keyword)
    return None if value is None else int(value)


class _Aside:
    """A question that is asked while something else goes on."""

    def __init__(self, ask: Callable[[], ClusterView | None]) -> None:
        self._ask = ask
        self._answer: ClusterView | None = None
        self._error: BerofosError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer = self._ask()
        except BerofosError as error:
            self._error = error

    def result(self) -> ClusterView | None:
        """The answer, or the error."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._answer
