"""Clusters with two links, as ``berofos crm-config`` writes them, and what becomes of the lines when a cable goes.

The table of every protection with every event is a soak test: it prints what it saw, each TIMES times (environment,
once by default).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from berofos_ra.crmconfig.corosync import Corosync, Member, heuristics, render
from berofos_ra.crmconfig.formats import render_crm
from berofos_ra.crmconfig.protection import assign, parse_fencing
from berofos_ra.crmconfig.site import Site, VirtualIp
from berofos_ra.wiring.topology import wiring
from tests.cluster.wirings import Wired
from tests.docs.pages import steps
from tests.lab import asterisk
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.lab.layout import QNETD_AT
from tests.support.checkout import CHECKOUT

PAGE = CHECKOUT / "docs" / "split-brain.md"
NODES = ("xivo-1", "xivo-2")
MEMBERS = tuple(Member(f"xivo-{number}", (f"10.34.2.1{number}", f"10.34.1.1{number}")) for number in (1, 2))
LAB_S_OWN = "system {\n    move_to_root_cgroup: no\n}\n"  # the host's control groups are none of the lab's business
KEY = ("/etc/corosync/authkey", ("k" * 256, 0o400))
OWN_LINK = ("xivo-1-b", "xivo-2-b")
SHARED_LINK = ("xivo-1", "xivo-2")

BMCS = [f"fence_ipmilan:ip=10.34.1.20{number}" for number in (1, 2)]
STRIP = [f"fence_apc:ip=10.34.1.9,plug={number}" for number in (1, 2)]


def corosync(vote: bool = False, fenced: bool = False) -> str:
    asks = heuristics(None, ()) if vote else None
    return render(Corosync(MEMBERS, quorum_device=QNETD_AT.address if vote else None, heuristics=asks, fenced=fenced))


@contextmanager
def linked(new_lab: Callable[..., Lab], text: str, **options: bool) -> Iterator[Wired]:
    """A lab with two links and this corosync.conf."""
    files = {**asterisk.files(), "/etc/corosync/corosync.conf": (text + LAB_S_OWN, 0o644), KEY[0]: KEY[1]}
    yield Wired(new_lab(nodes=2, devices=2, files=files, second_link=True, **options), "fencing")


def commands(words: str) -> str:
    """The page's block of commands that has these words."""
    (found,) = [step.text for step in steps(PAGE) if words in step.text and step.language == "sh"]
    return found


def test_the_lines_stay_through_cuts_with_what_the_page_says(new_lab: Callable[..., Lab]) -> None:
    with linked(new_lab, corosync(), power_switch=True) as wired:
        lab, node = wired.lab, wired.lab.node("xivo-1")
        # The file that the page's command makes is the one that this lab runs on.
        node.run("mkdir -p /root/made && cd /root/made && " + commands("--corosync").replace("corosync-keygen\n", ""))
        assert node.read("/root/made/corosync.conf") + LAB_S_OWN == node.read("/etc/corosync/corosync.conf")
        node.run("cd /root/made && " + commands("crm configure load"))
        wired.wait_running("xivo-1")
        wired.wait_standbys_ready("xivo-1")
        wired.begin()
        pid = wired.asterisk("xivo-1")

        for link in (OWN_LINK, SHARED_LINK):
            lab.cut(*link)
            wired.wait_for(lambda: "disconnected" in node.run("corosync-cfgtool -s").stdout, "the link is missed")
            lab.heal()
            wired.wait_for(lambda: "disconnected" not in node.run("corosync-cfgtool -s").stdout, "it is there again")
        assert wired.lab.crm_mon("xivo-1").find("nodes/node[@online='false']") is None

        assert_nothing_moves_in_a_cut(wired)
        assert wired.asterisk("xivo-1") == pid


def assert_nothing_moves_in_a_cut(wired: Wired) -> None:
    """The node with the lines shoots the other one, and its calls go on."""
    lab, pid = wired.lab, wired.asterisk("xivo-1")
    lab.node("xivo-2").run("touch /run/up-since-before-the-cut")
    lab.cut(*OWN_LINK)
    lab.cut(*SHARED_LINK)
    old = "test -e /run/up-since-before-the-cut"
    wired.wait_for(lambda: lab.node("xivo-2").run(old, check=False).returncode == 1, "xivo-2 was shot, and boots")
    lab.heal()
    lab.wait_online(timeout=wired.patience)
    wired.wait_running("xivo-1")
    assert (wired.asterisk("xivo-1"), wired.relay_changes()) == (pid, {})


