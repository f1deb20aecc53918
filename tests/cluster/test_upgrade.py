"""A package upgrade under a running resource: dpkg replaces file by file what monitors are just loading."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.scenario import ASTERISK, RELAY
from tests.cluster.wirings import TO_PBX, Wired
from tests.lab import asterisk, package
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.support.checkout import CHECKOUT
from tests.support.examples import quick_example

AGENT = "/usr/lib/ocf/resource.d/xivo/berofos"
MARK = "/run/berofos-ra.upgrade"
RECORD = f"/run/resource-agents/berofos-{RELAY}.json"
REINSTALLS = 5
WIRINGS = ("xivo-pbx", "two-xivo")


@pytest.fixture
def ours() -> Path:
    """The package of the sources."""
    return Path(package.build(CHECKOUT))


@pytest.fixture
def released(new_lab: Callable[..., Lab]) -> Lab:
    """Two nodes with the released package."""
    return new_lab(released=True, files=asterisk.files())


def _running(lab: Lab, wiring: str) -> tuple[Wired, str]:
    """A cluster with the lines on the first node, and asterisk's process id there."""
    wired = Wired(lab, wiring)
    wired.lab.configure(quick_example(wiring))
    wired.wait_running("xivo-1")
    wired.begin()
    return wired, wired.asterisk("xivo-1")


def _record(node: Node) -> dict[str, object]:
    record: dict[str, object] = json.loads(node.run(["cat", RECORD]).stdout)
    return record


def _assert_nothing_happened(wired: Wired, pid: str) -> None:
    assert wired.relay_changes() == {}
    assert wired.actions(RELAY) == wired.actions(ASTERISK) == []
    assert wired.asterisk("xivo-1") == pid
    listed = [failure for node in wired.lab.nodes for failure in wired.failures(RELAY, node)]
    # On a busy machine a monitor that was held up may have no time left for a device: degraded, which stops nothing.
    assert [failure for failure in listed if failure.code != Code.DEGRADED] == []


@pytest.mark.parametrize("wiring", WIRINGS)
def test_an_upgrade_from_the_released_version_is_not_noticed(released: Lab, ours: Path, wiring: str) -> None:
    wired, pid = _running(released, wiring)
    owner = released.node("xivo-1")
    old_record = _record(owner)

    for name in ("xivo-2", "xivo-1"):  # the standby first, as one does
        released.node(name).install(ours)
        wired.wait_looks("xivo-1", "fos1", 4)
    _assert_nothing_happened(wired, pid)
    assert _record(owner) != old_record, "it goes on, completed by a monitor of the new version"
    assert owner.run(f"ls -A {Path(AGENT).parent}").stdout.split() == ["berofos"]
    assert owner.run(f"test -e {MARK}", check=False).returncode == 1

    # What the old version began the new one ends.
    if wiring == "xivo-pbx":
        owner.run(f"crm resource stop {RELAY}")
        wired.wait_for(lambda: wired.relay().role == "Stopped", "stopped")
        assert wired.relay_changes() == {"fos1": [f"{TO_PBX} by xivo-1"]}
        assert wired.failures(RELAY, "xivo-1") == []


@pytest.mark.parametrize("wiring", WIRINGS)
def test_a_package_installed_again_and_again_is_not_noticed(lab: Lab, ours: Path, wiring: str) -> None:
    wired, pid = _running(lab, wiring)
    for _ in range(REINSTALLS):
        lab.node("xivo-1").install(ours)
        wired.wait_looks("xivo-1", "fos1", 2)
    _assert_nothing_happened(wired, pid)


def test_an_upgrade_that_is_given_up_leaves_the_agent_as_it_was(released: Lab) -> None:
    node = released.node("xivo-1")
    before = node.read(AGENT)
    node.write("/var/tmp/preinst", (CHECKOUT / "debian" / "preinst").read_text(encoding="utf-8"), 0o755)
    node.write("/var/tmp/postrm", (CHECKOUT / "debian" / "postrm").read_text(encoding="utf-8"), 0o755)

    node.run("/var/tmp/preinst upgrade 0.1.0")
    assert node.read(AGENT) != before
    # dpkg is killed now: an action is held for some seconds, and then carried out.
    assert "<resource-agent" in node.run(f"OCF_ROOT=/usr/lib/ocf {AGENT} meta-data").stdout

    node.run("/var/tmp/postrm abort-upgrade 0.1.0")
    assert node.read(AGENT) == before
    assert node.run(f"ls -A {Path(AGENT).parent}").stdout.split() == ["berofos"]
    assert node.run(f"test -e {MARK}", check=False).returncode == 1
