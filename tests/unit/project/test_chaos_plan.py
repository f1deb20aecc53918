"""Chaos' plans: a pure function of the seed, and there is everything in them."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.chaos.plan import PASSING, Kind, Step, possible, steps
from tests.chaos.site import SITES, Site

MANY = 400


def plan(seed: int, site: Site, first: int = 1) -> list[Step]:
    return list(islice(steps(seed, site, first), MANY))


@pytest.mark.parametrize("site", SITES.values(), ids=lambda site: site.example)
def test_the_same_seed_gives_the_same_plan_and_another_one_another(site: Site) -> None:
    assert plan(7, site) == plan(7, site)
    assert plan(7, site) != plan(8, site)


def test_a_plan_is_the_one_that_it_was() -> None:
    # A seed that is written down somewhere must mean the same with every Python.
    first = next(steps(1, SITES["two-xivo"]))
    assert str(first) == "asterisk dies (the active node) + crm resource move (the standby)"


def test_a_plan_can_be_taken_up_at_any_step() -> None:
    site = SITES["two-xivo"]
    assert plan(7, site, first=100)[:50] == plan(7, site)[99:149]


@pytest.mark.parametrize("site", SITES.values(), ids=lambda site: site.example)
def test_every_kind_comes_and_what_lasts_is_undone_once(site: Site) -> None:
    seen = set()
    for step in plan(1, site):
        seen |= {fault.kind for fault in step.faults}
        lasting = [index for index, fault in enumerate(step.faults) if fault.kind not in PASSING]
        assert sorted(undoing.fault for undoing in step.undoings) == lasting
        for fault in step.faults:
            assert fault.device in ("", *site.devices)
    assert seen == {kind for kind in Kind if possible(kind, site)}


def test_what_a_site_can_not_have_is_not_done_to_it() -> None:
    lacking = {name: {kind for kind in Kind if not possible(kind, site)} for name, site in SITES.items()}
    assert lacking == {
        "two-xivo": {Kind.QUORUM_DEVICE_CUT},
        "two-xivo-pbx": {Kind.QUORUM_DEVICE_CUT},
        "multiple-berofos": {Kind.QUORUM_DEVICE_CUT},
        "quorum-device": set(),
        "two-xivo-with-pbx-bypass": {Kind.QUORUM_DEVICE_CUT},
        "xivo-pbx": {Kind.QUORUM_DEVICE_CUT, Kind.NODES_CUT, Kind.MOVE},
    }
