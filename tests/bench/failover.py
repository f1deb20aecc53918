"""From a node's death to the relay's click: this agent, a Dummy in the same cluster, and XiVO's ping from cron."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.bench.contenders import B, D
from tests.lab.lab import Lab
from tests.lab.layout import DEVICE_PASSWORD
from tests.support.examples import example

Say = Callable[[str], None]

SWITCHED = ("fos1", "fos2")  # by the cluster, as in the example
SCHEDULES = 6  # of cron, spread evenly over the minute; each has a device of its own, fos3 and further
DEVICES = len(SWITCHED) + SCHEDULES

# Follows the same as the relay, so Pacemaker starts both at the same moment: what is slower is the agent's doing.
_STATE = "/run/bench-dummy.state"
DUMMY = f"""
primitive bench-dummy ocf:pacemaker:Dummy params state={_STATE} op monitor interval=10s timeout=20s
colocation bench-dummy-with-xivo inf: bench-dummy xivo
order bench-dummy-after-asterisk Mandatory: asterisk bench-dummy
"""

# XiVO's slave runs xivo-check-master-status from cron at every minute: three pings to the master, 10 s apart, and
# when none is answered asterisk is started, and xivo-berofos switches the relay. So does this, but for asterisk's
# start; its first minute begins after a delay. It ends with the switch.
_CRON = r"""
sleep "$1"
while next=$(( $(date +%s%N) + 60000000000 )); do
    ping -q -c 3 -i 10 "$2" >/dev/null 2>&1 || { BNFOS_CONF=$3 xivo-berofos slave; exit; }
    left=$(( next - $(date +%s%N) ))
    [ "$left" -le 0 ] || sleep "$(( left / 1000000000 )).$(printf %09d $(( left % 1000000000 )))"
done
"""
_MINUTE = 60.0
_AHEAD = 35.0  # s; the pings of a minute that began earlier have ended when the node dies
_LONGEST = 120.0  # s from the death to the last schedule's switch


def measure(lab: Lab, say: Say, deaths: int) -> dict[str, Any]:
    """So many deaths in turns of the two nodes, and a last one that cron is to notice."""
    lab.configure(example("two-xivo") + DUMMY, B)
    for resource in ("berofos-relay", "bench-dummy"):
        lab.wait_started(resource, timeout=60)
    found = []
    for number in range(1, deaths + 1):
        owner = lab.wait_started("berofos-relay")
        say(f"death {number} of {deaths}: {owner}")
        found.append(death(lab, owner))
        lab.node(owner).start()
        lab.wait_online()
        lab.wait_quiet()
    return {"deaths": found, "cron": _cron(lab, say)}


def death(lab: Lab, owner: str) -> dict[str, float]:
    """Kill the owner; the seconds to the last relay's click, and to the Dummy's start."""
    survivor = lab.node(D if owner == B else B)
    since, wall = time.monotonic(), time.time()
    lab.node(owner).kill()
    for resource in ("berofos-relay", "bench-dummy"):
        lab.wait_started(resource, survivor.name, timeout=60)
    click = max(_clicked(lab, device, since) for device in SWITCHED)
    # When its state file was written: Pacemaker itself tells whole seconds only.
    started = float(survivor.run(["stat", "-c", "%.9Y", _STATE]).stdout)
    return {"click": click, "dummy": started - wall}


def _clicked(lab: Lab, device: str, since: float) -> float:
    """Seconds from ``since`` (monotonic clock) to the device's first click."""
    clicks: list[float] = [event["monotonic"] - since for event in lab.events(device=device, event="relay")]
    return next(seconds for seconds in clicks if seconds > 0)


def _cron(lab: Lab, say: Say) -> list[dict[str, float]]:
    """One death of the node at B, seen by cron on the other in six minutes that began at different moments."""
    # Seconds from a minute's begin to the death.
    phases = [_MINUTE * (number + 0.5) / SCHEDULES for number in range(SCHEDULES)]
    devices = [f"fos{len(SWITCHED) + 1 + number}" for number in range(SCHEDULES)]
    survivor, master = lab.node(D), lab.node(B)
    survivor.write("/run/bench-cron", _CRON)
    say(f"death seen by cron, {SCHEDULES} times (about two minutes)")
    begun = time.monotonic()
    for device, phase in zip(devices, phases, strict=True):
        lab.devices.set_settings(device, {"mode": 1})
        state = lab.devices.state(device)
        # XiVO knows of one device only, fos1.
        survivor.write(
            f"/run/bench-{device}.conf",
            f"[fos1]\nmac = {state['mac']}\nhost = {state['address']}\nlogin = admin:{DEVICE_PASSWORD}\n",
            0o600,
        )
        delay = (_AHEAD - phase) % _MINUTE - (time.monotonic() - begun)
        command = f"exec sh /run/bench-cron {delay:.3f} {master.address} /run/bench-{device}.conf"
        survivor.run(["setsid", "--fork", "sh", "-c", f"{command} </dev/null >/run/bench-{device}.log 2>&1"])
    time.sleep(max(0.0, begun + _AHEAD - time.monotonic()))
    since = time.monotonic()
    master.kill()

    def all_switched() -> bool:
        return all(lab.devices.relay(device) == "A--D" for device in devices)

    lab.wait_for(all_switched, _LONGEST, "cron has switched every device")
    return [
        {"phase": phase, "click": _clicked(lab, device, since)} for device, phase in zip(devices, phases, strict=True)
    ]
