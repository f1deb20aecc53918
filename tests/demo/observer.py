"""Looking at a lab for the pictures, without getting in its way."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from lxml import etree

from tests.demo.cast import Cast
from tests.demo.outcome import DemoFailed
from tests.demo.scene import Power, Scene, relay_now
from tests.lab import cluster
from tests.lab.errors import LabError
from tests.lab.lab import Lab

_SELDOM = 1.0  # s; crm_mon takes processor time that the failover needs more


class Observer:
    """Knows what was seen last, so that what is costly to look at needn't be looked at each time."""

    def __init__(self, lab: Lab, cast: Cast) -> None:
        self._lab = lab
        self._cast = cast
        self._status: etree._Element | None = None
        self._asked = 0.0
        self._told = 0
        self._forgiving = False
        self._addresses = {port.name: port.address for port in lab.link.spec.device_ports()}

    def status(self, max_age: float = _SELDOM) -> etree._Element | None:
        """What crm_mon showed at most so many seconds ago; None as long as it hasn't since the cluster began."""
        if time.monotonic() - self._asked > max_age:
            with contextlib.suppress(LabError):
                self._status = self._lab.crm_mon()
            if not self._lab.running_nodes():
                self._status = None  # what there was is history
            self._asked = time.monotonic()
        return self._status

    def scene(self, max_age: float = _SELDOM) -> Scene:
        """What is to be seen now."""
        status = self.status(max_age)
        online: set[str] = set() if status is None else cluster.online_nodes(status)
        phones = None if status is None else cluster.resource_state(status, self._cast.phones)
        powers = dict.fromkeys(self._cast.groups, Power.DEAD)
        for node in self._lab.running_nodes():
            powers[node.name] = Power.ON if node.name in online else Power.BOOTING
        answering = phones.nodes if phones is not None and phones.role == "Started" else ()
        return self._cast.scene(self._addresses, relay_now(self._lab.events()), powers, answering)

    def new_clicks(self) -> list[dict[str, Any]]:
        """The relay changes that haven't been told yet."""
        events = self._lab.events(event="relay")
        news, self._told = events[self._told :], len(events)
        return news

    def lines_at(self, server: str) -> bool:
        """Whether the devices' relays give a server the lines."""
        return self._cast.relays_for(server).items() <= relay_now(self._lab.events()).items()

    def started_on(self, server: str) -> bool:
        """Whether all that moves relays runs there, as far as Pacemaker knows."""
        status = self.status(0.2)
        if status is None:
            return False
        states = [cluster.resource_state(status, name) for name in self._cast.resources]
        return all(state is not None and state.node == server for state in states)

    def forgive(self) -> None:
        """From now on a failed action is part of the story."""
        self._forgiving = True

    def complain(self, expected: str) -> None:
        """Stop the story at the first failed action: waiting wouldn't make it better.

        Raises:
            DemoFailed: Pacemaker lists one.
        """
        status = self.status()
        for failure in [] if status is None or self._forgiving else status.iterfind("failures/failure"):
            action = failure.get("op_key", "an action")
            reason = failure.get("exitreason") or failure.get("exitstatus")
            raise DemoFailed(expected, f"{action} failed on {failure.get('node')}: {reason}")
