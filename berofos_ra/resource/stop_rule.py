"""What a stop with bypass does to each device, and when it must say that it failed. Pure.

A failed stop fences the node, and a stop that throws what isn't ours takes calls from a healthy server. So a stop
acts by the ownership record alone, and fails in one case only: the lines would end at a XiVO that is being stopped,
with nothing to guard them. The relay goes first and the watchdog second: in the other order a device that dies in
between leaves the lines at a dead server with nobody to give them back.
"""

from __future__ import annotations

from typing import NamedTuple

from berofos_ra.resource.verdict import Side


class Leaving(NamedTuple):
    """One device of the record, as the stop finds it.

    ``ours``: this ownership has written to it, or counted it as right; else it was merely selected. ``was_ours``: its
    relay was on our side when last seen. ``pending``: our last write to its relay was never seen to arrive.
    ``watchdog_left``: seconds until the watchdog that we armed runs out, by the device itself where it answers, 0
    when it has; None when it isn't armed, or not by us. ``foreign``: another resource here had it before, or somebody
    else kicks it.
    """

    ours: bool
    side: Side
    was_ours: bool = False
    pending: bool = False
    watchdog_left: float | None = None
    foreign: bool = False


def gives_away(leaving: Leaving) -> bool:
    """Whether stop switches its relay to mode 0."""
    return leaving.ours and not leaving.foreign and (leaving.side is Side.THIS_NODE or leaving.pending)


def disarms(leaving: Leaving) -> bool:
    """Whether stop turns its watchdog off; ``side`` is where its relay was seen after the relay's turn.

    A watchdog that is left armed runs out harmlessly, and is all that guards a relay that didn't obey.
    """
    may_be_ours = leaving.side is not Side.ELSEWHERE or leaving.pending
    return leaving.watchdog_left is not None and not leaving.foreign and not may_be_ours


def is_unsafe(leaving: Leaving) -> bool:
    """Whether leaving it as it is would be unsafe; ``side`` is where it is after all that could be done."""
    if not leaving.ours or leaving.foreign or leaving.side is Side.ELSEWHERE:
        return False
    if leaving.side is Side.THIS_NODE:
        return not leaving.watchdog_left  # one that has run out guards nothing
    return (leaving.was_ours or leaving.pending) and leaving.watchdog_left is None
