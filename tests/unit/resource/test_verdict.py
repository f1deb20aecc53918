"""The verdict: every combination against the rules as the design puts them, and some of them in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, product

import pytest

from berofos_ra.resource.verdict import (
    DeviceFinding,
    Health,
    Side,
    Spans,
    Verdict,
    holds_the_lines,
    judge,
    may_put_right,
    needed,
)

RIGHT = DeviceFinding(Side.THIS_NODE)
WRONG = DeviceFinding(Side.ELSEWHERE, "fos1: relay is A--D, expected A--B")
DEAF = DeviceFinding(Side.ELSEWHERE, "fos1: relay stays A--D, expected A--B", is_deaf=True)
LOST = DeviceFinding(Side.UNKNOWN, "fos2: no route to it", was_right=True)
NEVER_SEEN = DeviceFinding(Side.UNKNOWN, "fos3: connection refused")


def by_the_rules(
    found: Sequence[DeviceFinding], min_devices: int, trust: bool, spans: Spans, fail_on_all_spans: bool
) -> Health:
    """The design's section "The verdict", word for word."""
    all_in_alarm = spans is Spans.ALL_IN_ALARM
    # "Let need be min_devices, or all of them."
    need = len(found) if min_devices == 0 else min_devices
    right = trusted_unknown = 0
    for one in found:
        if one.side is Side.THIS_NODE:
            right += 1
        # "an unknown device that was right when last seen is trusted, with on_unreachable=degrade, until something
        # speaks against it: an armed watchdog that has had no answered kick for its interval, or all watched spans
        # in alarm at once"
        speaks_against_it = one.watchdog_due or all_in_alarm
        if one.side is Side.UNKNOWN and one.was_right and trust and not speaks_against_it:
            trusted_unknown += 1
    had = right + trusted_unknown
    # "min_devices is about devices that can't be had (unknown and not trusted, or deaf to writes). One that answers
    # and is merely on the wrong side is put right" ... "another is right or trusted"
    if had:
        had += sum(one.side is Side.ELSEWHERE and not one.is_deaf for one in found)
    # "a device answers on the wrong side, no other right or trusted: 1"; "right + trusted unknown < need: 1"; "or all
    # spans in alarm with on_span_alarm=fail: 1"
    if had < need or (all_in_alarm and fail_on_all_spans):
        return Health.FAILED
    # "but not all right; or a span in alarm; or a drifted setting: 190"
    span_in_alarm = all_in_alarm or spans is Spans.SOME_IN_ALARM
    if right < len(found) or span_in_alarm or any(one.drift is not None for one in found):
        return Health.DEGRADED
    # "every device right, spans fine, settings as provisioned: 0"
    return Health.OK


EVERY_DEVICE = [
    DeviceFinding(side, "reason", was_right, watchdog_due, drift, is_deaf)
    for side, was_right, watchdog_due, drift, is_deaf in product(
        Side, (False, True), (False, True), (None, "deviates"), (False, True)
    )
    if side is Side.ELSEWHERE or not is_deaf
]


# That what was known from before matters to unknown devices alone, two devices show.
DIFFERENT_DEVICES = [
    one for one in EVERY_DEVICE if one.side is Side.UNKNOWN or not (one.was_right or one.watchdog_due)
]


# The order of the devices is that of the reasons, and no matter here.
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_combination_is_judged_by_the_rules(count: int) -> None:
    for found in combinations_with_replacement(EVERY_DEVICE if count < 3 else DIFFERENT_DEVICES, count):
        for min_devices, trust, spans, fail in product(range(count + 1), (False, True), Spans, (False, True)):
            verdict = judge(found, min_devices, trust, spans, "spans", fail)
            assert verdict.health is by_the_rules(found, min_devices, trust, spans, fail), (
                found,
                min_devices,
                trust,
                spans,
                fail,
            )
            # A reason for whatever isn't fine, and none for what is.
            assert (verdict.reasons == ()) is (verdict.health is Health.OK)


@pytest.mark.parametrize(("min_devices", "devices", "need"), [(0, 3, 3), (1, 3, 1), (3, 3, 3)])
def test_need_is_the_minimum_or_all(min_devices: int, devices: int, need: int) -> None:
    assert needed(min_devices, devices) == need


def verdict(
    *found: DeviceFinding,
    min_devices: int = 0,
    trust: bool = True,
    spans: Spans = Spans.NOT_WATCHED,
    fail_on_all_spans: bool = False,
) -> Verdict:
    alarms = {Spans.SOME_IN_ALARM: "span 1 RED", Spans.ALL_IN_ALARM: "span 1 RED, span 2 RED"}.get(spans, "")
    return judge(found, min_devices, trust, spans, alarms, fail_on_all_spans)


def test_all_right_and_clear_is_well() -> None:
    assert verdict(RIGHT, RIGHT, spans=Spans.CLEAR) == Verdict(Health.OK)


def test_an_unplugged_management_cable_only_degrades() -> None:
    assert verdict(RIGHT, LOST) == Verdict(Health.DEGRADED, ("fos2: no route to it",))


def test_a_dead_management_network_only_degrades() -> None:
    assert verdict(LOST, LOST).health is Health.DEGRADED


def test_a_lost_device_is_a_failure_where_that_is_wished() -> None:
    assert verdict(RIGHT, LOST, trust=False).health is Health.FAILED
    assert verdict(RIGHT, LOST, trust=False, min_devices=1).health is Health.DEGRADED


def test_a_device_that_was_never_seen_right_isn_t_trusted() -> None:
    assert verdict(RIGHT, NEVER_SEEN).health is Health.FAILED


