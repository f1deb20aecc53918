"""Firmware images: what can't be one, and their pages."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.device.firmware import MAX_BYTES, ImageError, cut


@given(st.binary(min_size=2, max_size=3000).filter(lambda data: len(set(data)) > 1))
def test_pages_are_the_image_padded_with_zeros(data: bytes) -> None:
    try:
        image = cut(data)
    except ImageError:
        return  # begins like something else
    joined = b"".join(image.pages)
    assert {len(page) for page in image.pages} == {512}
    assert joined.startswith(data)
    assert set(joined[len(data) :]) <= {0}
    assert len(joined) - len(data) < 512
    assert image.checksum == reduce(xor, data)


def test_a_whole_number_of_pages_is_not_padded() -> None:
    assert len(cut(bytes(range(256)) * 4).pages) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n <HTML><body>not found", "the file is a web page"),
        (b"\x1f\x8b\x08\x00rest", "compressed with gzip"),
        (b"%PDF-1.4", "a PDF document"),
        (bytes(4096), "all its bytes are the same"),
        (b"ab" * (MAX_BYTES // 2 + 1), "too big for a berofos"),
    ],
)
def test_what_can_t_be_firmware(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        cut(data)
