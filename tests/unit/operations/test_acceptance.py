"""The acceptance of a device, with each way in which the simulator can break a promise: named, and put back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from berofos_ra.device import gbl4_client, recording
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.errors import DeviceError
from berofos_ra.operations import promises
from berofos_ra.operations.acceptance import PROMISES, Acceptance, accept, as_recorded
from berofos_ra.operations.bench import Bench
from berofos_ra.operations.exercises import Helpers
from berofos_ra.operations.promises import NOTE, OK, PROBLEM, Pace
from berofos_ra.simulator import Simulator
from berofos_ra.simulator.fault_kinds import KINDS
from berofos_ra.simulator.running import RunningDevice
from tests.support.devices import specs

PASSWORD = "Pw7%mark:er=9"
# As short as it can be; what is to be quick has time on a busy machine.
PACE = Pace(shown_within=10.0, looked_for=12.0, hold=0.4, drop=1, short=1, tolerance=15.0)
LASTING = PACE._replace(hold=2.0)  # a busy machine may be late to forget
SHORTER = PACE._replace(looked_for=4.0)  # where one thing never comes
IMPATIENT = PACE._replace(looked_for=1.0)  # where nothing ever comes
STRICT = PACE._replace(shown_within=1.0, hold=2.0)  # for a device that is late by 1.5 s
# Everything other than as delivered, so that whatever isn't put back is seen.
ODD = {
    "scenario": 1,
    "mode": 1,
    "modedef": 1,
    "power1": 1,
    "power2def": 1,
    "wdogdef": 1,
    "wdog": 0,
    "wdogitime": 77,
    "wdogmail": 1,
    "syslog": 1,
    "dhcp": 0,
    "smtpto": "somebody@example.org",
    "slgip": "10.0.0.9",
}
UNTOUCHED = {"kick-broadcast", "power-on", "other-nodes"}  # what can't be tried on loopback, alone, without a cluster

READS, WRITES = {"on": "read"}, {"on": "write"}
GBL4_READS, GBL4_WRITES = {"face": "gbl4", "on": "read"}, {"face": "gbl4", "on": "write"}
DEAF = {"switch", "settings", "power-ports", "login"}  # of a device that does nothing of what it is told
UNREADABLE = {"config-txt"}
NAMED: tuple[tuple[str, Mapping[str, Any], set[str], Pace], ...] = (
    *((kind, READS, UNREADABLE, IMPATIENT) for kind in ("late", "drip", "nothing", "empty", "truncated", "garbage")),
    *((kind, READS, UNREADABLE, IMPATIENT) for kind in ("garbage_body", "endless", "huge_headers", "hang", "reset")),
    *((kind, {}, UNREADABLE, IMPATIENT) for kind in ("status", "no_magic", "refuse", "unplugged")),
    *((kind, WRITES, {"answers"}, PACE) for kind in ("nothing", "truncated", "garbage", "endless", "huge_headers")),
    *((kind, WRITES, set(), PACE) for kind in ("empty", "garbage_body")),  # the body of a write means nothing
    *((kind, GBL4_READS, {"discovery"}, PACE) for kind in ("late", "empty", "truncated", "garbage")),
    *((kind, GBL4_WRITES, {"kick-address"}, PACE) for kind in ("late", "empty", "truncated", "garbage")),
    *((kind, GBL4_READS, {"discovery"}, PACE) for kind in ("silent", "bad_checksum")),
    *((kind, GBL4_WRITES, {"kick-address"}, PACE) for kind in ("silent", "bad_checksum", "other_mac")),
    ("duplicate", {"face": "gbl4"}, set(), PACE),
    ("wrong_magic", {}, set(), PACE),  # a note: it is read all the same
    ("one_connection", {}, set(), PACE),
    ("reset", WRITES, DEAF | {"answers"}, IMPATIENT),
    ("status", WRITES, DEAF | {"answers"}, IMPATIENT),
    ("ignore_writes", {}, DEAF, IMPATIENT),
    ("ignore_switch", {}, {"switch"}, SHORTER),
    ("wrong", {}, {"switch"}, SHORTER),
    ("wrong", {"values": {"power2def": 1}}, {"settings"}, SHORTER),
    ("forgets", {"seconds": 0.2, "settings": ["mode"]}, {"switch"}, LASTING),
    ("forgets", {"seconds": 0.2, "settings": ["power1def"]}, {"settings"}, LASTING),
    ("late_effect", {"seconds": 1.5, "settings": ["mode"]}, {"switch"}, STRICT),
    ("reboot", {"settings": ["mode"]}, {"switch"}, SHORTER),
)
# What takes its time.
NAMED_SLOWLY: tuple[tuple[str, Mapping[str, Any], set[str], Pace], ...] = (
    ("hang", WRITES, DEAF | {"answers"}, IMPATIENT),
    ("late_effect", {"seconds": 1.5}, DEAF, STRICT),
    ("forgets", {"seconds": 0.2}, {"switch", "settings"}, LASTING),
    ("late", {**WRITES, "seconds": 1.5}, DEAF, STRICT),
    ("drip", {**WRITES, "rate": 50}, DEAF | {"answers"}, STRICT),
)
# A device that was replaced, or another one: nothing may be told to it.
REFUSED: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("new_mac", {}),
    ("replaced", {}),
    ("other_mac", GBL4_READS),
)

Stop = Callable[[RunningDevice], bool]


class Walk:
    """One acceptance of one device, and its settings before and after as it shows them."""

    def __init__(
        self, spec: Mapping[str, Any] | None = None, pace: Pace = PACE, helpers: Helpers | None = None
    ) -> None:
        self.pace = pace
        self.helpers = helpers or Helpers()
        given = {"settings": ODD, **(spec or {})}
        self.simulator = Simulator(specs(["fos1"], password=PASSWORD, **given))
        self.device = self.simulator.device("fos1")
        self.told: list[str] = []

    def config(self) -> DeviceConfig:
        return DeviceConfig("fos1", self.device.address, self.device.port, self.device.spec.mac, "admin", PASSWORD)

    def text(self) -> list[str]:
        with Device(self.config(), 20.0, time.monotonic() + 60) as berofos:
            return [line for line in berofos.read_text().split("\n") if not line.startswith("0_wretv=")]

    def run(
        self,
        kind: str | None = None,
        options: Mapping[str, Any] | None = None,
        stop: Stop = lambda device: False,
        skipped: Sequence[str] = (),
    ) -> Acceptance:
        with self.simulator:
            self.before = self.text()
            if kind is not None:
                self.device.add_fault(kind, **(options or {}))
            with Bench(self.config(), 2.0, self.pace, lambda: stop(self.device)) as bench:
                result = accept(bench, self.helpers, lambda outcome: self.told.append(outcome.promise.name), skipped)
            self.device.clear_faults()
            self.after = self.text()
        return result


def problems(result: Acceptance) -> set[str]:
    return {one.promise.name for one in result.outcomes if one.verdict.level == PROBLEM}


def side_by_side(rows: Sequence[tuple[str, Mapping[str, Any], set[str], Pace]]) -> list[str]:
    """What isn't as the rows say. The walks mostly wait, so they go on together."""

    def judge(row: tuple[str, Mapping[str, Any], set[str], Pace]) -> str | None:
        kind, options, named, pace = row
        walk = Walk(pace=pace)
        result = walk.run(kind, options)
        if problems(result) != named:
            seen = [(one.promise.name, *one.verdict[:2]) for one in result.outcomes]
            return f"{kind} {options}: {seen}, expected {named}"
        if result.ok != (not named) or result.left or walk.before != walk.after:
            return f"{kind} {options}: left {result.left}, {set(walk.after) ^ set(walk.before)}"
        return None

    with ThreadPoolExecutor(12) as together:
        return [trouble for trouble in together.map(judge, rows) if trouble]


