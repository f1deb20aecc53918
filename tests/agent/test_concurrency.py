"""Two actions at once, actions killed in the middle, no room to write, names that no longer resolve.

Whatever happens, the next monitor tells the truth, and stop and start put things right without a hand.
"""

from __future__ import annotations

import ast
import fcntl
import random
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from berofos_ra.resource.record import Record, instance_of, read_record, record_path, update_record, write_record
from tests.agent.conftest import NewSite
from tests.agent.site import AGENT, DEGRADED, D, Done, Node, Running, Site
from tests.support.addresses import own_address
from tests.support.checkout import CHECKOUT
from tests.support.waiting import wait_until

HERE, AWAY = "A--B C--D", "A--D"
LATE = 0.1  # s before every answer, where actions are to overlap


def record_of(node: Node) -> Path:
    return node.run_directory / "berofos-lines.json"


def assert_the_next_monitor_tells_the_truth(site: Site, node: Node) -> Done:
    """ "Running" only where it owns the relay and has the lines; "not running" only without a record."""
    done = node.begin("monitor").finish(None)
    record = read_record(record_of(node))
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


# Two actions of the same resource at once. Pacemaker doesn't do that; administrators with crm_resource do.


@pytest.fixture
def slow_pbx(new_site: NewSite) -> Site:
    return new_site(topology="xivo-pbx", latency=LATE)


def begin(node: Node, action: str) -> Running:
    if action == "deep monitor":
        return node.begin("monitor", level=10, interval=60)
    return node.begin(action, interval=10 if action == "monitor" else None)


@pytest.mark.parametrize(
    ("one", "other", "running_before"),
    [
        ("start", "start", False),
        ("start", "stop", False),
        ("start", "monitor", False),
        ("monitor", "stop", True),
        ("monitor", "monitor", True),
        ("monitor", "deep monitor", True),
        ("stop", "stop", True),
        ("reload-agent", "stop", True),
        ("reload-agent", "monitor", True),
    ],
)
def test_two_actions_at_once(one: str, other: str, running_before: bool, slow_pbx: Site) -> None:
    site, node = slow_pbx, slow_pbx.node()
    if running_before:
        node.start()
        site.forget_requests()
        node.parameters["watchdog_interval"] = "50"
    first = begin(node, one)
    wait_until(lambda: site.fos1.requests or first.process.poll() is not None, "the first action asks the device")
    second = begin(node, other)
    done = [first.finish(None), second.finish(None)]
    if one == other or "stop" not in (one, other):
        assert all(each.code == 0 or each.action == "monitor" for each in done)
    assert_the_next_monitor_tells_the_truth(site, node)
    if running_before and "stop" in (one, other):
        node.probe(expected=7)
    elif one == other == "start":
        node.probe(expected=0)
        assert len(site.fos1.events(event="relay")) == 1
    assert_stop_and_start_put_it_right(site, node)


def test_monitor_under_way_does_not_bring_back_what_stop_removed(site: Site) -> None:
    """A record that came back would make a probe say that a stopped resource runs here."""
    node = site.node(timeout="60")
    node.start()
    site.forget_requests()
    site.fos1.add_fault("hang", count=1)
    monitor = begin(node, "monitor")
    wait_until(lambda: site.fos1.requests, "the monitor asks the device")
    node.stop()
    assert monitor.process.poll() is None, "it is still waiting for the device"
    site.fos1.power_off()  # that ends the waiting
    site.fos1.power_on()
    monitor.finish(None)
    assert not record_of(node).exists()
    node.probe(expected=7)


def test_record_is_updated_only_while_it_is_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "berofos-lines.json"
    before, other, after = Record(owned=True), Record(owned=False), Record(owned=True, reported="x")
    assert not update_record(path, before, after)
    assert not path.exists()
    write_record(path, other)
    assert not update_record(path, before, after)
    assert read_record(path) == other
    assert update_record(path, other, after)
    assert read_record(path) == after


def waits_for_lock(file: Path) -> bool:
    """Whether anybody waits for the lock of this file."""
    waiting = [line.split() for line in Path("/proc/locks").read_text().splitlines() if " -> " in line]
    return any(words[6].endswith(f":{file.stat().st_ino}") for words in waiting)


