"""Kicks: by which ways a device is kicked before the action ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from berofos_ra.agent.kicks import Kicks
from berofos_ra.errors import Gbl4SilentError, KickUnansweredError
from berofos_ra.resource.record import DeviceRecord
from tests.support.waiting import wait_until


def test_outcome_awaits_every_way_to_a_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another box has its address by now, and the broadcast reaches it: however short a request may take."""
    kicked: list[str | None] = []

    def kick(host: str | None, _: str, timeout: float) -> None:
        kicked.append(host)
        if host is not None:
            time.sleep(timeout)
            raise Gbl4SilentError("no answer")

    monkeypatch.setattr("berofos_ra.device.gbl4_client.kick", kick)
    device = DeviceRecord(host="10.34.1.20", mac="00:19:32:00:00:01", watchdog_interval=60)
    with Kicks(tmp_path / "berofos-lines.json", time.monotonic() + 10) as kicks:
        kicks.begin({"fos1": device})
        assert kicks.outcome("fos1") is None
    assert kicked[:2] == ["10.34.1.20", None]


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ImportError("ifaddr")])
def test_a_way_that_can_not_be_gone_ends_no_kicks(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kicked: list[str | None] = []

    def kick(host: str | None, *_: object) -> None:
        kicked.append(host)
        if len(kicked) < 4:
            raise error

    monkeypatch.setattr("berofos_ra.device.gbl4_client.kick", kick)
    device = DeviceRecord(host="10.34.1.20", mac="00:19:32:00:00:01", watchdog_interval=1)
    with Kicks(tmp_path / "berofos-lines.json", time.monotonic() + 60) as kicks:
        kicks.begin({"fos1": device})
        assert isinstance(kicks.outcome("fos1"), KickUnansweredError)
        wait_until(lambda: kicks.outcome("fos1") is None, "it is kicked again, and answers")