def test_a_good_device_keeps_every_promise_and_is_as_before() -> None:
    walk = Walk()
    result = walk.run()
    levels = {one.promise.name: one.verdict.level for one in result.outcomes}
    assert levels == {one.name: promises.NOT_TRIED if one.name in UNTOUCHED else OK for one in PROMISES}
    assert (result.ok, list(result.left), result.firmware, result.boot_loader) == (True, [], (1, 53), (1, 2))
    assert walk.after == walk.before
    assert walk.device.events(event="watchdog ran out")
    assert walk.device.clicks()


def test_quirks_break_no_promise_but_what_a_form_does_to_its_boxes_is_noted() -> None:
    walk = Walk({"form_like": True, "bool_style": "checked", "keep_alive": True, "interval_at_once": True})
    result = walk.run()
    notes = {one.promise.name for one in result.outcomes if one.verdict.level == NOTE}
    assert (problems(result), notes, walk.after == walk.before) == (set(), {"settings"}, True)
    assert result.ok


def test_every_broken_promise_is_named_none_is_invented_and_all_is_put_back() -> None:
    assert side_by_side(NAMED) == []


@pytest.mark.soak
def test_so_are_those_that_take_their_time() -> None:
    assert side_by_side(NAMED_SLOWLY) == []


def test_every_kind_of_fault_is_tried() -> None:
    assert {row[0] for row in (*NAMED, *NAMED_SLOWLY, *REFUSED)} == set(KINDS)


