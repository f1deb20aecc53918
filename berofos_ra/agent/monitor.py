"""monitor: is the relay ours, and are the lines here?"""

from __future__ import annotations

import ocf

from berofos_ra.agent import attributes
from berofos_ra.agent.call import Call
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.outcome import NOT_RUNNING, OCF_DEGRADED, Outcome, is_incomplete
from berofos_ra.errors import WiringError
from berofos_ra.resource.record import Record, RecordError, RecordUnreadableError
from berofos_ra.resource.record_file import read_record, write_histories


def monitor(call: Call) -> Outcome:
    """Tell what the resource is on this node; where it runs, kick the watchdogs as well.

    On a node without the record, a probe and a monitor for the role Stopped never fail. With one the outcome is never
    that the configuration is wrong, which would stop a running resource for good.
    """
    try:
        record = read_record(call.record_path)
    except RecordUnreadableError:
        raise
    except RecordError as error:
        if call.is_recurring and not call.expects_stopped:
            return Outcome(ocf.OCF_ERR_GENERIC, (str(error),))
        record = None
    if record is not None and record.owned:
        outcome = _watch(call, record)
        if call.is_recurring:
            attributes.publish_config_digest(call)
        return outcome
    if call.expects_stopped:
        _stand_by(call)
        return NOT_RUNNING
    if not call.is_recurring:
        attributes.forget_published(call)
        attributes.withdraw(call)
        write_histories(call.record_path, {})  # a clean-up begins with a probe, a failure-timeout's retry doesn't
        return NOT_RUNNING
    return Outcome(ocf.OCF_NOT_RUNNING, (f"{call.node} doesn't own the relay: no ownership record there",))


def _watch(call: Call, record: Record) -> Outcome:
    with Kicks(call.record_path, call.started + call.timeout) as kicks:
        if call.is_recurring:
            # By what was last seen: whatever else is the matter, the lines are to stay where they are.
            kicks.begin({name: one for name, one in record.devices.items() if one.is_worth_a_kick})
        try:
            from berofos_ra.agent.inspection import inspect  # a probe on a standby node needs no HTTP
        except ImportError as error:
            if is_incomplete(error):
                raise
            kicks.wait()
            return Outcome(OCF_DEGRADED, (f"can't look at it: {error}; install python3-requests",))
        return inspect(call, record, kicks)


def _stand_by(call: Call) -> None:
    from berofos_ra.agent.readiness import why_not_ready

    attributes.withdraw(call)
    try:
        reason = why_not_ready(call)
    except WiringError:
        attributes.withdraw_readiness(call)
    else:
        attributes.publish_readiness(call, reason)
    attributes.publish_config_digest(call)
