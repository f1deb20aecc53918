"""validate-all: do the parameters make sense, and from level 10 on, could this node run the resource?"""

from __future__ import annotations

import ocf

from berofos_ra.agent import journal, refusals
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.cluster.pacemaker import missing_tools
from berofos_ra.errors import ParameterError
from berofos_ra.resource import spans
from berofos_ra.resource.actions import MONITOR_ADVICE
from berofos_ra.resource.devices import in_doubt
from berofos_ra.resource.parameters import Parameters
from berofos_ra.wiring.topology import interval_problem, spans_problem

NODE_LEVEL = 10  # the check level from which on this node is looked at too


def validate_all(call: Call) -> Outcome:
    """Check without asking any device."""
    parameters = call.parameters
    if parameters.odd:
        return Outcome(ocf.OCF_ERR_CONFIGURED, parameters.odd)
    if call.is_clone:
        return Outcome(ocf.OCF_ERR_CONFIGURED, (refusals.CLONED,))
    if parameters.devices != ("all",):
        _require_lines(parameters, len(parameters.devices))
    if call.check_level < NODE_LEVEL:
        return SUCCESS
    _ = call.desired  # raises where this node isn't wired
    status = call.pacemaker.status()
    remote = refusals.remote_node(call, status)
    if remote is not None:
        return Outcome(ocf.OCF_ERR_CONFIGURED, (remote,))
    _require_lines(parameters, len(call.devices))
    for doubt in in_doubt(call.devices, parameters).values():
        return Outcome(ocf.OCF_ERR_INSTALLED, (f"{call.config.path}: {doubt}",))
    journal.warn_of_readers(call.config)
    spans.require(parameters.spans_of(call.node))
    missing = missing_tools()
    if missing:
        return Outcome(ocf.OCF_ERR_INSTALLED, (f"{missing[0]} isn't installed; install pacemaker",))
    shared = refusals.device_in_common(call, status)
    if shared is not None:
        return Outcome(ocf.OCF_ERR_CONFIGURED, (shared,))
    if parameters.wiring.topology.watchdog and status is not None and status.relays:
        interval = call.pacemaker.monitor_interval(call.instance)
        if interval is None:
            reason = f"{call.instance} has no monitor, so nobody would kick; {MONITOR_ADVICE}"
            return Outcome(ocf.OCF_ERR_CONFIGURED, (reason,))
        problem = interval_problem(parameters.watchdog_interval, interval)
        if problem is not None:
            return Outcome(ocf.OCF_ERR_CONFIGURED, (problem.of("watchdog_interval"),))
    return SUCCESS


def _require_lines(parameters: Parameters, devices: int) -> None:
    """Check that no node watches more spans than the wiring has lines for.

    Raises:
        ParameterError: one does.
    """
    for spans_of_node in parameters.spans.values():
        problem = spans_problem(parameters.wiring.topology, devices, set(spans_of_node))
        if problem is not None:
            raise ParameterError(problem)
