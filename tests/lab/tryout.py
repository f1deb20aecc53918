"""Tries, in a process to be thrown away, what the kernel must permit for a lab. Prints complaints as a JSON list."""

import json
import os
import subprocess
from pathlib import Path

from tests.lab import syscalls

_IN_CONTAINER = (
    "In a container, run it as a privileged one (docker run --privileged); a virtual machine is fine as it is."
)

_NETWORK_STEPS = {
    "network bridges and veth pairs": "ip link add br0 type bridge && ip link add lab0 type veth peer name lab1",
    "traffic filters (sch_ingress, cls_u32, act_mirred)": (
        "tc qdisc add dev lab0 clsact && tc filter add dev lab0 egress pref 1 protocol all"
        " u32 match ether src 02:00:00:00:00:01 action mirred egress redirect dev lab1"
    ),
}


def namespaces() -> list[str]:
    """Try to get new namespaces of every kind the lab uses."""
    try:
        syscalls.unshare(
            syscalls.CLONE_NEWNET
            | syscalls.CLONE_NEWNS
            | syscalls.CLONE_NEWPID
            | syscalls.CLONE_NEWIPC
            | syscalls.CLONE_NEWUTS
        )
        syscalls.make_mounts_private()
    except OSError as error:
        return [f"This machine doesn't let root create namespaces ({error}). {_IN_CONTAINER}"]
    return []


def mounts() -> list[str]:
    """Try what makes a machine's root file system."""
    try:
        syscalls.mount("proc", "/proc", "proc")
        syscalls.mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
        for directory in ("upper", "work", "root"):
            Path("/run", directory).mkdir()
        options = "lowerdir=/,upperdir=/run/upper,workdir=/run/work"
        syscalls.mount("overlay", "/run/root", "overlay", options=options)
        Path("/run/root/lab-try-out").write_text("", encoding="ascii")
        os.mknod("/run/null", 0o020666, os.makedev(1, 3))
    except OSError as error:
        return [f"This machine doesn't let root lay an overlay over its root directory ({error}). {_IN_CONTAINER}"]
    return []


def network() -> list[str]:
    """Try what makes the switch."""
    for what, script in _NETWORK_STEPS.items():
        result = subprocess.run(script, shell=True, capture_output=True, text=True, check=False)
        if result.returncode not in (0, 127):  # 127: not installed, which is another complaint
            return [f"This machine's kernel has no {what}: {result.stderr.strip()}"]
    return []


def main() -> None:
    """Try all, as far as it makes sense."""
    complaints = namespaces()
    # The first child is process 1 of the new PID namespace; without one that lives, there are no others.
    if not complaints and os.fork() != 0:
        os.wait()
        return
    complaints = complaints or mounts() + network()
    print(json.dumps(complaints))


if __name__ == "__main__":
    main()
