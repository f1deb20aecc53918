"""Gathering what a lab has logged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.layout import EVENTS, SIMULATOR_LOG, STORE, node_store

if TYPE_CHECKING:
    from tests.lab.lab import Lab

# On a node's disk -> name in the collection
_NODE_FILES = {
    "/var/log/syslog": "syslog",
    "/var/log/auth.log": "auth.log",
    "/var/log/pacemaker/pacemaker.log": "pacemaker.log",
    "/var/log/corosync/corosync.log": "corosync.log",
    "/var/lib/pacemaker/cib/cib.xml": "cib.xml",
    "/etc/corosync/corosync.conf": "corosync.conf",
}


def collect(lab: Lab, directory: Path) -> None:
    """Copy every node's logs and cluster configuration, and the devices' events, into `directory`.

    Nodes that are switched off are included: their disks are still there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in lab.nodes:
        store = node_store(name)
        for path, short in _NODE_FILES.items():
            _copy(lab, f"{store}/root{path}", directory / name / short)
        _copy(lab, f"{store}/console", directory / name / "console")
    _copy(lab, EVENTS, directory / "device-events.jsonl")
    _copy(lab, SIMULATOR_LOG, directory / "simulator.log")
    _copy(lab, f"{STORE}/site.log", directory / "site.log")
    (directory / "crm_mon.txt").write_text(lab.crm_mon_text() + "\n", encoding="utf-8")


def _copy(lab: Lab, inside: str, target: Path) -> None:
    source = lab.link.path(inside)
    if source.is_file():
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
