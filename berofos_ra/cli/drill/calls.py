"""Calls in progress, as the asterisk on this machine counts them."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

from berofos_ra.programs import run_program

_TIMEOUT = 5.0  # s
_EVERY = 1.0  # s
_CHANNELS = ("asterisk", "-rx", "core show channels count")


def count_calls() -> int | None:
    """How many channels asterisk has; None: it doesn't tell."""
    try:
        done = run_program(*_CHANNELS, timeout=_TIMEOUT)
    except OSError:
        return None
    found = re.search(r"^\s*(\d+) active channel", done.stdout, re.MULTILINE) if done.returncode == 0 else None
    return None if found is None else int(found[1])


def wait_until_idle(within: float, tell: Callable[[str], None], live: bool) -> bool:
    """Wait, for so many seconds at most, until asterisk has no channel; whether it came to that.

    On a terminal the number is shown ``live``, elsewhere when it changes. An asterisk that doesn't tell isn't idle.
    """
    live = live and sys.stdout.isatty()
    deadline = time.monotonic() + within
    said: int | None = -1
    while True:
        calls = count_calls()
        left = max(0.0, deadline - time.monotonic())
        if live:
            waiting = "\n" if calls == 0 else f"; waiting, {duration(left)} left"
            sys.stdout.write(f"\r\x1b[K{_words(calls)}{waiting}")
            sys.stdout.flush()
        elif calls != said:
            tell(f"{_words(calls)}{'' if calls == 0 else '; waiting'}")
        said = calls
        if calls == 0:
            return True
        if left <= 0:
            if live:
                sys.stdout.write("\n")
            return False
        time.sleep(min(_EVERY, left))


def _words(calls: int | None) -> str:
    if calls is None:
        return "asterisk doesn't tell how many channels are active"
    return f"asterisk: {calls} active channel{'' if calls == 1 else 's'}"


def duration(seconds: float) -> str:
    """Seconds as ``1:59:58``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
