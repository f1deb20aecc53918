"""Clocks may jump."""

from __future__ import annotations

import ast

from tests.support.checkout import CHECKOUT

SHOWN = {"simulator", "cli", "history", "monitoring"}  # they show it to people


def test_nothing_asks_for_the_time_of_day() -> None:
    """So that it may jump: time is counted from boot, or from the action's beginning."""
    asked = set()
    for file in sorted((CHECKOUT / "berofos_ra").rglob("*.py")):
        parts = file.relative_to(CHECKOUT).parts
        if SHOWN & {*parts} or file.name in ("rules.py", "remarks.py"):  # a rule ends at a time of day
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
                asked.add(node.attr)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = [alias.name for alias in node.names] + [getattr(node, "module", None)]
                assert "datetime" not in modules, file
                assert getattr(node, "module", None) != "time", f"{file}: import time itself, so that this test sees"
    assert asked <= {"monotonic", "sleep", "clock_gettime", "CLOCK_BOOTTIME"}
