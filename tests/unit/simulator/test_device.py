"""The simulated device's state, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from berofos_ra.errors import ParameterError
from berofos_ra.settings import SETTINGS
from berofos_ra.simulator.device import Device
from berofos_ra.simulator.spec import DeviceSpec


class Bench:
    """A device, its clock and what it reported."""

    def __init__(self, boot_time: float = 0.0, **settings: object) -> None:
        self.now = 1000.0
        self.events: list[dict[str, Any]] = []
        spec = DeviceSpec("fos1", "127.0.0.1", "00:19:32:00:12:1D", boot_time=boot_time, settings=settings)
        self.device = Device(spec, self._emit, lambda: self.now)

    def _emit(self, event: str, details: Mapping[str, object]) -> None:
        self.events.append({"event": event, **details})

    def after(self, seconds: float) -> Device:
        self.now += seconds
        self.device.advance()
        return self.device

    def relay_changes(self) -> list[tuple[str, str, str]]:
        return [(e["from"], e["to"], e["cause"]) for e in self.events if e["event"] == "relay"]


def test_every_setting_of_the_table_has_a_value() -> None:
    values = Bench().device.read_all()
    assert list(values) == [setting.keyword for setting in SETTINGS if setting.read_key is not None]


@pytest.mark.parametrize(
    ("mode", "scenario", "position"), [(0, 0, "A--D"), (0, 1, "A--D"), (1, 0, "A--B"), (1, 1, "A--B C--D")]
)
def test_relay_position_follows_mode_and_scenario(mode: int, scenario: int, position: str) -> None:
    assert Bench(mode=mode, scenario=scenario).device.relay == position


def test_a_change_of_scenario_in_mode_1_moves_the_relay() -> None:
    bench = Bench(mode=1)
    bench.device.write("scenario", True, "by hand")
    assert bench.relay_changes() == [("A--B", "A--B C--D", "by hand")]


def test_writing_what_is_so_already_is_no_relay_change() -> None:
    bench = Bench(mode=1)
    bench.device.write("mode", True, "by hand")
    assert bench.relay_changes() == []


def test_power_cycle_takes_the_defaults() -> None:
    bench = Bench(mode=1, modedef=0, power1=0, power1def=1, power2=1, wdogdef=1, wdogitime=30)
    device = bench.device
    device.power_off()
    assert (device.relay, device.powered, device.operational, device.read("mode")) == ("A--D", False, False, False)
    device.write("modedef", True, "by hand")
    device.power_on()
    shown = {key: device.read(key) for key in ("mode", "power1", "power2", "wdogstate", "wdogrtime")}
    assert shown == {"mode": True, "power1": True, "power2": False, "wdogstate": 1, "wdogrtime": 30}
    assert bench.relay_changes() == [("A--B", "A--D", "power off"), ("A--D", "A--B", "power on")]


def test_without_power_no_write_moves_the_relay() -> None:
    bench = Bench(modedef=0)
    bench.device.power_off()
    bench.device.write("mode", True, "by hand")
    assert (bench.device.relay, bench.device.read("mode")) == ("A--D", False)


def test_power_off_forgets_a_watchdog_that_is_not_the_default() -> None:
    bench = Bench(wdog=1, wdogitime=5)
    bench.device.power_off()
    bench.device.power_on()
    assert bench.after(10).read("wdogstate") == 0


def test_booting_takes_its_time_at_a_d() -> None:
    bench = Bench(boot_time=8, modedef=1)
    bench.device.power_off()
    bench.device.power_on()
    assert bench.device.next_deadline() == 1008.0
    device = bench.after(7.9)
    assert (device.relay, device.booting, device.on_network) == ("A--D", True, False)
    device = bench.after(0.1)
    assert (device.relay, device.booting, device.on_network) == ("A--B", False, True)


def test_powering_what_is_powered_changes_nothing() -> None:
    bench = Bench(mode=1, modedef=0)
    bench.device.power_on()
    assert bench.device.relay == "A--B"
    assert [event["event"] for event in bench.events] == ["start"]


def test_watchdog_counts_down_and_a_kick_restarts_it() -> None:
    bench = Bench(mode=1, wdog=1, wdogitime=60)
    assert bench.after(45.5).read("wdogrtime") == 15
    bench.device.kick()
    assert bench.device.read("wdogrtime") == 60
    assert bench.after(59.9).relay == "A--B"


def test_watchdog_at_zero_drops_the_relay_until_enabled_again() -> None:
    bench = Bench(mode=1, scenario=1, wdog=1, wdogitime=60)
    device = bench.after(60)
    assert (device.relay, device.read("wdogstate"), device.read("wdog"), device.read("wdogrtime")) == (
        "A--D",
        2,
        2,
        0,
    )
    assert [event["event"] for event in bench.events][-2:] == ["watchdog ran out", "relay"]
    assert bench.relay_changes() == [("A--B C--D", "A--D", "watchdog")]
    device.kick()
    assert device.read("wdogstate") == 2, "a kick doesn't clear a failure"
    device.write("wdog", True, "by hand")
    assert (device.read("wdogstate"), device.read("wdogrtime"), device.relay) == (1, 60, "A--D")


def test_disarming_stops_the_countdown() -> None:
    bench = Bench(mode=1, wdog=1, wdogitime=60)
    bench.device.write("wdog", False, "by hand")
    device = bench.after(100)
    assert (device.relay, device.read("wdogstate"), device.next_deadline()) == ("A--B", 0, None)


def test_enabling_an_armed_watchdog_is_no_kick() -> None:
    bench = Bench(wdog=1, wdogitime=60)
    bench.after(50).write("wdog", True, "by hand")
    assert bench.device.read("wdogrtime") == 10


def test_flash_mode_keeps_a_d_and_reset_leaves_it() -> None:
    bench = Bench(mode=1, modedef=1)
    bench.device.power_on(flash=True)
    assert (bench.device.relay, bench.device.operational, bench.device.on_network) == ("A--D", False, True)
    bench.device.reset()
    assert (bench.device.relay, bench.device.operational) == ("A--B", True)


@pytest.mark.parametrize(
    "settings",
    [
        {"mode": 2},
        {"nonsense": 1},
        {"wdogstate": 1},
        {"wdogitime": 0},
        {"address": "x"},
        {"apwd": "x" * 16},
        {"mode": []},
    ],
)
def test_initial_settings_must_make_sense(settings: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        Bench(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "berofos.example"},
        {"mac": "00:19:32"},
        {"port": 65536},
        {"auth": "none"},
        {"bool_style": "yes"},
        {"latency": -1.0},
    ],
)
def test_spec_must_make_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        DeviceSpec(**{"name": "fos1", "address": "127.0.0.1", "mac": "00:19:32:00:12:1D", **wrong})


def test_passwords_stay_out_of_reprs() -> None:
    spec = DeviceSpec("fos1", "127.0.0.1", "00:19:32:00:12:1D", password="h1dden", settings={"apwd": "h1dden"})
    assert "h1dden" not in repr(spec)
