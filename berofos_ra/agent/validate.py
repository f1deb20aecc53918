"""validate-all: do the parameters make sense, and from level 10 on, could this node run the resource?"""

from __future__ import annotations

import ocf

from berofos_ra import cluster, spans
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.agent.placement import look_up
from berofos_ra.topology import interval_problem

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
        problem = interval_problem(
            parameters.watchdog_interval, cluster.monitor_interval(call.instance, call.tools_patience)
        )
        if problem is not None:
            return Outcome(ocf.OCF_ERR_CONFIGURED, (problem,))
    return SUCCESS
