"""``berofos drill`` on a real cluster: it measures what the devices tell, and nothing of it is left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.cluster.scenario import Scenario, both
from tests.cluster.wirings import TO_B, TO_D, Wired
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.support.examples import quick_example

AGREES = 0.3  # s, between what is printed and what the devices' event log says
_LOOK = 0.2  # s between two looks at a device
_LONG_WATCHDOG = 90  # s, that outlasts three moves of a busy machine
WIRINGS = ("two-xivo-pbx", "multiple-berofos", "two-xivo-with-pbx-bypass")
STEPS = ("asked:", "stopping", " runs", "A--B -> A--D", "settled")


def drill(node: Node, *options: str, expected: int = 0) -> dict[str, Any]:
    done = node.run(["berofos", "drill", "--yes", "--json", *options], check=False, timeout=400)
    assert done.returncode == expected, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def rules(node: Node) -> list[str]:
    return [line for line in node.run("cibadmin --query").stdout.splitlines() if '<rsc_location id="cli-' in line]


def check_measured(lab: Lab, leg: dict[str, Any]) -> None:
    """The seconds are those of the devices' event log, but for the time between two looks of a busy machine."""
    asked = datetime.fromisoformat(leg["asked_at"]).timestamp()
    assert leg["relays"]
    for name, took in leg["relays"].items():
        moved = next(one for one in lab.events(device=name, event="relay") if one["time"] >= asked)
        looks = [one["monotonic"] for one in lab.devices.requests(name) if one["what"] == "GET /config.txt"]
        at = moved["monotonic"]
        gap = min(look for look in looks if look > at) - max(look for look in looks if look <= at)
        print(f"{name}: printed {took}, by the event log {moved['time'] - asked:.2f}, looks {gap:.2f} s apart")
        assert took == pytest.approx(moved["time"] - asked, abs=AGREES + max(0.0, gap - _LOOK))


