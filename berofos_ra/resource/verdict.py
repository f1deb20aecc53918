"""What a monitor makes of its findings: where each device is, and the resource as a whole. Pure.

An unplugged management cable doesn't move a relay. So a device that can't be asked is trusted to be where it was
when last seen, until something speaks against it: an armed watchdog without an answered kick for its interval, or all
watched spans in alarm at once (a berofos without power joins A--D).

``min_devices`` is about devices that can't be had. One that answers and is merely on the wrong side is put right by
the monitor while another proves that the lines are still here: recovery would stop what depends on the resource, and
drop the calls of healthy devices. Only when no device is right or trusted is it left to recovery.
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

    ``reason`` says why it is elsewhere or unknown. ``was_right``: it was on this node's side when it last answered.
    ``watchdog_due``: it was armed by us and has had no answered kick for its interval. ``drift``: a deviation that
    leaves the lines here (None: none, or not looked for). ``is_deaf``: it is elsewhere, and didn't do as it was told.
    """

    side: Side
    reason: str = ""
    was_right: bool = False
    watchdog_due: bool = False
    drift: str | None = None
    is_deaf: bool = False


class Verdict(NamedTuple):
    """The resource's health and every reason for it, the gravest first."""

    health: Health
    reasons: tuple[str, ...] = ()


def holds_the_lines(found: Sequence[DeviceFinding], trust_unreachable: bool, spans: Spans) -> bool:
    """Whether some device proves that the lines are still here: it is right, or trusted to be."""
    return any(_is_had(one, trust_unreachable, spans) for one in found)


def may_put_right(
    managed: bool | None,
    peer_is_idle: bool | None,
    peer_is_down: bool | None,
    peers_hand: bool,
    seen_before: bool,
    is_proven: bool,
) -> bool:
    """Whether this node's monitor may move a relay back that is on the other side.

    ``managed``: Pacemaker acts on the resource. ``peer_is_idle``: the other wired node is a member that has told
    Pacemaker what runs there, and the resource isn't active on it (True also where there is no other wired node).
    ``peer_is_down``: Pacemaker itself expects it to be down: it left cleanly, or was fenced. ``peers_hand``: the
    device looks as the peer's takeover leaves it. ``seen_before``: the monitor before saw it there already, so this
    is no takeover that is half done. ``is_proven``: another device answers that the lines are here; it isn't merely
    trusted. A node that hung for a while is told the old membership at first: where nothing proves the lines to be
    here, the next monitor asks again before it undoes what looks like the peer's takeover. None: the cluster can't be
    asked.
    """
    if not managed:
        return False
    is_idle = bool(peer_is_idle) and (is_proven or seen_before or not peers_hand)
    return is_idle or bool(peer_is_down) or (seen_before and not peers_hand)


def judge(
    found: Sequence[DeviceFinding],
    min_devices: int,
    trust_unreachable: bool,
    spans: Spans,
    spans_reason: str = "",
    fail_on_all_spans: bool = False,
    cause: str = "",
    other_reasons: Sequence[str] = (),
) -> Verdict:
    """The verdict on a node that owns the relay, once what could be put right was.

    ``min_devices`` is how many must be had, 0 meaning all. ``spans_reason`` names the spans in alarm.
    ``cause`` is why devices couldn't be asked, if that is known: without the file nobody can log in anywhere.
    ``other_reasons`` are what else isn't as it should be, and merely degrades.
    """
    reasons = [one.reason for one in found if one.side is Side.ELSEWHERE]
    reasons += [cause] if cause else []
    reasons += [_unknown_reason(one, spans) for one in found if one.side is Side.UNKNOWN]
    if spans in (Spans.SOME_IN_ALARM, Spans.ALL_IN_ALARM):
        reasons.append(spans_reason)
    reasons += other_reasons
    reasons += [one.drift for one in found if one.drift is not None]
    reasons = list(dict.fromkeys(reasons))  # a missing file is the error of all devices

    had = sum(_is_had(one, trust_unreachable, spans) for one in found)
    if had:  # else what is wrong is left to recovery
        had += sum(one.side is Side.ELSEWHERE and not one.is_deaf for one in found)
    if had < needed(min_devices, len(found)):
        return Verdict(Health.FAILED, tuple(reasons))
    if spans is Spans.ALL_IN_ALARM and fail_on_all_spans:
        return Verdict(Health.FAILED, (spans_reason, *(reason for reason in reasons if reason != spans_reason)))
    return Verdict(Health.DEGRADED if reasons else Health.OK, tuple(reasons))


def needed(min_devices: int, devices: int) -> int:
    """How many of the devices must be had: all of them for 0, and never more than there are."""
    return min(min_devices, devices) or devices


def _is_had(one: DeviceFinding, trust_unreachable: bool, spans: Spans) -> bool:
    if one.side is Side.THIS_NODE:
        return True
    trusted = trust_unreachable and one.was_right and not one.watchdog_due and spans is not Spans.ALL_IN_ALARM
    return one.side is Side.UNKNOWN and trusted


def _unknown_reason(one: DeviceFinding, spans: Spans) -> str:
    if one.was_right and one.watchdog_due:
        return f"{one.reason}; its watchdog must have run out"
    if one.was_right and spans is Spans.ALL_IN_ALARM:
        return f"{one.reason}; all spans in alarm"
    return one.reason
