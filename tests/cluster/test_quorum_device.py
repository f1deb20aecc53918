"""Two nodes and a quorum device, which one of them or both lose sight of."""

from __future__ import annotations

import pytest

from tests.cluster.scenario import both
from tests.cluster.wirings import TO_D, Wired
from tests.lab.lab import Lab
from tests.lab.layout import QNETD
from tests.support.examples import quick_example

TO_XIVO_2 = f"{TO_D} by xivo-2"


@pytest.fixture
def voting(lab_with_qnetd: Lab) -> Wired:
    """The example with quick monitors; the lines are on xivo-1."""
    lab_with_qnetd.reset()
    wired = Wired(lab_with_qnetd, "quorum-device")
    wired.bring_up(quick_example(wired.example))
    return wired


@pytest.mark.soak
def test_the_lines_leave_a_node_that_has_lost_everything_but_the_devices(voting: Wired) -> None:
    lab = voting.lab
    lab.cut("xivo-1", "nodes", QNETD)
    voting.wait_running("xivo-2", asked="xivo-2")
    voting.wait_stopped(asked="xivo-1")
    voting.wait_looks("xivo-2", "fos1")
    assert voting.relay_changes() == both(TO_XIVO_2)
    lab.heal()
    lab.wait_online()
    voting.wait_running("xivo-2")
    assert voting.relay_changes() == both(TO_XIVO_2)


@pytest.mark.soak
def test_nothing_moves_without_the_quorum_device(voting: Wired) -> None:
    lab = voting.lab
    lab.cut(QNETD)
    voting.wait_for(lambda: not _has_its_vote(lab), "the quorum device's vote is missed")
    voting.wait_looks("xivo-1", "fos1")
    voting.wait_running("xivo-1")
    lab.heal()
    voting.wait_for(lambda: _has_its_vote(lab), "the quorum device votes again")
    voting.wait_running("xivo-1")
    assert voting.relay_changes() == {}


def _has_its_vote(lab: Lab) -> bool:
    return "Total votes:      3" in _quorum(lab, "xivo-1")


def _quorum(lab: Lab, node: str) -> str:
    return lab.node(node).run("corosync-quorumtool -s", check=False).stdout
