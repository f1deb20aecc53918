"""Nodes that lose sight of each other and still reach the devices: without fencing, with it, with a quorum device.

While they are apart a relay moves once at most, however long that lasts and however often monitors run. Afterwards
one node has the lines, without a hand; and when that one dies the other takes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.cluster.scenario import FOS1, RELAY
from tests.cluster.wirings import TO_B, TO_D, Wired
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.lab.layout import POWER, POWER_AT
from tests.support.examples import example, quick_example

SIDES = {"xivo-1": "A--B", "xivo-2": "A--D"}
BY = {"xivo-1": f"{TO_B} by xivo-1", "xivo-2": f"{TO_D} by xivo-2"}
DEVICES = ("fos1", "fos2")
LONG = 600  # s

# What there is against a split brain -> the lab that has it, and the example.
GUARDS = {
    "no fencing": ("lab", "two-xivo"),
    "fencing": ("lab_with_power_switch", "two-xivo"),
    "quorum device": ("lab_with_qnetd", "quorum-device"),
}
# The node with the resources has a head start in shooting the other one: so the lines stay where they are.
DEFAULTS = "rsc_defaults resource-stickiness=1000"
FENCING = f"""
primitive power-switch stonith:fence_lab params ip={POWER_AT.address} pcmk_host_list="xivo-1 xivo-2" \\
    op monitor interval=60s timeout=20s
property stonith-enabled=true priority-fencing-delay=3s
"""


class Split(Wired):
    """A lab, running one of the examples, whose nodes are to lose sight of each other."""

    def __init__(self, lab: Lab, example: str, guard: str) -> None:
        super().__init__(lab, example)
        self.guard = guard

    def bring_up(self, text: str = "", home: str = "xivo-1") -> None:
        """The same with fencing, if that is what there is."""
        if self.guard != "fencing":
            super().bring_up(text, home)
            return
        assert DEFAULTS in text
        super().bring_up(text.replace(DEFAULTS, f"{DEFAULTS} priority=1"), home)
        self.lab.configure(FENCING)
        self.lab.wait_started("power-switch")
        self.wait_running(home)
        self.begin()

    def live_through_it(self, seconds: float, interval: float) -> str:
        """Cut xivo-1 off from the other node for so long; who has the lines then."""
        begun = self.now()
        looks = {name: self.looks(name, "fos1") for name in self.lab.nodes}
        self.lab.cut("xivo-1", "nodes")

        def has_lasted() -> bool:
            looked = max(self.looks(name, "fos1") - before for name, before in looks.items())
            return self.now() > begun + seconds and looked > seconds / interval / 2

        self.lab.wait_for(has_lasted, seconds + self.patience, "the cut has lasted, with monitors all the time")
        self.assert_moved_once_at_most()
        return self.heal()

    def heal(self) -> str:
        """Mend the network, wait until all is well without a hand, and tell who has the lines."""
        self.lab.heal()
        self.lab.wait_online(timeout=self.patience)
        self.lab.wait_quiet(self.patience)  # both may have started it: Pacemaker first decides whose it is
        owner = self.lab.wait_started(RELAY)
        self.wait_running(owner)
        self.wait_no_failures()
        self.wait_standbys_ready(owner)
        assert {self.lab.devices.relay(device) for device in DEVICES} == {SIDES[owner]}
        assert all(len(changes) <= 2 for changes in self.relay_changes().values())
        return owner

    def assert_moved_once_at_most(self) -> None:
        assert all(len(changes) <= 1 for changes in self.relay_changes().values()), self.relay_changes()

    def owner_dies(self, owner: str) -> float:
        """Cut the owner's power and see the other one take over; seconds from one to the other."""
        (other,) = self.lab.nodes.keys() - {owner}
        if self.guard == "fencing":  # a node that is dead for good doesn't come back with its power
            self.lab.node(other).run("crm_attribute --name stonith-action --update off")
            self.lab.wait_quiet(self.patience)
        self.begin()
        killed = self.now()
        self.lab.node(owner).kill()
        self.wait_running(other, asked=other)
        assert self.relay_changes() == {device: [BY[other]] for device in DEVICES}
        return self.last_change() - killed


