"""One berofos: read its settings, write some and verify the effect, kick its watchdog.

A device is a small embedded server: there is never more than one request in flight to it, all requests of one
action share a connection, and acceptance of a write means nothing until it has been read back.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.configtxt import other_version, parse_configtxt
from berofos_ra.device.http import HttpClient
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.device.values import Value, wire_value
from berofos_ra.errors import (
    BadAnswerError,
    ConnectionLostError,
    ConnectionRefusedByDeviceError,
    DeviceTimeoutError,
    KickUnansweredError,
    NoEffectError,
)
from berofos_ra.settings import BY_KEYWORD, SETTINGS, Kind, Setting

READ_REQUESTS = 2  # that one `Device.read` makes at most
_WRITE_ROUNDS = 3
# Seconds between read-backs before anything is written again: a relay is mechanical, and a firmware may apply a form
# after it has answered.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0)
_BUSY_PAUSE = 0.3  # seconds, with some jitter, until a device that takes no connection is asked again


def apply_requests(settings: int) -> int:
    """How many requests one `Device.apply` of so many settings may take, silent ones included; for its deadline.

    Each setting is written once, and read before and after. Further rounds are for a device that answers, and come
    out of what its answers leave.
    """
    return READ_REQUESTS + settings + READ_REQUESTS


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

    @property
    def is_naming(self) -> bool:
        """Whether its host's name is being looked up just now, for other threads."""
        return self._http.is_naming

    def reach(self, config: DeviceConfig) -> None:
        """Ask it at another address or with another login from now on, over a new connection."""
        self._http.close()
        self.config = config
        self._http = _client(config)

    def read(self, needed: Iterable[str] = (), retry_for: float | None = None) -> DeviceState:
        """Ask for all settings; mode, scenario and those ``needed`` are among them.

        A late or broken answer is asked for once more. One that refuses or drops connections may be serving somebody
        else: it is asked again for ``retry_for`` seconds, by default the time of one request.

        Raises:
            DeviceError: which of the tree says why.
        """
        attempt, busy_until = 1, time.monotonic() + (self._timeout if retry_for is None else retry_for)
        while True:
            try:
                answer = self._http.get("/config.txt", self._request_timeout())
                state = DeviceState(parse_configtxt(answer.text, answer.complete), _warning(answer.text))
                for keyword in ("mode", "scenario", *needed):
                    state.get(keyword)
            except (ConnectionRefusedByDeviceError, ConnectionLostError):
                pause = _BUSY_PAUSE * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
                if time.monotonic() + pause >= min(busy_until, self._deadline):
                    raise
                time.sleep(pause)
            except (DeviceTimeoutError, BadAnswerError):
                if attempt == READ_REQUESTS or time.monotonic() >= self._deadline:
                    raise
                attempt += 1
            else:
                return state

    def read_text(self) -> str:
        """``config.txt`` as it is, asked for once; each of its bytes is a character.

        Raises:
            DeviceError: which of the tree says why.
        """
        return self._http.get("/config.txt", self._request_timeout()).text

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

    def attempt(self, wanted: Mapping[str, Value], before: DeviceState | None = None) -> Applied:
        """The same for a caller that can do with less: what stays as it was is in ``stuck``.

        ``before`` is how it is now, for a caller that has just read it.

        Raises:
            DeviceError: the device couldn't be asked; ``has_written`` tells whether that was before any write.
        """
        seen = before = before or self.read(wanted)
        target: dict[str, Value] = dict(wanted)
        written: list[str] = []
        waited = 0
        for attempt in range(_WRITE_ROUNDS):
            differing = seen.differing(target)
            if attempt < _WRITE_ROUNDS - 1 and seen.shows_old_failure(target):
                differing.append("wdog")  # in the end no error: a firmware may clear it only when it is armed again
            if not differing:
                return Applied(before, seen, tuple(dict.fromkeys(written)))
            if waited == 2:  # it has had the time for it twice
                break
            forms = dict.fromkeys(BY_KEYWORD[keyword].form for keyword in differing)
            if attempt == 0:
                self._write(_query([keyword], target) for keyword in differing)
                # From now on all settings matter that a form on the device would send along.
                along = [s.keyword for s in SETTINGS if s.form in forms and s.keyword in before.values]
                target |= {keyword: before.values[keyword] for keyword in along if keyword not in target}
            else:
                self._write(_query([k for k in target if BY_KEYWORD[k].form == form], target) for form in forms)
            written += differing
            seen, has_waited = self._read_back(target, differing)
            waited += has_waited
        aim = DeviceState({**seen.values, **target})
        stuck = tuple(_stays(keyword, seen, aim) for keyword in seen.differing(target))
        return Applied(before, seen, tuple(dict.fromkeys(written)), stuck)

    def _read_back(self, target: Mapping[str, Value], written: Sequence[str]) -> tuple[DeviceState, bool]:
        """How it is once what was written has arrived, or won't any more; and whether that was waited for in vain."""
        seen = self.read(target)
        for pause in _PAUSES:
            late = seen.differing(target)
            if not late or not _may_still_arrive(late, written) or time.monotonic() + pause >= self._deadline:
                return seen, False
            time.sleep(pause)
            seen = self.read(target)
        return seen, bool(seen.differing(target))

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

    def write_form(self, values: Mapping[str, Value]) -> None:
        """Write settings of one form in one request, as the device's own page would; to be read back by the caller.

        Raises:
            DeviceError: it wasn't accepted, or the answer got lost; then nobody knows.
        """
        self.has_written = True
        self._http.get("/?" + _query(list(values), values), self._request_timeout())

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
            raise KickUnansweredError from None

    def ping(self) -> None:
        """Ask by GBL4 whether it is there, as a kick would: at its address, by its MAC.

        Raises:
            KickUnansweredError: no answer: a kick wouldn't be answered either.
            DeviceError: it can't be reached, or has no MAC.
        """
        mac = self.config.require_mac()
        from berofos_ra.device import gbl4_client

        try:
            gbl4_client.ping(self.config.host, mac, self._request_timeout())
        except DeviceTimeoutError:
            raise KickUnansweredError("ping to its mac not answered") from None

    def _write(self, queries: Iterable[str]) -> None:
        # A late or broken answer to a write says nothing of its effect: the read-back decides. Late answers cost
        # time, so the other writes wait for the next round.
        for query in queries:
            self.has_written = True
            try:
                self._http.get("/?" + query, self._request_timeout())
            except BadAnswerError:
                continue
            except (DeviceTimeoutError, ConnectionRefusedByDeviceError):  # it may be restarting
                return

    def _request_timeout(self) -> float:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise DeviceTimeoutError("no time left to ask it")
        return min(self._timeout, remaining)


