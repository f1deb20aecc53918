"""The one place where commands write: standard output and standard error, be they full, closed, or for ASCII alone.

Writing never raises, whoever writes: our own code, argparse or rich. What can't be told decides nothing: a command
goes on, and its exit status tells of what it did. Only one whose purpose is what it prints answers 1 then. The first
loss of standard output is a line on standard error, unless its reader has left (``| head``); what standard error
doesn't take goes to syslog.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import syslog
from collections.abc import Callable

MAX_SYSLOG = 900  # characters of a line; some receivers cut at 1024 bytes
_INPUT, _OUTPUT, _ERRORS = range(3)


class _Sink(io.FileIO):
    """A descriptor; what it doesn't take is handed to ``lose`` with the reason."""

    def __init__(self, number: int, lose: Callable[[OSError, bytes], None]) -> None:
        super().__init__(number, "w", closefd=False)
        self._lose = lose

    def write(self, data: object) -> int:
        whole = bytes(data)  # type: ignore[call-overload]  # whatever buffer it is
        left = whole
        try:
            while left:
                left = left[os.write(self.fileno(), left) :]
        except OSError as error:
            self._lose(error, left)
        return len(whole)


_losses: list[OSError] = []  # the first one of standard output, if any


def run(program: str, act: Callable[[], int]) -> int:
    """Run a command to its exit status, that of wrong usage and ``--help`` included; 130: interrupted."""
    _prepare(program)
    try:
        return act()
    except SystemExit as end:
        return told(end.code if isinstance(end.code, int) else 1)
    except KeyboardInterrupt:
        return 130


def is_lost() -> bool:
    """Whether something on standard output got lost."""
    return bool(_losses)


def told(status: int) -> int:
    """The exit status of what is there to be read: 0 only where nothing got lost."""
    return 1 if status == 0 and is_lost() else status


def _prepare(program: str) -> None:
    encodings = [None if stream is None else stream.encoding for stream in (sys.stdout, sys.stderr)]
    _fill_descriptors()

    def lose_output(error: OSError, lost: bytes) -> None:
        if _losses:
            return
        _losses.append(error)
        if error.errno != errno.EPIPE:
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            sys.stderr.write(f"{program}: standard output can't be written: {reason}\n")
            sys.stderr.flush()

    def lose_errors(error: OSError, lost: bytes) -> None:
        syslog.openlog(program, syslog.LOG_PID, syslog.LOG_USER)
        for line in lost.decode("utf-8", errors="replace").replace("\0", "?").splitlines():
            syslog.syslog(syslog.LOG_WARNING, line[:MAX_SYSLOG])

    sys.stdout = _stream(_Sink(_OUTPUT, lose_output), encodings[0])
    sys.stderr = _stream(_Sink(_ERRORS, lose_errors), encodings[1])
    if sys.stdin is None:
        sys.stdin = open(_INPUT, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives


def _stream(sink: _Sink, encoding: str | None) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(sink), encoding=encoding or "utf-8", errors="backslashreplace", line_buffering=True
    )


def _fill_descriptors() -> None:
    """Put something in the place of closed ones, so that nothing else gets their numbers.

    It can't be written, so whatever is written there is noticed to be lost.
    """
    for number in (_INPUT, _OUTPUT, _ERRORS):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)  # it gets the lowest number that is free


class Messages:
    """A drop-in's lines, to syslog or a terminal: there results on standard output, the others on standard error."""

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
