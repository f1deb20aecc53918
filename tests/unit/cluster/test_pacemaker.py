"""Pacemaker's tools as this project asks them: never fatal."""

from __future__ import annotations

import pytest

from berofos_ra.cluster.pacemaker import Pacemaker


def test_scheduled_monitors_that_there_is_no_room_to_compute_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: Python finds no directory for temporary files then."""

    def full(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    assert Pacemaker().scheduled_monitors("lines") is None