def _warning(text: str) -> str:
    version = other_version(text)
    if version is None:
        return ""
    return f"its config.txt is of version {version[:20]!r}, which nobody has tried: what is known of it is read"


def _may_still_arrive(late: Sequence[str], written: Sequence[str]) -> bool:
    """Whether waiting may help settings that aren't as they should be yet.

    Not what was never written, but moved along with what was; nor what a later write of the same form has undone.
    """
    if not set(late) <= set(written):
        return False
    for keyword in late:
        form = BY_KEYWORD[keyword].form
        later = written[written.index(keyword) + 1 :]
        if any(BY_KEYWORD[other].form == form and other not in late for other in later):
            return False
    return True


def _client(config: DeviceConfig) -> HttpClient:
    return HttpClient(config.require_host(), config.port, config.user, config.password)


def _query(keywords: list[str], values: Mapping[str, Value]) -> str:
    """The query string that writes these settings, all of one form."""
    form = str(BY_KEYWORD[keywords[0]].form)
    return "&".join([form, *(_assignment(BY_KEYWORD[k], values[k]) for k in keywords)])


def _assignment(setting: Setting, value: Value) -> str:
    # What a device shows was read as Latin-1, so its bytes go back as they came. A password was never read.
    encoding = "utf-8" if setting.read_key is None else "latin-1"
    return f"{setting.parameter}{quote(wire_value(value), safe='', encoding=encoding)}"


def _stays(keyword: str, seen: DeviceState, target: DeviceState) -> str:
    if keyword == "mode":
        return f"relay stays {seen.position}, expected {target.position}"
    return f"{keyword} stays {wire_value(seen.get(keyword))}, expected {wire_value(target.values[keyword])}"
