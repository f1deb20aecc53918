"""Whatever stays broken, Pacemaker's retries click no relay that was right: searched state by state.

The world, the agent's flows around the project's own rules, Pacemaker and the adversary are in the `model_` modules.
Between the changes of the world the system runs until it is calm, or goes round. What must hold in every world:

1. A relay is clicked once for the first start and once at most for each change of the world, where every break and
   every recovery is a change. Where stop gives the lines away and several nodes may run the resource, each finds out
   by itself what doesn't obey: there and back. A box that moves by itself or obeys later than 22 s after it was told,
   and `on_span_alarm=fail` while no line is up, have the relays concerned clicked 12 times an hour at most.
2. Nothing is started again and again.
3. In a calm world the resource runs if as many devices as it needs are healthy, and all healthy ones are right.
4. Stop succeeds where no line ends at a stopped XiVO unguarded, and only there.
5. Pacemaker never recovers what has as many healthy devices on its side as it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from berofos_ra.resource.repairs import Histories, tried_in_vain
from berofos_ra.resource.start_rule import Checked, Plan, plan_start
from berofos_ra.resource.stop_rule import Leaving, is_unsafe
from berofos_ra.resource.verdict import DeviceFinding, Side, Spans, Verdict, judge
from tests.unit.resource.model_agent import Rules
from tests.unit.resource.model_pacemaker import BrokenPromiseError
from tests.unit.resource.model_search import search
from tests.unit.resource.model_world import Setup

PBX = Setup(pbx=True, modes=(1,), bypass=True)
SETUPS = [
    Setup(trust=False, watched=True, fail_on_alarm=True),
    Setup(watched=True, threshold=1),
    Setup(devices=2, min_devices=0, watched=True),
    Setup(devices=2, min_devices=1, trust=False),
    PBX,
    PBX._replace(bypass=False, watched=True),
    PBX._replace(watched=True, fail_on_alarm=True),
    PBX._replace(guarded=False),
    PBX._replace(modes=(1, 1)),
    PBX._replace(devices=2, min_devices=1),
    PBX._replace(devices=2, min_devices=0),
]
LARGE_SETUPS = [
    Setup(devices=3, min_devices=0),
    Setup(devices=3, min_devices=2, trust=False, threshold=1),
    PBX._replace(devices=3, min_devices=1),
    PBX._replace(devices=3, min_devices=2),
    PBX._replace(devices=3, min_devices=0),
    PBX._replace(devices=2, min_devices=0, modes=(1, 1)),
]


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_after_any_two_changes_of_the_world(setup: Setup) -> None:
    search(setup, changes=2)


@pytest.mark.parametrize("setup", [Setup(), PBX], ids=str)
def test_after_any_three_changes_of_the_world(setup: Setup) -> None:
    search(setup, changes=3, early=2)


@pytest.mark.parametrize("setup", LARGE_SETUPS, ids=str)
def test_after_any_change_with_more_devices(setup: Setup) -> None:
    search(setup, changes=1, early=8)


@pytest.mark.parametrize("setup", [Setup(), PBX], ids=str)
def test_after_changes_in_the_middle_of_an_action_and_beside_a_second_resource(setup: Setup) -> None:
    search(setup, changes=2, early=3, second=True, amid=True)


def every_setup() -> Iterator[Setup]:
    kinds = [Setup(), Setup(threshold=1), PBX, PBX._replace(bypass=False), PBX._replace(guarded=False)]
    kinds += [PBX._replace(modes=(1, 1)), PBX._replace(modes=(1, 1), threshold=1)]
    spans = [(False, False), (True, False), (True, True)]
    sizes = [(1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
    for kind, trust, (watched, fail), (devices, least) in product(kinds, (True, False), spans, sizes):
        yield kind._replace(devices=devices, min_devices=least, trust=trust, watched=watched, fail_on_alarm=fail)


@pytest.mark.soak
@pytest.mark.parametrize("setup", list(every_setup()), ids=str)
def test_so_it_is_in_every_setup(setup: Setup) -> None:
    if setup.devices == 1:
        search(setup, changes=3, early=1)
        search(setup, changes=2, second=True, amid=True)
    elif setup.devices == 2:
        search(setup, changes=2)
        search(setup, changes=1, early=30, second=True, amid=True)
    else:
        search(setup, changes=1, early=30, second=True, amid=True)


def clicks_before_it_checks(checked: Sequence[Checked], need: int) -> Plan:
    return Plan(possible=True, then=tuple(place for place, one in enumerate(checked) if one.had))


def trusts_the_deaf(checked: Sequence[Checked], need: int) -> Plan:
    return plan_start([one._replace(deaf=False) for one in checked], need)


def leaves_what_is_wrong_to_recovery(
    found: Sequence[DeviceFinding], min_devices: int, trust: bool, spans: Spans, reason: str, fail: bool
) -> Verdict:
    wrong = [one._replace(is_deaf=True) if one.side is Side.ELSEWHERE else one for one in found]
    return judge(wrong, min_devices, trust, spans, reason, fail)


def forgets_what_was_in_vain(histories: Histories, key: str, now: float) -> Histories:
    return {**histories, key: tried_in_vain(histories, key, now)[key]._replace(failures=1)}


def disarms_whatever_shows(leaving: Leaving) -> bool:
    return leaving.watchdog_left is not None


def gives_away_what_shows(leaving: Leaving) -> bool:
    return leaving.ours and leaving.side is Side.THIS_NODE


def believes_what_shows(leaving: Leaving) -> bool:
    return is_unsafe(leaving._replace(was_ours=False, pending=False))


def fails_for_what_was_selected(leaving: Leaving) -> bool:
    return is_unsafe(leaving._replace(ours=True, was_ours=True))


WRONG_RULES = {
    "clicks before it checks": Rules(plan_start=clicks_before_it_checks),
    "a deaf device needn't prove that it obeys": Rules(plan_start=trusts_the_deaf),
    "no pauses": Rules(is_due=lambda *_: True),
    "pauses that don't grow": Rules(tried_in_vain=forgets_what_was_in_vain),
    "what is wrong is left to recovery": Rules(judge=leaves_what_is_wrong_to_recovery),
    "the watchdog is turned off wherever the relay is": Rules(disarms=disarms_whatever_shows),
    "what isn't seen to be here isn't unsafe": Rules(is_unsafe=believes_what_shows),
    "stop fails for what it only selected": Rules(is_unsafe=fails_for_what_was_selected),
    "a late write is left alone by stop": Rules(gives_away=gives_away_what_shows),
    "clicked before it is kicked": Rules(kicks_first=False),
    "counts as here what the monitor doesn't trust": Rules(trusts_here=False),
}


@pytest.mark.parametrize("rules", WRONG_RULES.values(), ids=WRONG_RULES)
def test_a_wrong_rule_is_found_out(rules: Rules) -> None:
    setups = [PBX, PBX._replace(guarded=False), PBX._replace(devices=2, min_devices=0)]
    setups += [Setup(trust=False, watched=True)]

    def search_all() -> None:
        for setup in setups:
            search(setup, changes=2, rules=rules)

    with pytest.raises(BrokenPromiseError):
        search_all()
