"""Small files: read whatever may be there, and replaced at once or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def read_ascii(path: Path) -> str:
    """What a file of ASCII text holds; empty where it isn't there, can't be read, or has something else in it."""
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def replace_file(path: Path, text: str, mode: int = 0o600, owner: tuple[int, int] | None = None) -> None:
    """Give a file this text; whoever reads it meanwhile sees the old one or the new one. A link is replaced as well.

    ``owner`` is a user's and a group's number; None: this process's. Surrogates in the text are bytes, not UTF-8.

    Raises:
        OSError: it can't be written; it is then as it was.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if owner is not None:
                os.fchown(descriptor, *owner)
            os.fchmod(descriptor, mode)
            stream.write(text.encode("utf-8", "surrogateescape"))
            stream.flush()
            os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
