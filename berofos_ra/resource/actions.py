"""The agent's actions, with the timeouts and intervals that are advised for them. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Action(NamedTuple):
    """An action with its advised timeout and interval, in seconds.

    ``depth`` is how thoroughly a monitor looks, ``role`` where it runs: None is wherever the resource does.
    """

    name: str
    timeout: int
    interval: int | None = None
    depth: int | None = None
    role: str | None = None


SETTINGS_DEPTH = 10  # of the monitor that also compares settings

MONITOR = Action("monitor", 20, interval=10, depth=0)
STANDBY_MONITOR = Action("monitor", 20, interval=30, depth=0, role="Stopped")

ACTIONS: tuple[Action, ...] = (
    Action("start", 60),
    Action("stop", 30),
    MONITOR,
    Action("monitor", 20, interval=60, depth=SETTINGS_DEPTH),
    STANDBY_MONITOR,
    Action("validate-all", 10),
    Action("reload-agent", 20),
    Action("meta-data", 5),
)

OPERATIONS = tuple(action for action in ACTIONS if action.name in ("start", "stop", "monitor"))  # what Pacemaker does

MONITOR_ADVICE = f"give it op monitor interval={MONITOR.interval}s timeout={MONITOR.timeout}s"
STANDBY_ADVICE = (
    f"give it op monitor interval={STANDBY_MONITOR.interval}s timeout={STANDBY_MONITOR.timeout}s "
    f"role={STANDBY_MONITOR.role}"
)


def advised_timeout(name: str) -> int:
    """Seconds for an action; those of a monitor for one that isn't in the table."""
    timeouts = {action.name: action.timeout for action in ACTIONS}
    return timeouts.get(name, timeouts["monitor"])
