"""Booleans are read as Pacemaker reads them."""

from __future__ import annotations

import pytest

from berofos_ra.boolean import boolean


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("true", "YES", "On", "y", "1")),
        *((word, False) for word in ("False", "NO", "off", "N", "0")),
        *((word, None) for word in ("", None, "maybe", "2")),
    ],
)
def test_words_in_capitals_or_not(text: str | None, value: bool | None) -> None:
    assert boolean(text) is value
