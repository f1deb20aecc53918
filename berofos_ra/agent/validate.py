"""validate-all: do the parameters make sense, and from level 10 on, could this node run the resource?"""

from __future__ import annotations

import ocf

from berofos_ra import cluster, spans
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.agent.placement import look_up

_NODE_LEVEL = 10  # the check level from which on this node is looked at too


def validate_all(call: Call) -> Outcome:
    """Check without asking any device."""
    parameters = call.parameters
    if call.check_level < _NODE_LEVEL:
        return SUCCESS
    look_up(parameters, call.node, report_readers=True)
    spans.require(parameters.spans_of(call.node))
    missing = cluster.missing_tools()
    if missing:
        return Outcome(ocf.OCF_ERR_INSTALLED, (f"{missing[0]} isn't installed; install pacemaker",))
    if parameters.wiring.topology.watchdog:
        problem = interval_problem(parameters.watchdog_interval, cluster.monitor_interval(call.instance))
        if problem is not None:
            return Outcome(ocf.OCF_ERR_CONFIGURED, (problem,))
    return SUCCESS


def interval_problem(watchdog_interval: int, monitor_interval: float | None) -> str | None:
    """What is wrong with the watchdog's interval beside the monitor's, both in seconds; None when all is well.

    A watchdog that runs out between two kicks throws the lines to the PBX while all is well, and one lost kick must
    not do so either.
    """
    if monitor_interval is None or watchdog_interval >= 2 * monitor_interval:
        return None
    return (
        f"watchdog_interval: {watchdog_interval} s is less than twice the monitor interval, {monitor_interval:g} s; "
        f"set it to {2 * monitor_interval:g} or more"
    )
