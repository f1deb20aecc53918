"""Two actions of one resource at once. Pacemaker doesn't do that; administrators with crm_resource do."""

from __future__ import annotations

import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from berofos_ra.resource.record import Record, read_record, update_record, write_record
from tests.agent.aftermath import assert_stop_and_start_put_it_right, assert_the_next_monitor_tells_the_truth, begin
from tests.agent.conftest import NewSite
from tests.agent.site import Site
from tests.support.waiting import wait_until

LATE = 0.1  # s before every answer, so that actions overlap


@pytest.fixture
def slow_pbx(new_site: NewSite) -> Site:
    return new_site(topology="xivo-pbx", latency=LATE)


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
    assert not node.record.exists()
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
