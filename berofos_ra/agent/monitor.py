"""monitor: is the relay ours, and are the lines here?"""

from __future__ import annotations

import ocf

from berofos_ra.agent import attributes
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import NOT_RUNNING, Outcome
from berofos_ra.errors import ParameterError
from berofos_ra.resource.record import read_record


def monitor(call: Call) -> Outcome:
    """Tell what the resource is on this node; where it runs, kick the watchdogs as well.

    On a node without the record, a probe and a monitor for the role Stopped never fail.
    """
    record = read_record(call.record_path)
    owned = record is not None and record.owned
    if not owned and call.expects_stopped:
        from berofos_ra.agent.readiness import why_not_ready

        attributes.publish_readiness(call, why_not_ready(call))
        attributes.publish_config_digest(call)
        return NOT_RUNNING
    if not owned and not call.is_recurring:
        attributes.forget_published(call)
        return NOT_RUNNING
    try:
        _ = call.parameters
    except ParameterError:
        if not call.is_recurring:
            return NOT_RUNNING
        raise
    if record is None or not record.owned:
        return Outcome(ocf.OCF_NOT_RUNNING, (f"{call.node} doesn't own the relay: no ownership record there",))

    # Loaded here, since a probe on a standby node needs no HTTP.
    from berofos_ra.agent.inspection import inspect

    outcome = inspect(call, record)
    if call.is_recurring:
        attributes.publish_config_digest(call)
    return outcome
