"""The clock that the record goes by."""

from __future__ import annotations

from pathlib import Path

from berofos_ra.clock import boot_clock


def test_the_boot_clock_counts_from_boot_and_only_forwards() -> None:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    first, second = boot_clock(), boot_clock()
    assert uptime - 0.1 <= first <= second
    assert second < 1e9  # not a wall clock
