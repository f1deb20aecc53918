"""Whether a start may click, and in which order: check before click. Pure.

A start that fails makes Pacemaker stop what it began, and try again after the failure-timeout. So what can be known
before the first relay clicks is found out before: with fewer devices than are needed nothing is clicked at all.
What a device is deaf to can only be found out by telling it. A device of which that is known from before (its
history, see `repairs`) is therefore told first, alone, where the start can't do without it: the healthy ones stay
where they are until it has obeyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Checked(NamedTuple):
    """One device as start's check found it, before anything was written.

    ``had``: it answers as it must, and where it will have to be kicked its MAC answers too. ``right``: its relay is
    on this node's side. ``here``: it can't be asked, but the lines are seen here. ``failures``: how often it moved
    away or didn't obey before; ``paused``: it isn't to be tried again yet.
    """

    had: bool
    right: bool = False
    here: bool = False
    failures: int = 0
    paused: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it counts before anything is written: it is right, or nothing speaks against its obeying."""
        return self.here or (self.had and (self.right or self.failures < 2))

    @property
    def is_doubtful(self) -> bool:
        """Whether it may be told, but has to prove that it obeys."""
        return self.had and not self.is_sure and not self.paused


class Plan(NamedTuple):
    """What a start does, by the devices' places in the list.

    ``possible`` False: nothing, it fails. ``prove`` are told first, one after the other, and the first that doesn't
    obey ends the start; ``then`` are told side by side.
    """

    possible: bool
    prove: tuple[int, ...] = ()
    then: tuple[int, ...] = ()


def plan_start(checked: Sequence[Checked], need: int, resource_paused: bool = False) -> Plan:
    """What a start may do with these devices, ``need`` of which must be right in the end.

    ``resource_paused``: the resource has failed again and again, and isn't to click now; a start that has nothing to
    switch may go on.
    """
    sure = [place for place, one in enumerate(checked) if one.is_sure and one.had]
    doubtful = [place for place, one in enumerate(checked) if one.is_doubtful]
    counted = sum(one.is_sure for one in checked)
    if resource_paused and not all(one.right or one.here for one in checked if one.is_sure):
        return Plan(possible=False)
    if counted >= need:
        return Plan(possible=True, then=tuple(sorted([*sure, *doubtful])))
    missing = need - counted
    if len(doubtful) < missing:
        return Plan(possible=False)
    # The most doubtful first: what doesn't obey then costs none of the others a click.
    prove = sorted(doubtful, key=lambda place: (-checked[place].failures, place))
    return Plan(possible=True, prove=tuple(prove), then=tuple(sure))
