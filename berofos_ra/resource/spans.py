"""Alarms of the DAHDI spans behind the relay, as Linux shows them in sysfs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from berofos_ra.errors import BerofosError

ROOT = Path("/sys/bus/dahdi_spans/devices")
MISSING = "MISSING"  # beside DAHDI's own alarm words


class SpanMissingError(BerofosError):
    """A span that is to be watched doesn't exist on this node."""


def read_alarms(spans: Iterable[int], root: Path = ROOT) -> dict[int, str]:
    """The alarm words of each span (``RED``, ``YELLOW RECOVERING``, ...); empty: the span is fine."""
    return {span: _words(root / f"span-{span}" / "alarms") for span in spans}


def require(spans: Iterable[int], root: Path = ROOT) -> None:
    """Check that the spans exist.

    Raises:
        SpanMissingError: one doesn't.
    """
    for span, words in read_alarms(spans, root).items():
        if words == MISSING:
            raise SpanMissingError(f"span {span} doesn't exist here: no {root}/span-{span}; is DAHDI running?")


def describe_alarms(alarms: Mapping[int, str]) -> str:
    """The spans in alarm and their words: ``span 1 RED, span 2 RED``; empty when all is fine."""
    return ", ".join(f"span {span} {words}" for span, words in alarms.items() if words)


def _words(file: Path) -> str:
    try:
        return " ".join(file.read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return MISSING
