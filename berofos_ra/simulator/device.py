"""A berofos without wires: power, relay, watchdog and settings, on a clock that the caller gives.

What the vendor's manual says is modelled as such. Where it is silent, the choice is the one that is hardest on a
client: writing ``wdog=1`` to an armed watchdog does not restart the countdown (only a kick does), and a
new interval counts from the next kick on. In flash mode the relay is taken to be at A--D, as while booting.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from berofos_ra.settings import SETTINGS, WATCHDOG_OFF, WATCHDOG_ON, WATCHDOG_RAN_OUT
from berofos_ra.simulator.spec import DeviceSpec
from berofos_ra.simulator.values import FACTORY, Value, checked_value

Emit = Callable[[str, Mapping[str, object]], None]

# What is so now, next to the setting that says what it is after power-on.
_TAKEN_AT_POWER_ON = {"mode": "modedef", "power1": "power1def", "power2": "power2def"}


def relay_position(mode: bool, scenario: bool) -> str:
    """Which port groups are joined: "A--D", "A--B", or in the bypass scenario "A--B C--D"."""
    if not mode:
        return "A--D"
    return "A--B C--D" if scenario else "A--B"


class Device:
    """One device's state. Not thread safe; ``advance`` must be called for time to have its effects.

    ``emit`` gets the kind and details of every event. ``clock`` is a monotonic clock in seconds. Starts
    powered on and booted, in its default relay mode unless the spec's settings say otherwise. Raises
    ParameterError when they make no sense.
    """

    def __init__(self, spec: DeviceSpec, emit: Emit, clock: Callable[[], float] = time.monotonic) -> None:
        self.spec = spec
        self.password = spec.password or ""
        self.powered = True
        self.flash_mode = False
        self.phy_configuration = 0x03
        self._emit = emit
        self._clock = clock
        self._booted_at: float | None = None  # when booting ends; None: has ended
        self._watchdog = WATCHDOG_OFF
        self._runs_out_at = 0.0
        self._values: dict[str, Value] = {
            **FACTORY,
            "address": spec.address,
            "port": spec.port,
            "pwd": spec.password is not None,
        }
        given = {keyword: checked_value(keyword, raw) for keyword, raw in spec.settings.items()}
        self.password = str(given.pop("apwd", self.password))
        armed = given.pop("wdog", given.get("wdogdef", False))
        self._values.update(given)
        for now, default in _TAKEN_AT_POWER_ON.items():
            self._values[now] = given.get(now, self._values[default])
        emit("start", {"relay": self.relay})
        if armed:
            self._arm("start")

    @property
    def booting(self) -> bool:
        """Powered, but not there yet."""
        return self._booted_at is not None

    @property
    def operational(self) -> bool:
        """Up and doing its job: HTTP is served, settings can be written."""
        return self.powered and not self.booting and not self.flash_mode

    @property
    def on_network(self) -> bool:
        """Up, in operational or in flash mode: GBL4 is answered."""
        return self.powered and not self.booting

    @property
    def relay(self) -> str:
        """Which port groups are joined; A--D without power, while booting and in flash mode."""
        return relay_position(self.operational and bool(self._values["mode"]), bool(self._values["scenario"]))

    def read(self, keyword: str) -> Value:
        """The present value of a readable setting. ``wdog`` reads 2 after a failure, as on the device."""
        if keyword in ("wdog", "wdogstate"):
            return self._watchdog
        if keyword == "wdogrtime":
            return max(0, math.ceil(self._runs_out_at - self._clock())) if self._watchdog == WATCHDOG_ON else 0
        if keyword == "mode":
            return self.operational and self._values["mode"]
        return self._values[keyword]

    def read_all(self) -> dict[str, Value]:
        """Every readable setting by keyword, in the table's order."""
        return {setting.keyword: self.read(setting.keyword) for setting in SETTINGS if setting.read_key}

    def write(self, keyword: str, value: Value, cause: str) -> None:
        """Take over a valid value of a writable setting. ``cause`` is for the events."""
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

    def kick(self) -> None:
        """Restart the watchdog's countdown; without effect unless it is armed."""
        if self._watchdog == WATCHDOG_ON:
            self._runs_out_at = self._clock() + int(self._values["wdogitime"])

    def power_off(self) -> None:
        """Take the power away. The relay falls to A--D."""
        if not self.powered:
            return
        with self._relay_watched("power off"):
            self.powered = False
            self._stop_working()
            self._emit("power off", {})

    def power_on(self, flash: bool = False) -> None:
        """Give power; with ``flash`` as if the black button were held: into flash mode.

        Does nothing when the device is on already, unless ``flash`` asks for a restart.
        """
        if self.powered and not flash:
            return
        self.power_off()
        self.powered = True
        self._emit("power on", {"flash": True} if flash else {})
        self.flash_mode = flash
        self._boot()

    def reset(self) -> None:
        """Restart from flash mode into operation."""
        self._stop_working()
        self._emit("reset", {})
        self._boot()

    def advance(self) -> None:
        """Let happen what was due by now: the end of booting, the watchdog's run-out."""
        now = self._clock()
        if self._booted_at is not None and now >= self._booted_at:
            self._finish_boot()
        if self._watchdog == WATCHDOG_ON and now >= self._runs_out_at:
            with self._relay_watched("watchdog"):
                self._watchdog = WATCHDOG_RAN_OUT
                self._values["mode"] = False
                self._emit("watchdog ran out", {})

    def next_deadline(self) -> float | None:
        """When, on the clock, ``advance`` has something to do; None: not before something is written."""
        if self._booted_at is not None:
            return self._booted_at
        return self._runs_out_at if self._watchdog == WATCHDOG_ON else None

    def _stop_working(self) -> None:
        self.flash_mode = False
        self._booted_at = None
        self._watchdog = WATCHDOG_OFF
        self._values.update(mode=False, power1=False, power2=False)

    def _boot(self) -> None:
        self._booted_at = self._clock() + self.spec.boot_time
        if self.spec.boot_time == 0:
            self._finish_boot()

    def _finish_boot(self) -> None:
        with self._relay_watched("power on"):
            self._booted_at = None
            if self.flash_mode:
                return
            for now, default in _TAKEN_AT_POWER_ON.items():
                self._values[now] = self._values[default]
        if self._values["wdogdef"]:
            self._arm("power on")

    def _set_watchdog(self, on: bool, cause: str) -> None:
        if on and self._watchdog != WATCHDOG_ON:
            self._arm(cause)
        elif not on and self._watchdog != WATCHDOG_OFF:
            self._watchdog = WATCHDOG_OFF
            self._emit("watchdog disarmed", {"cause": cause})

    def _arm(self, cause: str) -> None:
        self._watchdog = WATCHDOG_ON
        self.kick()
        self._emit("watchdog armed", {"interval": self._values["wdogitime"], "cause": cause})

    @contextmanager
    def _relay_watched(self, cause: str) -> Iterator[None]:
        before = self.relay
        yield
        if self.relay != before:
            self._emit("relay", {"from": before, "to": self.relay, "cause": cause})
