"""The acceptance of a device before it goes into service: every promise that this software relies on, in a row.

`PROMISES` is the table: its name, what is promised, what trying it does to lines and power, and who tries it, which
`exercises` do. Judging is in `promises`, asking and putting back in `bench`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from berofos_ra.device import recording
from berofos_ra.errors import DeviceError
from berofos_ra.operations import exercises, promises
from berofos_ra.operations.bench import Bench, NotTried, Stopped
from berofos_ra.operations.exercises import Helpers
from berofos_ra.operations.promises import NOT_TRIED, PROBLEM, Verdict
from berofos_ra.settings import WATCHDOG_OFF


class Promise(NamedTuple):
    """One promise. ``effect`` is what trying it does, for the person who is asked; empty: nothing to be seen.

    It isn't tried where one that it ``needs`` isn't kept: what moves the relay could then not be undone, for one.
    """

    name: str
    meaning: str
    effect: str
    try_it: Callable[[Bench, Helpers], Verdict]
    needs: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of one promise."""

    promise: Promise
    verdict: Verdict


@dataclass
class Acceptance:
    """A walk: what came out so far, and in the end what isn't as it was. ``firmware`` is None when unknown."""

    outcomes: list[Outcome] = field(default_factory=list)
    left: Sequence[str] = ()
    stopped: bool = False
    firmware: tuple[int, int] | None = None
    boot_loader: tuple[int, int] | None = None

    @property
    def ok(self) -> bool:
        """Whether it went to its end, found no problem, and left nothing behind."""
        return not (self.stopped or self.left or any(one.verdict.level == PROBLEM for one in self.outcomes))


def accept(
    bench: Bench, helpers: Helpers, tell: Callable[[Outcome], None], skipped: Sequence[str] = ()
) -> Acceptance:
    """Walk the promises but those ``skipped``, ``tell`` each outcome, and put everything back whatever happens.

    Raises:
        DeviceError: it isn't the device that is meant, or its watchdog is in use; nothing was written.
    """
    result = Acceptance()

    def add(promise: Promise, verdict: Verdict) -> None:
        result.outcomes.append(Outcome(promise, verdict))
        tell(result.outcomes[-1])

    try:
        texts = [bench.text(), bench.text()]
        before = bench.read()
        watchdog = before.get("wdogstate")
    except Stopped:
        result.stopped = True
        return result
    except DeviceError as error:
        for promise in PROMISES:
            is_first = promise is PROMISES[0]
            add(promise, Verdict(PROBLEM, str(error)) if is_first else Verdict(NOT_TRIED, "it can't be read"))
        return result
    found = exercises.scan(bench)
    if promises.is_other(found, bench.config.mac):
        raise DeviceError("its MAC is another than in the config file: it is another device", "correct its host")
    if watchdog != WATCHDOG_OFF:
        raise DeviceError("its watchdog is on, or has run out: it is in use", "berofos set wdog=0 turns it off")
    if found is not None:
        result.firmware, result.boot_loader, bench.mac = found.firmware, found.bootloader, found.mac
    try:
        gone = ""
        for promise in PROMISES:
            reason = "skipped" if promise.name in skipped else gone or _lacks(promise, result.outcomes)
            verdict = Verdict(NOT_TRIED, reason) if reason else _try(promise, bench, helpers)
            add(promise, verdict)
            if verdict.level == PROBLEM:
                gone = _gone(bench)
    except Stopped:
        result.stopped = True
    finally:
        result.left = bench.put_back(before, texts)
    return result


def as_recorded(result: Acceptance, on: str) -> recording.Acceptance:
    """What of it belongs in a device's recording. ``on`` is the day, such as 2026-11-27."""
    outcomes = {one.promise.name: _RECORDED[one.verdict.level] for one in result.outcomes}
    seconds: dict[str, float] = {}
    for one in result.outcomes:
        outcomes |= {fact: recording.KEPT if so else recording.BROKEN for fact, so in one.verdict.facts.items()}
        seconds |= {name: round(value, 1) for name, value in one.verdict.seconds.items()}
    return recording.Acceptance(on, outcomes, seconds)


def _lacks(promise: Promise, outcomes: Sequence[Outcome]) -> str:
    broken = [one.promise.name for one in outcomes if one.verdict.level == PROBLEM]
    lacking = [name for name in broken if name in promise.needs]
    return f"it needs: {', '.join(lacking)}" if lacking else ""


def _try(promise: Promise, bench: Bench, helpers: Helpers) -> Verdict:
    try:
        return promise.try_it(bench, helpers)
    except NotTried as reason:
        return Verdict(NOT_TRIED, str(reason))
    except DeviceError as error:
        return Verdict(PROBLEM, str(error))


def _gone(bench: Bench) -> str:
    try:
        bench.read()
    except DeviceError:
        return "it can't be asked any more"
    return ""


_RECORDED = {
    promises.OK: recording.KEPT,
    promises.NOTE: recording.KEPT,
    PROBLEM: recording.BROKEN,
    NOT_TRIED: recording.UNTRIED,
}
_SWITCH, _ARM = ("switch",), ("switch", "arm")
_CLICKS = "moves the relay to and fro: calls drop"
PROMISES: tuple[Promise, ...] = (
    Promise("config-txt", "its settings can be read, and are those that are known", "", exercises.try_text),
    Promise(
        "discovery", "it answers a scan and a ping by GBL4, and tells the same there", "", exercises.try_discovery
    ),
    Promise("switch", "the relay moves both ways, shows it soon, and stays", _CLICKS, exercises.try_switch),
    Promise("repeat", "writing a relay mode that is so already moves nothing", "", exercises.try_repeat, _SWITCH),
    Promise(
        "settings", "each box can be set alone, and stays", "changes what is so after power-on", exercises.try_boxes
    ),
    Promise("arm", "the watchdog can be armed", "arms the watchdog", exercises.try_arm, _SWITCH),
    Promise("interval", "a new interval counts", "", exercises.try_interval, _ARM),
    Promise("kick-http", "a kick by HTTP restarts the countdown", "", exercises.try_http_kick, _ARM),
    Promise("kick-address", "a kick by GBL4 to its address does", "", exercises.try_address_kick, _ARM),
    Promise("kick-broadcast", "a kick by GBL4 to all does", "", exercises.try_broadcast_kick, _ARM),
    Promise(
        "run-out",
        "a watchdog that isn't kicked gives the lines to D",
        f"{_CLICKS}; may beep, mail",
        exercises.try_run_out,
        _ARM,
    ),
    Promise(
        "power-ports", "both power ports switch", "what is plugged into them loses power", exercises.try_power_ports
    ),
    Promise(
        "login", "the login is demanded, and can be turned off", "for a moment it demands none", exercises.try_login
    ),
    Promise(
        "power-on",
        "it comes back as its defaults say",
        "asks you to pull its plug",
        exercises.try_power_cycle,
        _SWITCH,
    ),
    Promise("other-nodes", "the other nodes reach it", "", exercises.try_other_nodes),
    Promise("answers", "all requests are answered in time", "", exercises.try_answers),
)