def test_a_watchdog_that_had_no_kick_for_too_long_speaks_against_a_lost_device() -> None:
    due = DeviceFinding(Side.UNKNOWN, "fos2: no answer within 3 s", was_right=True, watchdog_due=True)
    assert verdict(RIGHT, due) == Verdict(
        Health.FAILED, ("fos2: no answer within 3 s; its watchdog must have run out",)
    )


def test_silent_lines_speak_against_a_lost_device() -> None:
    assert verdict(LOST, spans=Spans.ALL_IN_ALARM) == Verdict(
        Health.FAILED, ("fos2: no route to it; all spans in alarm", "span 1 RED, span 2 RED")
    )
    assert verdict(LOST, spans=Spans.SOME_IN_ALARM).health is Health.DEGRADED
    assert verdict(LOST, spans=Spans.CLEAR).health is Health.DEGRADED


def test_a_relay_moved_by_hand_only_degrades_while_another_proves_that_the_lines_are_here() -> None:
    expected = Verdict(Health.DEGRADED, ("fos1: relay is A--D, expected A--B", "fos2: no route to it"))
    assert verdict(LOST, WRONG) == expected
    assert verdict(RIGHT, WRONG, WRONG).health is Health.DEGRADED


def test_with_no_device_here_it_is_left_to_recovery() -> None:
    assert verdict(WRONG, min_devices=1) == Verdict(Health.FAILED, ("fos1: relay is A--D, expected A--B",))
    assert verdict(WRONG, NEVER_SEEN, min_devices=1).health is Health.FAILED


def test_enough_devices_of_several_are_enough() -> None:
    assert verdict(RIGHT, RIGHT, DEAF, min_devices=2) == Verdict(
        Health.DEGRADED, ("fos1: relay stays A--D, expected A--B",)
    )
    assert verdict(RIGHT, DEAF, DEAF, min_devices=2).health is Health.FAILED
    assert verdict(RIGHT, WRONG, DEAF, min_devices=2).health is Health.DEGRADED


@pytest.mark.parametrize(
    ("found", "trust", "spans", "holds"),
    [
        ([RIGHT, WRONG], True, Spans.ALL_IN_ALARM, True),
        ([LOST, WRONG], True, Spans.CLEAR, True),
        ([LOST, WRONG], False, Spans.CLEAR, False),
        ([LOST, WRONG], True, Spans.ALL_IN_ALARM, False),
        ([WRONG, DEAF, NEVER_SEEN], True, Spans.CLEAR, False),
    ],
)
def test_the_lines_are_held_by_what_is_right_or_trusted(
    found: list[DeviceFinding], trust: bool, spans: Spans, holds: bool
) -> None:
    assert holds_the_lines(found, trust, spans) is holds


@pytest.mark.parametrize(
    ("managed", "idle", "down", "hand", "seen_before", "proven", "may"),
    [
        (True, True, False, True, False, True, True),  # the peer has told that it does nothing
        (True, True, False, True, False, False, False),  # unless we hung meanwhile, and haven't heard of it yet
        (True, True, False, True, True, False, True),
        (True, True, False, False, False, False, True),
        (True, False, True, True, False, False, True),  # it left cleanly, or was fenced
        (True, False, False, False, True, False, True),  # nobody knows, but it looks as if a hand had done it
        (True, False, False, False, False, True, False),  # unless a take-over is half done
        (True, False, False, True, True, True, False),  # or done
        (True, None, None, True, True, True, False),
        (True, None, None, False, True, False, True),
        (False, True, True, False, True, True, False),  # Pacemaker keeps its hands off, and so does the monitor
        (None, True, True, False, True, True, False),
    ],
)
def test_a_monitor_moves_a_relay_back_only_where_it_takes_nothing_from_the_peer(
    managed: bool | None,
    idle: bool | None,
    down: bool | None,
    hand: bool,
    seen_before: bool,
    proven: bool,
    may: bool,
) -> None:
    assert may_put_right(managed, idle, down, hand, seen_before, proven) is may


def test_a_provider_s_outage_only_degrades() -> None:
    assert verdict(RIGHT, spans=Spans.ALL_IN_ALARM) == Verdict(Health.DEGRADED, ("span 1 RED, span 2 RED",))


def test_a_provider_s_outage_is_a_failure_where_that_is_wished_and_named_first() -> None:
    lone = verdict(RIGHT, DEAF, min_devices=1, spans=Spans.ALL_IN_ALARM, fail_on_all_spans=True)
    assert lone == Verdict(Health.FAILED, ("span 1 RED, span 2 RED", "fos1: relay stays A--D, expected A--B"))
    assert verdict(RIGHT, spans=Spans.SOME_IN_ALARM, fail_on_all_spans=True).health is Health.DEGRADED


def test_a_drifted_setting_degrades() -> None:
    deviating = DeviceFinding(Side.THIS_NODE, drift="fos1: modedef is 0, expected 1")
    assert verdict(deviating, RIGHT) == Verdict(Health.DEGRADED, ("fos1: modedef is 0, expected 1",))


def test_why_nobody_can_be_asked_is_told_before_who_can_t_be() -> None:
    demanded = DeviceFinding(Side.UNKNOWN, "fos1: login demanded", was_right=True)
    found = judge([demanded], 1, trust_unreachable=True, spans=Spans.NOT_WATCHED, cause="no such file")
    assert found == Verdict(Health.DEGRADED, ("no such file", "fos1: login demanded"))


def test_a_trouble_that_all_devices_share_is_told_once() -> None:
    missing = DeviceFinding(Side.UNKNOWN, "/etc/bnfos.conf: no such file", was_right=True)
    assert verdict(missing, missing) == Verdict(Health.DEGRADED, ("/etc/bnfos.conf: no such file",))
