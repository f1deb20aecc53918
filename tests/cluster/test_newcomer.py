"""From two machines with nothing but Debian's cluster packages to a protected cluster: what the pages say, pasted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.cluster.test_protection import (
    KEY,
    LAB_S_OWN,
    NODES,
    assert_nothing_moves_in_a_cut,
    commands,
    corosync,
    linked,
)
from tests.docs.pages import Step, steps
from tests.docs.session import HOME, Session
from tests.lab import package
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT

QUICK_START = CHECKOUT / "docs" / "quick-start.md"
PASSWORD_THERE = "secret"
# How those of its blocks begin that lead from an empty machine to tools that know the devices.
TOOLS_AND_DEVICES = ("apt-get install ./build/", "berofos scan", "NAME  ADDRESS", "[fos1]", "berofos status")
COROSYNC_CONF = "/etc/corosync/corosync.conf"


def test_from_two_bare_machines_to_a_protected_cluster(new_lab: Callable[..., Lab]) -> None:
    with linked(new_lab, corosync(), power_switch=True) as wired:
        lab = wired.lab
        make_bare(lab)
        session = Session({"bare": lambda: lab})
        session.do(Step("", "", "", {"session": "bare"}))
        for step in quick_start():
            session.do(step)

        node = lab.node("xivo-1")
        node.run(f"cd {HOME} && {commands('--corosync')}")
        copy_cluster_files(lab)
        for each in lab.nodes.values():  # both daemons start with the machine
            each.kill()
            each.start()
        lab.wait_online()
        node.run(f"cd {HOME} && {commands('crm configure load')}")
        wired.wait_running("xivo-1")
        wired.wait_standbys_ready("xivo-1")
        wired.begin()
        assert_nothing_moves_in_a_cut(wired)


def make_bare(lab: Lab) -> None:
    """Take away all that is ours, and the cluster; the devices have the password that the page names."""
    for device in lab.devices.names:
        lab.devices.set_settings(device, {"apwd": PASSWORD_THERE, "dhcp": False})
    for node in lab.nodes.values():
        node.stop_service("pacemaker")
        node.stop_service("corosync")
        node.run("dpkg --no-triggers --purge resource-agents-berofos")
        node.run(f"rm -rf /etc/bnfos.conf {COROSYNC_CONF} {KEY[0]} /var/lib/pacemaker/cib/* /var/lib/corosync/*")
        assert node.run("command -v berofos", check=False).returncode != 0
        node.write("/etc/apt/apt.conf.d/yes", 'APT::Get::Assume-Yes "true";\n')
        shutil.copytree(Path(package.build(CHECKOUT)).parent, f"{node.disk}{HOME}/build")


def quick_start() -> list[Step]:
    """Those of its steps, in its order."""
    found = [step for step in steps(QUICK_START) if step.is_run and step.text.startswith(TOOLS_AND_DEVICES)]
    assert len(found) == len(TOOLS_AND_DEVICES)
    return found


def copy_cluster_files(lab: Lab) -> None:
    """What the page says to copy: the key to the other node, the file to both."""
    first = lab.node("xivo-1")
    text = first.read(f"{HOME}/corosync.conf") + LAB_S_OWN
    for name in NODES:
        lab.node(name).write(COROSYNC_CONF, text)
    shutil.copy(f"{first.disk}{KEY[0]}", f"{lab.node('xivo-2').disk}{KEY[0]}")
