"""``berofos resume``: the end of a pause."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from berofos_ra.cli import by_hand
from berofos_ra.cli.common import add_timeout_option, apply, complain, say
from berofos_ra.cluster import pause_mark
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.pause_mark import Pause
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import BerofosError, DeviceError, explain
from berofos_ra.resource.deviations import ELSEWHERE, deviations

if TYPE_CHECKING:
    from berofos_ra.cli.paused_site import Site
    from berofos_ra.cluster.situation import Monitor, Situation

SUMMARY = "end a pause: undo what berofos pause did, and nothing else"
EXAMPLE = """\
  berofos resume
  berofos resume --dry-run

A relay that was moved by hand meanwhile would be moved back at once: then it refuses, and says which, unless --yes.
Watchdogs are armed once the cluster looks at the relays again, and the end of it is a good monitor.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--yes", action="store_true", help="also where the cluster will move a relay at once")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_timeout_option(parser)


def run(args: argparse.Namespace) -> int:
    """Resume; 1 when it couldn't be done, or the cluster isn't content afterwards."""
    from berofos_ra.cli.paused_site import find_site

    site = find_site(args.config, args.timeout)
    pauses = site.situation.view.pauses
    if not pauses and site.situation.maintenance:
        complain("not paused by berofos pause, but in maintenance; crm_attribute --name maintenance-mode --delete")
        return 1
    if not pauses:
        say("nothing is paused")
        return 0
    moved = list(_moved(site))
    for line in moved:
        say(line)
    if moved and not args.yes and not args.dry_run:
        complain("refused: the cluster would move that at once; berofos switch puts it back, --yes lets the cluster")
        return 1
    for pause in pauses:
        status = _resume(site, pause, args)
        if status:
            return status
    return 0


def _moved(site: Site) -> Iterator[str]:
    """The relays that the cluster would move."""
    for device in site.devices:
        state = site.states[device.name]
        if isinstance(state, DeviceError):
            continue
        with contextlib.suppress(BerofosError):  # Pacemaker will say it
            for one in deviations(state, site.claims[device.name].desired, settings=False):
                if one.kind in ELSEWHERE:
                    yield f"{device.label}: {one.text}"


def _resume(site: Site, pause: Pause, args: argparse.Namespace) -> int:
    from berofos_ra.cli.paused_site import SETTLED_WITHIN, wait_until
    from berofos_ra.cluster.pause import clean_up, delete_mark, set_maintenance, set_managed
    from berofos_ra.cluster.tools import ToolFailedError

    say(pause.words)
    whole = pause.mode == pause_mark.CLUSTER
    rearmed = [device for device in site.devices if whole and device.name in pause.names]
    if args.dry_run:
        steps = "maintenance-mode would be off" if whole else f"{', '.join(pause.names)}: would be managed"
        say("; ".join((steps, *(f"{device.label}: watchdog would be armed" for device in rearmed))))
        return 0
    by_hand.log(f"berofos resume: {pause.undo}, {by_hand.who()}")
    before = site.situation.monitors
    intervals = {name: Pacemaker().monitor_interval(name) for name in site.relays}
    try:
        if whole:
            stale = _stale(site.situation, site.relays)
            for name in stale:  # Pacemaker (2.1.5) wouldn't resume their monitors
                clean_up(name)
            if stale and not wait_until(lambda situation: _known(situation, stale)):
                complain(f"the cluster doesn't find {', '.join(stale)} running; crm_mon, then berofos resume")
                return 1
            if site.situation.maintenance:
                set_maintenance(on=False)
            say("cluster: maintenance-mode off")
        for name in () if whole else pause.names:
            set_managed(name, managed=True)
            say(f"{name}: managed")
        old = before if whole and site.situation.maintenance else {}
        if not wait_until(lambda situation: all(_is_monitored(situation, *one, old) for one in intervals.items())):
            what = f"the cluster doesn't monitor the relays within {SETTLED_WITHIN:g} s"
            complain(f"{what}; crm_mon, then berofos resume")
            return 1
        if not _arm(rearmed, args):
            return 1
        delete_mark(pause.node)
    except ToolFailedError as error:
        complain(f"{explain(error)}; berofos resume once more, when that is mended")
        return 1
    if not wait_until(lambda situation: all(_is_content(situation, *one) for one in intervals.items())):
        complain(f"no good monitor within {SETTLED_WITHIN:g} s; crm_mon and berofos doctor say more")
        return 1
    say("the cluster monitors the relays again, and all is well")
    return 0


def _stale(situation: Situation, relays: tuple[str, ...]) -> list[str]:
    """The relays that are listed as degraded."""
    from berofos_ra.cluster.situation import DEGRADED

    degraded = [one.operation for one in situation.failures if one.code == DEGRADED]
    return [name for name in relays if any(operation.startswith(f"{name}_") for operation in degraded)]


def _arm(devices: list[DeviceConfig], args: argparse.Namespace) -> bool:
    """Arm their watchdogs and read it back; whether all are."""
    done = apply({device: {"wdog": True} for device in devices}, args)
    for device, applied in done.items():
        state = applied.after
        say(f"{device.label}: watchdog on ({state.values.get('wdogitime')} s), relay {state.position}")
    if len(done) < len(devices):
        complain("still paused, as far as that watchdog goes; berofos resume once more, when it answers")
    return len(done) == len(devices)


def _is_monitored(
    situation: Situation, name: str, interval: float | None, before: Mapping[tuple[str, str], frozenset[Monitor]]
) -> bool:
    """Whether Pacemaker has begun a relay's most frequent monitor, and one of its monitors has answered since.

    Where the first answer is 190, Pacemaker (2.1.5) lists the monitor as under way from then on. It keeps that answer
    apart, and of a resource only the last one, whichever monitor's.
    """
    key, monitors = _monitors(situation, name)
    begun = any(one.interval == interval for one in monitors)
    return begun and any(one.is_running for one in monitors - before.get(key, frozenset()))


def _is_content(situation: Situation, name: str, interval: float | None) -> bool:
    """Whether a relay's most frequent monitor finds all well."""
    return any(one.code == 0 and one.interval == interval for one in _monitors(situation, name)[1])


def _monitors(situation: Situation, name: str) -> tuple[tuple[str, str], frozenset[Monitor]]:
    """The monitors of a relay that runs, and is managed, on one node; and how that is called."""
    resource = situation.resources.get(name)
    if resource is None or len(resource.nodes) != 1 or not resource.managed:
        return (name, ""), frozenset()
    key = (name, resource.nodes[0])
    return key, situation.monitors.get(key, frozenset())


def _known(situation: Situation, names: list[str]) -> bool:
    """Whether Pacemaker knows where these run."""
    return all(name in situation.resources and situation.resources[name].nodes for name in names)
