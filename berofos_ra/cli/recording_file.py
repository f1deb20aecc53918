"""A device's recording as a file."""

from __future__ import annotations

from pathlib import Path

from berofos_ra.device.recording import MAX_BYTES, Recording, parse_recording, render_recording
from berofos_ra.errors import RecordingError
from berofos_ra.files import replace_file


def read_recording(file: Path) -> Recording:
    """The recording in a file.

    Raises:
        RecordingError: there is none, or it can't serve.
    """
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None
    if len(text) > MAX_BYTES:
        raise RecordingError(f"{file}: isn't a recording of a device: more than {MAX_BYTES // 1024} KiB")
    return parse_recording(text.decode("utf-8", "replace"), str(file))


def write_recording(file: Path, recording: Recording) -> None:
    """Put it there at once, for all to read.

    Raises:
        RecordingError: that isn't possible.
    """
    try:
        replace_file(file, render_recording(recording), mode=0o644)
    except OSError as error:
        raise RecordingError(f"{file} can't be written: {error.strerror}", "give another --output") from None
