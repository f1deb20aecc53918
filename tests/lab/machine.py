"""A machine of the lab: a root file system of its own over the host's, and a small init as process 1."""

import contextlib
import os
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab import syscalls
from tests.lab.layout import PREFIX_LENGTH, Port
from tests.support.waiting import comes_true

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "linux",
}

# In the order of their start.
SERVICES = {
    "rsyslog": ("rsyslogd", "-n"),
    "corosync": ("corosync", "-f"),
    "qdevice": ("corosync-qdevice", "-f"),  # only where there is a quorum device
    "pacemaker": ("pacemakerd",),
}

_DEVICE_FILES = {
    "null": (1, 3),
    "zero": (1, 5),
    "full": (1, 7),
    "random": (1, 8),
    "urandom": (1, 9),
    "tty": (5, 0),
}
_SERVICE_TIMEOUT = 120.0  # s; only ever used up when something is broken


def mount_overlay(store: str, lower: Sequence[str]) -> str:
    """Put a writable layer, kept in the directory `store`, over the directories `lower` (topmost first).

    Returns:
        The mount point, `store`/root.
    """
    for part in ("upper", "work", "root"):
        Path(store, part).mkdir(parents=True, exist_ok=True)
    # The root directory of a machine has the upper layer's permissions.
    Path(store, "upper").chmod(0o755)
    root = f"{store}/root"
    layers = f"lowerdir={':'.join(lower)},upperdir={store}/upper,workdir={store}/work"
    syscalls.mount("overlay", root, "overlay", options=layers)
    return root


def enter(root: str, hidden: str) -> None:
    """Make `root` this process's root, with /dev, /proc, /sys, /run and /tmp as fresh as after a boot.

    To be called in a new mount namespace.

    Args:
        root: Mount point of the root file system.
        hidden: Directory to show as empty: the checkout, so that what runs is what was installed.
    """
    syscalls.make_mounts_private()
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("proc", f"{root}/proc", "proc", flags | syscalls.MS_NOEXEC)
    syscalls.mount("sysfs", f"{root}/sys", "sysfs", flags | syscalls.MS_NOEXEC | syscalls.MS_RDONLY)
    syscalls.mount("tmpfs", f"{root}/run", "tmpfs", flags, "mode=755")
    syscalls.mount("tmpfs", f"{root}/tmp", "tmpfs", flags, "mode=1777")
    _make_dev(f"{root}/dev")
    if Path(f"{root}{hidden}").is_dir():
        syscalls.mount("tmpfs", f"{root}{hidden}", "tmpfs", flags | syscalls.MS_RDONLY)
    syscalls.pivot_root(root)
    os.umask(0o022)
    for directory in ("lock", "resource-agents", "crm", "corosync-qdevice", "corosync-qnetd"):
        Path("/run", directory).mkdir()
    subprocess.run(["chown", "hacluster:haclient", "/run/crm"], check=True)
    Path("/run/crm").chmod(0o750)


def _make_dev(dev: str) -> None:
    syscalls.mount("tmpfs", dev, "tmpfs", syscalls.MS_NOSUID, "mode=755")
    for name, (major, minor) in _DEVICE_FILES.items():
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
        Path(dev, name).chmod(0o666)
    for directory in ("pts", "shm"):
        Path(dev, directory).mkdir()
    syscalls.mount("devpts", f"{dev}/pts", "devpts", syscalls.MS_NOSUID, "newinstance,ptmxmode=0666,mode=620,gid=5")
    syscalls.mount("tmpfs", f"{dev}/shm", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=1777")
    for name, target in {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1"}.items():
        Path(dev, name).symlink_to(target)
    Path(dev, "stderr").symlink_to("fd/2")


def boot(port: Port, root: str, hidden: str, say_ready: int, quorum_device: bool = False) -> None:
    """Be a node from power-on to its end. Runs in new namespaces of every kind, as process 1; never returns.

    Args:
        port: The node's name and address.
        root: Its mounted root file system.
        hidden: See `enter`.
        say_ready: Descriptor to write to when the root is set up; an error message goes there too.
        quorum_device: Whether to ask one for its vote.
    """
    try:
        syscalls.set_process_name("init")
        socket.sethostname(port.name)
        os.environ.clear()
        os.environ.update(ENVIRONMENT)
        enter(root, hidden)
        os.write(say_ready, b"ready")
        os.close(say_ready)
        os.closerange(3, 256)
        _wait_until(Path("/sys/class/net/eth0").exists, "eth0")
        _bring_up_network(port)
        _run_services(quorum_device)
    except Exception as error:
        # There is nobody above process 1.
        message = f"boot of {port.name}: {error}"
        print(message, flush=True)
        with contextlib.suppress(OSError):  # closed, once nobody waits any more
            os.write(say_ready, message.encode())
    finally:
        os._exit(1)


def _bring_up_network(port: Port) -> None:
    # The last route lets a broadcast to all devices out: there is no default route.
    commands = (
        "link set lo up\n"
        f"addr add {port.address}/{PREFIX_LENGTH} dev eth0\n"
        "link set eth0 up\n"
        "route add 255.255.255.255 dev eth0\n"
    )
    subprocess.run(["ip", "-batch", "-"], input=commands, text=True, check=True)


def _run_services(quorum_device: bool) -> None:
    """Start syslog, corosync and Pacemaker, then do init's everlasting duty: bury the dead."""
    _spawn(SERVICES["rsyslog"])
    _wait_until(Path("/dev/log").exists, "syslog")
    _spawn(SERVICES["corosync"])
    _wait_until(_corosync_answers, "corosync")
    if quorum_device:
        _spawn(SERVICES["qdevice"])
    _spawn(SERVICES["pacemaker"])
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.2)  # everything was stopped; a process adopted later will be buried then


def _corosync_answers() -> bool:
    """Whether corosync of this machine takes connections (its sockets are abstract, see unix(7))."""
    return "@cmap" in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")


def _spawn(command: Sequence[str]) -> None:
    subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    if not comes_true(condition, _SERVICE_TIMEOUT, poll=0.02):
        raise TimeoutError(f"{what} did not come up within {_SERVICE_TIMEOUT:.0f} s")
