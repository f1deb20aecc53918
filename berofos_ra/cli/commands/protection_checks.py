"""What ``berofos doctor`` looks at against a split: links, fencing, a third vote, how soon a death is noticed."""

from __future__ import annotations

from collections.abc import Iterator

from berofos_ra.cli.commands.checks import OK, PROBLEM, WARNING, Finding
from berofos_ra.cluster.corosync import CorosyncView
from berofos_ra.cluster.fencing_view import FencingView
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import ClusterView
from berofos_ra.errors import ParameterError
from berofos_ra.resource.parameters import parse_parameters


def check_protection(
    view: ClusterView, fencing: FencingView | None, corosync: CorosyncView | None
) -> Iterator[Finding]:
    """Nothing of a cluster of one node; what can't be asked is left out."""
    if len(view.nodes) < 2:
        return
    if corosync is not None:
        yield from _check_links(corosync)
        yield from _check_times(view, corosync)
    if fencing is not None:
        yield from _check_fencing(view, fencing, corosync)


def _check_links(corosync: CorosyncView) -> Iterator[Finding]:
    if corosync.links == 1:
        advice = "give each node a second address, on the devices' network: berofos crm-config --corosync"
        yield Finding(WARNING, "corosync: one link only between the nodes, its end is a split", advice)
    else:
        yield Finding(OK, f"corosync: {corosync.links} links between the nodes")


def _check_fencing(view: ClusterView, fencing: FencingView, corosync: CorosyncView | None) -> Iterator[Finding]:
    if fencing.enabled and not fencing.devices:
        advice = "berofos crm-config --fencing makes some"
        yield Finding(PROBLEM, "fencing is on, but there is no fence device: nobody takes over", advice)
    elif fencing.enabled and not fencing.delayed and len(view.nodes) == 2:
        advice = "set priority-fencing-delay, and a priority on what the relay follows: berofos crm-config --fencing"
        yield Finding(WARNING, "fencing has no delay: in a split both nodes may shoot each other", advice)
    elif fencing.enabled:
        yield Finding(OK, f"fencing by {', '.join(fencing.devices)}")
    elif corosync is not None and corosync.quorum_device:
        yield Finding(OK, "a quorum device votes")
    elif corosync is not None:
        advice = "berofos crm-config --fencing, or --quorum-device; docs/split-brain.md says which is for whom"
        yield Finding(WARNING, "no fencing and no quorum device: in a split both nodes run asterisk", advice)


def _check_times(view: ClusterView, corosync: CorosyncView) -> Iterator[Finding]:
    """How soon a death is noticed, beside what else looks after the lines."""
    if corosync.noticed is None:
        return
    for resource in view.relays:
        try:
            parameters = parse_parameters(resource.parameters)
        except ParameterError:
            continue  # found elsewhere
        death = f"corosync notices a dead node after {corosync.noticed:g} s"
        if parameters.wiring.topology.watchdog and corosync.noticed >= parameters.watchdog_interval:
            advice = "a longer watchdog_interval, or a shorter token: berofos crm-config --corosync --failover"
            what = f"{death}, when the watchdog has run out ({parameters.watchdog_interval} s)"
            yield Finding(WARNING, f"{resource.name}: {what}", advice)
        interval = Pacemaker().monitor_interval(resource.name)
        if interval is not None and corosync.noticed > interval:
            advice = "a shorter token: berofos crm-config --corosync --failover"
            what = f"{death}, later than a monitor ({interval:g} s) would notice a relay"
            yield Finding(WARNING, f"{resource.name}: {what}", advice)
