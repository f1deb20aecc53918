"""Looking for what must not be told: as it is, in hexadecimal, and in base64 wherever it begins."""

from __future__ import annotations

import base64
from collections.abc import Iterable


def found(data: bytes, markers: Iterable[str | bytes]) -> list[str | bytes]:
    """The markers that are in the data in some way; letters' case is no matter."""
    return [marker for marker in markers if any(form.lower() in data.lower() for form in _forms(marker))]


def _forms(marker: str | bytes) -> Iterable[bytes]:
    raw = marker.encode() if isinstance(marker, str) else marker
    yield raw
    yield raw.hex().encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw)
        whole = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        if len(whole) > 4:  # shorter ones are anywhere
            yield whole
