"""Thresholds and performance data as the Monitoring Plugins' guidelines spell them. Pure."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from berofos_ra.errors import ParameterError

_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?"
_RANGE = re.compile(rf"(@?)(?:(~|{_NUMBER})?:)?({_NUMBER})?", re.ASCII)


class Range(NamedTuple):
    """A range: what is outside of it alerts, or, where it is ``inverted``, what is inside, its ends included."""

    start: float
    end: float
    inverted: bool
    text: str

    def alerts(self, value: float) -> bool:
        """Whether a value alerts."""
        return (self.start <= value <= self.end) == self.inverted


def parse_range(text: str) -> Range:
    """``10`` (0 to 10), ``10:`` (10 or more), ``~:10`` (10 or less), ``10:20``; ``@10:20`` (not from 10 to 20).

    Raises:
        ParameterError: it is none of them.
    """
    match = _RANGE.fullmatch(text)
    if match is None or text in ("", "@", ":", "@:"):
        raise ParameterError(f"{text!r} is no range such as 10:, 10:20 or @10:20")
    start = -math.inf if match[2] == "~" else float(match[2] or 0)
    end = math.inf if match[3] is None else float(match[3])
    if start > end:
        raise ParameterError(f"{text!r} is no range: it begins after its end")
    return Range(start, end, bool(match[1]), text)


class Figure(NamedTuple):
    """One figure of the performance data; ``value`` None: unknown. A ``limit`` is a range's text, empty for none."""

    label: str
    value: float | None
    unit: str = ""
    warning: str = ""
    critical: str = ""
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """As the guidelines want it: ``label=value[unit];warning;critical;low;high``, without the empty end."""
        value = "U" if self.value is None else f"{_plain(self.value)}{self.unit}"
        ends = ("" if end is None else _plain(end) for end in (self.low, self.high))
        return ";".join((f"{self.label}={value}", self.warning, self.critical, *ends)).rstrip(";")


def _plain(number: float) -> str:
    """A number without an exponent, and without a fraction that is none."""
    return f"{number:.3f}".rstrip("0").rstrip(".")