# Every protection with every event.

PROTECTIONS: dict[str, tuple[bool, list[str]]] = {
    "nothing but two links": (False, []),
    "quorum device": (True, []),
    "fencing, one level": (False, BMCS),
    "fencing, two levels": (False, [*BMCS, *STRIP]),
    "fencing and quorum device": (True, BMCS),
}
TIMES = int(os.environ.get("TIMES", "1"))
SETTLED = 40.0  # s after which what has not happened does not
FENCING_GIVEN_UP = 180.0  # s; a controller without power keeps its agent waiting before the second level is tried


def _cut_nodes(lab: Lab) -> None:
    lab.cut(*OWN_LINK)
    lab.cut(*SHARED_LINK)


def _cut_all(lab: Lab, owner: str) -> None:
    lab.cut(owner, "devices")
    _cut_nodes(lab)


def _kill_with_controller(lab: Lab, owner: str) -> None:
    lab.cut(f"bmc-{owner[-1]}")
    lab.node(owner).kill()


EVENTS: dict[str, Callable[[Lab, str], None]] = {
    "one link ends": lambda lab, owner: lab.cut(*OWN_LINK),
    "both links end": lambda lab, owner: _cut_nodes(lab),
    "both end, the owner doesn't reach the devices": _cut_all,
    "the owner doesn't reach the devices": lambda lab, owner: lab.cut(owner, "devices"),
    "the owner dies": lambda lab, owner: lab.node(owner).kill(),
    "the owner dies and its BMC with it": _kill_with_controller,
}


@pytest.mark.soak
@pytest.mark.parametrize("protection", PROTECTIONS)
def test_what_each_event_does(new_lab: Callable[..., Lab], protection: str) -> None:
    vote, texts = PROTECTIONS[protection]
    fencing = assign([parse_fencing(text) for text in texts], NODES)
    address = VirtualIp("10.34.1.100", 24, "eth0")
    host = QNETD_AT.address if vote else None
    site = Site(wiring("two-xivo", *NODES), ("fos1", "fos2"), virtual_ip=address, fencing=fencing, quorum_device=host)
    text = render_crm(site)
    with linked(new_lab, corosync(vote, bool(fencing)), power_switch=bool(fencing), quorum_device=vote) as wired:
        for name, event in EVENTS.items():
            without_controller = event is _kill_with_controller
            if without_controller and not fencing:
                continue
            for number in range(1, TIMES + 1):
                wired.lab.reset()
                wired.bring_up(text)
                seen = _see(wired, event, FENCING_GIVEN_UP if without_controller else SETTLED)
                print(f"| {protection} | {name} | {number} | {seen} |")
                wired.lab.heal()
                assert all(len(changes) <= 1 for changes in wired.relay_changes().values()), seen


def _see(wired: Wired, event: Callable[[Lab, str], None], lasting: float) -> str:
    """Let it happen: relay changes, seconds to the last of them, and what each node's crm_mon says of the lines."""
    begun = wired.now()
    event(wired.lab, "xivo-1")
    wired.lab.wait_for(lambda: wired.now() > begun + lasting, lasting + wired.patience, "it has settled")
    changes = wired.relay_changes()
    seconds = f"{wired.last_change() - begun:.1f} s" if changes else "-"
    told = []
    for node in wired.lab.running_nodes():
        try:
            state = wired.relay(node.name)
            told.append(f"{node.name}: {state.role} {' '.join(state.nodes)}".strip())
        except LabError:
            told.append(f"{node.name}: no answer")
    lines = {device: wired.lab.devices.relay(device) for device in ("fos1", "fos2")}
    moves = re.sub(r"[{}']", "", str(changes)) or "none"
    return f"{moves} | {seconds} | {lines['fos1']} {lines['fos2']} | {'; '.join(told)}"
