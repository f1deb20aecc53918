"""The clock that lives as long as `/run` does."""

from __future__ import annotations

import time


def boot_clock() -> float:
    """Seconds since boot, sleep included; it never jumps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
