"""Which parameters are in effect: those of the record, whatever has become of the configuration meanwhile."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from berofos_ra.agent.call import Call
from berofos_ra.agent.watchdog import NOT_ARMED, armed_by_monitor
from berofos_ra.errors import BerofosError
from berofos_ra.resource.deviations import DesiredState, desired_state
from berofos_ra.resource.parameters import Parameters, parse_parameters
from berofos_ra.resource.record import Record


class InEffect(NamedTuple):
    """The parameters and the desired state; ``reasons`` tell what is odd about them, and merely degrades."""

    parameters: Parameters
    desired: DesiredState
    reasons: tuple[str, ...] = ()


def in_effect(call: Call, record: Record) -> InEffect | None:
    """What a monitor goes by; None: neither record nor configuration makes sense.

    A monitor with a record never answers that the configuration is wrong: Pacemaker would stop a running resource.
    """
    parameters = None
    try:
        parameters = call.parameters
        reasons = [*parameters.odd]
    except BerofosError as error:
        reasons = [str(error)]
    if record.parameters:
        with contextlib.suppress(BerofosError):  # of a version that knew other values
            parameters = parse_parameters(record.parameters)
    if parameters is None:
        return None
    try:
        desired = desired_state(parameters, record.node or call.node)
    except BerofosError:
        return None
    armed = armed_by_monitor(call, record, desired)
    if desired.watchdog and not armed.armed:
        reasons.append(NOT_ARMED)
    return InEffect(parameters, armed, tuple(reasons))
