"""Whole numbers, as people and devices write them. Pure."""

from __future__ import annotations

import re


def whole_number(text: str, low: int = 0, high: int = 999_999_999) -> int | None:
    """The number from ``low`` to ``high`` that these decimal digits are, nine at most; None: they are no such."""
    if not re.fullmatch("[0-9]{1,9}", text, re.ASCII):
        return None
    number = int(text)
    return number if low <= number <= high else None
