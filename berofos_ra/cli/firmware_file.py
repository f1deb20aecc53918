"""A firmware image from a file."""

from __future__ import annotations

from pathlib import Path

from berofos_ra.device.firmware import MAX_BYTES, Image, ImageError, cut


class ImageUnreadableError(ImageError):
    """The file isn't there, or can't be read."""


def read_image(path: str) -> Image:
    """The image in a file.

    Raises:
        ImageUnreadableError: it can't be read.
        ImageError: it can't be firmware.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise ImageUnreadableError(f"{path}: {reason}") from None
    try:
        return cut(data)
    except ImageError as error:
        raise ImageError(f"{path}: {error}", error.advice) from None
