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
    look_up(parameters, call.node)
    spans.require(parameters.spans_of(call.node))
    missing = cluster.missing_tools()
    if missing:
        return Outcome(ocf.OCF_ERR_INSTALLED, (f"{missing[0]} isn't installed; install pacemaker",))
    return SUCCESS
