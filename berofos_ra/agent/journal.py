"""The agent's log: one line per event in syslog, and on stderr, from where Pacemaker takes it to its own log.

Not through ocf.py's logger: that one has no notice level, and would log every exit reason each time, so a degraded
resource would fill the log at every monitor.
"""

from __future__ import annotations

import os
import sys
import syslog

from berofos_ra.agent.outcome import one_line
from berofos_ra.bnfosconf.reader import BnfosConfig

MAX_LINE = 2000  # characters of a line: devices have a say in some


def open_journal(instance: str) -> None:
    """Log under this resource instance's name, to the facility that Pacemaker uses."""
    facility = getattr(syslog, f"LOG_{os.environ.get('HA_LOGFACILITY', 'daemon').upper()}", syslog.LOG_DAEMON)
    syslog.openlog(f"berofos({one_line(instance)})", syslog.LOG_PID, facility)


def notice(message: str) -> None:
    """Something changed as intended."""
    _log(syslog.LOG_NOTICE, message)


def switched(label: str, before: str, after: str, lines_on: str) -> None:
    """A device's relay was moved, and who has the lines now."""
    notice(f"{label}: relay {before} -> {after}, lines now on {lines_on}")


def warn_of_readers(config: BnfosConfig) -> None:
    """Say so when others can read the passwords. Not for what is done again and again."""
    if config.readable_by_others:
        warning(f"{config.path} holds passwords and others can read it; chmod 0600 {config.path}")


def warning(message: str) -> None:
    """Something isn't as it should be, and goes on all the same."""
    _log(syslog.LOG_WARNING, message)


def error(message: str) -> None:
    """An action failed."""
    _log(syslog.LOG_ERR, message)


def _log(priority: int, message: str) -> None:
    line = one_line(f"berofos {message}")
    if len(line) > MAX_LINE:
        line = f"{line[:MAX_LINE]}..."
    syslog.syslog(priority, line)
    sys.stderr.write(line + "\n")
