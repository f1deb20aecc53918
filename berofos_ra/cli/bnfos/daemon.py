"""``bnfos -b``: to the background as a daemon, with a PID file, until SIGTERM."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import syslog
import time
from collections.abc import Callable
from pathlib import Path

from berofos_ra.cli.bnfos.process_name import call_process
from berofos_ra.errors import BerofosError, ParameterError, explain

_DIRECTORY = "/run"
_IN_PLACE = b"1"  # what the daemon tells its parent
_PID_TIMEOUT = 2.0  # seconds for the one that holds the PID file to write its number there


def run_in_background(name: str, lasting: bool, work: Callable[[], int]) -> int:
    """Return 0 once a daemon does ``work``; in the daemon itself, the status of its work.

    A ``lasting`` one has a PID file called ``name``, so there is one of that name at a time. Where the file can't be
    written it does without.

    Raises:
        ParameterError: one is running already.
    """
    file = _claim(name) if lasting else None
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        if file is not None:
            os.close(file[1])
        is_in_place = os.read(reader, 1) == _IN_PLACE
        os.waitpid(child, 0)
        if not is_in_place:
            raise BerofosError("The daemon ended before it was in place", "syslog may say why")
        return 0
    os.close(reader)
    os.setsid()
    os.chdir("/")
    if os.fork():
        os._exit(0)  # the daemon is nobody's session leader, and can't get a terminal
    _leave_terminal()
    call_process("bnfos")
    if file is not None:
        with contextlib.suppress(OSError):  # there is no room for it
            os.ftruncate(file[1], 0)
            os.write(file[1], f"{os.getpid()}\n".encode())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    with contextlib.suppress(OSError):  # the parent was killed
        os.write(writer, _IN_PLACE)
    os.close(writer)
    try:
        return work()
    except SystemExit:
        syslog.syslog(syslog.LOG_NOTICE, "ends on a signal")
        return 0
    except BerofosError as error:
        syslog.syslog(syslog.LOG_ERR, explain(error))
        return 1
    finally:
        if file is not None:
            with contextlib.suppress(OSError):
                file[0].unlink()


def _claim(name: str) -> tuple[Path, int] | None:
    """The PID file, locked for as long as the daemon lives; None where it can't be had."""
    path = Path(os.environ.get("BNFOS_PID_DIR") or _DIRECTORY, f"{name}.pid")
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}; going on without a PID file\n")
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid = _pid_in(path)
        os.close(number)
        raise ParameterError(f"Already running as process {pid}, see {path}", f"end it with: kill {pid}") from None
    return path, number


def _pid_in(path: Path) -> str:
    deadline = time.monotonic() + _PID_TIMEOUT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            return str(int(path.read_text(encoding="ascii")))
        time.sleep(0.05)
    return "?"


def _leave_terminal() -> None:
    with Path(os.devnull).open("r+b", buffering=0) as null:
        for number in range(3):
            os.dup2(null.fileno(), number)


def _end(number: int, frame: object) -> None:
    raise SystemExit(0)
