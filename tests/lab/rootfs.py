"""Root file systems: laying one over others, and moving into one."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from tests.lab import syscalls

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "linux",
}

_DEVICE_FILES = {
    "null": (1, 3),
    "zero": (1, 5),
    "full": (1, 7),
    "random": (1, 8),
    "urandom": (1, 9),
    "tty": (5, 0),
}


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


def enter(root: str, hidden: str = "") -> None:
    """Make `root` this process's root, with /dev, /proc, /sys, /run and /tmp as fresh as after a boot.

    To be called in a new mount namespace.

    Args:
        root: Mount point of the root file system.
        hidden: Directory to show as empty: the checkout, so that what runs is what was installed. None without.
    """
    syscalls.make_mounts_private()
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("proc", f"{root}/proc", "proc", flags | syscalls.MS_NOEXEC)
    syscalls.mount("sysfs", f"{root}/sys", "sysfs", flags | syscalls.MS_NOEXEC | syscalls.MS_RDONLY)
    syscalls.mount("tmpfs", f"{root}/run", "tmpfs", flags, "mode=755")
    syscalls.mount("tmpfs", f"{root}/tmp", "tmpfs", flags, "mode=1777")
    _make_dev(f"{root}/dev")
    if hidden and Path(f"{root}{hidden}").is_dir():
        syscalls.mount("tmpfs", f"{root}{hidden}", "tmpfs", flags | syscalls.MS_RDONLY)
    syscalls.pivot_root(root)
    os.umask(0o022)
    Path("/run/lock").mkdir()


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
