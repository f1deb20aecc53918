"""Long runs. `make soak`."""

from __future__ import annotations

import os

import pytest

from tests.cluster.wirings import EXAMPLES, Wired, quick
from tests.lab.lab import Lab

CYCLES = 200
INTERVAL = 10  # s, of the watchdog; the monitor's is 1 s. Both are much shorter than anybody's.
PATIENCE = 1200  # s

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("number", [1, 16])
def test_a_healthy_xivo_keeps_the_lines_under_load(one_node: Lab, number: int) -> None:
    one_node.reset()
    wired = Wired(one_node, "xivo-pbx")
    devices = one_node.devices.names[:number]
    wired.bring_up(quick("xivo-pbx", INTERVAL).replace("devices=fos1", f'devices="{" ".join(devices)}"'))
    node = one_node.node("xivo-1")
    # Twice as many as there are processors, each of which would have one for itself.
    for _ in range(2 * (os.cpu_count() or 1)):
        node.run("setsid --fork sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1")
    begun = wired.now()
    kicked = wired.kicks(devices[-1])
    one_node.wait_for(lambda: wired.kicks(devices[-1]) >= kicked + CYCLES, PATIENCE, f"{CYCLES} cycles")
    assert wired.relay_changes() == {}
    assert all("watchdog ran out" not in wired.new_events(device) for device in devices)

    times = [request["monotonic"] for request in one_node.devices.requests(devices[-1]) if request["what"] == "kick"]
    times = [time for time in times if time > begun]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    print(f"{number} devices: {len(gaps) + 1} kicks in {times[-1] - begun:.0f} s, at most {max(gaps):.2f} s apart")


@pytest.mark.parametrize("trouble", ["no way to the devices", "wrong password"])
def test_a_standby_in_trouble_is_seen_within_a_minute(lab: Lab, trouble: str) -> None:
    wired = Wired(lab, "two-xivo")
    wired.bring_up(EXAMPLES.joinpath("two-xivo.crm").read_text(encoding="utf-8"))
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
