"""Who did what, for syslog: what a command of ours does to the cluster is told there, with whoever did it and why."""

from __future__ import annotations

import getpass
import os
import syslog

from berofos_ra.cli.messages import printable

_MAX = 900  # characters of a line; some receivers cut at 1024 bytes


def who() -> str:
    """The user, and the one who became it by sudo: ``root (sudo: anna)``."""
    try:
        user = getpass.getuser() if os.geteuid() else "root"
    except (KeyError, OSError):
        user = str(os.geteuid())
    by = os.environ.get("SUDO_USER", "")
    return f"{user} (sudo: {by})" if by and by != user else user


def note(line: str) -> None:
    """A line in syslog, as ``berofos[PID]: LINE``."""
    syslog.openlog("berofos", syslog.LOG_PID, syslog.LOG_USER)
    syslog.syslog(syslog.LOG_NOTICE, printable(line)[:_MAX])
