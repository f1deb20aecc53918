"""Changing any settings of one device and making sure of it, even of those after which it is to be asked otherwise.

Most settings are written and read back where they were. After some the device may answer at another address, or want
another login: each of these is written on its own, and then the device is looked for wherever it may be now.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import READ_REQUESTS, Device, apply_requests
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.device.values import Value, wire_value
from berofos_ra.errors import (
    BadAnswerError,
    DeviceError,
    DeviceTimeoutError,
    EffectUnseenError,
    LoginRefusedError,
    NoEffectError,
    UnreachableError,
)
from berofos_ra.settings import BY_KEYWORD, Kind

# In the order in which they are written, whatever order they are given in: the login while the device is still where
# it was, and its address last.
MOVING = ("apwd", "pwd", "gateway", "netmask", "dhcp", "port", "address")
_PLACES = 2  # where a device may be after one of these: at the new, or still at the old


@dataclass(frozen=True)
class Change:
    """One setting that was written. ``before`` is None where it can't be read; ``note`` is what to know of it.

    ``seen`` False: it was sent, and nobody has seen yet whether it was done.
    """

    keyword: str
    before: Value | None
    after: Value
    note: str = ""
    seen: bool = True

    @property
    def words(self) -> str:
        """The change for a person, without its note; a password isn't told."""
        setting = BY_KEYWORD[self.keyword]
        if setting.kind is Kind.TRIGGER:
            return f"{self.keyword} done"
        if setting.read_key is None:
            return f"{self.keyword} changed"
        return f"{self.keyword} {'?' if self.before is None else wire_value(self.before)} -> {wire_value(self.after)}"


def max_requests(keywords: Collection[str]) -> int:
    """How many requests `change_settings` may take, silent ones included; for its deadline."""
    moving = len(set(keywords) & set(MOVING))
    return apply_requests(len(keywords) - moving) + moving * (1 + _PLACES * READ_REQUESTS)


def change_settings(
    berofos: Device, wanted: Mapping[str, Value], changes: list[Change] | None = None
) -> tuple[Change, ...]:
    """Bring the settings in ``wanted`` to these values; what is right already isn't written. What was written.

    But an armed watchdog that is to be on is armed anew.

    Afterwards ``berofos.config`` says how the device is to be asked from now on. ``changes`` is made to hold what was
    written until now, for a caller that wants to know where this fails half way.

    Raises:
        NoEffectError: accepted, but reading it back shows something else.
        DeviceTimeoutError: it moved out of sight.
        DeviceError: it couldn't be asked.
    """
    # A watchdog is armed last: with another interval than it is meant to have it could run out at once.
    ordered = sorted(wanted, key=lambda keyword: keyword == "wdog" and wanted[keyword] is True)
    changes = [] if changes is None else changes
    first = {k: wanted[k] for k in ordered if k not in MOVING and _readable(k)}
    changes[:] = [Change(k, None, first[k], seen=False) for k in first]
    applied = berofos.attempt(first)
    stuck = applied.after.differing(first)
    changes[:] = [_done(k, applied) for k in applied.changed if k in wanted and k not in stuck]
    if applied.stuck:
        raise NoEffectError(", ".join(applied.stuck))
    for keyword in wanted:
        if BY_KEYWORD[keyword].kind is Kind.TRIGGER:
            changes.append(Change(keyword, None, wanted[keyword], seen=False))
            berofos.write(keyword, wanted[keyword])
            changes[-1] = Change(keyword, None, wanted[keyword], "accepted")
    state = applied.after
    for keyword in sorted(wanted.keys() & set(MOVING), key=MOVING.index):
        before = state.get(keyword) if _readable(keyword) else None
        if before is None or before != wanted[keyword]:
            changes.append(Change(keyword, before, wanted[keyword], seen=False))
            state, note = _move_surely(berofos, keyword, wanted[keyword], changes)
            changes[-1] = Change(keyword, before, wanted[keyword], note)
    return (*changes, *_armed_anew(berofos, wanted, applied))


def change_setting(berofos: Device, keyword: str, value: Value) -> tuple[Change, ...]:
    """The same of one setting, for what must be told to a device that can't be read, too, as the vendor's tool does.

    Raises:
        EffectUnseenError: it was told, and nobody can see whether it did it.
        NoEffectError: accepted, but reading it back shows something else.
        DeviceError: it couldn't be told.
    """
    if BY_KEYWORD[keyword].kind is Kind.TRIGGER:
        berofos.write(keyword, value)
        return (Change(keyword, None, value, "accepted"),)
    if keyword in MOVING:
        try:
            return change_settings(berofos, {keyword: value})
        except (BadAnswerError, DeviceTimeoutError):
            if berofos.has_written:
                raise
        return (Change(keyword, None, value, _move(berofos, keyword, value)[1]),)
    applied = apply_anyway(berofos, keyword, value)
    changes = [_done(keyword, applied)] if keyword in applied.changed else []
    return (*changes, *_armed_anew(berofos, {keyword: value}, applied))


