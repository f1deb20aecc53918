"""What an action costs: Pacemaker calls the agent on every node every few seconds, year in, year out."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import D, Node, Running, Site
from tests.support.processes import run

OCF_FUNCTIONS = "/usr/lib/ocf/lib/heartbeat"
# Each costs more than a few of the agent's own modules. For dataclasses, which loads inspect, there is NamedTuple.
HEAVY = {"lxml", "rich", "dataclasses", "inspect", "concurrent", "asyncio"}


def loaded(running: Running) -> set[str]:
    """The modules that an action loaded. Its environment must have PYTHONPROFILEIMPORTTIME."""
    done = running.finish(expected=None)
    assert done.code in (0, 7), done.stderr
    return profiled(done.stderr)


def profiled(text: str) -> set[str]:
    return set(re.findall(r"^import time:[ 0-9|]*\| +(\S+)$", text, re.MULTILINE))


@cache
def loaded_anyway() -> set[str]:
    """What the libraries that an action can't do without load by themselves: with each version they are others."""
    done = run(["/usr/bin/python3", "-X", "importtime", "-c", "import requests, ocf"], {"PYTHONPATH": OCF_FUNCTIONS})
    assert done.returncode == 0, done.stderr
    return profiled(done.stderr)


def watched_imports(node: Node) -> Node:
    node.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    return node


def settled(site: Site) -> Node:
    """A node on which the resource runs and has been monitored; what was asked and called until then is forgotten."""
    node = site.node()
    node.start()
    node.monitor()
    site.forget_requests()
    node.tools.forget()
    return node


@pytest.mark.parametrize("topology", ["two-xivo", "xivo-pbx"])
def test_actions_load_no_library_that_they_do_not_need(new_site: NewSite, topology: str) -> None:
    node = watched_imports(new_site(("fos1", "fos2"), topology).node())
    for action, interval in (("start", None), ("monitor", 10)):
        modules = loaded(node.begin(action, interval=interval))
        assert {"ocf", "requests", "berofos_ra.device.device"} <= modules
        assert {module.partition(".")[0] for module in modules - loaded_anyway()} & HEAVY == set()


def test_healthy_monitor_loads_nothing_to_run_tools_or_kick_watchdogs_with(site: Site) -> None:
    node = settled(site)
    unneeded = {"subprocess", "xml.etree.ElementTree", "berofos_ra.device.gbl4_client", "berofos_ra.cluster.view"}
    modules = loaded(watched_imports(node).begin("monitor", interval=10))
    assert (modules - loaded_anyway()) & unneeded == set()


def test_probe_of_a_standby_loads_no_http(site: Site) -> None:
    modules = loaded(watched_imports(site.node(D)).begin("monitor"))
    assert "berofos_ra.agent.monitor" in modules
    assert modules & {"requests", "urllib3", "berofos_ra.device.device"} == set()


@pytest.mark.parametrize("depth", [0, 10])
def test_healthy_monitor_asks_each_device_once_and_runs_hardly_a_tool(two: Site, depth: int) -> None:
    node = settled(two)
    before = [file.stat() for file in node.run_directory.glob("*.json")]
    node.monitor(depth=depth)
    assert [[request.what for request in device.requests] for device in two] == [["GET /config.txt"]] * 2
    assert node.tools.calls == ([["cibadmin", "--query", "--scope", "status"]] if depth else [])
    after = [file.stat() for file in node.run_directory.glob("*.json")]
    assert [(file.st_ino, file.st_mtime_ns) for file in after] == [(file.st_ino, file.st_mtime_ns) for file in before]


def test_healthy_monitor_of_a_watchdog_kicks_it_once_besides(pbx: Site) -> None:
    node = settled(pbx)
    node.monitor()
    asked = [request.what.split()[0] for request in pbx.fos1.requests]
    assert sorted(set(asked)) == ["GET", "kick"]
    assert asked.count("GET") == 1  # and a kick is sent again where an answer takes long
    assert node.tools.calls == []


def test_healthy_standby_asks_each_device_once_and_runs_no_tool(two: Site) -> None:
    node = two.node(D)
    node.watch_standby()
    two.forget_requests()
    node.tools.forget()
    node.watch_standby()
    assert [[request.what for request in device.requests] for device in two] == [["GET /config.txt"]] * 2
    assert node.tools.calls == []


def test_start_writes_only_what_differs_and_reads_back_once(site: Site) -> None:
    node = site.node()
    node.start()
    assert [request.what for request in site.fos1.requests] == [
        "GET /config.txt",
        "GET /?cmd=1&rm=1",
        "GET /?cmd=4&mode=1",
        "GET /config.txt",
    ]
    assert [call[0] for call in node.tools.calls] == ["crm_mon", *["attrd_updater"] * 2]


def test_start_where_the_lines_are_already_reads_once(site: Site) -> None:
    node = site.node()
    node.start()
    node.stop()
    site.forget_requests()
    node.start()
    assert [request.what for request in site.fos1.requests] == ["GET /config.txt"]


def test_stop_asks_no_device_and_no_cluster_but_to_hide_the_attribute(site: Site) -> None:
    node = site.node()
    node.start()
    site.forget_requests()
    node.tools.forget()
    node.stop()
    assert site.fos1.requests == []
    assert [call[0] for call in node.tools.calls] == ["crm_node", "attrd_updater"]
