"""What a device that goes into service is to keep, judged from what was seen. Pure.

The walk that looks is in `acceptance`. A promise that isn't kept is a problem. What the agent and the tools cope with
(a form that clears its other boxes, a key that nobody knows) is a note.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from berofos_ra.device.firmware import version_text
from berofos_ra.device.gbl4 import ScanAnswer
from berofos_ra.device.recording import INTERVAL_FROM_NEXT_KICK, OTHER_BOXES_STAY
from berofos_ra.device.relay import position
from berofos_ra.device.state import DeviceState
from berofos_ra.device.values import Value, wire_value
from berofos_ra.settings import BY_KEYWORD, BY_READ_KEY, CONFIG_MAGIC, WATCHDOG_ON, WATCHDOG_RAN_OUT

OK, NOTE, PROBLEM, NOT_TRIED = "ok", "note", "problem", "not tried"

# In the order in which they are tried; `acceptance` says what each is.
NAMES = (
    *("config-txt", "discovery", "switch", "repeat", "settings", "arm", "interval"),
    *("kick-http", "kick-address", "kick-broadcast", "run-out", "power-ports", "login", "power-on"),
    *("other-nodes", "answers"),
)

# Shown by some firmware, and of no meaning to anybody.
_IDLE_KEYS = ("1_szd00", "1_szd01", "2_mail")
_NEEDED = ("mode", "scenario", "modedef", "wdog", "wdogdef", "wdogstate", "wdogitime", "wdogrtime")


class Pace(NamedTuple):
    """How long things are looked for, and what they may take, in seconds.

    A change is to be shown within ``shown_within``, is looked for during ``looked_for``, and is to stay for ``hold``.
    Kicks are tried with a countdown from ``interval``, each when it has lost ``drop``; a watchdog that is left alone
    has ``short``, and is to run out then, ``tolerance`` sooner or later at most. ``power_cycle`` is for the person.
    """

    shown_within: float = 3.0
    looked_for: float = 10.0
    hold: float = 6.0
    interval: int = 20
    drop: int = 2
    short: int = 5
    tolerance: float = 2.0
    power_cycle: float = 600.0


class Verdict(NamedTuple):
    """What became of a promise, and why in words. The words hold no address, MAC, name or password.

    ``facts`` are what else a recording has of the device, ``seconds`` what was measured, both by names of their own.
    """

    level: str
    words: str
    facts: Mapping[str, bool] = MappingProxyType({})
    seconds: Mapping[str, float] = MappingProxyType({})


class Write(NamedTuple):
    """One request that wrote: what the others of its form were ``before``, and what all are ``after``.

    ``shown_after`` is when, in seconds, what was written was shown; None: never.
    """

    written: Mapping[str, Value]
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    shown_after: float | None


class Kick(NamedTuple):
    """One kick: the seconds that were left before and after, and why it counts as unanswered, if it does."""

    before: int
    after: int
    error: str | None = None


def judge_text(text: str) -> Verdict:
    """``config.txt``: its first line, and which settings are in it."""
    lines = re.split(r"\r\n|\n|\r", text)
    keys = [line.partition("=")[0] for line in lines if "=" in line]
    missing = [k for k in _NEEDED if BY_KEYWORD[k].read_key not in keys]
    if missing:
        return Verdict(PROBLEM, f"it doesn't show {', '.join(missing)}")
    known = sum(key in BY_READ_KEY for key in keys)
    unknown = [key for key in keys if key not in BY_READ_KEY and key not in (*_IDLE_KEYS, "bnfos_confmap_magic")]
    if lines[0] != CONFIG_MAGIC:
        is_other = lines[0].startswith(CONFIG_MAGIC.partition("=")[0])
        return Verdict(NOTE, "it is of another version" if is_other else "something stands before its magic line")
    if unknown:
        shown = ", ".join(key if re.fullmatch(r"\w{1,20}", key, re.ASCII) else "?" for key in unknown[:10])
        return Verdict(NOTE, f"{known} settings, and keys that this project doesn't know: {shown}")
    return Verdict(OK, f"{known} settings, all known")


def judge_discovery(found: ScanAnswer | None, mac: str | None, state: DeviceState, ping: str | None) -> Verdict:
    """The answers by GBL4. ``mac`` is the one expected, ``ping`` why the ping counts as unanswered, if it does."""
    if found is None:
        return Verdict(PROBLEM, "no answer to a scan by GBL4, so its watchdog couldn't be kicked")
    if is_other(found, mac):
        return Verdict(PROBLEM, "its MAC isn't the one in the config file: this is another device")
    told = {"port": found.netconf.http_port, "dhcp": found.netconf.dhcp, "pwd": found.netconf.http_login}
    differs = [k for k, value in told.items() if k in state.values and state.values[k] != value]
    if differs:
        return Verdict(PROBLEM, f"by GBL4 it tells another {', '.join(differs)} than in config.txt")
    if ping is not None:
        return Verdict(PROBLEM, f"ping by GBL4: {ping}")
    firmware, boot_loader = version_text(found.firmware), version_text(found.bootloader)
    return Verdict(OK, f"firmware {firmware}, boot loader {boot_loader}; ping answered")


def is_other(found: ScanAnswer | None, mac: str | None) -> bool:
    """Whether it is surely another device than the one that is meant."""
    return found is not None and mac is not None and found.mac != mac


def judge_writes(
    writes: Sequence[Write], wanted: Mapping[str, Value], later: Mapping[str, Value], pace: Pace
) -> Verdict:
    """Writes of settings; ``wanted`` were the last ones, and ``later`` is what is shown some time after."""
    stuck = {k: v for write in writes if write.shown_after is None for k, v in _differing(write.written, write.after)}
    if stuck:
        return Verdict(PROBLEM, ", ".join(f"{k} doesn't become {wire_value(v)}" for k, v in stuck.items()))
    slow = _slowest(writes)
    if slow > pace.shown_within:
        return Verdict(PROBLEM, f"a change {_only_after(slow, pace)}")
    lost = [
        f"{k} is {wire_value(later.get(k, '?'))} again {pace.hold:g} s later" for k, _ in _differing(wanted, later)
    ]
    if lost:
        return Verdict(PROBLEM, ", ".join(lost))
    moved = {k for write in writes for k, _ in _differing(write.before, write.after) if k not in write.written}
    if "mode" in moved:
        return Verdict(PROBLEM, "a write of other settings moves the relay")
    if moved:
        words = f"a write also changes what it leaves out ({', '.join(sorted(moved))})"
        words += "; agent and berofos write whole forms then, bnfos doesn't"
        return Verdict(NOTE, words, {OTHER_BOXES_STAY: False})
    names = dict.fromkeys(k for write in writes for k in write.written)
    facts = {OTHER_BOXES_STAY: True} if len(names) > 2 else {}
    return Verdict(OK, f"{', '.join(names)}: each alone, shown after {slow:.1f} s at most", facts)


def judge_switch(writes: Sequence[Write], later: Mapping[str, Value], pace: Pace) -> Verdict:
    """The relay, moved to and fro; ``later`` is what is shown some time after the first of these."""
    for write in writes:
        if write.shown_after is None:
            return Verdict(PROBLEM, f"it shows {_position(write.after)}, expected {_position(write.written)}")
    if later["mode"] != writes[0].written["mode"]:
        return Verdict(PROBLEM, f"it shows {_position(later)} {pace.hold:g} s after it was moved")
    slow = _slowest(writes)
    if slow > pace.shown_within:
        return Verdict(PROBLEM, f"it {_only_after(slow, pace)}")
    seen = ", ".join(f"{_position(write.after)} after {write.shown_after or 0:.1f} s" for write in writes)
    return Verdict(OK, f"{seen}, and stays there", seconds={"relay-shown": slow})


def judge_repeat(mode: bool, seen: Sequence[bool]) -> Verdict:
    """A write of the relay mode that it had; ``seen`` is what it was shown as meanwhile."""
    if any(each != mode for each in seen):
        return Verdict(PROBLEM, f"it was shown at {_position({'mode': not mode})} meanwhile")
    words = f"{_position({'mode': mode})} all the time ({len(seen)} times looked)"
    return Verdict(OK, f"{words}; whether it clicks nobody can read: listen")


def judge_armed(state: DeviceState, shown_after: float | None, pace: Pace) -> Verdict:
    """A watchdog that was armed with the pace's interval."""
    if shown_after is None:
        return Verdict(PROBLEM, f"its state is {state.values.get('wdogstate')}, expected {WATCHDOG_ON}")
    left = state.get("wdogrtime")
    if not 0 < int(left) <= pace.interval:
        return Verdict(PROBLEM, f"it shows {left} s left, with an interval of {pace.interval} s")
    if shown_after > pace.shown_within:
        return Verdict(PROBLEM, _only_after(shown_after, pace))
    return Verdict(OK, f"on after {shown_after:.1f} s, {left} of {pace.interval} s left")