@pytest.fixture
def split(guard: str, request: pytest.FixtureRequest) -> Iterator[Split]:
    """The lab for a guard, not configured yet."""
    fixture, example = GUARDS[guard]
    lab: Lab = request.getfixturevalue(fixture)
    lab.reset()
    begun = Split(lab, example, guard)
    yield begun
    assert begun.places_with_password() == []


@pytest.mark.parametrize("guard", GUARDS)
def test_the_lines_are_not_thrown_about_and_a_later_death_is_noticed(split: Split) -> None:
    split.bring_up(quick_example(split.example))
    owner = split.live_through_it(15, 1)
    split.owner_dies(owner)


@pytest.mark.soak
@pytest.mark.parametrize("guard", GUARDS)
def test_however_long_it_lasts(split: Split) -> None:
    text = example(split.example)
    split.bring_up(re.sub("(?<=op monitor interval=)10s", "5s", text))
    owner = split.live_through_it(LONG, 5)
    after = split.relay_changes()
    taken = split.owner_dies(owner)
    print(f"{split.guard}, cut for {LONG} s: {after}, then on {owner}; taken over {taken:.1f} s after its death")


@pytest.mark.parametrize("guard", ["no fencing"])
def test_without_fencing_the_node_that_has_lost_the_lines_says_so_and_waits(split: Split) -> None:
    split.bring_up(quick_example(split.example))
    pid = split.asterisk("xivo-1")
    split.lab.cut("xivo-1", "nodes")
    split.wait_running("xivo-2", asked="xivo-2")
    # To xivo-1 it looks as if the relay had failed; it must not take back what the other one has taken.
    split.wait_failure("xivo-1", "start", Code.ERROR, f"{FOS1}: taken by xivo-2 while partitioned from it")
    split.wait_for(lambda: split.actions(RELAY, "xivo-1").count("start") >= 2, "xivo-1 has tried again")
    assert split.relay("xivo-1").node is None
    assert split.relay("xivo-2").node == "xivo-2"
    assert split.relay_changes() == {device: [BY["xivo-2"]] for device in DEVICES}
    assert split.asterisk("xivo-1") == pid


@pytest.mark.parametrize("guard", ["fencing"])
def test_with_fencing_the_node_that_has_the_lines_shoots_the_other(split: Split) -> None:
    split.bring_up(quick_example(split.example))
    pid = split.asterisk("xivo-1")
    split.lab.node("xivo-2").run("touch /run/up-since-before-the-cut")
    split.lab.cut("xivo-1", "nodes")
    split.wait_for(
        lambda: split.lab.node("xivo-2").run("test -e /run/up-since-before-the-cut", check=False).returncode == 1,
        "xivo-2 was shot and boots",
    )
    assert split.heal() == "xivo-1"
    assert split.relay_changes() == {}
    assert split.asterisk("xivo-1") == pid


@pytest.mark.parametrize("guard", ["fencing"])
def test_with_fencing_the_lines_leave_a_node_that_can_not_shoot(split: Split) -> None:
    split.bring_up(quick_example(split.example))
    split.lab.cut("xivo-1", "nodes", POWER)
    split.wait_running("xivo-2", asked="xivo-2")
    assert split.heal() == "xivo-2"
    assert split.relay_changes() == {device: [BY["xivo-2"]] for device in DEVICES}


@pytest.mark.parametrize("guard", ["quorum device"])
def test_with_a_quorum_device_the_node_without_its_vote_runs_nothing(split: Split) -> None:
    split.bring_up(quick_example(split.example))
    split.lab.cut("xivo-1", "nodes")
    split.wait_for(lambda: len(quorate(split.lab)) == 1, "one node has quorum, the other hasn't")
    (winner,) = quorate(split.lab)
    (loser,) = split.lab.nodes.keys() - {winner}
    split.wait_stopped(asked=loser)
    split.wait_running(winner, asked=winner)
    assert split.asterisk(loser) == ""
    split.assert_moved_once_at_most()
    assert split.heal() == winner
    split.assert_moved_once_at_most()


def quorate(lab: Lab) -> set[str]:
    """The nodes that have quorum."""
    status = {name: lab.node(name).run("corosync-quorumtool -s", check=False).stdout for name in lab.nodes}
    return {name for name, text in status.items() if re.search("^Quorate: +Yes", text, re.MULTILINE)}
