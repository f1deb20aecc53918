"""Long runs. `make soak`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.cluster.wirings import Wired
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.support.examples import example, quick_example

CYCLES = 200
INTERVAL = 10  # s, of the watchdog; the monitor's is 1 s. Both are much shorter than anybody's.
PATIENCE = 1200  # s
BUSY = "while :; do :; done"

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("number", [1, 16])
def test_a_healthy_xivo_keeps_the_lines_under_load(one_node: Lab, number: int) -> None:
    one_node.reset()
    wired = Wired(one_node, "xivo-pbx")
    devices = one_node.devices.names[:number]
    wired.bring_up(quick_example("xivo-pbx", INTERVAL).replace("devices=fos1", f'devices="{" ".join(devices)}"'))
    begun = wired.now()
    with _busy(one_node.node("xivo-1")):
        wired.patience = PATIENCE
        wired.wait_kicks(devices[-1], CYCLES)
    assert wired.relay_changes() == {}

    lasted = wired.now() - begun
    kicks = [[time for time in wired.kick_times(device) if time > begun] for device in devices]
    longest = max(later - earlier for times in kicks for earlier, later in pairwise(times))
    print(f"{number} devices: {CYCLES} kicks each in {lasted:.0f} s, at most {longest:.2f} s apart")


@pytest.mark.parametrize("trouble", ["no way to the devices", "wrong password"])
def test_a_standby_in_trouble_is_seen_within_a_minute(lab: Lab, trouble: str) -> None:
    wired = Wired(lab, "two-xivo")
    wired.bring_up(example("two-xivo"))
    begun = wired.now()
    if trouble == "wrong password":
        wired.spoil_login("xivo-2")
    else:
        lab.cut("xivo-2", "devices")
    lab.wait_for(
        lambda: lab.node_attributes("xivo-2")["berofos-ready"].startswith("no: fos1 (10.34.1.20): "), 60, trouble
    )
    print(f"{trouble}: seen after {wired.now() - begun:.0f} s")
    assert wired.relay_changes() == {}


@contextlib.contextmanager
def _busy(node: Node) -> Iterator[None]:
    """Twice as many busy processes as there are processors, each of which would have one for itself."""
    try:
        for _ in range(2 * (os.cpu_count() or 1)):
            node.run(f"setsid --fork sh -c '{BUSY}' </dev/null >/dev/null 2>&1")
        yield
    finally:
        node.run(["pkill", "-KILL", "--full", "--exact", f"sh -c {BUSY}"])
