"""Every wiring's example as a scenario: quick enough for tests, and with several resources of the agent."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar
from weakref import WeakKeyDictionary

from tests.cluster.scenario import ASTERISK, FOS1, RELAY, Scenario
from tests.lab.cluster import Code, Failure
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.support.examples import quick_example

VIRTUAL_IP = "virtual-ip"
BYPASS = "berofos-bypass"

# What each example runs.
RESOURCES: Mapping[str, Sequence[str]] = {
    "two-xivo": (VIRTUAL_IP, ASTERISK, RELAY),
    "two-xivo-pbx": (VIRTUAL_IP, ASTERISK, RELAY),
    "xivo-pbx": (ASTERISK, RELAY),
    "two-xivo-with-pbx-bypass": (VIRTUAL_IP, ASTERISK, RELAY, BYPASS),
    "multiple-berofos": (VIRTUAL_IP, ASTERISK, RELAY),
    "quorum-device": (VIRTUAL_IP, ASTERISK, RELAY),
    "fencing": (VIRTUAL_IP, ASTERISK, RELAY),
}

TO_B = "A--D -> A--B"
TO_D = "A--B -> A--D"
TO_XIVO = "A--D -> A--B C--D"  # in bypass
TO_PBX = "A--B C--D -> A--D"

# Everything but corosync: the node stays a member of the cluster.
PACEMAKER = ("pacemakerd", "pacemaker-based", "pacemaker-controld", "pacemaker-execd")

WRONG_PASSWORD = "wrong password"
STANDBY_TROUBLES = ("no way to the devices", WRONG_PASSWORD)

_ASTERISK = "/usr/sbin/asterisk"
_ASTERISK_PID = "/run/asterisk/asterisk.pid"


class Wired(Scenario):
    """A lab during one test, running one of the examples."""

    # What the labs run, if they run well: as it was loaded, and as the cluster has it.
    _loaded: ClassVar[WeakKeyDictionary[Lab, tuple[str, str]]] = WeakKeyDictionary()

    def __init__(self, lab: Lab, example: str) -> None:
        super().__init__(lab, RESOURCES[example])
        self.example = example

    def bring_up(self, text: str = "", home: str = "xivo-1") -> None:
        """Load a configuration (default: the example with short intervals), wait until all is well, begin there."""
        self.lab.configure(text or quick_example(self.example))
        self.wait_running(home)
        self.wait_standbys_ready(home)
        self.begin()

    def make_well(self, text: str, home: str = "xivo-1") -> None:
        """The same, but without a new beginning where the last test has left all well with this configuration."""
        loaded, as_loaded = self._loaded.get(self.lab, ("", ""))
        if loaded == text and self._is_well(home) and self._resources(home) == as_loaded:
            if self.lab.crm_mon().find("failures/failure") is not None:
                self.lab.node(home).run("crm resource cleanup")
            self.wait_running(home)
            self.begin()
            return
        self._loaded.pop(self.lab, None)
        self.lab.reset()
        self.bring_up(text, home)
        self._loaded[self.lab] = text, self._resources(home)

    def _resources(self, home: str) -> str:
        """The cluster's resources, but for whether they are to run and to be managed: other tests may change them."""
        text = self.lab.node(home).run("cibadmin --query --scope resources").stdout
        return re.sub(r'\s*<nvpair [^>]*name="(target-role|is-managed)"[^>]*/>', "", text)

    def _is_well(self, home: str) -> bool:
        if not all(device["powered"] and not device["faults"] for device in self.lab.devices.states()):
            return False
        if self.lab.link.order("status")["cuts"] or len(self.lab.running_nodes()) < len(self.lab.nodes):
            return False
        try:
            return self._places(home) == {home} and self.relay(home).managed
        except LabError:
            return False  # Pacemaker doesn't run there

    @contextlib.contextmanager
    def standby_trouble(self, trouble: str) -> Iterator[None]:
        """Give xivo-2, standing by, one of `STANDBY_TROUBLES`; when the block begins and when it ends all see it."""
        wrong = trouble == WRONG_PASSWORD
        try:
            if wrong:
                self.spoil_login("xivo-2")
            else:
                self.lab.cut("xivo-2", "devices")
            self.wait_ready("xivo-2", f"no: {FOS1}: {'login refused' if wrong else ''}")
            yield
        finally:
            self.lab.heal()
            self.mend_login("xivo-2")
        self.wait_attribute("xivo-2", "berofos-ready", "yes")

    def wait_standbys_ready(self, home: str) -> None:
        """Wait until all nodes but one could take over."""
        for name in self.lab.nodes:
            if name != home:
                self.wait_attribute(name, "berofos-ready", "yes")

    def wait_relays(self, position: str, *devices: str) -> None:
        """Wait until the relays are there, by what the simulator says."""
        what = f"{', '.join(devices)} at {position}"
        self.wait_for(lambda: {self.lab.devices.relay(device) for device in devices} == {position}, what)

    def wait_failed(self, resource: str, node: str, code: Code, *reasons: str) -> None:
        """Wait until an action of a resource has failed, see `failures`, with all these words in its reason."""

        def fits(failure: Failure) -> bool:
            same = (failure.node, failure.code) == (node, code)
            return same and all(reason in failure.reason for reason in reasons)

        what = f"{resource} on {node} ended with {code.name}: {'; '.join(reasons)}"
        self.wait_for(lambda: any(map(fits, self.failures(resource, node))), what)

    def wait_logged(self, node: str, words: str) -> None:
        """Wait until a node's syslog has these words."""
        self.wait_for(lambda: words in self.syslog(node), f"{node} has logged: {words}")

    def wait_kicks(self, device: str, number: int = 3) -> None:
        """Wait until a device's watchdog has been kicked so many times more."""
        already = len(self.kick_times(device))
        what = f"{device} kicked {number} times more"
        self.wait_for(lambda: len(self.kick_times(device)) >= already + number, what)

    def kick_times(self, device: str) -> list[float]:
        """When a device's watchdog was kicked, on the devices' clock."""
        requests = self.lab.devices.requests(device)
        return [request["monotonic"] for request in requests if request["what"] == "kick"]

    def last_kick(self, device: str) -> float:
        """When that was last."""
        return self.kick_times(device)[-1]

    def now(self) -> float:
        """The devices' clock."""
        return time.monotonic()

    def last_change(self) -> float:
        """When a relay has moved last, on the devices' clock."""
        moved: float = self.lab.events(event="relay")[-1]["monotonic"]
        return moved

    def new_events(self, device: str) -> list[str]:
        """What has happened to a device since the test began."""
        return [event["event"] for event in self.lab.events(since=self._first_event, device=device)]

    def stops_in_order(self) -> list[str]:
        """The resources that were stopped on xivo-1, the first one first."""
        return re.findall(r"Requesting local execution of stop operation for (\S+) on ", self.syslog("xivo-1"))

    def kill_asterisk(self, node: str) -> None:
        """Let asterisk die on a node."""
        self.lab.node(node).run(f"kill -9 $(cat {_ASTERISK_PID})")

    @contextlib.contextmanager
    def broken_asterisk(self, *nodes: str) -> Iterator[None]:
        """Let asterisk die on some nodes, and not start again as long as the block lasts."""
        for node in map(self.lab.node, nodes):
            node.run(f"mv {_ASTERISK} {_ASTERISK}.sound && printf '#!/bin/sh\nexit 1\n' >{_ASTERISK}")
            node.run(f"chmod +x {_ASTERISK}")
            with contextlib.suppress(LabError):  # it doesn't run there
                self.kill_asterisk(node.name)
        try:
            yield
        finally:
            for node in map(self.lab.node, nodes):
                node.run(f"mv {_ASTERISK}.sound {_ASTERISK}")
