"""The few Linux system calls the lab needs and Python's own library (3.11) doesn't have."""

import ctypes
import os
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18

_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` (CLONE_NEW...) for new ones of one's own.

    Raises:
        OSError: not permitted, or the kernel lacks such namespaces.
    """
    _check(_libc.unshare(flags), "unshare")


def setns(path: str, flags: int) -> None:
    """Move the calling thread into the namespace behind `path` (a file in /proc/PID/ns).

    Raises:
        OSError: not permitted, or there is no such namespace (any more).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.setns(descriptor, flags), f"setns {path}")
    finally:
        os.close(descriptor)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount, as mount(2).

    Raises:
        OSError: whatever mount(2) says, with the target's name.
    """
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode() or None
    )
    _check(result, f"mount {kind or source} on {target}")


def unmount(target: str) -> None:
    """Unmount, as umount2(2), at once.

    Raises:
        OSError: `target` is no mount point, or busy.
    """
    _check(_libc.umount2(target.encode(), 0), f"umount of {target}")


def make_mounts_private() -> None:
    """Stop mounts made here from showing up in the namespace this one was copied from."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def pivot_root(new_root: str) -> None:
    """Make the mount point `new_root` the root directory and let go of the old root.

    Raises:
        OSError: `new_root` is no mount point, or it isn't permitted.
    """
    os.chdir(new_root)
    # Old and new root stacked on one directory, see pivot_root(2): no directory for the old one is needed.
    _check(_libc.pivot_root(b".", b"."), f"pivot_root {new_root}")
    _check(_libc.umount2(b".", _MNT_DETACH), "umount of the old root")
    os.chdir("/")


def die_with_parent() -> None:
    """Have the kernel kill this process as soon as its parent is gone."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def set_process_name(name: str) -> None:
    """Show up as `name` (15 bytes at most) in ps and top."""
    _check(_libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0), "prctl")
