"""Commands as processes: to their end, as somebody without rights, on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.checkout import CHECKOUT
from tests.support.waiting import PATIENCE

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
TIMEOUT = 600.0  # s; no command may take as long, whatever happens


def kill(process: subprocess.Popen[str]) -> None:
    """End it at once, without a chance to clean up."""
    process.kill()
    process.communicate()


def finish(process: subprocess.Popen[str], text: str | None = None, within: float = TIMEOUT) -> tuple[str, str]:
    """Wait for its end: what it said on standard output and standard error. ``text`` is for its standard input.

    Raises:
        subprocess.TimeoutExpired: it took longer than so many seconds, and was killed.
    """
    try:
        return process.communicate(text, timeout=within)
    except subprocess.TimeoutExpired:
        kill(process)
        raise


@contextmanager
def within_reason(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Kill it if the block takes too long: what is read from it in the block then ends, and doesn't wait for ever."""
    too_long = threading.Timer(PATIENCE, process.kill)
    too_long.start()
    try:
        yield
    finally:
        too_long.cancel()


def run(
    command: Sequence[object], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command to its end, whatever that is, with nothing on standard input; no ``environment``: a PATH alone."""
    return subprocess.run(
        [str(word) for word in command],
        env={"PATH": PATH} if environment is None else environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def output_of(*command: str | Path) -> str:
    """What a command prints on standard output, with our own environment and in /; it has to end well."""
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def as_nobody(*command: str) -> tuple[str, ...]:
    """``command`` run as a user without rights, who may not even be able to enter the checkout: so it is at /mnt."""
    script = 'mount --bind "$0" /mnt && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"'
    return ("unshare", "--mount", "sh", "-c", script, str(CHECKOUT), *command)


def on_terminal(
    command: Sequence[str], environment: Mapping[str, str], cwd: Path, answers: Sequence[tuple[str, str]] = ()
) -> tuple[int, str]:
    """Run a command on a terminal: its exit status, and all that was to be seen.

    ``answers`` are pairs of a question and what is typed once it is seen; all of them have to be asked.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvpe(command[0], [*command], environment)
    output = b""
    left = list(answers)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        output += piece
        if left and output.decode(errors="replace").endswith(left[0][0]):
            os.write(terminal, left.pop(0)[1].encode() + b"\n")
            output += b"<typed>"
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    text = output.decode(errors="replace").replace("\r\n", "\n")
    assert not left, text
    return os.waitstatus_to_exitcode(status), text
