"""A firmware image: whether it can be one, and its pages as GBL4 carries them. Pure.

The image's format isn't documented and the device doesn't say what it takes, so only what can't be firmware is
refused. Sending is in `gbl4_client`.
"""

from __future__ import annotations

from typing import NamedTuple

from berofos_ra.device import gbl4
from berofos_ra.errors import BerofosError

MAX_BYTES = 0xFFFF * gbl4.PAGE_SIZE  # the number of pages has 16 bits

_NOT_FIRMWARE = {
    b"PK\x03\x04": ("a ZIP archive", "unpack it first"),
    b"\x1f\x8b": ("compressed with gzip", "unpack it first"),
    b"<!doctype": ("a web page", "download the file itself"),
    b"<html": ("a web page", "download the file itself"),
    b"<?xml": ("an XML document", None),
    b"%pdf": ("a PDF document", None),
}


class ImageError(BerofosError):
    """This can't be a firmware image."""

    ADVICE = "take the file that the vendor delivers"


class Image(NamedTuple):
    """A firmware image, ready to be sent.

    ``pages`` have `gbl4.PAGE_SIZE` bytes each, the last one padded with zeros; ``checksum`` is the XOR of all bytes.
    """

    pages: tuple[bytes, ...]
    checksum: int


def version_text(version: tuple[int, int]) -> str:
    """A version as the device's own page shows it, such as ``1.53``."""
    return ".".join(map(str, version))


def cut(data: bytes) -> Image:
    """Check the content of a firmware file and cut it into pages.

    Raises:
        ImageError: empty, too big, or obviously something else.
    """
    if not data:
        raise ImageError("the file is empty")
    if len(data) > MAX_BYTES:
        raise ImageError(f"the file is too big for a berofos: more than {MAX_BYTES} bytes")
    start = data.lstrip()[:16]
    for magic, (what, advice) in _NOT_FIRMWARE.items():
        if start.startswith(magic) or start.lower().startswith(magic):
            raise ImageError(f"the file is {what}", advice)
    if len(set(data)) == 1:
        raise ImageError("the file holds nothing: all its bytes are the same")
    size = gbl4.PAGE_SIZE
    pages = tuple(data[at : at + size].ljust(size, b"\0") for at in range(0, len(data), size))
    return Image(pages, gbl4.checksum(data))