def judge_interval(before: int, at_once: int, kicked: int, interval: int) -> Verdict:
    """A longer interval written while the watchdog counts: the seconds left before, after it, and after a kick."""
    if kicked <= before:
        return Verdict(PROBLEM, f"{kicked} s left after a kick, expected nearly {interval} s")
    since = "at once" if at_once > before else "from the next kick on"
    return Verdict(OK, f"it counts {since}", {INTERVAL_FROM_NEXT_KICK: at_once <= before})


def judge_kick(kick: Kick, state: DeviceState) -> Verdict:
    """Whether the countdown began anew."""
    if not state.watchdog_on:
        return Verdict(PROBLEM, f"the watchdog is in state {state.values.get('wdogstate')}, expected {WATCHDOG_ON}")
    restarted = kick.after > kick.before
    if kick.error is not None:
        return Verdict(PROBLEM, f"{kick.error}{'; it counts anew all the same' if restarted else ''}")
    if not restarted:
        return Verdict(PROBLEM, f"accepted, but the countdown goes on: {kick.before}, then {kick.after} s left")
    return Verdict(OK, f"{kick.before}, then {kick.after} s left")


def judge_run_out(fell_after: float | None, state: DeviceState, clears: bool, pace: Pace) -> Verdict:
    """A watchdog left alone; ``fell_after`` is when A--D was shown, ``clears``: turning it off ended the failure."""
    if fell_after is None:
        return Verdict(PROBLEM, f"the relay shows {state.position}, expected A--D {pace.short} s after the last kick")
    if not pace.short - pace.tolerance <= fell_after <= pace.short + pace.tolerance:
        return Verdict(PROBLEM, f"A--D after {fell_after:.1f} s, expected after {pace.short} s")
    if not state.watchdog_ran_out:
        seen = state.values.get("wdogstate")
        return Verdict(PROBLEM, f"its state is {seen} afterwards, expected {WATCHDOG_RAN_OUT}")
    words = f"A--D after {fell_after:.1f} s, with an interval of {pace.short} s"
    if not clears:
        words += "; only arming it again ends the failure that it shows"
    return Verdict(OK if clears else NOTE, words, seconds={"run-out": fell_after})