@pytest.mark.parametrize(("kind", "options"), REFUSED)
def test_a_device_that_is_not_the_one_meant_is_told_nothing(kind: str, options: Mapping[str, Any]) -> None:
    walk = Walk()
    with pytest.raises(DeviceError, match="another device"):
        walk.run(kind, options)
    assert not [request for request in walk.device.requests if request.write]


@pytest.mark.parametrize(("state", "interval"), [("on", 60), ("ran out", 1)])
def test_a_watchdog_in_use_is_left_alone(state: str, interval: int) -> None:
    walk = Walk({"settings": {**ODD, "wdog": 1, "wdogitime": interval}})
    with walk.simulator:
        if state == "ran out":
            walk.device.wait_for_event(event="watchdog ran out")
        bench = Bench(walk.config(), 2.0, PACE, lambda: False)
        with pytest.raises(DeviceError, match="in use"):
            accept(bench, Helpers(), lambda outcome: None)
    assert not [request for request in walk.device.requests if request.write]


def stopped_after(writes: int) -> Stop:
    return lambda device: sum(request.write for request in device.requests) >= writes


def check_stops(counts: Sequence[int]) -> list[str]:
    def judge(count: int) -> str | None:
        walk = Walk()
        result = walk.run(stop=stopped_after(count))
        fine = result.stopped and not result.ok and not result.left and walk.before == walk.after
        return None if fine else f"{count}: {result.stopped} {result.left} {set(walk.after) ^ set(walk.before)}"

    with ThreadPoolExecutor(12) as together:
        return [trouble for trouble in together.map(judge, counts) if trouble]


def test_who_stops_it_before_it_begins_is_told_no_error() -> None:
    walk = Walk()
    result = walk.run(stop=lambda device: True)
    assert (result.stopped, result.ok, list(result.left), result.outcomes) == (True, False, [], [])


def test_whenever_it_is_stopped_all_is_put_back() -> None:
    assert check_stops(range(1, 48, 4)) == []


@pytest.mark.soak
def test_all_is_put_back_after_each_single_write() -> None:
    assert check_stops(range(1, 48)) == []


@pytest.mark.parametrize(
    "writes", [12, pytest.param(1, marks=pytest.mark.soak), pytest.param(40, marks=pytest.mark.soak)]
)
def test_a_device_that_drops_its_connections_for_a_while_is_put_back(writes: int) -> None:
    walk = Walk(pace=IMPATIENT)
    done = threading.Event()

    def cut(device: RunningDevice) -> bool:
        if stopped_after(writes)(device) and not done.is_set():
            done.set()
            device.add_fault("refuse", duration=4.0)
        return False

    result = walk.run(stop=cut)
    assert (problems(result) != set(), list(result.left), walk.after == walk.before) == (True, [], True)


