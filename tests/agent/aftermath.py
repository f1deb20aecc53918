"""What must hold after whatever happened to an action: the next monitor tells the truth, stop and start mend it."""

from __future__ import annotations

from berofos_ra.resource.record import read_record
from tests.agent.site import DEGRADED, Done, Node, Running, Site

HERE, AWAY = "A--B C--D", "A--D"  # the sides of the relay in front of a PBX


def begin(node: Node, action: str) -> Running:
    """Begin an action as Pacemaker calls it; there is a "deep monitor" too."""
    if action == "deep monitor":
        return node.begin("monitor", level=10, interval=60)
    return node.begin(action, interval=10 if action == "monitor" else None)


def assert_the_next_monitor_tells_the_truth(site: Site, node: Node) -> Done:
    """ "Running" only where it owns the relay and has the lines; "not running" only without a record."""
    done = node.begin("monitor").finish(None)
    record = read_record(node.record)
    owned = record is not None and record.owned
    here = all(device.relay == HERE for device in site)
    assert (done.code == 7) == (not owned)
    assert (done.code in (0, DEGRADED)) == (owned and here)
    return done


def assert_stop_and_start_put_it_right(site: Site, node: Node) -> None:
    node.stop()
    assert [(device.relay, device.settings["wdogstate"]) for device in site] == [(AWAY, 0) for _ in site]
    node.probe(expected=7)
    node.start()
    assert [(device.relay, device.settings["wdogstate"]) for device in site] == [(HERE, 1) for _ in site]
    node.probe(expected=0)
