"""Whole numbers."""

from __future__ import annotations

import pytest

from berofos_ra.number import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("65535", 65535), ("007", 7), ("999999999", 999_999_999)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 1", "1\n", "+1", "-1", "1.0", "0x1", "1_0", "\u0661", "\u00b2", "1234567890"])
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_the_bounds_are_within() -> None:
    assert [whole_number(text, 1, 3) for text in "01234"] == [None, 1, 2, 3, None]
