"""Whether a start may click, and in which order: check before click. Pure.

A start that fails makes Pacemaker stop what it began, and try again after the failure-timeout. So what can be known
before the first relay clicks is found out before: with fewer devices than are needed nothing is clicked at all.
What a device is deaf to can only be found out by telling it. So devices that didn't do as they were told the last
time (their history, see `repairs`) are told first where the start can't do without them: the others stay where they
are until enough have obeyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Checked(NamedTuple):
    """One device as start's check found it, before anything was written.

    ``had``: it answers as it must, and where it will have to be kicked its MAC answers too. ``right``: its relay is
    on this node's side. ``here``: it can't be asked and is trusted, and the lines are seen here. ``deaf``: it didn't
    do as it was told the last time. ``paused``: its pause, or that of the resource, isn't over.
    """

    had: bool
    right: bool = False
    here: bool = False
    deaf: bool = False
    paused: bool = False

    @property
    def may_be_told(self) -> bool:
        """Whether a start may write to it."""
        return self.had and (self.right or not self.paused)

    @property
    def is_doubtful(self) -> bool:
        """Whether it doesn't count before it has obeyed; where it is right already, that costs no click."""
        return self.may_be_told and self.deaf


class Plan(NamedTuple):
    """What a start does, by the devices' places in the list.

    ``possible`` False: nothing, it fails. ``prove`` are told first, side by side; then the start is planned again.
    ``then`` are told when nothing is left to prove.
    """

    possible: bool
    prove: tuple[int, ...] = ()
    then: tuple[int, ...] = ()


def plan_start(checked: Sequence[Checked], need: int) -> Plan:
    """What a start may do with these devices, ``need`` of which must be right in the end.

    When the start is planned again, one that was told and didn't obey isn't had any more, and one that obeyed isn't
    deaf.
    """
    told = tuple(place for place, one in enumerate(checked) if one.may_be_told)
    doubtful = tuple(place for place in told if checked[place].is_doubtful)
    can_be_had = len(told) + sum(one.here for one in checked)
    if can_be_had < need:
        return Plan(possible=False)
    if can_be_had - len(doubtful) < need:
        return Plan(possible=True, prove=doubtful)
    return Plan(possible=True, then=told)
