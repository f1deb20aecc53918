"""One test's view of a lab: the example configuration, and what has happened since the test began."""

from __future__ import annotations

import bz2
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from tests.lab.cluster import Code, Failure, ResourceState, logged_failures, resource_state
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.lab.layout import DEVICE_PASSWORD, EVENTS, SIMULATOR_LOG, STORE, node_store
from tests.lab.nodefiles import bnfos_conf

RELAY = "berofos-relay"
ASTERISK = "asterisk"
RESOURCES = ("virtual-ip", ASTERISK, RELAY)

FOS1 = "fos1 (10.34.1.20)"
FOS2 = "fos2 (10.34.1.21)"

# Attributes of the node that has the lines.
SHOWN_ON_B = {"berofos-fos1": "A--B", "berofos-fos2": "A--B"}
SHOWN_ON_D = {"berofos-fos1": "A--D", "berofos-fos2": "A--D"}

# Commands that have Pacemaker find out anew what runs where. Until asterisk is probed it can seem to be stopped.
REFRESHES = (
    f"crm resource cleanup {RELAY}",
    f"crm resource refresh {RELAY}",
    f"crm resource refresh {ASTERISK}",
    "crm resource reprobe",
)

# As it stands, as in a URL, and as the login goes over the wire.
_PASSWORD_FORMS = (
    DEVICE_PASSWORD,
    quote(DEVICE_PASSWORD, safe=""),
    b64encode(f"admin:{DEVICE_PASSWORD}".encode()).decode(),
)

_SYSLOG = "/var/log/syslog"
_PACEMAKER_LOG = "/var/log/pacemaker/pacemaker.log"

# What a node can be asked.
_SHOWING = (
    "crm_mon -1Arf",
    "crm_mon --output-as=xml -1Arf",
    "cibadmin --query",
    "cat /run/resource-agents/*",
)

_configurations: dict[str, str] = {}  # crmsh's language -> XML that crmsh made of it; loading that again is quicker


