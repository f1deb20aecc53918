"""What a site's state is to a monitoring system: ok, warning, critical or unknown, and why. Pure.

What surely is broken comes before what can't be known, and that before what merely isn't as it should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from berofos_ra.monitoring.ranges import Figure, Range, parse_range
from berofos_ra.monitoring.site import DeviceSeen, Site
from berofos_ra.resource.deviations import ELSEWHERE
from berofos_ra.resource.verdict import needed

MAX_FIRST_LINE = 200  # characters, the figures left out


class Level(Enum):
    """A verdict, the gravest first; its value is the exit status."""

    CRITICAL = 2
    UNKNOWN = 3
    WARNING = 1
    OK = 0


_GRAVITY = tuple(Level)


class Finding(NamedTuple):
    """One thing that isn't as it should be."""

    level: Level
    text: str


class Limits(NamedTuple):
    """When to alert: of the seconds left on watchdogs, of the seconds that an answer takes, of a pause's seconds.

    Without ranges for the watchdogs half and a quarter of each one's interval must be left.
    """

    warning: Range | None = None
    critical: Range | None = None
    time_warning: Range | None = None
    paused: float = 4 * 3600


def judge(site: Site, limits: Limits, now: datetime) -> list[Finding]:
    """All that isn't as it should be, the gravest first. ``now`` has a time zone."""
    found = [*_of_cluster(site, limits, now), *_of_devices(site, limits)]
    return sorted(found, key=lambda finding: _GRAVITY.index(finding.level))


def verdict(findings: Sequence[Finding]) -> Level:
    """The gravest level."""
    return min((finding.level for finding in findings), key=_GRAVITY.index, default=Level.OK)


def _of_cluster(site: Site, limits: Limits, now: datetime) -> Iterator[Finding]:
    if site.cluster_error:
        yield Finding(Level.UNKNOWN, site.cluster_error)
    for resource in site.resources:
        if len(resource.nodes) != 1:
            where = f"on {', '.join(resource.nodes)}" if resource.nodes else "on no node"
            yield Finding(Level.CRITICAL, f"{resource.name} is active {where}")
        if resource.problem:
            yield Finding(Level.WARNING, f"{resource.name}: {resource.problem}")
        if not resource.managed and not site.pauses:
            yield Finding(Level.WARNING, f"{resource.name} is unmanaged or in maintenance mode")
    for text in site.differing:
        yield Finding(Level.CRITICAL, text)
    for pause in site.pauses:
        lasts = _seconds_since(pause.since, now)
        yield Finding(Level.CRITICAL if lasts is not None and lasts > limits.paused else Level.WARNING, pause.words)
    for name in site.standbys:
        node = site.node(name)
        if not node.usable:
            yield Finding(Level.WARNING, f"{name} is no standby: it is offline, or told to run nothing")
        elif node.unready is None:
            yield Finding(Level.WARNING, f"{name} doesn't tell whether it could take over")
        elif node.unready:
            yield Finding(Level.WARNING, f"{name} couldn't take over: {node.unready}")
    for name in site.active_nodes:
        if site.node(name).spans:
            yield Finding(Level.WARNING, f"{name}: {site.node(name).spans}")
    for rule in site.rules:
        if rule.is_over(now):
            yield Finding(Level.WARNING, f"left over: {rule.words}; {rule.clear_command}")
        elif rule.end is None:
            yield Finding(Level.WARNING, f"{rule.words}, without an end; {rule.clear_command}")


def _seconds_since(text: str, now: datetime) -> float | None:
    try:
        return (now - datetime.fromisoformat(text).astimezone()).total_seconds()
    except (ValueError, OverflowError, OSError):
        return None


def _of_devices(site: Site, limits: Limits) -> Iterator[Finding]:
    for device in site.devices:
        yield from _of_device(device, limits)
    minimum = {resource.name: resource.min_devices for resource in site.resources}
    for name in dict.fromkeys(device.resource for device in site.devices):
        devices = [device for device in site.devices if device.resource == name]
        right, wanted = sum(device.is_right for device in devices), needed(minimum.get(name or "", 1), len(devices))
        if right < wanted:
            yield Finding(Level.CRITICAL, f"{right} of {len(devices)} devices right, {wanted} needed")


