"""How an action ends: its exit code and its reason; and the one table from errors to exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import ocf

from berofos_ra.errors import (
    BerofosError,
    ConfigError,
    ConfigUnreadableError,
    ConfigUntrustedError,
    ParameterError,
    WiringError,
    explain,
)
from berofos_ra.resource.spans import SpanMissingError

OCF_DEGRADED = 190  # Pacemaker's, not in ocf.py

MAX_REASON = 128  # bytes; Pacemaker cuts there

EXIT_CODES: tuple[tuple[type[BerofosError], int], ...] = (
    (ParameterError, ocf.OCF_ERR_CONFIGURED),
    (ConfigUnreadableError, ocf.OCF_ERR_PERM),
    (ConfigUntrustedError, ocf.OCF_ERR_PERM),
    (ConfigError, ocf.OCF_ERR_INSTALLED),
    (WiringError, ocf.OCF_ERR_INSTALLED),
    (SpanMissingError, ocf.OCF_ERR_INSTALLED),
)


class Outcome(NamedTuple):
    """An exit code and the reasons for it, the gravest first; none for a success or a probe's "not running"."""

    code: int
    reasons: tuple[str, ...] = ()


SUCCESS = Outcome(ocf.OCF_SUCCESS)
NOT_RUNNING = Outcome(ocf.OCF_NOT_RUNNING)


def outcome_of(error: BerofosError) -> Outcome:
    """The outcome of an action that raised ``error``."""
    for kind, code in EXIT_CODES:
        if isinstance(error, kind):
            return Outcome(code, (explain(error),))
    return Outcome(ocf.OCF_ERR_GENERIC, (explain(error),))


def is_incomplete(error: ImportError) -> bool:
    """Whether what can't be imported is a part of this library, and not something that it needs."""
    return (error.name or "").partition(".")[0] == "berofos_ra"


def cannot_write(path: Path, error: OSError) -> Outcome:
    """The outcome of an action that can't write there what later ones must know."""
    return Outcome(ocf.OCF_ERR_GENERIC, (f"can't write {path}: {error.strerror}",))


def exit_reason(reasons: tuple[str, ...]) -> str:
    """The reasons in one ASCII line of at most 128 bytes; those that don't fit are counted."""
    clean = [one_line(reason) for reason in reasons]
    for shown in range(len(clean), 0, -1):
        left_out = len(clean) - shown
        line = "; ".join(clean[:shown]) + (f"; and {left_out} more" if left_out else "")
        if len(line) <= MAX_REASON:
            return line
    ending = f"... and {len(clean) - 1} more" if len(clean) > 1 else "..."
    return clean[0][: MAX_REASON - len(ending)] + ending


def one_line(text: str) -> str:
    """The text as one line of printable ASCII."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)
