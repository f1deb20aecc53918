"""The way from outside into a running site: its files, its orders, its namespaces."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.lab import syscalls
from tests.lab.errors import LabError
from tests.lab.layout import CONTROL_SOCKET, Spec, node_store

T = TypeVar("T")


@dataclass(frozen=True)
class SiteLink:
    """A running site.

    Attributes:
        pid: Process ID of the site, as seen on the host.
        born: Start time of that process, which tells it from a later one with the same ID.
        spec: What the lab consists of.
    """

    pid: int
    born: str
    spec: Spec

    @classmethod
    def to(cls, pid: int, spec: Spec) -> SiteLink:
        """Link to the site with process ID `pid`.

        Raises:
            LabError: there is no such process.
        """
        born = start_time(pid)
        if born is None:
            raise LabError(f"the lab's process {pid} is gone")
        return cls(pid, born, spec)

    def alive(self) -> bool:
        """Whether the site still runs."""
        return start_time(self.pid) == self.born

    def path(self, inside: str) -> Path:
        """The path, on the host, of a file in the site."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def order(self, do: str, **details: object) -> dict[str, Any]:
        """Have the site do something; see `site.Site.obey`.

        Raises:
            LabError: the site refused, failed or is gone.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(300)
            try:
                connection.connect(str(self.path(CONTROL_SOCKET)))
                with connection.makefile("rw") as stream:
                    stream.write(json.dumps({"do": do, **details}) + "\n")
                    stream.flush()
                    answer: dict[str, Any] = json.loads(stream.readline() or '{"error": "no answer"}')
            except OSError as error:
                raise LabError(f"the lab is gone: {error}") from error
        if "error" in answer:
            raise LabError(str(answer["error"]))
        return answer

    def enter_command(self, node: str) -> list[str]:
        """The beginning of a command line that runs the rest of it in a node.

        Raises:
            LabError: the node is switched off.
        """
        try:
            init = self.path(f"{node_store(node)}/pid").read_text(encoding="ascii").strip()
        except OSError:
            raise LabError(f"{node} is switched off") from None
        namespaces = f"/proc/{self.pid}/root/proc/{init}/ns"
        return ["nsenter", *(f"--{kind}={namespaces}/{file}" for kind, file in _NAMESPACES.items()), "--"]

    def in_network(self, function: Callable[[], T]) -> T:
        """Call `function` in the site's network, where the devices' control interface is.

        It runs in a thread of its own: namespaces belong to threads, the rest of the program stays where it is.
        """

        def enter() -> None:
            syscalls.setns(f"/proc/{self.pid}/ns/net", syscalls.CLONE_NEWNET)

        with ThreadPoolExecutor(max_workers=1, initializer=enter) as thread:
            return thread.submit(function).result()

    def end(self) -> None:
        """End the site, and with it everything in the lab."""
        try:
            process = os.pidfd_open(self.pid)
        except OSError:
            return
        try:
            if self.alive():
                signal.pidfd_send_signal(process, signal.SIGKILL)
                select.select([process], [], [], 60)
        finally:
            os.close(process)


_NAMESPACES = {"mount": "mnt", "uts": "uts", "ipc": "ipc", "net": "net", "pid": "pid"}


def start_time(pid: int) -> str | None:
    """When a process was started, in the kernel's ticks; None if it isn't there or has ended."""
    try:
        # The name, in brackets, may hold anything; the 20th field after it is the start time.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
