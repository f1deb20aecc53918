"""Who did what, for syslog: what a command of ours does to the cluster is told there, with whoever did it and why."""

from __future__ import annotations

import getpass
import os
import syslog

from berofos_ra.cli.messages import printable
from berofos_ra.cli.output import MAX_SYSLOG


def who() -> str:
    """The user, and the one who became it by sudo: ``root (sudo: anna)``."""
    try:
        user = getpass.getuser() if os.geteuid() else "root"
    except (KeyError, OSError):
        user = str(os.geteuid())
    by = "".join(letter for letter in os.environ.get("SUDO_USER", "") if letter.isalnum() or letter in "._-@\\")
    return f"{user} (sudo: {by})" if by and by != user else user


def note(line: str, program: str = "berofos") -> None:
    """A line in syslog, as ``PROGRAM[PID]: LINE``."""
    syslog.openlog(program, syslog.LOG_PID, syslog.LOG_USER)
    syslog.syslog(syslog.LOG_NOTICE, printable(line)[:MAX_SYSLOG])