def test_record_that_another_action_is_changing_is_waited_for(tmp_path: Path) -> None:
    """Also when it was replaced meanwhile, and the new one is being changed in its turn."""
    path, new, third = tmp_path / "berofos-lines.json", tmp_path / "new", tmp_path / "third"
    before, other, after = Record(owned=True), Record(owned=False), Record(owned=True, reported="x")
    for file, record in ((path, before), (new, before), (third, other)):
        write_record(file, record)
    with ThreadPoolExecutor(1) as pool, path.open() as old_stream, new.open("r+") as new_stream:
        for stream in (old_stream, new_stream):
            fcntl.flock(stream, fcntl.LOCK_EX)
        updated = pool.submit(update_record, path, before, after)
        wait_until(lambda: waits_for_lock(path), "it waits for the record")
        new.replace(path)
        fcntl.flock(old_stream, fcntl.LOCK_UN)
        wait_until(lambda: waits_for_lock(path), "it waits for the new one")
        new_stream.write(third.read_text())
        new_stream.truncate()
        new_stream.flush()
        fcntl.flock(new_stream, fcntl.LOCK_UN)
        assert not updated.result()
    assert read_record(path) == other


# Killed in the middle.

SEED = 20
ENDS_BY_ITSELF = 99


def kill_points(requests: int, count: int) -> list[int]:
    """After how many requests to kill: some, always the same, among them before the first and after the last."""
    chosen = random.Random(SEED).sample(range(1, requests), count - 2)
    return [0, *sorted(chosen), requests]


def kill_after(requests: int, running: Running, site: Site) -> None:
    """Kill the action as soon as the devices were asked that often; maybe it is faster than we."""
    process = running.process
    wait_until(lambda: len(site.fos1.requests) >= requests or process.poll() is not None, f"{requests} requests")
    process.kill()
    process.communicate()


