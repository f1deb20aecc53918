"""How long a start lets the watched spans come up after a switch."""

from __future__ import annotations

import time

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.resource import spans

_POLL = 0.5  # seconds
_SHARE = 0.65  # of start's timeout, after which it no longer waits


def wait_for_spans(call: Call) -> None:
    """Let the spans come up, within bounds; a missing one or an alarm is said, and keeps no lines from here."""
    watched = call.parameters.spans_of(call.node)
    deadline = min(time.monotonic() + call.parameters.spans_wait, call.started + call.timeout * _SHARE)
    while alarms := spans.describe_alarms(spans.read_alarms(watched)):
        if time.monotonic() + _POLL > deadline:
            journal.warning(f"spans on {call.node} still in alarm after the switch: {alarms}")
            return
        time.sleep(_POLL)