def apply_anyway(berofos: Device, keyword: str, value: Value) -> Applied:
    """Bring one setting to this value and verify it. A device that can't be read before is told all the same.

    Raises:
        EffectUnseenError: it was told, and nobody can see whether it did it.
        NoEffectError: accepted, but it stays what it was.
        DeviceError: it couldn't be told.
    """
    try:
        try:
            return berofos.apply({keyword: value})
        except (BadAnswerError, DeviceTimeoutError):
            if berofos.has_written:
                raise
            berofos.write(keyword, value)
            return berofos.apply({keyword: value})
    except (BadAnswerError, DeviceTimeoutError) as error:
        told = f"{keyword}={wire_value(value)} was sent, but nobody can see whether it took it"
        raise EffectUnseenError(f"{error}; {told}", error.advice) from None


def _armed_anew(berofos: Device, wanted: Mapping[str, Value], applied: Applied) -> tuple[Change, ...]:
    """Arm a watchdog that is armed already: its countdown begins anew, and scripts use that."""
    if not wanted.get("wdog") or not applied.before.watchdog_on:
        return ()
    berofos.write("wdog", True)
    return (Change("wdog", True, True, "its countdown begins anew"),)


def _done(keyword: str, applied: Applied) -> Change:
    before, after, note = applied.before, applied.after, ""
    if keyword == "wdog" and before.shows_old_failure({keyword: after.get(keyword)}):
        keyword = "wdogstate"
        note = "it still shows that it ran out; only arming it clears that" if after.watchdog_ran_out else ""
    return Change(keyword, before.get(keyword), after.get(keyword), note)


def _move_surely(berofos: Device, keyword: str, value: Value, changes: list[Change]) -> tuple[DeviceState, str]:
    """The same, twice if need be: the request may have got lost. What wasn't done is no change."""
    with contextlib.suppress(NoEffectError):
        return _move(berofos, keyword, value)
    try:
        return _move(berofos, keyword, value)
    except NoEffectError:
        changes.pop()
        raise


def _move(berofos: Device, keyword: str, value: Value) -> tuple[DeviceState, str]:
    """Write a setting and look for the device wherever it may be then; what it shows, and what to know of it."""
    old = berofos.config
    with contextlib.suppress(DeviceTimeoutError, BadAnswerError):
        berofos.write(keyword, value)  # a lost answer says nothing: looking for the device shows whether it was done
    candidates = _candidates(old, keyword, value)
    errors: list[DeviceError] = []
    for candidate in candidates:
        berofos.reach(candidate)
        try:
            seen = berofos.read([keyword] if _readable(keyword) else [])
        except DeviceError as error:
            errors.append(error)
            continue
        if not _readable(keyword):
            return seen, _password_note(candidate.password == value, seen)
        if seen.get(keyword) == value:
            return seen, _note(keyword, candidate, old)
        if candidate == old:
            raise NoEffectError(f"{keyword} stays {wire_value(seen.get(keyword))}, expected {wire_value(value)}")
    raise _lost(keyword, candidates, errors)


def _candidates(config: DeviceConfig, keyword: str, value: Value) -> tuple[DeviceConfig, ...]:
    """How the device may have to be asked now, the likeliest first."""
    if keyword == "address":
        return config._replace(host=str(value)), config
    if keyword == "port":
        return config._replace(port=int(value)), config
    if keyword == "apwd":
        return config._replace(user=config.user or "admin", password=str(value)), config
    return (config,)


def _password_note(is_new: bool, seen: DeviceState) -> str:
    if not seen.get("pwd"):
        return "can't be verified while pwd is 0: the device asks for no login"
    if not is_new:
        raise NoEffectError("apwd: it still takes the old login")
    return "verified by logging in; put it into the device's login line of the config file"


def _note(keyword: str, found: DeviceConfig, config: DeviceConfig) -> str:
    if keyword not in ("address", "port"):
        return ""
    if found == config:
        return "it takes effect when the device is switched off and on; then correct its host in the config file"
    return f"it answers at {found.host}:{found.port} now; correct its host in the config file"


def _lost(keyword: str, candidates: tuple[DeviceConfig, ...], errors: list[DeviceError]) -> DeviceError:
    if keyword == "pwd" and isinstance(errors[0], LoginRefusedError):
        return LoginRefusedError("pwd: it demands a login now, and not the one in the config file")
    if all(isinstance(error, LoginRefusedError) for error in errors):
        return LoginRefusedError(f"{keyword}: it takes neither the new login nor the old one")
    places = " nor at ".join(dict.fromkeys(f"{one.host}:{one.port}" for one in candidates))
    if not any(isinstance(error, (UnreachableError, DeviceTimeoutError)) for error in errors):
        return errors[0]
    where = f"neither at {places}" if " nor " in places else f"no longer at {places}"
    return DeviceTimeoutError(f"{keyword}: written, but it answers {where}", "find it with berofos scan")


def _readable(keyword: str) -> bool:
    return BY_KEYWORD[keyword].read_key is not None
