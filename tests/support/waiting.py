"""Waiting for what happens in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0  # s; costs nothing where all is well, and a busy machine may take its time


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.01)
