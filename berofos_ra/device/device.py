"""One berofos: read its settings, write some and verify the effect, kick its watchdog.

A device is a small embedded server: there is never more than one request in flight to it, all requests of one
action share a connection, and acceptance of a write means nothing until it has been read back.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from berofos_ra.device import relay
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.configtxt import parse_configtxt
from berofos_ra.device.http import HttpClient
from berofos_ra.device.values import Value, wire_value
from berofos_ra.errors import BadAnswerError, DeviceTimeoutError, KickUnansweredError, NoEffectError
from berofos_ra.settings import BY_KEYWORD, SETTINGS, WATCHDOG_ON, WATCHDOG_RAN_OUT, Kind

READ_REQUESTS = 2  # that one `Device.read` makes at most
_WRITE_ROUNDS = 3


def apply_requests(settings: int) -> int:
    """How many requests one `Device.apply` of so many settings may take, silent ones included; for its deadline.

    Each setting is written once, and read before and after. Further rounds are for a device that answers, and come
    out of what its answers leave.
    """
    return READ_REQUESTS + settings + READ_REQUESTS


class DeviceState(NamedTuple):
    """A device's settings at one moment, by keyword."""

    values: Mapping[str, Value]

    def get(self, keyword: str) -> Value:
        """The value of a setting.

        Raises:
            BadAnswerError: the device didn't show it.
        """
        if keyword == "wdog" and "wdogstate" in self.values:
            return self.values["wdogstate"] == WATCHDOG_ON  # after a failure 6_wen isn't a boolean
        if keyword not in self.values:
            raise BadAnswerError(f"its configuration lacks {BY_KEYWORD[keyword].read_key} ({keyword})")
        return self.values[keyword]

    @property
    def mode(self) -> bool:
        """The relay mode."""
        return bool(self.get("mode"))

    @property
    def position(self) -> str:
        """Which port groups are joined."""
        return relay.position(self.mode, bool(self.get("scenario")))

    @property
    def watchdog_on(self) -> bool:
        """Whether the watchdog is counting down."""
        return bool(self.get("wdog"))

    @property
    def watchdog_ran_out(self) -> bool:
        """Whether the watchdog ran out and made the relay fall back."""
        return self.values.get("wdogstate") == WATCHDOG_RAN_OUT

    def shows_old_failure(self, wanted: Mapping[str, Value]) -> bool:
        """Whether the watchdog is to be off, and is, but still shows that it ran out: turning it off clears that."""
        return self.watchdog_ran_out and wanted.get("wdog") is False

    def differing(self, wanted: Mapping[str, Value]) -> list[str]:
        """The keywords in ``wanted`` whose value is another here, in the order of ``wanted``."""
        return [keyword for keyword, value in wanted.items() if self.get(keyword) != value]


