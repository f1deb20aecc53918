"""A full or read-only run directory: nothing can be remembered, and the lines stay where they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import AGENT, DEGRADED, D, Node, Site


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
    assert node.start(expected=1).reason == f"can't write {node.record}: {why}"
    assert site.writes("fos1") == []


@pytest.mark.parametrize(("no_room", "why"), NO_ROOM)
def test_owner_without_room_runs_degraded(no_room: Callable[[Node], None], why: str, site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.add_fault("refuse")
    no_room(node)
    lost = f"can't write {node.record}: {why}"
    done = node.monitor(expected=DEGRADED)
    assert (
        done.reason == f"{site.label('fos1')}: connection refused, expected A--B; and 1 more"
        or done.reason.endswith(lost)
    )
    assert done.log == [], "it would be told at every monitor"
    assert site.fos1.relay == "A--B"
    for action in ("reload-agent", "validate-all"):
        node.begin(action).finish(0)
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


def test_stop_that_can_not_take_its_record_away_is_no_failure(pbx: Site) -> None:
    """A failed stop gets the node fenced, and the lines are where they belong."""
    node = pbx.node()
    node.start()
    read_only(node)
    assert f"berofos can't remove {node.record}; remove it by hand" in node.stop().log
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--D", 0)


def test_start_without_room_for_a_second_device_tells_nobody(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    node = site.node()
    node.run_directory.mkdir()
    full(node)
    node.start(expected=1)
    assert site.writes("fos1") + site.writes("fos2") == []


@pytest.mark.parametrize("no_room", [no_room for no_room, _ in NO_ROOM])
def test_watchdogs_are_kicked_without_room(no_room: Callable[[Node], None], pbx: Site) -> None:
    """One look without an answer must not be taken for a watchdog that has run out."""
    node = pbx.node(watchdog_interval="600")
    node.start()
    no_room(node)
    pbx.forget_requests()
    node.begin("monitor", interval=10).finish(None)
    assert pbx.kicks() > 0
    pbx.fos1.add_fault("refuse")
    done = node.begin("monitor", interval=10).finish(DEGRADED)
    assert "must have run out" not in done.reason


@pytest.mark.parametrize(("no_room", "why"), NO_ROOM)
def test_standby_without_room_is_still_told(no_room: Callable[[Node], None], why: str, site: Site) -> None:
    node = site.node(D)
    node.run_directory.mkdir()
    no_room(node)
    node.watch_standby()


def test_standby_with_room_for_one_file_only_is_no_failure(site: Site) -> None:
    """What it found can be noted, and what was told of it can't: here since something is in its place."""
    node = site.node(D)
    (node.run_directory / "berofos.ready").mkdir(parents=True)
    node.watch_standby()
