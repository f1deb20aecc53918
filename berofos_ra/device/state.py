"""What a device shows of itself at one moment, and what telling it something led to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.device import relay
from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError
from berofos_ra.settings import BY_KEYWORD, WATCHDOG_ON, WATCHDOG_RAN_OUT


class DeviceState(NamedTuple):
    """A device's settings at one moment, by keyword.

    ``warning``: what is odd about how it shows them; empty when nothing is.
    """

    values: Mapping[str, Value]
    warning: str = ""

    def get(self, keyword: str) -> Value:
        """The value of a setting.

        Raises:
            BadAnswerError: the device didn't show it.
        """
        if keyword == "wdog" and "wdogstate" in self.values:
            return self.values["wdogstate"] == WATCHDOG_ON  # after a failure 6_wen isn't a boolean
        if keyword not in self.values:
            raise BadAnswerError(f"its configuration lacks {BY_KEYWORD[keyword].read_key} ({keyword})")
        return self.values[keyword]

    @property
    def mode(self) -> bool:
        """The relay mode."""
        return bool(self.get("mode"))

    @property
    def position(self) -> str:
        """Which port groups are joined."""
        return relay.position(self.mode, bool(self.get("scenario")))

    @property
    def watchdog_on(self) -> bool:
        """Whether the watchdog is counting down."""
        return bool(self.get("wdog"))

    @property
    def shows_watchdog_on(self) -> bool:
        """The same of a device that may not show it; then it isn't known to."""
        return bool({"wdog", "wdogstate"} & self.values.keys()) and self.watchdog_on

    @property
    def shows_watchdog_off(self) -> bool:
        """Whether it shows that the watchdog was turned off: it neither counts down nor ran out."""
        return bool({"wdog", "wdogstate"} & self.values.keys()) and not self.watchdog_on and not self.watchdog_ran_out

    @property
    def watchdog_ran_out(self) -> bool:
        """Whether the watchdog ran out and made the relay fall back."""
        return self.values.get("wdogstate") == WATCHDOG_RAN_OUT

    def shows_old_failure(self, wanted: Mapping[str, Value]) -> bool:
        """Whether the watchdog is to be off, and is, but still shows that it ran out: turning it off clears that."""
        return self.watchdog_ran_out and wanted.get("wdog") is False

    def differing(self, wanted: Mapping[str, Value]) -> list[str]:
        """The keywords in ``wanted`` whose value is another here, in the order of ``wanted``."""
        return [keyword for keyword, value in wanted.items() if self.get(keyword) != value]


class Applied(NamedTuple):
    """What `Device.apply` found and left.

    ``changed`` are the keywords that it wrote; ``stuck`` says which stay what they were, and what was expected.
    """

    before: DeviceState
    after: DeviceState
    changed: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the relay was moved."""
        return self.before.position != self.after.position
