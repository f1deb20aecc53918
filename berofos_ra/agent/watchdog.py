"""Whether the devices' watchdogs are armed: not where nobody will kick them."""

from __future__ import annotations

from berofos_ra.agent.call import Call
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.record import Record
from berofos_ra.wiring.topology import interval_problem

NOT_ARMED = (
    "watchdog not armed, as Pacemaker has no monitor for it or too rare ones; give it one twice per watchdog_interval"
)


def armed_by_start(call: Call, desired: DesiredState) -> DesiredState:
    """The desired state with an armed watchdog only if Pacemaker is going to kick it. Can't be asked: armed."""
    if not desired.watchdog:
        return desired
    intervals = call.pacemaker.scheduled_monitors(call.instance)
    return desired._replace(armed=intervals is None or any(_is_enough(one, desired) for one in intervals))


def armed_by_monitor(call: Call, record: Record, desired: DesiredState) -> DesiredState:
    """The same for a monitor: as start left it, but one that comes often enough after all arms it."""
    was_armed = any(one.watchdog_interval is not None for one in record.devices.values())
    return desired._replace(armed=was_armed or (call.is_recurring and _is_enough(call.interval, desired)))


def _is_enough(interval: float, desired: DesiredState) -> bool:
    return interval_problem(desired.watchdog_interval, interval) is None
