"""The package of the last release is upgraded to the present one under a running cluster, which doesn't notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.scenario import ASTERISK, RELAY
from tests.cluster.wirings import Wired
from tests.lab import asterisk, package
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT
from tests.support.examples import quick_example


@pytest.fixture(params=["two-xivo", "xivo-pbx"])
def released(request: pytest.FixtureRequest) -> Iterator[Wired]:
    """A cluster that runs an example with the released package."""
    nodes, devices = (1, 1) if request.param == "xivo-pbx" else (2, 2)
    with Lab(nodes, devices, asterisk.files(), released=True) as lab:
        wired = Wired(lab, request.param)
        wired.bring_up(quick_example(request.param))
        yield wired


def upgrade(wired: Wired, node: str) -> None:
    """As an administrator does: apt-get does no more than dpkg when all that is needed is there."""
    new = Path(package.build(CHECKOUT))
    target = Path(f"{wired.lab.node(node).disk}/root/{new.name}")
    target.write_bytes(new.read_bytes())
    wired.lab.node(node).run(f"dpkg --install /root/{new.name}")


def test_the_cluster_does_not_notice(released: Wired) -> None:
    for node in reversed(released.lab.nodes):  # the standby first
        upgrade(released, node)
        for device in released.lab.devices.names:
            released.wait_looks("xivo-1", device, 5)
        for name in released.lab.nodes:
            released.wait_attribute(name, "berofos-ready", "yes")
    assert released.relay_changes() == {}
    failures = [failure for name in released.lab.nodes for failure in released.failures(RELAY, name)]
    assert failures == []
    assert released.actions(RELAY) == released.actions(ASTERISK) == []

    # What the released one has recorded is understood.
    released.lab.node("xivo-1").kill()
    if len(released.lab.nodes) == 1:
        released.lab.node("xivo-1").start()
    released.wait_running(list(released.lab.nodes)[-1])
