"""The scripts that XiVO's documentation and packages have cron run, beside a cluster and without one.

With cron's environment, which has neither ``/usr/sbin`` in its PATH nor anything else.
"""

from __future__ import annotations

import time

import pytest

from tests.cluster.scenario import Scenario
from tests.cluster.wirings import Wired
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.support.examples import quick_example

LONG_INTERVAL = 90  # s; longer than a script pauses, on a very busy machine too
CRON = "env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin"

# For one XiVO in front of a PBX: as long as asterisk runs.
WORKAROUND = """\
#!/bin/bash
if /usr/sbin/asterisk -rx "core show uptime"; then
    bnfos --set mode=1 -f fos1
    bnfos --set modedef=1 -f fos1
    bnfos --set wdog=1 -f fos1
    for ((i = 1; i <= {kicks}; i += 1)); do
        bnfos --kick -f fos1 || exit 1
        sleep {pause}
    done
fi
"""
# For two: the slave takes the lines when the master doesn't answer, and gives them back when it does.
TAKE = "#!/bin/sh\nxivo-berofos -q --syslog slave\n"
GIVE_BACK = "#!/bin/sh\nxivo-berofos -q --syslog master\n"


def cron(node: Node, script: str) -> int:
    """Run a script as cron does; its exit status."""
    node.write("/usr/local/sbin/job", script)
    node.run("chmod 755 /usr/local/sbin/job")
    return node.run(f"{CRON} /usr/local/sbin/job", check=False, timeout=600).returncode


@pytest.mark.parametrize(("seconds", "kicks", "pause"), [(0, 2, 0), pytest.param(300, 10, 5, marks=pytest.mark.soak)])
def test_the_workaround_beside_a_cluster_is_harmless(one_node: Lab, seconds: int, kicks: int, pause: int) -> None:
    wired = Wired(one_node, "xivo-pbx")
    wired.make_well(quick_example("xivo-pbx", LONG_INTERVAL))
    end = time.monotonic() + seconds
    while True:
        assert cron(one_node.node("xivo-1"), WORKAROUND.format(kicks=kicks, pause=pause)) == 0
        if time.monotonic() >= end:
            break
    wired.wait_looks("xivo-1", "fos1")
    assert wired.relay_changes() == {}
    assert wired.relay().failures == ()


def test_the_workaround_without_a_cluster_keeps_the_lines(one_node: Lab) -> None:
    one_node.reset()
    wired = Wired(one_node, "xivo-pbx")
    node = one_node.node("xivo-1")
    one_node.devices.set_settings("fos1", {"scenario": True, "mode": False, "wdogitime": LONG_INTERVAL})
    node.run("mkdir -p /run/asterisk && asterisk")
    try:
        assert cron(node, WORKAROUND.format(kicks=2, pause=0)) == 0
    finally:
        node.run("kill $(cat /run/asterisk/asterisk.pid)")
    settings = one_node.devices.state("fos1")["settings"]
    assert (settings["mode"], settings["modedef"], settings["wdogstate"]) == (True, True, 1)
    assert wired.kick_times("fos1")


@pytest.mark.parametrize("seconds", [0, pytest.param(300, marks=pytest.mark.soak)])
def test_the_slave_takes_nothing_from_a_cluster(running: Scenario, seconds: int) -> None:
    end = time.monotonic() + seconds
    while True:
        for script in (TAKE, GIVE_BACK):
            assert cron(running.lab.node("xivo-2"), script) == 1
        if time.monotonic() >= end:
            break
    assert running.relay_changes() == {}
    assert "is in charge of fos1, fos2" in running.syslog("xivo-2")


def test_the_slave_takes_and_gives_back_without_one(scenario: Scenario) -> None:
    slave = scenario.lab.node("xivo-2")
    assert [cron(slave, script) for script in (GIVE_BACK, TAKE)] == [0, 0]
    assert [len(changes) for changes in scenario.relay_changes().values()] == [2, 2]
