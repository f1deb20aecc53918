"""Other programs: where they are, whatever the PATH is, and how one is run to its end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_SBIN = "/usr/sbin:/sbin"  # cron's own PATH is without them


def find_program(name: str) -> str | None:
    """The path of a program; None: it isn't installed."""
    return shutil.which(name) or shutil.which(name, path=_SBIN)


def run_program(*command: str, timeout: float, in_own_group: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, for ``timeout`` seconds at most, with nothing to read.

    ``in_own_group``: a Ctrl-C at the terminal doesn't reach it.

    Raises:
        TimeoutError: it took longer; it has been killed.
        OSError: it can't be run.
    """
    import subprocess  # a healthy monitor runs none

    try:
        return subprocess.run(
            (find_program(command[0]) or command[0], *command[1:]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
            process_group=0 if in_own_group else None,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{command[0]} takes longer than {timeout:g} s") from None