def judge_login(refused: Mapping[str, bool], open_without: bool, pace: Pace, shown_after: float | None) -> Verdict:
    """The login: what was ``refused`` while it was demanded, and whether it did without once it wasn't."""
    taken = [what for what, was_refused in refused.items() if not was_refused]
    if taken:
        return Verdict(PROBLEM, f"it demands a login, and answers {', '.join(taken)}")
    if shown_after is None or not open_without:
        return Verdict(PROBLEM, "it goes on demanding a login after pwd=0")
    if shown_after > pace.shown_within:
        return Verdict(PROBLEM, f"turned off it shows only after {shown_after:.1f} s")
    return Verdict(OK, "off: it answers without; on: a wrong login and none are refused")


def judge_power_cycle(state: DeviceState, wanted: Mapping[str, Value], dark: float) -> Verdict:
    """A device that was without power; ``wanted`` is how it was to come back, ``dark`` how long it was away, s."""
    wrong = [f"{k} is {wire_value(state.values.get(k, '?'))}" for k, v in wanted.items() if state.get(k) != v]
    if wrong:
        return Verdict(PROBLEM, f"{', '.join(wrong)} after power-on, expected as its defaults say")
    words = f"{state.position} after power-on, as modedef says; away for {dark:.0f} s"
    return Verdict(OK, words, seconds={"away": dark})


def judge_other_nodes(ready: Mapping[str, str]) -> Verdict:
    """What the other nodes tell of themselves: ``yes``, or ``no: `` and why, by node."""
    if not ready:
        return Verdict(NOT_TRIED, "no cluster here has this device: run berofos status on the other node")
    unready = sum(not text.startswith("yes") for text in ready.values())
    if unready:
        return Verdict(PROBLEM, f"{unready} of {len(ready)} couldn't take it over: berofos doctor says why")
    return Verdict(OK, "they reach it, and could take it over")


def judge_answers(count: int, slowest: float, errors: Collection[str]) -> Verdict:
    """All requests of the walk: how many, the slowest in seconds, and what went wrong."""
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        return Verdict(PROBLEM, f"{len(errors)} of {count} requests went wrong: {next(iter(errors))}{more}")
    return Verdict(OK, f"{count} requests, the slowest took {slowest:.2f} s", seconds={"slowest": slowest})


def _only_after(seconds: float, pace: Pace) -> str:
    return f"shows only after {seconds:.1f} s, expected within {pace.shown_within:g} s"


def _slowest(writes: Sequence[Write]) -> float:
    return max(write.shown_after or 0.0 for write in writes)


def _differing(wanted: Mapping[str, Value], seen: Mapping[str, Value]) -> list[tuple[str, Value]]:
    return [(k, v) for k, v in wanted.items() if seen.get(k) != v]


def _position(values: Mapping[str, Value]) -> str:
    return position(bool(values["mode"]), bool(values.get("scenario", False)))
