"""The simulated devices of a lab: what an onlooker sees of them, and what one can do to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from berofos_ra.settings import BY_KEYWORD, Kind
from berofos_ra.simulator.events import clicks
from tests.lab.layout import CONTROL_PORT, EVENTS
from tests.lab.link import SiteLink
from tests.lab.node import rewire
from tests.support import control_client

T = TypeVar("T")

WHERE = f"127.0.0.1:{CONTROL_PORT}"


class Devices:
    """All devices of a lab. Errors of the control interface are `control_client.ControlError`.

    Attributes:
        names: fos1, fos2, ...
    """

    def __init__(self, link: SiteLink) -> None:
        self._link = link
        self.names = [port.name for port in link.spec.device_ports()]
        self._defaults: dict[str, dict[str, Any]] = {}

    def call(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call a function of `tests.support.control_client`, without its `where`."""
        return self._link.in_network(lambda: function(WHERE, *arguments, **options))

    def states(self) -> list[dict[str, Any]]:
        """The state of every device."""
        return self.call(control_client.devices)

    def state(self, name: str) -> dict[str, Any]:
        """The state of one: powered, relay, settings, faults, ..."""
        return self.call(control_client.device, name)

    def relay(self, name: str) -> str:
        """Which port groups are joined: "A--D", "A--B" or "A--B C--D"."""
        return str(self.state(name)["relay"])

    def power(self, name: str, on: bool) -> None:
        """Take or give power."""
        self.call(control_client.power, name, on)

    def set_settings(self, name: str, settings: Mapping[str, object]) -> None:
        """Change settings by hand, by keyword."""
        self.call(control_client.set_settings, name, settings)

    def add_fault(self, name: str, kind: str, **options: object) -> None:
        """Have it misbehave; kinds and options are in `berofos_ra.simulator.fault_kinds`."""
        self.call(control_client.add_fault, name, kind, **options)

    def clear_faults(self, name: str) -> None:
        """Have it behave well again."""
        self.call(control_client.clear_faults, name)

    def requests(self, name: str) -> list[dict[str, Any]]:
        """What it was asked, oldest first."""
        return self.call(control_client.requests, name)

    def events(self, since: int = 0, **fields: object) -> list[dict[str, Any]]:
        """The events after number `since` with these fields (`device="fos1", event="relay"`), oldest first.

        They are read from the simulator's own record, so they can be had even if it hangs.
        """
        try:
            # What follows the last line end is being written.
            lines = self._link.path(EVENTS).read_text(encoding="utf-8").split("\n")[:-1]
        except FileNotFoundError:
            return []
        events = [json.loads(line) for line in lines[since:]]
        return [event for event in events if fields.items() <= event.items()]

    def clicks(self, name: str, since: int = 0) -> list[dict[str, Any]]:
        """Those of its events after number `since` that are a change of its relay's position."""
        return clicks(self.events(since), name)

    def unplug(self, name: str) -> None:
        """Pull out its network cable; the relay stays as it is."""
        rewire(self._link, "cut", name, ())

    def plug_in(self, name: str) -> None:
        """Put the network cable back."""
        rewire(self._link, "heal", name, ())

    def remember(self) -> None:
        """Take what the devices are set to now for their defaults, see `reset`."""
        for state in self.states():
            self._defaults[state["name"]] = {
                keyword: value
                for keyword, value in state["settings"].items()
                if BY_KEYWORD[keyword].write_query is not None and BY_KEYWORD[keyword].kind is not Kind.TRIGGER
            }

    def reset(self) -> None:
        """Bring every device back to what it was at the lab's start, its record of requests empty."""

        def reset_all() -> None:
            for name in self.names:
                control_client.clear_faults(WHERE, name)
                control_client.power(WHERE, name, True)
                control_client.set_settings(WHERE, name, self._defaults[name])
                control_client.clear_requests(WHERE, name)

        self._link.in_network(reset_all)
