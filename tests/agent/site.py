"""A site to test the agent in: simulated devices, their ``bnfos.conf``, and nodes that run the real agent."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from berofos_ra.simulator import Simulator
from tests.support import processes
from tests.support.checkout import CHECKOUT
from tests.support.devices import DeviceSite
from tests.support.pacemaker_tools import Tools

AGENT = CHECKOUT / "agents" / "ocf" / "berofos"
NOBODYS_AGENT = processes.as_nobody("/mnt/agents/ocf/berofos")
REASON = "ocf-exit-reason:"
DEGRADED = 190
B, D = "xivo-1", "xivo-2"  # the nodes at the port groups of that name

_TIMEOUT = 120  # s, of an action unless a test has another; more than it takes on the busiest machine


@dataclass(frozen=True)
class Done:
    """What an action ended with. ``reason`` is the exit reason, ``log`` all other lines on stderr."""

    action: str
    code: int
    stdout: str
    stderr: str

    @property
    def reasons(self) -> list[str]:
        return [line[len(REASON) :] for line in self.stderr.splitlines() if line.startswith(REASON)]

    @property
    def reason(self) -> str:
        return " | ".join(self.reasons)

    @property
    def log(self) -> list[str]:
        return [line for line in self.stderr.splitlines() if not line.startswith(REASON)]

    def check_manners(self, silent_stop: bool = False) -> None:
        """What holds for every action: how it ends is told once, in one short line, or not at all.

        ``silent_stop``: "not running" is what was to be expected, and nothing to explain.
        """
        said = f"{self.action} ended with {self.code}: {self.stdout}{self.stderr}"
        assert "Traceback" not in self.stdout + self.stderr, said
        assert self.stderr.isascii(), said
        if self.code == 0 or (self.code == 7 and silent_stop):
            assert self.reasons == [], said
        else:
            assert len(self.reasons) == 1, said
            assert 0 < len(self.reason) <= 128, said
        if self.action not in ("meta-data", "usage"):
            assert self.stdout == "", said


@dataclass
class Running:
    """An action under way."""

    action: str
    process: subprocess.Popen[str]
    silent_stop: bool

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        processes.kill(self.process)

    def finish(self, expected: int | None = 0, within: float = processes.TIMEOUT) -> Done:
        """Wait for its end, for so many seconds; ``expected`` None: whatever the exit code."""
        stdout, stderr = processes.finish(self.process, within=within)
        done = Done(self.action, self.process.returncode, stdout, stderr)
        done.check_manners(self.silent_stop)
        assert expected is None or done.code == expected, f"{self.action}: {done.code}: {stdout}{stderr}"
        return done


@dataclass
class Node:
    """A cluster node: its name, its own run directory, and the resource's parameters as given to it."""

    name: str
    run_directory: Path
    tools: Tools
    parameters: dict[str, str]
    command: Sequence[str] = (str(AGENT),)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def record(self) -> Path:
        """Its ownership record."""
        return self.run_directory / "berofos-lines.json"

    def begin(
        self,
        action: str,
        *,
        level: int | None = None,
        interval: int | None = None,
        role: str | None = None,
        timeout: float = _TIMEOUT,
    ) -> Running:
        """Start an action; ``interval`` and ``timeout`` are in seconds."""
        environment = {
            "PATH": self.tools.path,
            "OCF_ROOT": "/usr/lib/ocf",
            "OCF_RESOURCE_INSTANCE": "lines",
            "HA_RSCTMP": str(self.run_directory),
            "OCF_RESKEY_CRM_meta_on_node": self.name,
            "OCF_RESKEY_CRM_meta_timeout": str(int(timeout * 1000)),
            **{f"OCF_RESKEY_{name}": value for name, value in self.parameters.items()},
        }
        if level is not None:
            environment["OCF_CHECK_LEVEL"] = str(level)
        if interval is not None:
            environment["OCF_RESKEY_CRM_meta_interval"] = str(interval * 1000)
        if role is not None:
            environment["OCF_RESKEY_CRM_meta_role"] = role
        environment.update(self.environment)
        process = subprocess.Popen(
            [*self.command, *([action] if action else [])],
            env={name: value for name, value in environment.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Running(action, process, action == "monitor" and (interval is None or role == "Stopped"))

    def start(self, expected: int = 0, timeout: float = _TIMEOUT) -> Done:
        return self.begin("start", timeout=timeout).finish(expected)

    def stop(self, expected: int = 0) -> Done:
        return self.begin("stop").finish(expected)

    def monitor(self, expected: int = 0, depth: int = 0, news: bool = False, timeout: float = _TIMEOUT) -> Done:
        """The recurring monitor. A healthy one must be silent, unless it has ``news`` for the log."""
        done = self.begin("monitor", level=depth or None, interval=60 if depth else 10, timeout=timeout).finish(
            expected
        )
        if done.code == 0 and not news:
            assert done.stderr == ""
        return done

    def probe(self, expected: int = 7) -> Done:
        done = self.begin("monitor").finish(expected)
        if done.code in (0, 7):
            assert done.stderr == ""
        return done

    def watch_standby(self) -> Done:
        """The recurring monitor for the role Stopped, on a node that doesn't run the resource."""
        return self.begin("monitor", interval=30, role="Stopped").finish(7)

    def validate(self, expected: int = 0, level: int | None = None) -> Done:
        return self.begin("validate-all", level=level).finish(expected)

    def reload(self, expected: int = 0) -> Done:
        return self.begin("reload-agent").finish(expected)


class Site(DeviceSite):
    """Devices that run, and how the nodes know of them."""

    def __init__(self, folder: Path, simulator: Simulator, topology: str) -> None:
        super().__init__(folder, simulator)
        self.topology = topology
        self.configure()

    def write_config(self, login: str | None = None, without: str = "") -> None:
        """Write ``bnfos.conf``; ``login``: instead of the right one; lines that begin with ``without`` left out."""
        text = "".join(self.section(device, login) for device in self)
        if without:
            text = "".join(line for line in text.splitlines(True) if not line.startswith(without))
        self.configure(text)

    def node(self, name: str = B, **parameters: str) -> Node:
        """A node that has the right parameters, and these. Each has tools and a run directory of its own."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        given = {
            "config": str(self.config),
            "devices": " ".join(device.name for device in self),
            "topology": self.topology,
            "port_b_node": B,
        }
        if self.topology != "xivo-pbx":
            given["port_d_node"] = D
        return Node(name, folder / "run", Tools(folder / "tools"), {**given, **parameters})
