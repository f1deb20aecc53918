"""The site: one process that holds a whole lab, in network, mount and PID namespaces of its own.

It has the switch, the simulated devices and the nodes, takes orders on a Unix socket, and is process 1 of its PID
namespace: when it ends, for whatever reason, the kernel ends everything in the lab and forgets files and networks.

Run as `python3 -m tests.lab.site` with the specification as one line of JSON on standard input. Answers are lines of
JSON on standard output: first {"pid": ...}, then {"ready": true} or {"error": ...}. If the specification has a
lifeline, the site ends when standard input does.
"""

import contextlib
import functools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab import image, machine, network, rootfs, syscalls
from tests.lab.layout import (
    CONTROL_PORT,
    CONTROL_SOCKET,
    DEVICES_HOST,
    EVENTS_IN_DEVICES_HOST,
    POWER_AT,
    POWER_PORT,
    QNETD_AT,
    QNETD_HOST,
    QNETD_LOG,
    SIMULATOR_LOG,
    STORE,
    Port,
    Spec,
    node_store,
)
from tests.support.waiting import comes_true

_QNETD_PORT = 5403
_TIMEOUT = 120.0  # s, for something that takes a fraction of one, unless the machine is very busy


class Site:
    """The lab as seen from inside: ports, cuts, running nodes."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.nodes = {port.name: port for port in spec.node_ports()}
        self.devices = {port.name: port for port in spec.device_ports()}
        self.others = {port.name: port for port in spec.other_ports()}
        self.seconds = spec.second_ports()  # by node
        self.owners = {port.name: name for name, port in self.seconds.items()}
        everybody = [*self.nodes, *self.devices, *self.others, *self.owners]
        self.numbers = {name: number for number, name in enumerate(everybody, start=1)}
        self.cuts: set[tuple[str, str]] = set()  # (sender, receiver)
        self.running: dict[str, int] = {}  # node -> process ID of its init, as seen in the site
        self.roots: dict[str, str] = {}

    def set_up(self) -> None:
        """Create switch, image and devices; the nodes are not started yet."""
        syscalls.make_mounts_private()
        syscalls.mount("proc", "/proc", "proc")
        syscalls.mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
        Path(STORE).mkdir(mode=0o700)
        network.create([*self.devices.values(), *self.others.values()])
        image.make(self.spec)
        for name in self.nodes:
            self.roots[name] = rootfs.mount_overlay(node_store(name), image.layers())
        if self.devices:
            self._start_simulator()
        if self.spec.quorum_device:
            self._start_qnetd(QNETD_AT)

    def _start_qnetd(self, port: Port) -> None:
        command = ["corosync-qnetd", "-f", "-s", "off", "-l", port.address]
        self._start_program(command, QNETD_HOST, QNETD_LOG, (port.address, _QNETD_PORT))

    def _start_simulator(self) -> None:
        command = ["berofos", "--config", "/etc/bnfos.conf", "simulate", "--control", f"127.0.0.1:{CONTROL_PORT}"]
        command += ["--events", EVENTS_IN_DEVICES_HOST]
        self._start_program(command, DEVICES_HOST, SIMULATOR_LOG, ("127.0.0.1", CONTROL_PORT))

    def _start_program(self, command: list[str], host: str, log: str, address: tuple[str, int]) -> None:
        """Run a program with a root of its own, and wait until it listens there.

        Raises:
            RuntimeError: it has ended instead, or doesn't come up; the message has the end of its output.
        """
        root = rootfs.mount_overlay(host, image.layers())
        program = os.fork()
        if program == 0:
            try:
                _redirect_output(log)
                syscalls.unshare(syscalls.CLONE_NEWNS)
                machine.enter(root, self.spec.checkout)
                os.closerange(3, 256)
                os.execvpe(command[0], command, rootfs.ENVIRONMENT)
            except OSError as error:
                print(f"{command[0]}: {error}", flush=True)
            finally:
                os._exit(127)

        ended = False

        def settled() -> bool:
            nonlocal ended
            ended = os.waitpid(program, os.WNOHANG)[0] == program
            return ended or _is_open(address)

        if not comes_true(settled, _TIMEOUT) or ended:
            text = Path(log).read_text(encoding="utf-8", errors="replace")
            how = "has ended at once" if ended else "does not come up"
            raise RuntimeError(f"{command[0]} {how}: {text.strip()[-1000:]}")

    def start(self, name: str) -> None:
        """Switch a node's power on.

        Raises:
            RuntimeError: it could not boot.
        """
        if name in self.running:
            return
        self._pull_out(name)
        pid = self._fork_node(name)
        self.running[name] = pid
        network.plug_in(self.nodes[name], pid)
        receivers = [name]
        if name in self.seconds:
            network.plug_in(self.seconds[name], pid, "eth1", network.SECOND_BRIDGE)
            receivers.append(self.seconds[name].name)
        self._apply_cuts(receivers)
        Path(node_store(name), "pid").write_text(f"{pid}\n", encoding="ascii")

    def _fork_node(self, name: str) -> int:
        """Start a node's process 1 and wait until its root is set up; returns its process ID here."""
        ready, say_ready = os.pipe()
        pid_known, say_pid = os.pipe()
        if os.fork() == 0:
            try:
                _redirect_output(f"{node_store(name)}/console")
                syscalls.unshare(
                    syscalls.CLONE_NEWNET
                    | syscalls.CLONE_NEWNS
                    | syscalls.CLONE_NEWUTS
                    | syscalls.CLONE_NEWIPC
                    | syscalls.CLONE_NEWPID
                )
                # Only a child is in the new PID namespace; it is ours after this process has ended.
                pid = os.fork()
                if pid == 0:
                    machine.boot(
                        [self.nodes[name], *([self.seconds[name]] if name in self.seconds else [])],
                        self.roots[name],
                        self.spec.checkout,
                        say_ready,
                        self.spec.quorum_device,
                    )
                os.write(say_pid, f"{pid}".encode())
            finally:
                os._exit(0)
        os.close(say_ready)
        os.close(say_pid)
        with os.fdopen(pid_known) as number, os.fdopen(ready) as message:
            pid_text, answer = number.read(), message.read()
        if answer != "ready":
            raise RuntimeError(answer or f"{name} did not boot: see its console")
        return int(pid_text)

    def kill(self, name: str) -> None:
        """Cut a node's power: everything in it is gone at once."""
        pid = self.running.pop(name, None)
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        Path(node_store(name), "pid").unlink()

        def is_gone() -> bool:
            self.bury()
            return not Path(f"/proc/{pid}").exists()

        if not comes_true(is_gone, _TIMEOUT):
            raise RuntimeError(f"{name} does not die")
        self._pull_out(name)

    def _pull_out(self, name: str) -> None:
        network.pull_out(self.nodes[name])
        if name in self.seconds:
            network.pull_out(self.seconds[name])

    def renew(self, name: str) -> None:
        """Switch a node off and on again with a new disk, as at the lab's beginning."""
        self.kill(name)
        store = Path(node_store(name))
        syscalls.unmount(self.roots[name])
        # A rename is quick, and what is left of the old disk can go while the node boots.
        old = store.with_name(f"{name}.old")
        store.rename(old)
        rootfs.mount_overlay(str(store), image.layers())
        self.start(name)
        shutil.rmtree(old)

    def bury(self) -> None:
        """Collect ended processes, and notice nodes that ended by themselves."""
        try:
            while True:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                for name in [name for name, init in self.running.items() if init == pid]:
                    del self.running[name]
                    Path(node_store(name), "pid").unlink()
        except ChildProcessError:
            return

    def cut(self, senders: list[str], receivers: list[str]) -> None:
        """Lose everything on the way from `senders` to `receivers` (names)."""
        self.cuts |= {(sender, receiver) for sender in senders for receiver in receivers if sender != receiver}
        self._apply_cuts(receivers)

    def heal(self, senders: list[str], receivers: list[str]) -> None:
        """Undo `cut`."""
        self.cuts -= {(sender, receiver) for sender in senders for receiver in receivers}
        self._apply_cuts(receivers)

    def _apply_cuts(self, receivers: list[str]) -> None:
        seconds = {port.name: port for port in self.seconds.values()}
        ports = {**self.nodes, **self.devices, **self.others, **seconds}
        for receiver in receivers:
            node = self.owners.get(receiver, receiver)
            if node not in self.nodes or node in self.running:
                network.drop(ports[receiver], self._silenced(receiver, ports))

    def _silenced(self, receiver: str, ports: dict[str, Port]) -> list[tuple[int, Port]]:
        return [(self.numbers[sender], ports[sender]) for sender, other in sorted(self.cuts) if other == receiver]

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order and answer it."""
        action = order["do"]
        if action == "status":
            return {"running": sorted(self.running), "cuts": sorted(self.cuts)}
        if action in ("start", "kill", "renew"):
            for name in order["nodes"]:
                getattr(self, action)(name)
        elif action in ("cut", "heal"):
            getattr(self, action)(order["senders"], order["receivers"])
        else:
            return {"error": f"unknown order {action}"}
        return {}

    def switch_power(self, request: str, only: str = "") -> str:
        """What the power switch, or the controller of one node, answers to one line: see fence_lab.py."""
        action, _, name = request.strip().partition(" ")
        if action == "list":
            return only or " ".join(self.nodes)
        name = only or (f"xivo-{name}" if name.isdecimal() else name)
        if name not in self.nodes or action not in ("on", "off", "status"):
            return f"can't {request.strip()}"
        if action == "on":
            self.start(name)
        elif action == "off":
            self.kill(name)
        return "on" if name in self.running else "off"

    def serve(self, listener: socket.socket) -> None:
        """Take orders for ever, one connection and one line each: JSON, or at the power switch plain words."""
        listeners: dict[socket.socket, Callable[[str], str]] = {listener: self._obey_json}
        if self.spec.power_switch:
            listeners[socket.create_server((POWER_AT.address, POWER_PORT))] = self.switch_power
        for node, port in self.spec.controller_ports().items():
            serve_node = functools.partial(self.switch_power, only=node)
            listeners[socket.create_server((port.address, POWER_PORT))] = serve_node
        while True:
            self.bury()
            # Without an order: look after the dead once in a while.
            for ready in select.select(list(listeners), [], [], 1.0)[0]:
                connection, _ = ready.accept()
                connection.settimeout(_TIMEOUT)
                # Whoever asked may be gone: a node without power, or cut off.
                with contextlib.suppress(OSError), connection, connection.makefile("rw") as stream:
                    line = stream.readline()
                    if line:
                        stream.write(self._answer(listeners[ready], line) + "\n")
                        stream.flush()

    def _obey_json(self, line: str) -> str:
        return json.dumps(self.obey(json.loads(line)))

    def _answer(self, obey: Callable[[str], str], line: str) -> str:
        try:
            return obey(line)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            return json.dumps({"error": str(error)})


def _redirect_output(path: str) -> None:
    """Let standard output and error go to the end of a file, and read nothing."""
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _is_open(address: tuple[str, int]) -> bool:
    """Whether a TCP port takes connections."""
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def _say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _be_site(spec: Spec) -> None:
    syscalls.die_with_parent()
    site = Site(spec)
    try:
        site.set_up()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(CONTROL_SOCKET)
        listener.listen()
    except (OSError, RuntimeError, image.InstallError, subprocess.SubprocessError) as error:
        _say(error=str(error))
        return
    _say(ready=True)
    # Nobody listens from here on.
    _redirect_output(f"{STORE}/site.log")
    site.serve(listener)


def _keep(site: int, lifeline: bool) -> None:
    """Wait for the site's end, and bring it about when standard input ends."""
    end = os.pidfd_open(site)
    watched = [end, sys.stdin.fileno()] if lifeline else [end]
    ready, _, _ = select.select(watched, [], [])
    if end not in ready:
        os.kill(site, signal.SIGKILL)
    os.waitpid(site, 0)


def main() -> None:
    """Read the specification, fork the site into new namespaces and watch over it."""
    spec = Spec(**json.loads(sys.stdin.readline()))
    try:
        syscalls.unshare(syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWIPC)
    except OSError as error:
        _say(error=str(error))
        return
    site = os.fork()
    if site == 0:
        _be_site(spec)
        os._exit(0)
    _say(pid=site)
    # The site alone goes on talking; whoever reads its words, or a terminal, must not have to wait for the keeper.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    _keep(site, spec.lifeline)
    os._exit(0)


if __name__ == "__main__":
    main()
