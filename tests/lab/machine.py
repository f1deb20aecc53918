"""A machine of the lab: a small init as process 1 of its namespaces, and the daemons of a cluster."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab import rootfs, syscalls
from tests.lab.layout import PREFIX_LENGTH, Port
from tests.support.waiting import comes_true

# In the order of their start.
SERVICES = {
    "rsyslog": ("rsyslogd", "-n"),
    "corosync": ("corosync", "-f"),
    "qdevice": ("corosync-qdevice", "-f"),  # only where there is a quorum device
    "pacemaker": ("pacemakerd",),
}
_LOGS = {"corosync": "/var/log/corosync/corosync.log", "pacemaker": "/var/log/pacemaker/pacemaker.log"}

_SERVICE_TIMEOUT = 120.0  # s; only ever used up when something is broken


def enter(root: str, hidden: str) -> None:
    """Make `root` this process's root, see `rootfs.enter`, and give it what the daemons want in /run."""
    rootfs.enter(root, hidden)
    for directory in ("resource-agents", "crm", "corosync-qdevice", "corosync-qnetd"):
        Path("/run", directory).mkdir()
    subprocess.run(["chown", "hacluster:haclient", "/run/crm"], check=True)
    Path("/run/crm").chmod(0o750)


def boot(ports: Sequence[Port], root: str, hidden: str, say_ready: int, quorum_device: bool = False) -> None:
    """Be a node from power-on to its end. Runs in new namespaces of every kind, as process 1; never returns.

    Args:
        ports: The node's name and addresses: eth0's, and where there is one eth1's.
        root: Its mounted root file system.
        hidden: See `enter`.
        say_ready: Descriptor to write to when the root is set up; an error message goes there too.
        quorum_device: Whether to ask one for its vote.
    """
    try:
        syscalls.set_process_name("init")
        socket.sethostname(ports[0].name)
        os.environ.clear()
        os.environ.update(rootfs.ENVIRONMENT)
        enter(root, hidden)
        os.write(say_ready, b"ready")
        os.close(say_ready)
        os.closerange(3, 256)
        for number in range(len(ports)):
            _wait_until(Path(f"/sys/class/net/eth{number}").exists, f"eth{number}")
        _bring_up_network(ports)
        _run_services(quorum_device)
    except Exception as error:
        # There is nobody above process 1.
        message = f"boot of {ports[0].name}: {error}"
        print(message, flush=True)
        with contextlib.suppress(OSError):  # closed, once nobody waits any more
            os.write(say_ready, message.encode())
    finally:
        os._exit(1)


def _bring_up_network(ports: Sequence[Port]) -> None:
    commands = "link set lo up\n"
    for number, port in enumerate(ports):
        commands += f"addr add {port.address}/{PREFIX_LENGTH} dev eth{number}\nlink set eth{number} up\n"
    # It lets a broadcast to all devices out: there is no default route.
    commands += "route add 255.255.255.255 dev eth0\n"
    subprocess.run(["ip", "-batch", "-"], input=commands, text=True, check=True)


def _run_services(quorum_device: bool) -> None:
    """Start syslog, corosync and Pacemaker, then do init's everlasting duty: bury the dead."""
    _bring_up("rsyslog", Path("/dev/log").exists)
    _bring_up("corosync", lambda: _listens("@cmap"))
    if quorum_device:
        _bring_up("qdevice", lambda: _listens("/corosync-qdevice.sock"))
    _bring_up("pacemaker", lambda: _listens("@pacemakerd"))
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.2)  # everything was stopped; a process adopted later will be buried then


def _listens(name: str) -> bool:
    """Whether a Unix socket of that name takes connections on this machine (with @ it is abstract, see unix(7))."""
    return name in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")


def _bring_up(service: str, is_up: Callable[[], bool]) -> None:
    """Start a daemon and wait until it is up.

    Raises:
        RuntimeError: it has ended instead; the message has the end of its log.
        TimeoutError: it didn't come up in time.
    """
    daemon = subprocess.Popen(SERVICES[service], stdin=subprocess.DEVNULL, start_new_session=True)
    _wait_until(lambda: daemon.poll() is not None or is_up(), service)
    if daemon.poll() is not None:
        log = Path(_LOGS.get(service, os.devnull))
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        raise RuntimeError(f"{service} ended with exit status {daemon.returncode} at once:\n{text.strip()[-2000:]}")


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    if not comes_true(condition, _SERVICE_TIMEOUT, poll=0.02):
        raise TimeoutError(f"{what} did not come up within {_SERVICE_TIMEOUT:.0f} s")
