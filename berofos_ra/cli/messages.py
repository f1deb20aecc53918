"""Where the drop-ins' messages go: to the terminal, or to syslog, or both."""

from __future__ import annotations

import sys
import syslog

from berofos_ra.cli.output import MAX_SYSLOG


class Messages:
    """One line each. ``to_terminal`` puts results on standard output and complaints on standard error."""

    def __init__(self, program: str, to_terminal: bool = True, to_syslog: bool = False) -> None:
        self._to_terminal = to_terminal
        self._to_syslog = to_syslog
        if to_syslog:
            syslog.openlog(program, syslog.LOG_PID, syslog.LOG_USER)

    def result(self, line: str) -> None:
        """What was asked for, or that it was done."""
        self._say(line, syslog.LOG_NOTICE)

    def hint(self, line: str) -> None:
        """Something to know beside the result."""
        self._say(line, syslog.LOG_NOTICE, aside=True)

    def complaint(self, line: str, priority: int = syslog.LOG_WARNING) -> None:
        """It wasn't done, and why."""
        self._say(line, priority, aside=True)

    def _say(self, line: str, priority: int, aside: bool = False) -> None:
        text = printable(line)
        if self._to_syslog and text:
            syslog.syslog(priority, text[:MAX_SYSLOG])
        if self._to_terminal:
            stream = sys.stderr if aside else sys.stdout
            stream.write(text + "\n")
            stream.flush()


def printable(text: str) -> str:
    """The text without what could upset a terminal or forge a line: a device may say anything."""
    return "".join(character if character.isprintable() else "?" for character in text)
