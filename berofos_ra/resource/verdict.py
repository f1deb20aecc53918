"""What a monitor makes of its findings: the resource as a whole. Pure.

An unplugged management cable doesn't move a relay. So a device that can't be asked is trusted to be where it was
when it last answered, until something speaks against it: a watchdog that must have run out by now, or all watched
spans in alarm at once (a berofos without power joins A--D).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple


class Side(Enum):
    """Where one device's relay was found to join the lines to."""

    THIS_NODE = "this node"
    ELSEWHERE = "elsewhere"  # or its watchdog ran out
    UNKNOWN = "unknown"  # unreachable, login refused, answers nonsense


class Spans(Enum):
    """What the watched spans say together."""

    NOT_WATCHED = "not watched"
    CLEAR = "clear"
    SOME_IN_ALARM = "some in alarm"
    ALL_IN_ALARM = "all in alarm"


class Health(Enum):
    """What the resource is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class DeviceFinding(NamedTuple):
    """One device as a monitor found it.

    ``was_right``: it was on this node's side when it last answered. ``watchdog_due``: it was armed by us and has had
    no answered kick for its interval. ``drift``: a deviation that leaves the lines here (None: none, or not looked
    for). ``reason`` says why it is elsewhere or unknown.
    """

    side: Side
    reason: str = ""
    was_right: bool = False
    watchdog_due: bool = False
    drift: str | None = None


class Verdict(NamedTuple):
    """The resource's health and every reason for it, the gravest first."""

    health: Health
    reasons: tuple[str, ...] = ()


def judge(
    found: Sequence[DeviceFinding],
    min_devices: int,
    trust_unreachable: bool,
    spans: Spans,
    spans_reason: str = "",
    fail_on_all_spans: bool = False,
) -> Verdict:
    """The verdict on a node that owns the relay.

    ``min_devices`` is how many must be on this node's side, 0 meaning all. ``spans_reason`` names the spans in alarm.
    """
    need = needed(min_devices, len(found))
    here = [one for one in found if one.side is Side.THIS_NODE]
    trusted = [one for one in found if trust_unreachable and _trusted(one, spans)]
    reasons = [one.reason for one in found if one.side is Side.ELSEWHERE]
    reasons += [_unknown_reason(one, spans) for one in found if one.side is Side.UNKNOWN]
    if spans in (Spans.SOME_IN_ALARM, Spans.ALL_IN_ALARM):
        reasons.append(spans_reason)
    reasons += [one.drift for one in found if one.drift is not None]
    reasons = list(dict.fromkeys(reasons))  # a missing file is why all devices are unknown

    if len(here) + len(trusted) < need:
        return Verdict(Health.FAILED, tuple(reasons))
    if spans is Spans.ALL_IN_ALARM and fail_on_all_spans:
        return Verdict(Health.FAILED, (spans_reason, *(reason for reason in reasons if reason != spans_reason)))
    return Verdict(Health.DEGRADED if reasons else Health.OK, tuple(reasons))


def needed(min_devices: int, devices: int) -> int:
    """How many of the devices must be on this node's side."""
    return min_devices or devices


def _trusted(one: DeviceFinding, spans: Spans) -> bool:
    return one.side is Side.UNKNOWN and one.was_right and not one.watchdog_due and spans is not Spans.ALL_IN_ALARM


def _unknown_reason(one: DeviceFinding, spans: Spans) -> str:
    if one.was_right and one.watchdog_due:
        return f"{one.reason}; its watchdog must have run out"
    if one.was_right and spans is Spans.ALL_IN_ALARM:
        return f"{one.reason}; all spans in alarm"
    return one.reason
