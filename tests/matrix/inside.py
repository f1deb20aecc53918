"""``python3 -m tests.matrix.inside ROOT NAME DIRECTORY COMMAND...``: process 1 of a root's namespaces.

Moves into the root, calls the machine NAME, runs the command in the directory and ends with its exit status.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from tests.lab import rootfs, syscalls


def main() -> int:
    """Run the command, and bury all that is left behind by others meanwhile."""
    root, name, directory, *command = sys.argv[1:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    syscalls.mount(root, root, flags=syscalls.MS_BIND)  # a mount point is what can be moved into
    socket.sethostname(name)
    rootfs.enter(root)
    child = subprocess.Popen(command, cwd=directory)
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit(main())