class Applied(NamedTuple):
    """What `Device.apply` found and left.

    ``changed`` are the keywords that it wrote; ``stuck`` says which stay what they were, and what was expected.
    """

    before: DeviceState
    after: DeviceState
    changed: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the relay was moved."""
        return self.before.position != self.after.position


class Device:
    """A device during one action. Use as a context manager, in one thread.

    ``config`` says how it is reached. ``timeout`` is for one request, in seconds; ``deadline`` (monotonic clock) ends
    everything. ``has_written`` tells, to other threads too, whether anything may have been written to it.

    Raises:
        AddressMissingError: there is no host to ask.
    """

    def __init__(self, config: DeviceConfig, timeout: float, deadline: float) -> None:
        self.config = config
        self._timeout = timeout
        self._deadline = deadline
        self.has_written = False
        self._http = _client(config)

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def reach(self, config: DeviceConfig) -> None:
        """Ask it at another address or with another login from now on, over a new connection."""
        self._http.close()
        self.config = config
        self._http = _client(config)

    def read(self, needed: Iterable[str] = ()) -> DeviceState:
        """Ask for all settings; mode, scenario and those ``needed`` are among them.

        A late or broken answer is asked for once more; a refused connection or login isn't.

        Raises:
            DeviceError: which of the tree says why.
        """
        for attempt in range(1, READ_REQUESTS + 1):
            try:
                answer = self._http.get("/config.txt", self._request_timeout())
                state = DeviceState(parse_configtxt(answer.text, answer.complete))
                for keyword in ("mode", "scenario", *needed):
                    state.get(keyword)
            except (DeviceTimeoutError, BadAnswerError):
                if attempt == READ_REQUESTS or time.monotonic() >= self._deadline:
                    raise
            else:
                return state
        raise AssertionError("unreachable")

    def apply(self, wanted: Mapping[str, Value]) -> Applied:
        """Bring the settings in ``wanted`` to these values, in this order, and verify it.

        Nothing is written that is right already; a watchdog that ran out isn't quite off. One setting a request
        first, as the vendor's tool does. Where reading back shows that something of ours isn't there, or that another
        setting of the same form moved (a firmware may clear the boxes that a form leaves out), the whole form is
        written at once.

        Raises:
            NoEffectError: accepted, but a setting stays what it was.
            DeviceError: the device couldn't be asked.
        """
        applied = self.attempt(wanted)
        if applied.stuck:
            raise NoEffectError(", ".join(applied.stuck))
        return applied

    def attempt(self, wanted: Mapping[str, Value]) -> Applied:
        """The same for a caller that can do with less: what stays as it was is in ``stuck``.

        Raises:
            DeviceError: the device couldn't be asked; ``has_written`` tells whether that was before any write.
        """
        before = self.read(wanted)
        target: dict[str, Value] = dict(wanted)
        seen = before
        written: list[str] = []
        for attempt in range(_WRITE_ROUNDS):
            differing = seen.differing(target)
            if attempt < _WRITE_ROUNDS - 1 and seen.shows_old_failure(target):
                differing.append("wdog")  # in the end no error: a firmware may clear it only when it is armed again
            if not differing:
                return Applied(before, seen, tuple(dict.fromkeys(written)))
            if attempt == 0:
                self._write(_query([keyword], target) for keyword in differing)
                target |= {k: v for k, v in _same_forms(before, differing).items() if k not in target}
            else:
                forms = dict.fromkeys(BY_KEYWORD[keyword].form for keyword in differing)
                self._write(_query([k for k in target if BY_KEYWORD[k].form == form], target) for form in forms)
            written += differing
            seen = self.read(target)
        aim = DeviceState({**seen.values, **target})
        stuck = tuple(_stays(keyword, seen, aim) for keyword in seen.differing(target))
        return Applied(before, seen, tuple(dict.fromkeys(written)), stuck)

    def write(self, keyword: str, value: Value) -> None:
        """Write one setting whose effect can't be read back here: a password, or one that makes the device move.

        A trigger takes no value, so any will do.

        Raises:
            DeviceError: it wasn't accepted, or the answer got lost; then nobody knows.
        """
        setting = BY_KEYWORD[keyword]
        query = str(setting.write_query) if setting.kind is Kind.TRIGGER else _query([keyword], {keyword: value})
        self.has_written = True
        self._http.get("/?" + query, self._request_timeout())

    def kick(self) -> None:
        """Restart the watchdog's countdown.

        Raises:
            KickUnansweredError: no answer.
            DeviceError: it can't be reached, or has no MAC.
        """
        mac = self.config.require_mac()
        from berofos_ra.device import gbl4_client  # only a device with an armed watchdog needs it

        try:
            gbl4_client.kick(self.config.host, mac, self._request_timeout())
        except DeviceTimeoutError:
            raise KickUnansweredError("watchdog kick to its mac not answered") from None

    def _write(self, queries: Iterable[str]) -> None:
        # A late or broken answer to a write says nothing of its effect: the read-back decides. Late answers cost
        # time, so the other writes wait for the next round.
        for query in queries:
            self.has_written = True
            try:
                self._http.get("/?" + query, self._request_timeout())
            except BadAnswerError:
                continue
            except DeviceTimeoutError:
                return

    def _request_timeout(self) -> float:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise DeviceTimeoutError("no time left to ask it")
        return min(self._timeout, remaining)


def _client(config: DeviceConfig) -> HttpClient:
    return HttpClient(config.require_host(), config.port, config.user, config.password)


def _same_forms(state: DeviceState, keywords: list[str]) -> dict[str, Value]:
    """The values of all settings that a form on the device would send along with these."""
    forms = {BY_KEYWORD[keyword].form for keyword in keywords}
    return {
        setting.keyword: state.values[setting.keyword]
        for setting in SETTINGS
        if setting.form in forms and setting.keyword in state.values
    }


def _query(keywords: list[str], values: Mapping[str, Value]) -> str:
    """The query string that writes these settings, all of one form."""
    form = str(BY_KEYWORD[keywords[0]].form)
    assignments = [f"{BY_KEYWORD[k].parameter}{quote(wire_value(values[k]), safe='')}" for k in keywords]
    return "&".join([form, *assignments])


def _stays(keyword: str, seen: DeviceState, target: DeviceState) -> str:
    if keyword == "mode":
        return f"relay stays {seen.position}, expected {target.position}"
    return f"{keyword} stays {wire_value(seen.get(keyword))}, expected {wire_value(target.values[keyword])}"
