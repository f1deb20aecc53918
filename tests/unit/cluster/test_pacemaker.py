"""Pacemaker's tools as this project asks them: never fatal."""

from __future__ import annotations

from subprocess import CompletedProcess

import pytest

from berofos_ra.cluster.pacemaker import Membership, Pacemaker


def test_scheduled_monitors_that_there_is_no_room_to_compute_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: Python finds no directory for temporary files then."""

    def full(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    assert Pacemaker().scheduled_monitors("lines") is None


@pytest.mark.parametrize("flags", ["", "   A,V,NMW"])  # the second with a quorum device
def test_a_membership_of_nodes_whatever_their_names(monkeypatch: pytest.MonkeyPatch, flags: str) -> None:
    rows = [f"         1          1{flags} XIVO (local)", f"         2          1{flags} Xivo-2"]
    said = "\n".join(["Ring ID:          1.17", "    Nodeid      Votes Name", *rows, ""])

    def run(*command: str, **_: object) -> CompletedProcess[str]:
        return CompletedProcess(command, 0, said, "")

    monkeypatch.setattr("berofos_ra.cluster.pacemaker.run_program", run)
    assert Pacemaker().membership() == Membership("1.17", frozenset({"xivo", "xivo-2"}))
