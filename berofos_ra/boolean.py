"""Booleans as Pacemaker and people write them. Pure."""

from __future__ import annotations

_TRUE = ("true", "on", "yes", "y", "1")
_FALSE = ("false", "off", "no", "n", "0")


def boolean(text: str | None) -> bool | None:
    """What the word means, in capitals or not; None: it is neither true nor false."""
    word = (text or "").strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None
