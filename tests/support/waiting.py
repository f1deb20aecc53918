"""Waiting for what happens in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0  # s; costs nothing where all is well, and a busy machine may take its time


def comes_true(condition: Callable[[], object], timeout: float, poll: float = 0.01) -> bool:
    """Look again every ``poll`` seconds until it is so; False when it isn't within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True


def wait_until(condition: Callable[[], object], what: str) -> None:
    """The same for what has to happen; ``what`` says it in a failure's message."""
    assert comes_true(condition, PATIENCE), f"not within {PATIENCE:g} s: {what}"
