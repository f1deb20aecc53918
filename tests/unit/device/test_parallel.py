"""Many devices side by side."""

from __future__ import annotations

import threading
import time

import pytest

from berofos_ra.device import parallel
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.parallel import ask_all, side_by_side
from berofos_ra.errors import DeviceError, DeviceTimeoutError, NoEffectError, UnreachableError
from tests.support.waiting import wait_until
from tests.support.wire import TcpServer, always, hang
from tests.unit.device.device_server import IMPATIENCE, PATIENCE, Berofos, config

DEVICES = [DeviceConfig(f"fos{number}", f"10.34.1.{number}") for number in range(1, 6)]
LONG = 60.0


def test_each_device_s_result_is_under_its_name_in_the_order_given() -> None:
    results = side_by_side(DEVICES, lambda device: device.host, time.monotonic() + LONG)
    assert list(results.items()) == [(f"fos{number}", f"10.34.1.{number}") for number in range(1, 6)]


def test_no_devices_have_no_results() -> None:
    assert side_by_side([], lambda device: device, time.monotonic() + LONG) == {}


def test_devices_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(len(DEVICES), timeout=LONG)  # passes when all have arrived
    results = side_by_side(DEVICES, lambda device: together.wait() >= 0, time.monotonic() + LONG)
    assert all(result is True for result in results.values())


def test_one_device_s_error_is_its_own() -> None:
    def act(device: DeviceConfig) -> str:
        if device.name == "fos2":
            raise UnreachableError("no route to it")
        return "fine"

    results = side_by_side(DEVICES, act, time.monotonic() + LONG)
    assert isinstance(results["fos2"], UnreachableError)
    assert str(results["fos2"]) == "no route to it"
    assert [name for name, result in results.items() if result == "fine"] == ["fos1", "fos3", "fos4", "fos5"]


@pytest.mark.parametrize("error", [ZeroDivisionError("bug"), SystemExit(3)])
def test_a_bug_is_raised_in_the_caller_s_thread(error: BaseException) -> None:
    def act(device: DeviceConfig) -> None:
        if device.name == "fos3":
            raise error

    with pytest.raises(type(error)) as caught:
        side_by_side(DEVICES, act, time.monotonic() + LONG)
    assert caught.value is error


class WhenTheOthersHaveEnded:
    """A clock on which the deadline comes then."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._before = set(threading.enumerate())

    def monotonic(self) -> float:
        wait_until(lambda: len(set(threading.enumerate()) - self._before) <= 1, "all but one have ended")
        return self._deadline


def test_what_hasn_t_ended_by_the_deadline_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def act(device: DeviceConfig) -> str:
        if device.name == "fos1":
            done.wait(LONG)
        return "fine"

    monkeypatch.setattr(parallel, "time", WhenTheOthersHaveEnded(LONG))
    results = side_by_side(DEVICES, act, LONG)
    done.set()
    assert isinstance(results.pop("fos1"), DeviceTimeoutError)
    assert set(results.values()) == {"fine"}


def test_what_is_left_behind_doesn_t_keep_the_process_alive() -> None:
    done = threading.Event()
    before = set(threading.enumerate())
    side_by_side(DEVICES[:1], lambda device: done.wait(LONG), time.monotonic())
    left_behind = set(threading.enumerate()) - before
    assert left_behind
    assert all(thread.daemon for thread in left_behind)
    done.set()


def test_every_device_is_open_to_be_asked() -> None:
    one, other = Berofos(), Berofos(**{"4_mode": "1"})
    with TcpServer(one) as first, TcpServer(other) as second:
        devices = [config(first), config(second)._replace(name="fos2")]
        results = ask_all(devices, PATIENCE, time.monotonic() + LONG, lambda berofos: berofos.read().position)
    assert results == {"fos1": "A--D", "fos2": "A--B"}


@pytest.mark.parametrize("writes", [False, True])
def test_an_error_tells_whether_anything_was_written_before(writes: bool) -> None:
    def act(berofos: Device) -> None:
        berofos.apply({"mode": writes})
        raise NoEffectError("watchdog stays off")

    with TcpServer(Berofos()) as server:
        results = ask_all([config(server)], PATIENCE, time.monotonic() + LONG, act)
    assert isinstance(result := results["fos1"], NoEffectError)
    assert result.nothing_written is not writes


def test_a_device_that_is_silent_has_its_own_word_for_it() -> None:
    with TcpServer(always(hang)) as server:
        results = ask_all([config(server)], 60, time.monotonic() + IMPATIENCE, lambda berofos: berofos.read())
    assert isinstance(result := results["fos1"], DeviceError)
    assert str(result) != "no answer in time"