class Scenario:
    """A lab during one test.

    Attributes:
        lab: The lab.
        resources: What the configuration runs.
        patience: Seconds for anything that is waited for.
    """

    patience = 120.0  # nothing takes nearly that long, unless the machine is very busy

    def __init__(self, lab: Lab, resources: Sequence[str] = RESOURCES) -> None:
        self.lab = lab
        self.resources = tuple(resources)
        self.begin()

    def begin(self) -> None:
        """Leave out, from now on, what has happened up to here."""
        self._first_event = len(self.lab.events())
        files = [(name, path) for name in self.lab.nodes for path in (_SYSLOG, _PACEMAKER_LOG)]
        self._log_sizes = {file: len(self._whole_log(*file)) for file in files}

    def load(self, text: str) -> None:
        """Load a configuration, wait until all runs on xivo-1 and xivo-2 is ready to take over, and begin there."""
        node = self.lab.node("xivo-1")
        if text in _configurations:
            command = ["cibadmin", "--modify", "--allow-create", "--scope", "configuration", "--xml-text"]
            node.run([*command, _configurations[text]])
        else:
            self.lab.configure(text)
            written = node.run(["cibadmin", "--query", "--scope", "configuration"]).stdout
            _configurations[text] = re.sub("<nodes>.*</nodes>", "", written, flags=re.DOTALL)
        self.wait_running("xivo-1")
        self.wait_attribute("xivo-2", "berofos-ready", "yes")
        self.begin()

    # Waiting.

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        self.lab.wait_for(condition, self.patience, what)

    def wait_running(self, node: str, asked: str | None = None) -> None:
        """Wait until everything runs on a node and nothing is left to do, as the node asked (default: any) tells."""
        self.wait_for(lambda: self._places(asked) == {node}, f"everything runs on {node}")
        self.lab.wait_quiet(self.patience, asked)

    def wait_stopped(self, asked: str) -> None:
        """Wait until nothing runs, as the node asked tells."""
        self.wait_for(lambda: self._places(asked) == {None}, f"nothing runs, as {asked} sees it")

    def wait_attribute(self, node: str, name: str, value: str | None) -> None:
        """Wait until `crm_mon -A` shows this value of a node's attribute; None: no such attribute."""
        self.wait_for(lambda: self.lab.node_attributes(node).get(name) == value, f"{name} of {node} is {value}")

    def wait_ready(self, node: str, beginning: str) -> None:
        """Wait until a node's `berofos-ready` begins so."""

        def begins() -> bool:
            return self.lab.node_attributes(node).get("berofos-ready", "").startswith(beginning)

        self.wait_for(begins, f"berofos-ready of {node} begins with {beginning}")

    def wait_failure(self, node: str, task: str, code: Code, *reasons: str) -> None:
        """Wait until an action of the relay has failed, see `failures`, with all these words in its reason."""

        def fits(failure: Failure) -> bool:
            same = (failure.node, failure.task, failure.code) == (node, task, code)
            return same and all(reason in failure.reason for reason in reasons)

        what = f"{task} of {RELAY} on {node} ended with {code.name}: {'; '.join(reasons)}"
        self.wait_for(lambda: any(map(fits, self.failures(RELAY, node))), what)

    def wait_no_failures(self) -> None:
        """Wait until crm_mon lists no failed action of the relay; degraded ones stay until they are cleaned up."""

        def none_failed() -> bool:
            return all(failure.code == Code.DEGRADED for failure in self.relay().failures)

        self.wait_for(none_failed, f"no failures of {RELAY} are listed")

    def wait_looks(self, node: str, device: str, number: int = 2) -> None:
        """Wait until a node has looked at a device so many times more."""
        already = self.looks(node, device)
        what = f"{node} has looked at {device} {number} times more"
        self.wait_for(lambda: self.looks(node, device) >= already + number, what)

    # Doing.

    def spoil_login(self, node: str) -> None:
        """Have a node log in to the devices with a wrong password."""
        self.lab.node(node).run("sed -i 's/^login = .*/login = admin:wrong/' /etc/bnfos.conf")

    def mend_login(self, node: str) -> None:
        """Undo `spoil_login`."""
        self.lab.node(node).write("/etc/bnfos.conf", bnfos_conf(self.lab.link.spec), 0o600)

    # What has happened.

    def relay_changes(self) -> dict[str, list[str]]:
        """By device, every movement of its relay: `{"fos1": ["A--D -> A--B by xivo-1"]}`."""
        who = {f"http {node.address}": f"by {node.name}" for node in self.lab.nodes.values()}
        changes: dict[str, list[str]] = {}
        for event in self.lab.events(since=self._first_event, event="relay"):
            cause = who.get(event["cause"], event["cause"])
            changes.setdefault(event["device"], []).append(f"{event['from']} -> {event['to']} {cause}")
        return changes

    def switches_logged(self, node: str) -> list[str]:
        """What that node's syslog says of relays that it moved, sorted."""
        return sorted(re.findall(r"berofos fos\d+ \(.*\): relay .* -> .*", self.syslog(node)))

    def actions(self, resource: str, *nodes: str) -> list[str]:
        """What Pacemaker had a resource do on some nodes (default: all) apart from looking: start, stop, ..."""
        pattern = re.compile(rf"Requesting local execution of (\S+) operation for {resource} on ")
        done = [action for node in nodes or self.lab.nodes for action in pattern.findall(self.syslog(node))]
        return [action for action in done if action not in ("monitor", "probe")]

    def syslog(self, node: str) -> str:
        """What a node has logged."""
        return self._log(node, _SYSLOG)

    def pacemaker_log(self, node: str) -> str:
        """What Pacemaker on a node has logged in more detail."""
        return self._log(node, _PACEMAKER_LOG)

    def looks(self, node: str, device: str) -> int:
        """How often a node has looked at a device."""
        address = self.lab.node(node).address
        return sum(
            request["source"] == address and request["what"] == "GET /config.txt" and request["status"] == 200
            for request in self.lab.devices.requests(device)
        )

    def failures(self, resource: str, node: str) -> list[Failure]:
        """A resource's failed actions that crm_mon lists, and those of the node that it listed for a moment only.

        It forgets them with the failure-timeout, on a busy machine sooner than a test may look; what is degraded it
        doesn't.
        """
        ended = [
            failure
            for name, failure in logged_failures(self.pacemaker_log(node))
            if (name, failure.node) == (resource, node) and failure.code != Code.DEGRADED
        ]
        return [*self.lab.resource_state(resource, node).failures, *ended]

    # What there is.

    def relay(self, asked: str | None = None) -> ResourceState:
        """The relay as crm_mon shows it on the node asked (default: any)."""
        return self.lab.resource_state(RELAY, asked)

    def device_attributes(self, node: str) -> dict[str, str]:
        """Those attributes of a node that show its devices."""
        attributes = self.lab.node_attributes(node)
        return {name: value for name, value in attributes.items() if name.startswith("berofos-fos")}

    def asterisk(self, node: str) -> str:
        """The process ID of the asterisk on a node, another one after a restart; empty if none runs."""
        pid = "$(cat /run/asterisk/asterisk.pid)"
        return self.lab.node(node).run(f"kill -0 {pid} && echo {pid}", check=False).stdout.strip()

    def places_with_password(self) -> list[str]:
        """Which logs, cluster configurations, records and outputs of tools show the devices' password."""
        return [place for place, text in self._public_texts() if any(form in text for form in _PASSWORD_FORMS)]

    def _places(self, asked: str | None) -> set[str | None]:
        status = self.lab.crm_mon(asked)
        states = [resource_state(status, resource) for resource in self.resources]
        return {state.node if state is not None else None for state in states}

    def _log(self, node: str, path: str) -> str:
        return self._whole_log(node, path)[self._log_sizes[node, path] :]

    def _whole_log(self, node: str, path: str) -> str:
        try:
            return self.lab.node(node).read(path)
        except LabError:
            return ""  # nothing logged yet

    def _public_texts(self) -> Iterator[tuple[str, str]]:
        for node in self.lab.nodes.values():
            for directory in ("/var/log", "/var/lib/pacemaker"):
                yield from _texts_below(Path(f"{node.disk}{directory}"), node.name)
            yield from _texts_below(self.lab.link.path(f"{node_store(node.name)}/console"), node.name)
            if node.running():
                for command in _SHOWING:
                    yield f"{node.name}: {command}", node.run(command, check=False).stdout
        for file in (EVENTS, SIMULATOR_LOG, f"{STORE}/site.log"):
            yield from _texts_below(self.lab.link.path(file), "lab")


def _texts_below(path: Path, owner: str) -> Iterator[tuple[str, str]]:
    """A file's text, or those of all files in a directory, and a name for each."""
    for file in [path, *path.rglob("*")]:
        if file.is_file():
            content = file.read_bytes()
            if file.suffix == ".bz2":  # what the scheduler was given
                content = bz2.decompress(content)
            yield f"{owner}: {file.name}", content.decode("utf-8", errors="replace")


def both(*changes: str) -> dict[str, list[str]]:
    """The same changes of both devices, as `Scenario.relay_changes` has them."""
    return {"fos1": list(changes), "fos2": list(changes)}


def switch_lines(change: str, node: str) -> list[str]:
    """What syslog says when both devices were switched for a node."""
    return [f"berofos {device}: relay {change}, lines now on {node}" for device in (FOS1, FOS2)]