def test_a_device_that_stays_away_is_told_as_not_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berofos_ra.operations.bench._PUT_BACK_FOR", 0.1)
    walk = Walk(pace=IMPATIENT)
    gone = stopped_after(3)

    def cut(device: RunningDevice) -> bool:
        if gone(device) and device.powered:
            device.power_off()
        return False

    with walk.simulator, Bench(walk.config(), 2.0, walk.pace, lambda: cut(walk.device)) as bench:
        result = accept(bench, Helpers(), lambda outcome: None)
    assert not result.ok
    assert "can't be asked" in result.left[0]


def test_the_plug_is_pulled_by_a_person() -> None:
    walk = Walk(pace=PACE._replace(power_cycle=60))

    def pull(_: str) -> Callable[[], bool]:
        walk.device.power_off()
        threading.Timer(1.0, walk.device.power_on).start()
        return lambda: False

    walk.helpers = Helpers(person=pull)
    result = walk.run(skipped=[one.name for one in PROMISES if one.name != "power-on"])
    assert [one.verdict.level for one in result.outcomes if one.promise.name == "power-on"] == [OK]
    assert walk.after == walk.before


def test_a_relay_that_comes_back_elsewhere_is_named() -> None:
    walk = Walk(pace=IMPATIENT._replace(power_cycle=60))

    def come_back() -> None:
        walk.device.power_on()
        walk.device.set_settings({"mode": 0})

    def pull(_: str) -> Callable[[], bool]:
        walk.device.power_off()
        threading.Timer(1.0, come_back).start()
        return lambda: False

    walk.helpers = Helpers(person=pull)
    result = walk.run(skipped=[one.name for one in PROMISES if one.name != "power-on"])
    assert (problems(result), walk.after == walk.before) == ({"power-on"}, True)


def test_a_person_may_rather_not() -> None:
    walk = Walk()
    walk.helpers = Helpers(person=lambda text: lambda: True)
    result = walk.run(skipped=[one.name for one in PROMISES if one.name != "power-on"])
    assert {one.verdict.level for one in result.outcomes} == {promises.NOT_TRIED}
    assert (result.ok, walk.after == walk.before) == (True, True)


@pytest.mark.parametrize(("told", "level"), [("yes", OK), ("no: fos1: login refused", PROBLEM)])
def test_the_other_nodes_have_their_say(told: str, level: str) -> None:
    walk = Walk(helpers=Helpers(ready={"xivo-2": told}))
    result = walk.run(skipped=[one.name for one in PROMISES if one.name != "other-nodes"])
    assert [one.verdict.level for one in result.outcomes if one.promise.name == "other-nodes"] == [level]
    assert not [request for request in walk.device.requests if request.write]


def test_a_broadcast_is_tried_where_it_reaches_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk()
    kicked: list[str | None] = []

    def kick(host: str | None, mac: str, timeout: float) -> None:
        kicked.append(host)
        _kick(host or walk.device.address, mac, timeout)  # loopback has no broadcast

    _kick = gbl4_client.kick
    monkeypatch.setattr(gbl4_client, "kick", kick)
    monkeypatch.setattr("berofos_ra.operations.exercises._is_near", lambda host: True)
    result = walk.run(skipped=[name for name in promises.NAMES if name not in ("arm", "kick-broadcast")])
    assert [one.verdict.level for one in result.outcomes if one.promise.name == "kick-broadcast"] == [OK]
    assert (kicked, walk.after == walk.before) == ([None], True)


def test_the_table_is_in_the_order_of_the_names() -> None:
    assert tuple(one.name for one in PROMISES) == promises.NAMES
    assert all(set(one.needs) <= {*promises.NAMES[:number]} for number, one in enumerate(PROMISES))


def test_a_recording_gets_the_outcome_and_what_it_says_of_the_device() -> None:
    walk = Walk({"form_like": True, "interval_at_once": True})
    recorded = as_recorded(walk.run(skipped=["run-out", "power-ports"]), "2026-11-27")
    assert recorded.outcomes["switch"] == recording.KEPT
    assert recorded.outcomes["run-out"] == recording.UNTRIED
    assert recorded.outcomes[recording.OTHER_BOXES_STAY] == recording.BROKEN
    assert recorded.outcomes[recording.INTERVAL_FROM_NEXT_KICK] == recording.BROKEN