@pytest.mark.parametrize("requests", kill_points(8, 6))
def test_start_that_is_killed(requests: int, new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx", latency=0.02)
    node = site.node()
    kill_after(requests, node.begin("start"), site)
    assert_the_next_monitor_tells_the_truth(site, node)
    assert_stop_and_start_put_it_right(site, node)


def test_start_under_way_owns_nothing_yet(pbx: Site) -> None:
    node = pbx.node()
    pbx.fos1.add_fault("hang")
    start = node.begin("start")
    wait_until(lambda: pbx.fos1.requests, "the device is asked")
    known = read_record(record_of(node))
    assert known is not None
    assert not known.owned
    start.process.kill()
    start.process.communicate()
    node.probe(expected=7)
    pbx.fos1.add_fault("refuse")
    node.stop(expected=1)  # something may have been written to it


@pytest.mark.parametrize("requests", kill_points(4, 4))
@pytest.mark.parametrize("action", ["stop", "monitor", "reload-agent"])
def test_action_of_the_owner_that_is_killed(action: str, requests: int, new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx", latency=0.02)
    node = site.node()
    node.start()
    site.forget_requests()
    node.parameters["watchdog_interval"] = "50"
    kill_after(requests, begin(node, action), site)
    done = assert_the_next_monitor_tells_the_truth(site, node)
    if action != "stop":
        assert done.code == 0
    assert_stop_and_start_put_it_right(site, node)


def test_stop_after_a_start_that_was_killed_with_the_watchdog_armed(pbx: Site) -> None:
    """Nothing says that it was armed; the device is asked, and not left to fall back at some time."""
    node = pbx.node()
    pbx.fos1.add_fault("silent", face="gbl4")
    start = node.begin("start")
    wait_until(lambda: pbx.fos1.settings["wdogstate"] == 1, "the watchdog is armed")
    start.process.kill()
    start.process.communicate()
    node.probe(expected=7)
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == (AWAY, 0)


# Stop with bypass turns the watchdog off first: from then on it is no excuse.


def test_stop_is_unsafe_when_the_watchdog_is_off_and_the_relay_still_here(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.fos1.add_fault("ignore_switch")
    reason = f"{pbx.label('fos1')}: relay stays {HERE}, expected {AWAY}"
    assert node.stop(expected=1).reason == reason
    pbx.fos1.power_off()
    assert node.stop(expected=1).reason == f"{pbx.label('fos1')}: connection refused, expected {AWAY}"
    pbx.fos1.power_on()
    pbx.fos1.clear_faults()
    node.stop()
    assert pbx.fos1.relay == AWAY


# No room to write.


def with_run_directory(node: Node, mount: str) -> None:
    """The agent in a mount namespace of its own, where the run directory is mounted so."""
    script = f'set -e; cd /; {mount}; exec "$@"'
    node.command = ("unshare", "--mount", "sh", "-c", script, str(node.run_directory), str(AGENT))


def full(node: Node) -> None:
    """A tiny tmpfs, with the record in it and no room for another."""
    keep = 'cp "$0"/* /mnt 2>/dev/null || :; dd if=/dev/zero of=/mnt/filler bs=4k 2>/dev/null || :'
    with_run_directory(node, f'mount -t tmpfs -o size=16k none /mnt; {keep}; mount --move /mnt "$0"')


def read_only(node: Node) -> None:
    with_run_directory(node, 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"')


NO_ROOM = [(full, "No space left on device"), (read_only, "Read-only file system")]


@pytest.mark.parametrize(("no_room", "why"), NO_ROOM)
def test_start_without_room_touches_no_device(no_room: Callable[[Node], None], why: str, site: Site) -> None:
    node = site.node()
    node.run_directory.mkdir()
    no_room(node)
    assert node.start(expected=1).reason == f"can't write {record_of(node)}: {why}"
    assert site.writes("fos1") == []


@pytest.mark.parametrize(("no_room", "why"), NO_ROOM)
def test_owner_without_room_runs_degraded(no_room: Callable[[Node], None], why: str, site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.add_fault("refuse")
    no_room(node)
    lost = f"can't write {record_of(node)}: {why}"
    done = node.monitor(expected=DEGRADED)
    assert (
        done.reason == f"{site.label('fos1')}: connection refused, expected A--B; and 1 more"
        or done.reason.endswith(lost)
    )
    assert done.log == [], "it would be told at every monitor"
    assert site.fos1.relay == "A--B"
    for action in ("reload-agent", "validate-all"):
        begin(node, action).finish(0)
    node.command = (str(AGENT),)
    node.monitor(expected=DEGRADED, news=True)
    site.fos1.clear_faults()
    node.monitor(news=True)


@pytest.mark.parametrize("no_room", [no_room for no_room, _ in NO_ROOM])
def test_owner_with_nothing_to_remember_needs_no_room(no_room: Callable[[Node], None], site: Site) -> None:
    node = site.node()
    node.start()
    node.monitor()
    no_room(node)
    node.monitor()


def test_stop_needs_no_room(site: Site) -> None:
    node = site.node()
    node.start()
    full(node)
    node.stop()


def test_stop_that_can_not_give_up_fails(site: Site) -> None:
    """The record would stay, and say that the resource runs here."""
    node = site.node()
    node.start()
    read_only(node)
    assert node.stop(expected=1).reason == f"can't remove {record_of(node)}: Read-only file system"
    node.command = (str(AGENT),)
    node.monitor()


@pytest.mark.parametrize(("no_room", "why"), NO_ROOM)
def test_standby_without_room_is_still_told(no_room: Callable[[Node], None], why: str, site: Site) -> None:
    node = site.node(D)
    node.run_directory.mkdir()
    no_room(node)
    node.watch_standby()


# Clocks that jump.


def test_nothing_asks_for_the_time_of_day() -> None:
    """So that it may jump: time is counted from boot, or from the action's beginning."""
    asked = set()
    for file in sorted((CHECKOUT / "berofos_ra").rglob("*.py")):
        if file.parent.name in ("simulator", "cli"):  # they show it to people
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
                asked.add(node.attr)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = [alias.name for alias in node.names] + [getattr(node, "module", None)]
                assert "datetime" not in modules, file
                assert getattr(node, "module", None) != "time", f"{file}: import time itself, so that this test sees"
    assert asked <= {"monotonic", "sleep", "clock_gettime", "CLOCK_BOOTTIME"}


# Two resources that share a device.

CIB = """<cib><configuration><resources>
<primitive id="lines" class="ocf" provider="xivo" type="berofos"><instance_attributes id="a">{0}</instance_attributes>
</primitive><group id="g">
<primitive id="others" class="ocf" provider="xivo" type="berofos"><instance_attributes id="b">{0}
</instance_attributes>{1}</primitive></group>
<primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"/>
</resources></configuration></cib>"""


def other_resource(node: Node) -> Node:
    other = Node(node.name, node.run_directory, node.tools, dict(node.parameters), node.command)
    other.environment["OCF_RESOURCE_INSTANCE"] = "others"
    return other


def in_the_cib(node: Node, more: str = "", **given: str) -> None:
    parameters = {**node.parameters, **given}
    pairs = "".join(f'<nvpair id="i{n}" name="{k}" value="{v}"/>' for n, (k, v) in enumerate(parameters.items()))
    node.tools.put("cibadmin", f"cat <<'END'\n{CIB.format(pairs, more)}\nEND")


def test_device_of_another_resource_on_this_node_is_refused(site: Site) -> None:
    node, other = site.node(), other_resource(site.node(D))
    other.run_directory = node.run_directory
    node.start()
    done = other.start(expected=1)
    assert done.reason == f"{site.label('fos1')}: the resource lines has it on this node; stop that one first"
    assert site.fos1.relay == "A--B"
    other.stop()
    node.monitor()
    node.stop()
    other.start()
    assert site.fos1.relay == AWAY


def test_device_of_an_earlier_resource_of_the_cluster_is_refused(site: Site) -> None:
    """On two nodes each would take the lines from the other for ever: so only the first may run."""
    node = site.node()
    in_the_cib(node)
    other = other_resource(node)
    shared = f"{site.label('fos1')}: is a device of the resource {{}} as well; take it out of one of them"
    assert other.start(expected=1).reason == shared.format("lines")
    assert site.writes("fos1") == []
    assert other.validate(expected=6, level=10).reason == shared.format("lines")
    assert node.validate(expected=6, level=10).reason == shared.format("others")
    node.start()


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ({"devices": "fos2"}, ""),
        ({"topology": "nonsense"}, ""),
        ({}, '<meta_attributes id="m"><nvpair id="t" name="target-role" value="Stopped"/></meta_attributes>'),
    ],
)
def test_other_resources_are_no_hindrance(given: dict[str, str], more: str, two: Site) -> None:
    node = two.node(devices="fos1")
    in_the_cib(node, more, **given)
    node.validate(level=10)
    node.start()


def test_same_device_in_another_config_file_is_found(site: Site) -> None:
    node = site.node()
    copy = site.folder / "copy.conf"
    copy.write_text(site.config.read_text().replace("fos1", "fos7"))
    in_the_cib(node, config=str(copy), devices="all")
    assert "is a device of the resource others as well" in node.validate(expected=6, level=10).reason


@pytest.mark.parametrize("instance", ["lines", "lines:0", "../../x", "ä \n%", "%41"])
def test_record_tells_its_resource(instance: str) -> None:
    assert instance_of(record_path(instance, "/run")) == instance


# A name that no longer resolves.


@contextmanager
def a_name_server() -> Iterator[str]:
    """An address on whose port 53 nobody ever answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((own_address(), 53))
        yield deaf.getsockname()[0]


def resolving(node: Node, hosts: str, name_server: str) -> None:
    """The agent where this is /etc/hosts, and that the name server."""
    folder = node.run_directory.parent
    for name, text in (
        ("hosts", hosts),
        ("resolv.conf", f"nameserver {name_server}\n"),
        ("nsswitch.conf", "hosts: files dns\n"),
    ):
        (folder / name).write_text(text)
    files = "; ".join(f'mount --bind "$0/{name}" /etc/{name}' for name in ("hosts", "resolv.conf", "nsswitch.conf"))
    node.command = ("unshare", "--mount", "sh", "-c", f'set -e; {files}; exec "$@"', str(folder), str(AGENT))


@pytest.mark.parametrize("deaf", [False, True], ids=["refused", "silent"])
def test_name_that_stops_resolving_moves_nothing(deaf: bool, two: Site) -> None:
    node = two.node()
    name = "fos1.example.net"
    two.config.write_text(two.config.read_text().replace(two.fos1.address, name))
    nobody = "127.0.0.0"
    with a_name_server() as silent:
        resolving(node, f"{two.fos1.address} {name}\n", silent)
        node.start()
        resolving(node, "", silent if deaf else nobody)
        timeout = 16.0
        done = node.begin("monitor", interval=10, timeout=timeout).finish(DEGRADED, within=timeout * 0.8)
        why = "no answer in time" if deaf else "host name can't be resolved"
        assert done.reason == f"fos1 ({name}:{two.fos1.port}): {why}, expected A--B"
        assert node.tools.attributes["berofos-fos1"] == "unreachable"
        node.begin("start", timeout=timeout).finish(1, within=timeout * 0.8)
        assert [device.relay for device in two] == ["A--B", "A--B"]
        node.begin("stop", timeout=timeout).finish(0, within=timeout * 0.8)


def test_stop_with_bypass_and_a_hanging_name_relies_on_the_watchdog(pbx: Site) -> None:
    node = pbx.node()
    name = "fos1.example.net"
    pbx.config.write_text(pbx.config.read_text().replace(pbx.fos1.address, name))
    with a_name_server() as silent:
        resolving(node, f"{pbx.fos1.address} {name}\n", silent)
        node.start()
        resolving(node, "", silent)
        log = node.begin("stop", timeout=8).finish(0).log
        assert any("its watchdog makes it fall back by itself within" in line for line in log)
