"""The name under which a process is found: scripts look for a daemon of the vendor's tool by ``pidof bnfos``."""

from __future__ import annotations

import contextlib
import ctypes
from itertools import dropwhile
from pathlib import Path

_PROC = Path("/proc/self")
_ARG_START, _ARG_END = 47, 48  # fields of /proc/PID/stat, counted from 0: where the arguments lie; see proc(5)


def call_process(name: str) -> None:
    """Be ``name`` in the place of Python, with the same arguments; where Linux doesn't let us, nothing changes."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        (_PROC / "comm").write_text(name, encoding="ascii")
        arguments = (_PROC / "cmdline").read_bytes().split(b"\0")[:-1]
        fields = (_PROC / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        start, end = (int(fields[number - 2]) for number in (_ARG_START, _ARG_END))
        ours = b"\0".join([name.encode(), *_after_program(arguments)]) + b"\0"
        if 0 < start < end and len(ours) <= end - start:
            ctypes.memmove(start, ours.ljust(end - start, b"\0"), end - start)


def _after_program(arguments: list[bytes]) -> list[bytes]:
    """What follows Python, its options, and the program that it runs."""
    rest = list(dropwhile(lambda word: word.startswith(b"-") and word != b"-m", arguments[1:]))
    return rest[2:] if rest[:1] == [b"-m"] else rest[1:]
