"""A node of the lab, as its administrator (and its power supply) see it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.lab import machine, rootfs
from tests.lab.errors import CommandFailed, LabError, NodeEnded
from tests.lab.layout import node_store
from tests.lab.link import SiteLink

COMMAND_TIMEOUT = 120.0  # s
NODES = "nodes"  # stands for all nodes in `cut` and `heal`
DEVICES = "devices"  # stands for all devices there


class Node:
    """One node: run commands in it, pull its power and its cables.

    Attributes:
        name: Host name, for example xivo-1.
        address: IP address on the lab's network.
    """

    def __init__(self, link: SiteLink, name: str, address: str) -> None:
        self._link = link
        self.name = name
        self.address = address

    def __repr__(self) -> str:
        return f"Node({self.name})"

    def run(
        self,
        command: str | Sequence[str],
        *,
        check: bool = True,
        timeout: float = COMMAND_TIMEOUT,
        text_input: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root in the node: a sequence as it is, a string by the shell.

        Args:
            command: What to run.
            check: Whether an exit status other than 0 is an error.
            timeout: Seconds until the command is killed.
            text_input: Its standard input; without, that is empty.

        Raises:
            CommandFailed: status other than 0 with `check`, or time over.
            LabError: the node is switched off.
        """
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
        shown = command if isinstance(command, str) else " ".join(argv)
        process = subprocess.Popen(
            [*self._link.enter_command(self.name), *argv],
            stdin=subprocess.PIPE if text_input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=rootfs.ENVIRONMENT,
            start_new_session=True,
        )
        try:
            output, errors = process.communicate(text_input, timeout=timeout)
        except BaseException as error:
            # nsenter and what it runs in the node are one process group. After Ctrl-C, to which communicate() gives
            # a last short wait, it may have ended already.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise CommandFailed(f"{self.name}: {shown}: not done after {timeout:g} s") from None
            raise
        if check and process.returncode != 0:
            said = (errors.strip() or output.strip())[-2000:]
            raise CommandFailed(f"{self.name}: {shown}: exit status {process.returncode}: {said}")
        return subprocess.CompletedProcess(argv, process.returncode, output, errors)

    def install(self, package: Path) -> None:
        """Install a Debian package, or upgrade to it, as an administrator would.

        Raises:
            CommandFailed: dpkg fails.
        """
        there = f"/var/tmp/{package.name}"
        shutil.copy(package, f"{self.disk}{there}")
        # What it would trigger, the index of the manual pages for one, takes longer than all the rest.
        self.run(["dpkg", "--no-triggers", "--install", there])

    def replace_process_with(self, command: Sequence[str]) -> None:
        """Become that command in the node, terminal and all; for the command line. Never returns."""
        argv = [*self._link.enter_command(self.name), *command]
        environment = {**rootfs.ENVIRONMENT, "TERM": os.environ.get("TERM", "linux")}
        os.execvpe(argv[0], argv, environment)

    @property
    def disk(self) -> Path:
        """The node's root directory as seen from the host, whether it is switched on or off; no /run, /tmp, /dev."""
        return self._link.path(f"{node_store(self.name)}/root")

    def running(self) -> bool:
        """Whether the node's power is on."""
        return self._link.path(f"{node_store(self.name)}/pid").exists()

    def assert_on(self) -> None:
        """See that the node's power is on.

        Raises:
            NodeEnded: it isn't; the message has what the node's console says last.
        """
        if not self.running():
            console = self._link.path(f"{node_store(self.name)}/console")
            text = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
            raise NodeEnded(f"{self.name} is down. On its console:\n{text.strip()[-3000:]}")

    def kill(self) -> None:
        """Cut the node's power: everything in it is gone at once. Its disk stays."""
        self._link.order("kill", nodes=[self.name])

    def start(self) -> None:
        """Switch the node's power on; returns while it boots."""
        self._link.order("start", nodes=[self.name])

    def reboot(self) -> None:
        """Shut the node down in good order and start it again; returns while it boots."""
        self.stop_service("pacemaker")
        self.stop_service("corosync")
        self.kill()
        self.start()

    def stop_service(self, service: str, timeout: float = COMMAND_TIMEOUT) -> None:
        """Stop pacemaker (its resources stop or move), corosync or rsyslog in good order; no error if it doesn't run.

        Raises:
            CommandFailed: it still ran at the end of `timeout` seconds.
        """
        daemon = machine.SERVICES[service][0]
        # tail ends at once when the process does, whoever's child that is
        script = f'pid=$(pidof {daemon}) || exit 0; kill "$pid"; tail -s 0.05 --pid "$pid" -f /dev/null'
        self.run(script, timeout=timeout)

    def start_service(self, service: str) -> None:
        """Start pacemaker, corosync or rsyslog after `stop_service`."""
        daemon = machine.SERVICES[service]
        self.run(["setsid", "--fork", "sh", "-c", f"exec {' '.join(daemon)} </dev/null >/dev/null 2>&1"])

    def freeze(self, *daemons: str) -> None:
        """Stop these daemons (SIGSTOP, so that they hang), or everything in the node without any."""
        self._signal_all("STOP", daemons)

    def thaw(self, *daemons: str) -> None:
        """Undo `freeze`."""
        self._signal_all("CONT", daemons)

    def _signal_all(self, name: str, daemons: Sequence[str]) -> None:
        # -1: all processes but the shell itself and init, which the kernel spares
        self.run(f"kill -{name} $(pidof {' '.join(daemons)})" if daemons else f"kill -{name} -1")

    def cut(self, *others: str) -> None:
        """Lose everything between this node and others: names, `nodes`, `devices`; without any, everything at all."""
        self._rewire("cut", others)

    def heal(self, *others: str) -> None:
        """Undo `cut`, in part or altogether."""
        self._rewire("heal", others)

    def _rewire(self, action: str, others: Sequence[str]) -> None:
        rewire(self._link, action, self.name, others)

    def read(self, path: str) -> str:
        """Contents of a file on the node's disk (not /run, /tmp, /dev), whether it is switched on or off.

        Raises:
            LabError: it can't be read.
        """
        try:
            return Path(f"{self.disk}{path}").read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise LabError(f"{self.name}: {path}: {error.strerror}") from None

    def write(self, path: str, content: str, mode: int = 0o644) -> None:
        """Write a file of the running node, and make its directory if need be.

        Raises:
            CommandFailed: it can't be written.
        """
        self.run(
            ["sh", "-c", 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"', "sh", path, f"{mode:o}"],
            text_input=content,
        )


def rewire(link: SiteLink, action: str, name: str, others: Sequence[str]) -> None:
    """Cut or heal both directions between one port (node or device) and others.

    Raises:
        LabError: there is no port of such a name.
    """
    nodes = [port.name for port in link.spec.node_ports()]
    devices = [port.name for port in link.spec.device_ports()]
    rest = [port.name for port in (*link.spec.other_ports(), *link.spec.second_ports().values())]
    groups = {NODES: nodes, DEVICES: devices}
    chosen: list[str] = []
    for other in others or (NODES, DEVICES, *rest):
        chosen += groups.get(other, [other])
    for each in (name, *chosen):
        if each not in nodes + devices + rest:
            raise LabError(f"no node or device {each} in this lab: it has {', '.join(nodes + devices + rest)}")
    link.order(action, senders=[name], receivers=chosen)
    link.order(action, senders=chosen, receivers=[name])