def _of_device(device: DeviceSeen, limits: Limits) -> Iterator[Finding]:
    if device.failure:
        yield Finding(Level.WARNING, f"{device.name}: {device.failure}")
    for deviation in device.deviations:
        level = Level.CRITICAL if deviation.kind in ELSEWHERE else Level.WARNING
        yield Finding(level, f"{device.name}: {deviation.text}")
    if device.unkicked:
        yield Finding(Level.CRITICAL, device.unkicked)
    elif device.is_armed:
        left, interval = device.number("wdogrtime"), device.number("wdogitime")
        warning, critical = watchdog_limits(limits, interval)
        text = f"{device.name}: watchdog has {left} s left of {interval}"
        if left is not None and critical is not None and critical.alerts(left):
            yield Finding(Level.CRITICAL, text)
        elif left is not None and warning is not None and warning.alerts(left):
            yield Finding(Level.WARNING, text)
    if device.seconds is not None and limits.time_warning is not None and limits.time_warning.alerts(device.seconds):
        yield Finding(Level.WARNING, f"{device.name}: answered after {device.seconds:.3f} s")


def watchdog_limits(limits: Limits, interval: int | None) -> tuple[Range | None, Range | None]:
    """For the seconds left of a watchdog of that interval: those given, else half and a quarter of it."""
    half, quarter = (None if interval is None else parse_range(f"{interval // part}:") for part in (2, 4))
    return limits.warning or half, limits.critical or quarter


def figures(site: Site, limits: Limits) -> Iterator[Figure]:
    """The performance data: answers' times, watchdogs, how many devices are right, how many standbys are ready."""
    for device in site.devices:
        yield Figure(f"{device.name}_time", device.seconds, "s", _text(limits.time_warning), low=0)
    for device in site.devices:
        if device.is_armed:
            left, interval = device.number("wdogrtime"), device.number("wdogitime")
            warning, critical = map(_text, watchdog_limits(limits, interval))
            yield Figure(f"{device.name}_watchdog", left, "s", warning, critical, low=0, high=interval)
    yield Figure("devices_ok", sum(device.is_right for device in site.devices), low=0, high=len(site.devices))
    if site.standbys:
        ready = sum(map(site.is_ready, site.standbys))
        yield Figure("standby_ready", ready, warning="1:", low=0, high=len(site.standbys))


def _text(limit: Range | None) -> str:
    return "" if limit is None else limit.text


def answer(site: Site, findings: Sequence[Finding], limits: Limits, verbose: bool = False) -> str:
    """What the plugin prints: the verdict and the figures in the first line, then the devices, a line each."""
    where = f"lines on {', '.join(site.active_nodes)}" if site.active_nodes else ""
    if not findings and not where:
        where = f"{len(site.devices)} device{'' if len(site.devices) == 1 else 's'}"
    texts = [text for text in (where, *(finding.text for finding in findings)) if text]
    first = first_line(verdict(findings), ", ".join(texts))
    lines = [f"{first} | {' '.join(map(str, figures(site, limits)))}", *map(_device_line, site.devices)]
    if verbose:
        lines += [f"{finding.level.name}: {clean(finding.text)}" for finding in findings]
    return "\n".join(lines)


def first_line(level: Level, text: str) -> str:
    """The verdict with its reasons, cut where they are too many."""
    line = f"BEROFOS {level.name} - {clean(text)}"
    return line if len(line) <= MAX_FIRST_LINE else f"{line[: MAX_FIRST_LINE - 3]}..."


def clean(text: str) -> str:
    """One line without what begins the figures: devices have a say in some."""
    return "".join(character if character.isprintable() and character != "|" else "?" for character in text)


def _device_line(device: DeviceSeen) -> str:
    problems = [deviation.text for deviation in device.deviations] + [device.failure] * bool(device.failure)
    shown = f" {device.state.position}" if device.state is not None and not device.failure else ""
    firmware = f", firmware {device.firmware}" if device.firmware else ""
    return clean(f"{device.label}{shown} {', '.join(problems) or 'ok'}{firmware}")
