"""What each state of a site is to a monitoring system, and what the plugin prints of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from berofos_ra.cluster.pause_mark import Pause
from berofos_ra.cluster.rules import MoveRule
from berofos_ra.device.state import DeviceState
from berofos_ra.monitoring.judgement import Finding, Level, Limits, answer, figures, first_line, judge, verdict
from berofos_ra.monitoring.ranges import parse_range
from berofos_ra.monitoring.site import NodeSeen, Site
from tests.unit.monitoring.sites import NOW, READY, RESOURCE, armed, dead, device, site, state

OK, WARNING, CRITICAL, UNKNOWN = Level.OK, Level.WARNING, Level.CRITICAL, Level.UNKNOWN
LIMITS = Limits()
ALONE = device(resource=None, desired=None)


def paused(hours: float) -> Pause:
    since = (NOW - timedelta(hours=hours)).astimezone()
    return Pause("xivo-1", f"{since:%Y-%m-%dT%H:%M}", "root", "replace fan", "cluster", ())


def rule(end: datetime | None) -> MoveRule:
    return MoveRule("cli-prefer-xivo", "xivo", "xivo-2", False, end)


def standby(seen: NodeSeen | None) -> Site:
    return site(nodes={"xivo-1": READY, **({} if seen is None else {"xivo-2": seen})})


STATES: dict[str, tuple[Site, Level, str]] = {
    "all is well": (site(), OK, ""),
    "no cluster": (Site((ALONE,)), OK, ""),
    "no cluster, no device": (
        Site((dead()._replace(resource=None, desired=None),)),
        CRITICAL,
        "0 of 1 devices right",
    ),
    "a relay elsewhere": (
        site(device(seen=state(mode=False)), device("fos2")),
        CRITICAL,
        "relay is A--D, expected A--B",
    ),
    "a watchdog ran out": (site(armed(wdogstate=2)), CRITICAL, "watchdog ran out"),
    "one of two dead": (site(dead(), device("fos2")), WARNING, "fos1: no answer within 3 s"),
    "both dead": (site(dead(), dead("fos2")), CRITICAL, "0 of 2 devices right, 1 needed"),
    "one dead, all needed": (
        site(dead(), device("fos2"), resources=(RESOURCE._replace(min_devices=0),)),
        CRITICAL,
        "1 of 2 devices right, 2 needed",
    ),
    "a setting": (site(device(seen=state(modedef=False))), WARNING, "modedef is 0, expected 1"),
    "a watchdog off": (site(armed(wdogstate=0, wdogrtime=0)), WARNING, "watchdog is off, expected on"),
    "a setting that isn't shown": (site(device(seen=DeviceState({}))), CRITICAL, "0 of 1"),
    "the resource nowhere": (
        site(resources=(RESOURCE._replace(nodes=(), standbys=()),)),
        CRITICAL,
        "active on no node",
    ),
    "the resource twice": (
        site(resources=(RESOURCE._replace(nodes=("xivo-1", "xivo-2"), standbys=()),)),
        CRITICAL,
        "active on xivo-1, xivo-2",
    ),
    "parameters that make no sense": (
        site(resources=(RESOURCE._replace(problem="min_devices: 'x'"),)),
        WARNING,
        "berofos-relay: min_devices",
    ),
    "unmanaged": (site(resources=(RESOURCE._replace(managed=False),)), WARNING, "unmanaged or in maintenance mode"),
    "paused": (site(pauses=(paused(1),)), WARNING, "by root: replace fan"),
    "paused for long": (site(pauses=(paused(5),)), CRITICAL, "by root: replace fan"),
    "a pause of somebody else's making": (site(pauses=(paused(9)._replace(since=""),)), WARNING, "paused"),
    "the standby dead": (standby(None), WARNING, "xivo-2 is no standby"),
    "the standby on standby": (standby(READY._replace(usable=False)), WARNING, "xivo-2 is no standby"),
    "the standby mute": (standby(READY._replace(unready=None)), WARNING, "doesn't tell whether"),
    "the standby not ready": (
        standby(READY._replace(unready="fos1: x")),
        WARNING,
        "xivo-2 couldn't take over: fos1: x",
    ),
    "spans in alarm": (
        site(nodes={"xivo-1": READY._replace(spans="span 1 RED"), "xivo-2": READY}),
        WARNING,
        "xivo-1: span 1 RED",
    ),
    "a left-over rule": (site(rules=(rule(NOW - timedelta(days=1)),)), WARNING, "crm_resource --clear"),
    "a rule without an end": (site(rules=(rule(None),)), WARNING, "without an end"),
    "a drill under way": (site(rules=(rule(NOW + timedelta(minutes=5)),)), OK, ""),
    "config files that differ": (
        site(differing=("/etc/bnfos.conf lists other devices on xivo-2",)),
        CRITICAL,
        "other",
    ),
    "the cluster can't be asked": (
        Site((device(resource=None, desired=None),), cluster_error="as this user"),
        UNKNOWN,
        "as",
    ),
    "nor are there devices": (
        Site((dead()._replace(resource=None),), cluster_error="as this user"),
        CRITICAL,
        "0 of 1",
    ),
    "a watchdog at half": (site(armed(wdogrtime=10)), OK, ""),
    "a watchdog in maintenance": (site(armed()._replace(unkicked="fos1: nobody kicks it")), CRITICAL, "nobody kicks"),
    "a watchdog below half": (site(armed(wdogrtime=9)), WARNING, "9 s left of 20"),
    "a watchdog below a quarter": (site(armed(wdogrtime=4)), CRITICAL, "4 s left of 20"),
}


@pytest.mark.parametrize(("seen", "level", "text"), STATES.values(), ids=STATES)
def test_each_state_has_its_verdict_and_says_why(seen: Site, level: Level, text: str) -> None:
    findings = judge(seen, LIMITS, NOW)
    assert verdict(findings) is level
    assert level.value == {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}[level]
    assert text in " ".join(finding.text for finding in findings)
    first, *_ = answer(seen, findings, LIMITS).splitlines()
    assert first.startswith(f"BEROFOS {level.name} - ")


def test_of_two_troubles_the_graver_one_is_the_verdict() -> None:
    gravity = [CRITICAL, UNKNOWN, WARNING, OK]
    found = {name: judge(seen, LIMITS, NOW) for name, (seen, _, _) in STATES.items()}
    for one, other in product(STATES, STATES):
        assert verdict([*found[one], *found[other]]) is min(STATES[one][1], STATES[other][1], key=gravity.index)


def test_the_graver_one_is_told_first() -> None:
    seen = site(device(seen=state(mode=False)), dead("fos2"), pauses=(paused(1),), differing=("x",))
    levels = [finding.level for finding in judge(seen, LIMITS, NOW)]
    assert levels == [CRITICAL, CRITICAL, CRITICAL, WARNING, WARNING]


def test_the_limits_given_are_those_that_count() -> None:
    limits = Limits(parse_range("18:"), parse_range("17:"), parse_range("0.003"), paused=600)
    assert verdict(judge(site(armed(wdogrtime=17)), limits, NOW)) is WARNING
    assert verdict(judge(site(armed(wdogrtime=16)), limits, NOW)) is CRITICAL
    slow = judge(site(), limits, NOW)
    assert {finding.text for finding in slow} == {f"fos{number}: answered after 0.004 s" for number in (1, 2)}
    assert verdict(judge(site(pauses=(paused(0.2),)), limits, NOW)) is CRITICAL


def test_the_answer_has_verdict_figures_and_devices() -> None:
    seen = site(
        armed(),
        device("fos2", seconds=0.003),
        nodes={"xivo-1": READY, "xivo-2": READY._replace(unready="fos1: login refused")},
    )
    assert answer(seen, judge(seen, LIMITS, NOW), LIMITS).splitlines() == [
        "BEROFOS WARNING - lines on xivo-1, xivo-2 couldn't take over: fos1: login refused | "
        "fos1_time=0.004s;;;0 fos2_time=0.003s;;;0 fos1_watchdog=17s;10:;5:;0;20 "
        "devices_ok=2;;;0;2 standby_ready=0;1:;;0;1",
        "fos1 (10.34.1.20) A--B C--D ok, firmware 1.53",
        "fos2 (10.34.1.21) A--B ok, firmware 1.53",
    ]


def test_without_a_cluster_the_devices_are_counted() -> None:
    seen = Site((ALONE,))
    first, *_ = answer(seen, [], LIMITS).splitlines()
    assert first == "BEROFOS OK - 1 device | fos1_time=0.004s;;;0 devices_ok=1;;;0;1"


def test_verbose_adds_a_line_a_finding() -> None:
    seen = site(dead(), device("fos2"))
    findings = judge(seen, LIMITS, NOW)
    assert "WARNING: fos1: no answer within 3 s" in answer(seen, findings, LIMITS, verbose=True).splitlines()


@pytest.mark.parametrize("text", ["x" * 1000, "a|b=1;2", "two\nlines", "\x1b[31m", "caf\u00e9"])
def test_no_text_can_break_the_first_line(text: str) -> None:
    line = first_line(WARNING, text)
    assert len(line) <= 200
    assert "|" not in line
    assert line.isprintable()
    seen = site(device(error="x")._replace(label=f"fos1 ({text})"))
    for printed in answer(seen, [Finding(WARNING, text)], LIMITS, verbose=True).split("\n"):
        assert printed.isprintable()


def test_what_is_unknown_is_so_in_the_figures() -> None:
    told = [str(figure) for figure in figures(site(dead()), LIMITS)]
    assert told == ["fos1_time=U;;;0", "devices_ok=0;;;0;1", "standby_ready=1;1:;;0;1"]
    assert all(re.fullmatch(r"[a-z0-9_]+=\S+", each) for each in told)
    assert NOW.tzinfo is UTC
