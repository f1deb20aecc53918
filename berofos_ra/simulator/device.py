"""A berofos without wires: power, relay, watchdog and settings, on a clock that the caller gives.

What the vendor's manual says is modelled as such. Where it is silent, the choice is the one that is hardest on a
client: a new interval counts from the next kick on (a quirk: at once, see ``spec``). In flash mode the relay is taken
to be at A--D, as while booting.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from sched import scheduler

from berofos_ra.settings import SETTINGS, WATCHDOG_OFF, WATCHDOG_ON, WATCHDOG_RAN_OUT
from berofos_ra.simulator.configmap import values_in
from berofos_ra.simulator.spec import DeviceSpec
from berofos_ra.simulator.values import FACTORY, Value, checked_value

Emit = Callable[[str, Mapping[str, object]], None]

# What is so now, next to the setting that says what it is after power-on.
_TAKEN_AT_POWER_ON = {"mode": "modedef", "power1": "power1def", "power2": "power2def"}


class Device:
    """One device's state. Not thread safe; ``advance`` must be called for time to have its effects.

    ``emit`` gets the kind and details of every event. ``clock`` is a monotonic clock in seconds. Starts
    powered on and booted, in its default relay mode unless the spec's settings say otherwise. ``mac`` may be changed.
    Raises ParameterError when the settings make no sense.
    """

    def __init__(self, spec: DeviceSpec, emit: Emit, clock: Callable[[], float] = time.monotonic) -> None:
        self.spec = spec
        self.mac = spec.mac
        self.password = spec.password or ""
        self.powered = True
        self.flash_mode = False
        self.rebooting = False  # as after a write: it hasn't lost its power, its last answer got through
        self.phy_configuration = spec.phy_configuration
        self._emit = emit
        self._clock = clock
        self._schedule = scheduler(clock)
        self._watchdog = WATCHDOG_OFF
        self._kicked_at = 0.0
        self._under_way: dict[str, float] = {}  # when the last write of a setting has its effect
        self._late_until = 0.0  # when the last of those has that are late
        self._remembered: dict[str, Value] = {}  # what settings go back to that will be forgotten
        self._values = self._as_delivered(port=spec.port)
        self._values["pwd"] = spec.password is not None
        shown, ran_out = ({}, False) if spec.config_txt is None else values_in(spec.config_txt)
        given = {**shown, **{keyword: checked_value(keyword, raw) for keyword, raw in spec.settings.items()}}
        self.password = str(given.pop("apwd", self.password))
        armed = given.pop("wdog", given.get("wdogdef", False))
        self._values.update(given)
        for now, default in _TAKEN_AT_POWER_ON.items():
            self._values[now] = given.get(now, self._values[default])
        emit("start", {"relay": self.relay})
        if armed:
            self._arm("start")
        elif ran_out and "wdog" not in spec.settings:
            self._watchdog = WATCHDOG_RAN_OUT

    @property
    def booting(self) -> bool:
        """Powered, but not there yet."""
        return self._due(self._finish_boot) is not None

    @property
    def operational(self) -> bool:
        """Up and doing its job: HTTP is served, settings can be written."""
        return self.on_network and not self.flash_mode

    @property
    def on_network(self) -> bool:
        """Up, in operational or in flash mode: GBL4 is answered."""
        return self.powered and not self.booting

    @property
    def relay(self) -> str:
        """Which port groups are joined: "A--D", "A--B", or in the bypass scenario "A--B C--D".

        A--D without power, while booting and in flash mode.
        """
        if not self.read("mode"):
            return "A--D"
        return "A--B C--D" if self._values["scenario"] else "A--B"

    def read(self, keyword: str) -> Value:
        """The present value of a readable setting. ``wdog`` reads 2 after a failure, as on the device."""
        if keyword in ("wdog", "wdogstate"):
            return self._watchdog
        if keyword == "wdogrtime":
            return max(0, math.ceil((self._due(self._run_out) or 0.0) - self._clock()))
        if keyword == "mode":
            return self.operational and self._values["mode"]
        return self._values[keyword]

    def read_all(self) -> dict[str, Value]:
        """Every readable setting by keyword, in the table's order."""
        return {setting.keyword: self.read(setting.keyword) for setting in SETTINGS if setting.read_key}

    def write(
        self, keyword: str, value: Value, cause: str, after: float = 0.0, forgotten_after: float | None = None
    ) -> None:
        """Take over a valid value of a writable setting. ``cause`` is for the events.

        The effect comes ``after`` so many seconds: what is late keeps its order, and so do writes of one setting. It
        is lost again ``forgotten_after`` so many more (None: never), unless the setting is written anew before.
        """
        now = self._clock()
        due = max(now + after, self._under_way.get(keyword, now), self._late_until if after else now)
        if due <= now:
            self._take_effect(keyword, value, cause, forgotten_after)
            return
        self._under_way[keyword] = due
        self._late_until = max(due, self._late_until)
        self._schedule.enterabs(due, 0, self._take_effect, (keyword, value, cause, forgotten_after))

    def kick(self) -> None:
        """Restart the watchdog's countdown; without effect unless it is armed."""
        if self._watchdog == WATCHDOG_ON:
            self._kicked_at = self._clock()
            self._count_down()

    def power_off(self) -> None:
        """Take the power away. The relay falls to A--D."""
        if not self.powered:
            return
        with self._relay_watched("power off"):
            self.powered = False
            self._stop_working()
            self._emit("power off", {})

    def power_on(self, flash: bool = False, factory: bool = False) -> None:
        """Give power, the black button held for ``flash`` mode or for a reset to ``factory`` settings, or not at all.

        Does nothing when the device is on already, unless the button is held.
        """
        if self.powered and not flash and not factory:
            return
        self.power_off()
        self.powered = True
        self._emit("power on", {name: True for name, held in (("flash", flash), ("factory", factory)) if held})
        if factory:
            self._values = self._as_delivered(self._values["port"])
            self.password = ""
        self.flash_mode = flash
        self._boot(self.spec.boot_time)

    def reboot(self, seconds: float, after: float = 0.0) -> None:
        """Be off for a moment and boot, ``seconds`` longer than usual; ``after`` so many seconds (0: now)."""
        if after:
            self._schedule.enter(after, 0, self.reboot, (seconds,))
            return
        self.power_off()
        self.powered = self.rebooting = True
        self._emit("power on", {})
        self._boot(self.spec.boot_time + seconds)

    def reset(self) -> None:
        """Restart from flash mode into operation."""
        self._stop_working()
        self._emit("reset", {})
        self._boot(self.spec.boot_time)

    def advance(self) -> None:
        """Let happen what was due by now: late effects, the end of booting, the watchdog's run-out."""
        self._schedule.run(blocking=False)

    def next_deadline(self) -> float | None:
        """When, on the clock, ``advance`` has something to do; None: not before something is written."""
        return min((event.time for event in self._schedule.queue), default=None)

    def _as_delivered(self, port: Value) -> dict[str, Value]:
        # Whatever is at the address is found there: by DHCP, say.
        return {**FACTORY, "address": self.spec.address, "port": port}

    def _stop_working(self) -> None:
        self.flash_mode = self.rebooting = False
        for event in self._schedule.queue:
            self._schedule.cancel(event)
        self._under_way.clear()
        self._late_until = 0.0
        self._remembered.clear()
        self._watchdog = WATCHDOG_OFF
        self._values.update(mode=False, power1=False, power2=False)

    def _boot(self, seconds: float) -> None:
        if seconds:
            self._schedule.enter(seconds, 0, self._finish_boot)
        else:
            self._finish_boot()

    def _finish_boot(self) -> None:
        self.rebooting = False
        if self.flash_mode:
            return
        self._values["mode"] = False  # until here it was at A--D, whatever has been written
        with self._relay_watched("power on"):
            for now, default in _TAKEN_AT_POWER_ON.items():
                self._values[now] = self._values[default]
        if self._values["wdogdef"]:
            self._arm("power on")

    def _take_effect(self, keyword: str, value: Value, cause: str, forgotten_after: float | None) -> None:
        self._cancel(self._forget, keyword)
        before = self._remembered.pop(keyword, self._kept(keyword))
        if forgotten_after is not None and before is not None:
            self._remembered[keyword] = before
            self._schedule.enter(forgotten_after, 0, self._forget, (keyword,))
        self._set(keyword, value, cause)

    def _forget(self, keyword: str) -> None:
        self._emit("forgotten", {"setting": keyword})
        self._set(keyword, self._remembered.pop(keyword), "forgotten")

    def _kept(self, keyword: str) -> Value | None:
        """What a write of that value would bring back; None for what keeps nothing."""
        if keyword == "wdog":
            return self._watchdog == WATCHDOG_ON
        return self.password if keyword == "apwd" else self._values.get(keyword)

    def _set(self, keyword: str, value: Value, cause: str) -> None:
        with self._relay_watched(cause):
            if keyword == "wdog":
                self._set_watchdog(bool(value), cause)
            elif keyword == "smtptest":
                self._emit("test mail", {"cause": cause})
            elif keyword == "apwd":
                self.password = str(value)
                self._emit("password changed", {"cause": cause})
            else:
                self._values[keyword] = value
        if keyword == "wdogitime" and self.spec.interval_at_once and self._watchdog == WATCHDOG_ON:
            self._count_down()

    def _set_watchdog(self, on: bool, cause: str) -> None:
        if on:
            self._arm(cause)
        elif self._watchdog != WATCHDOG_OFF:
            self._watchdog = WATCHDOG_OFF
            self._cancel(self._run_out)
            self._emit("watchdog disarmed", {"cause": cause})

    def _arm(self, cause: str) -> None:
        self._watchdog = WATCHDOG_ON
        self.kick()
        self._emit("watchdog armed", {"interval": self._values["wdogitime"], "cause": cause})

    def _count_down(self) -> None:
        self._cancel(self._run_out)
        self._schedule.enterabs(self._kicked_at + int(self._values["wdogitime"]), 0, self._run_out)

    def _run_out(self) -> None:
        with self._relay_watched("watchdog"):
            self._watchdog = WATCHDOG_RAN_OUT
            self._values["mode"] = False
            beeps, mails = self._values["wdogaudio"], self._values["wdogmail"]
            self._emit("watchdog ran out", {"beeps": beeps, "mails": mails})

    def _due(self, act: Callable[[], None]) -> float | None:
        """When, on the clock, this is to be done; None: it isn't."""
        return next((event.time for event in self._schedule.queue if event.action == act), None)

    def _cancel(self, act: Callable[..., None], *arguments: str) -> None:
        for event in self._schedule.queue:
            if (event.action, event.argument) == (act, arguments):
                self._schedule.cancel(event)

    @contextmanager
    def _relay_watched(self, cause: str) -> Iterator[None]:
        before = self.relay
        yield
        if self.relay != before:
            self._emit("relay", {"from": before, "to": self.relay, "cause": cause})