def test_there_and_back_agrees_with_the_devices_and_leaves_nothing(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    answer = drill(node, "--and-back", "--hold", "2", "--reason", "quarterly")
    assert [(leg["from"], leg["to"]) for leg in answer["legs"]] == [("xivo-1", "xivo-2"), ("xivo-2", "xivo-1")]
    assert running.relay_changes() == both(f"{TO_D} by xivo-2", f"{TO_B} by xivo-1")
    for leg in answer["legs"]:
        check_measured(running.lab, leg)
        assert leg["server_gap_s"] is not None
        assert leg["server_gap_s"] < leg["settled_s"]
    assert rules(node) == []
    assert "berofos drill: xivo-1 -> xivo-2, " in running.syslog("xivo-1")
    assert "root: quarterly" in running.syslog("xivo-1")
    running.wait_running("xivo-1")


@pytest.fixture
def roomy(lab: Lab, request: pytest.FixtureRequest) -> Wired:
    """Each wiring that has somewhere to go, on two devices, with a watchdog that outlasts a move."""
    wired = Wired(lab, request.param)
    wired.bring_up(quick_example(request.param, _LONG_WATCHDOG).replace("fos1 fos2 fos3", "fos1 fos2"))
    return wired


@pytest.mark.soak
@pytest.mark.parametrize("roomy", WIRINGS, indirect=True)
def test_each_wiring_that_has_somewhere_to_go_is_moved_once_a_leg(roomy: Wired) -> None:
    node = roomy.lab.node("xivo-2")
    answer = drill(node, "--and-back", "--hold", "2", "--with-calls")
    for leg in answer["legs"]:
        check_measured(roomy.lab, leg)
    moving = roomy.relay_changes()
    assert moving
    assert moving == {name: [f"{TO_D} by xivo-2", f"{TO_B} by xivo-1"] for name in moving}
    assert rules(node) == []


_KILL_AFTER = """\
import subprocess, sys
command = ["berofos", "drill", "--yes", "--give-up", "20"]
drill = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
for line in drill.stdout:
    if sys.argv[1] in line:
        drill.kill()
        break
drill.wait()
"""


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_it_leaves_no_rule_that_goes_on(running: Scenario, step: str) -> None:
    node = running.lab.node("xivo-1")
    node.write("/root/kill-after", _KILL_AFTER)
    node.run(["python3", "/root/kill-after", step], timeout=120)
    running.wait_running("xivo-2")
    assert running.relay_changes() == both(f"{TO_D} by xivo-2")
    left = rules(node)
    assert len(left) == (0 if step == "settled" else 1)
    # Its end comes, and then Pacemaker moves nothing.
    node.run("cibadmin --query >/root/later.xml")
    later = "$(date -u -d '+1 hour' '+%Y-%m-%d %H:%M:%SZ')"
    then = f'crm_simulate --xml-file /root/later.xml --set-datetime "{later}" --simulate --output-as=xml'
    assert 'action="move"' not in node.run(then).stdout
    if left:  # the next drill names it, and doesn't begin while it goes on
        done = node.run("berofos drill --dry-run --with-calls", check=False)
        assert done.returncode == 1
        assert "a rule of an earlier move" in done.stdout
        node.run("crm_resource --clear --resource xivo --node xivo-2")


@contextmanager
def begun(node: Node) -> Iterator[Future[CompletedProcess[str]]]:
    """A drill, while it lasts."""
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(node.run, ["berofos", "drill", "--yes"], check=False, timeout=400)


@pytest.mark.soak
def test_a_target_that_dies_in_the_middle_costs_the_way_there_and_back(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    with begun(node) as drilling:
        running.wait_for(lambda: running.asterisk("xivo-1") == "", "asterisk is stopped on xivo-1")
        running.lab.node("xivo-2").kill()
        done = drilling.result()
    assert done.returncode == 1, done
    assert "the lines didn't move" in done.stderr
    running.wait_running("xivo-1", asked="xivo-1")
    assert [running.lab.devices.relay(name) for name in ("fos1", "fos2")] == ["A--B", "A--B"]
    assert rules(node) == []


@pytest.mark.soak
def test_nodes_that_are_cut_apart_in_the_middle_end_with_one_owner(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    with begun(node) as drilling:
        running.wait_for(lambda: bool(rules(node)), "the move was asked for")
        running.lab.cut("xivo-1", "nodes")
        done = drilling.result()
    assert done.returncode in (1, 3), done
    running.lab.heal()
    running.lab.wait_online()
    running.wait_for(lambda: len(running.relay().nodes) == 1, "there is one owner")
    running.lab.wait_quiet()
    assert all(len(changes) <= 2 for changes in running.relay_changes().values())
    running.wait_for(lambda: rules(node) == [], "no rule is left")


# What crm_resource leaves whose node's clock is an hour behind the coordinator's.
_AN_HOUR_BEHIND = """\
#!/bin/sh
if [ "$1" != --move ] || [ -n "$CIB_file" ]; then exec {real} "$@"; fi
end=$(date -u -d '-49 minutes' '+%Y-%m-%d %H:%M:%SZ')
cibadmin --create --scope constraints --xml-text '<rsc_location id="cli-prefer-xivo" rsc="xivo" role="Started">
<rule id="cli-prefer-rule-xivo" score="INFINITY" boolean-op="and">
<expression id="cli-prefer-expr-xivo" attribute="#uname" operation="eq" value="xivo-2" type="string"/>
<date_expression id="cli-prefer-lifetime-end-xivo" operation="lt" end="'"$end"'"/></rule></rsc_location>'
"""


@pytest.mark.soak
def test_clocks_an_hour_apart_are_found_out(running: Scenario) -> None:
    node = running.lab.node("xivo-1")
    real = node.run("command -v crm_resource").stdout.strip()
    node.write("/usr/local/sbin/crm_resource", _AN_HOUR_BEHIND.format(real=real), mode=0o755)
    try:
        done = node.run("PATH=/usr/local/sbin:$PATH berofos drill --yes", check=False, timeout=400)
    finally:
        node.run("rm /usr/local/sbin/crm_resource")
    assert done.returncode == 1, done
    assert "do the nodes' clocks agree?" in done.stderr
    assert (running.relay_changes(), rules(node)) == ({}, [])
