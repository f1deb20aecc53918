"""A healthy cluster is quiet: no log line of ours, and nothing is written to the cluster's status."""

from __future__ import annotations

import re
import time

import pytest
from lxml import etree

from tests.cluster.wirings import RESOURCES, Wired
from tests.lab.lab import Lab
from tests.support.examples import quick_example

OURS = re.compile(r"^.*berofos\(.*$", re.MULTILINE)
# Not the controller's own: it writes on its own account when a node is slow to answer.
WRITTEN = re.compile(r"^.*cib_(?:modify|replace|apply_diff|delete|create).*/(?:attrd|cibadmin)/.*$", re.MULTILINE)


def _results(lab: Lab) -> list[dict[str, str]]:
    """What Pacemaker has noted of actions; what it counts up with every change of the configuration is first."""
    cib = etree.fromstring(lab.node("xivo-1").run("cibadmin --query").stdout.encode())
    noted = [dict(operation.attrib) for operation in cib.iter("lrm_rsc_op")]
    return [{name: cib.get(name, "") for name in ("admin_epoch", "epoch")}, *noted]


def _written(lab: Lab) -> list[str]:
    logs = [lab.node(name).read("/var/log/pacemaker/pacemaker.log") for name in lab.nodes]
    return [line for log in logs for line in WRITTEN.findall(log)]


@pytest.mark.parametrize("wiring", ["two-xivo", "xivo-pbx"])
@pytest.mark.parametrize("seconds", [60, pytest.param(600, marks=pytest.mark.soak)])
def test_a_healthy_cluster_says_and_writes_nothing(lab: Lab, wiring: str, seconds: int) -> None:
    wired = Wired(lab, wiring)
    # Each monitor every few seconds, those that look deeper too: as much as hours of the example. Another interval
    # than any other monitor's: of two alike Pacemaker runs neither.
    wired.lab.configure(quick_example(wiring).replace("interval=60s", "interval=3s"))
    wired.wait_running("xivo-1")
    for resource in RESOURCES[wiring]:
        wired.lab.wait_started(resource, "xivo-1")
    for device in ("fos1",):
        wired.wait_looks("xivo-1", device, 8)
    wired.lab.wait_quiet()

    wired.begin()
    before, written = _results(lab), len(_written(lab))
    begun = time.monotonic()
    looks = wired.looks("xivo-1", "fos1")
    wired.patience = seconds + 120
    wired.wait_for(lambda: time.monotonic() - begun >= seconds, f"{seconds} s are over")
    monitors = wired.looks("xivo-1", "fos1") - looks
    print(f"{wiring}: {monitors} looks in {seconds} s")
    assert monitors > seconds / 4
    assert _results(lab) == before
    assert _written(lab)[written:] == []
    for name in lab.nodes:
        assert OURS.findall(wired.syslog(name)) == []
    assert wired.relay_changes() == {}
