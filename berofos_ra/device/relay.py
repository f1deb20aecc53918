"""Relay positions: which port groups are joined, as the device's LEDs and our messages show them. Pure."""

from __future__ import annotations

A_D = "A--D"
A_B = "A--B"
A_B_AND_C_D = "A--B C--D"


def position(mode: bool, bypass: bool) -> str:
    """The joined port groups for a relay mode in the fallback scenario, or in the bypass scenario."""
    if not mode:
        return A_D
    return A_B_AND_C_D if bypass else A_B


def joins(actual: str, expected: str) -> bool:
    """True when every pair of groups in ``expected`` is joined in ``actual`` too."""
    return set(expected.split()) <= set(actual.split())


def lit_groups(actual: str) -> str:
    """The port groups whose green LEDs are lit in that position: the joined ones, such as ``AB``."""
    return "".join(group for group in "ABCD" if group in actual)
