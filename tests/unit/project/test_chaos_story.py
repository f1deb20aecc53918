"""Chaos: what the history doesn't tell is found."""

from __future__ import annotations

import pytest

from tests.chaos.invariants import BY_HAND, Change
from tests.chaos.site import SITES
from tests.chaos.story import events, untold

SITE = SITES["two-xivo"]
AT = 1764252130.0  # 2025-11-27T14:02:10Z
SWITCH = '{"at": "2025-11-27T14:02:10+00:00", "to": "xivo-2", "devices": ["fos1"], "seconds": null}\n'
READY = '{"at": "2025-11-27T14:03:10+00:00", "to": null, "devices": [], "seconds": null}\n'


def change(at: float, device: str = "fos1", by: str = "xivo-2") -> Change:
    return Change(at, device, "A--B", "A--D", by)


@pytest.mark.parametrize(
    ("printed", "moved", "active", "complaints"),
    [
        (SWITCH + READY, [change(5)], "xivo-2", 0),
        (SWITCH, [change(5, "fos2", BY_HAND)], "xivo-2", 0),
        (SWITCH, [change(5)], "xivo-1", 2),  # on both nodes
        (SWITCH, [change(5, "fos2")], "xivo-2", 1),
        (SWITCH, [change(500)], "xivo-2", 1),
        ("", [], "xivo-2", 2),
    ],
)
def test_it_has_the_owner_and_each_switch(printed: str, moved: list[Change], active: str, complaints: int) -> None:
    told = events(printed)
    assert len(list(untold({"xivo-1": told, "xivo-2": told}, moved, AT, active, SITE))) == complaints
