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

    def __init__(
        self, boot_time: float = 0.0, spec_options: Mapping[str, Any] | None = None, **settings: object
    ) -> None:
        self.now = 1000.0
        self.events: list[dict[str, Any]] = []
        spec = DeviceSpec(
            "fos1", "127.0.0.1", "00:19:32:00:12:1D", boot_time=boot_time, settings=settings, **(spec_options or {})
        )
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


def test_enabling_an_armed_watchdog_restarts_its_countdown() -> None:
    bench = Bench(wdog=1, wdogitime=60)
    bench.after(50).write("wdog", True, "by hand")
    assert bench.device.read("wdogrtime") == 60
    assert [event["event"] for event in bench.events] == ["start", "watchdog armed", "watchdog armed"]


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


# What is late, lost, or both.


def test_a_late_write_shows_and_does_nothing_until_it_is_due() -> None:
    bench = Bench()
    bench.device.write("mode", True, "http x", after=5)
    device = bench.after(4.9)
    assert (device.relay, device.read("mode"), bench.relay_changes()) == ("A--D", False, [])
    device = bench.after(0.1)
    assert (device.relay, device.read("mode")) == ("A--B", True)
    assert bench.relay_changes() == [("A--D", "A--B", "http x")]
    assert device.next_deadline() is None


def test_late_writes_keep_their_order() -> None:
    bench = Bench()
    bench.device.write("mode", True, "first", after=5)
    bench.device.write("scenario", True, "second", after=1)
    bench.device.write("mode", False, "third")
    bench.after(4.9).write("modedef", True, "at once")
    assert (bench.relay_changes(), bench.device.read("modedef")) == ([], True)
    bench.after(0.1)
    assert bench.relay_changes() == [
        ("A--D", "A--B", "first"),
        ("A--B", "A--B C--D", "second"),
        ("A--B C--D", "A--D", "third"),
    ]


def test_what_is_due_happens_in_the_order_of_time_however_late_the_clock_is_looked_at() -> None:
    bench = Bench(wdog=1, wdogitime=10)
    bench.device.write("mode", True, "after", after=15)
    bench.device.write("scenario", True, "after", after=15)
    bench.after(20)
    assert [event["event"] for event in bench.events][-3:] == ["watchdog ran out", "relay", "relay"]
    assert bench.device.relay == "A--B C--D"


def test_a_late_write_dies_with_the_power() -> None:
    bench = Bench()
    bench.device.write("mode", True, "http x", after=5)
    bench.device.power_off()
    bench.device.power_on()
    bench.device.write("mode", True, "at once")
    assert bench.device.relay == "A--B", "nothing is waited for that is lost"
    bench.device.write("mode", False, "late again", after=1)
    assert bench.after(1).relay == "A--D"
    assert bench.after(10).relay == "A--D"


def test_a_write_that_is_forgotten_brings_back_what_was() -> None:
    bench = Bench()
    for keyword in ("mode", "wdog", "hostname"):
        bench.device.write(keyword, "x" if keyword == "hostname" else True, "http x", forgotten_after=5)
    device = bench.after(4.9)
    assert (device.relay, device.read("wdogstate"), device.read("hostname")) == ("A--B", 1, "x")
    device = bench.after(0.1)
    assert (device.relay, device.read("wdogstate"), device.read("hostname")) == ("A--D", 0, "berofos")
    assert bench.relay_changes()[-1] == ("A--B", "A--D", "forgotten")
    assert [event["setting"] for event in bench.events if event["event"] == "forgotten"] == [
        "mode",
        "wdog",
        "hostname",
    ]


def test_what_is_written_anew_before_is_forgotten_later_or_kept() -> None:
    bench = Bench()
    bench.device.write("mode", True, "first", forgotten_after=5)
    bench.after(3).write("mode", True, "again", forgotten_after=5)
    assert bench.after(4.9).relay == "A--B"
    assert bench.after(0.1).relay == "A--D", "what was before the first"
    bench.device.write("mode", True, "first", forgotten_after=5)
    bench.after(3).write("mode", True, "for good")
    assert bench.after(100).relay == "A--B"


def test_a_late_write_is_forgotten_so_long_after_its_effect() -> None:
    bench = Bench()
    bench.device.write("mode", True, "http x", after=5, forgotten_after=5)
    assert bench.after(9.9).relay == "A--B"
    bench = Bench()
    bench.device.write("mode", True, "http x", after=5, forgotten_after=5)
    bench.after(5)
    assert bench.after(5).relay == "A--D"


def test_a_reboot_takes_its_seconds_at_a_d_and_brings_the_defaults() -> None:
    bench = Bench(boot_time=8, mode=1, modedef=1, scenario=1, wdog=1, wdogdef=0)
    bench.device.reboot(30, after=2)
    assert bench.after(1.9).relay == "A--B C--D"
    device = bench.after(0.1)
    assert (device.relay, device.on_network, device.powered) == ("A--D", False, True)
    assert not bench.after(37.9).on_network
    device = bench.after(0.1)
    assert (device.relay, device.on_network, device.read("wdogstate")) == ("A--B C--D", True, 0)
    assert [cause for _, _, cause in bench.relay_changes()] == ["power off", "power on"]


@pytest.mark.parametrize(("at_once", "left"), [(False, 20), (True, 0)])
def test_a_new_interval_counts_from_the_next_kick_on_or_at_once(at_once: bool, left: int) -> None:
    bench = Bench(spec_options={"interval_at_once": at_once}, wdog=1, wdogitime=60, mode=1)
    bench.after(40).write("wdogitime", 30, "by hand")
    device = bench.after(0)
    assert device.read("wdogrtime") == left
    assert device.relay == ("A--D" if at_once else "A--B")
    device.write("wdog", True, "by hand")
    assert device.read("wdogrtime") == 30


def test_a_reset_to_factory_settings() -> None:
    bench = Bench(mode=1, modedef=1, hostname="x", pwd=1, apwd="h1dden", wdogdef=1)
    bench.device.power_on(factory=True)
    shown = {key: bench.device.read(key) for key in ("mode", "modedef", "hostname", "pwd", "wdogstate", "address")}
    assert shown == {
        "mode": False,
        "modedef": False,
        "hostname": "berofos",
        "pwd": False,
        "wdogstate": 0,
        "address": "127.0.0.1",
    }
    assert bench.device.password == ""


def test_a_watchdog_that_runs_out_beeps_and_mails_as_it_is_set() -> None:
    bench = Bench(wdog=1, wdogitime=1, wdogmail=1)
    bench.after(1)
    assert bench.events[-1] == {"event": "watchdog ran out", "beeps": False, "mails": True}
