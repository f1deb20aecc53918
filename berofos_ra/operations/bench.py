"""One device on the bench: asked and told for `acceptance`, with a stop between any two requests, and put back.

A change may show late. So what was touched is written again at the end even where it looks right, and is proved only
after such a time; the device keeps the order of what it is told.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.state import DeviceState
from berofos_ra.device.values import Value, wire_value
from berofos_ra.errors import BerofosError, DeviceError, LoginRefusedError
from berofos_ra.operations.promises import Pace, Write
from berofos_ra.settings import BY_KEYWORD, BY_READ_KEY, SETTINGS, Kind

_Result = TypeVar("_Result")
_POLL = 0.1  # s between two looks
_PUT_BACK_FOR = 60.0  # s that a device which can't be asked is waited for
_ROUNDS = 3

# What the walk may touch, in the order in which it is put back: the relay last, once no watchdog can move it.
TOUCHABLE = (
    *("wdog", "wdogitime", "wdogdef", "wdogaudio", "wdogmail"),
    *("scenario", "modedef", "power1def", "power2def", "dhcp", "pwd", "syslog", "power1", "power2", "mode"),
)
_MOVED_BY_POWER = ("wdog", "power1", "power2", "mode")
_CHANGES_BY_ITSELF = ("wdogrtime",)


class Stopped(BerofosError):  # noqa: N818 - nothing went wrong
    """Somebody wants it to end."""


class NotTried(BerofosError):  # noqa: N818 - no error, but why there is nothing to judge
    """What a promise is about can't be had here."""


class Bench:
    """A device during the walk. Use as a context manager, in one thread.

    ``timeout`` is for one request, in seconds. ``is_stopped`` is asked before each request and during each pause.
    """

    def __init__(self, config: DeviceConfig, timeout: float, pace: Pace, is_stopped: Callable[[], bool]) -> None:
        self.config = config
        self.timeout = timeout
        self.pace = pace
        self.mac = config.mac
        self.requests = 0
        self.slowest = 0.0  # s
        self.errors: list[str] = []
        self.positions: list[str] = []  # of the relay, one after the other
        self._is_stopped = is_stopped
        self._touched: set[str] = set()
        self._device = Device(config, timeout, math.inf)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._device.__exit__()

    def text(self) -> str:
        """``config.txt``, each of its bytes a character."""
        return self._asked(self._device.read_text)

    def read(self, within: float | None = None) -> DeviceState:
        """All settings; if it can't be asked it is again, as long as the pace says, or ``within`` so many seconds."""
        deadline = time.monotonic() + (self.pace.looked_for if within is None else within)
        while True:
            try:
                return self._noted(self._asked(self._device.read))
            except DeviceError as error:
                if isinstance(error, LoginRefusedError) or time.monotonic() >= deadline:
                    raise
                self.wait(_POLL)

    def glance(self) -> DeviceState | None:
        """The same of a device that may be off, asked once; None: it can't be asked, which isn't counted."""
        self._check()
        with contextlib.suppress(DeviceError):
            return self._noted(self._device.read(retry_for=0.0))
        return None

    def reads_as(self, user: str | None, password: str | None) -> bool:
        """Whether it shows its settings to somebody with this login."""
        self._check()
        self._device.reach(self.config._replace(user=user, password=password))
        try:
            self._device.read()
        except DeviceError:
            return False
        finally:
            self._device.reach(self.config)
        return True

    def send(self, values: Mapping[str, Value]) -> None:
        """Write these settings, all of one form, in one request. A spoiled answer is noted, the effect counts."""
        self._touched |= values.keys()
        with contextlib.suppress(DeviceError):
            self._asked(lambda: self._device.write_form(values))

    def write(self, values: Mapping[str, Value]) -> Write:
        """The same, and look for the effect."""
        form = BY_KEYWORD[next(iter(values))].form
        keywords = {"mode", "scenario", *(s.keyword for s in SETTINGS if s.form == form)}
        before = _some(self.read(), keywords)
        begun = time.monotonic()
        state = self._told(values)
        shown_after = None if state.differing(values) else time.monotonic() - begun
        return Write(values, before, _some(state, keywords), shown_after)

    def _told(self, values: Mapping[str, Value]) -> DeviceState:
        self.send(values)
        return self.until(lambda state: not state.differing(values))

    def need(self, *steps: Mapping[str, Value]) -> None:
        """Have these settings, each step's of one form, for what comes next; NotTried when it doesn't take them."""
        for values in steps:
            state = self.read()
            if state.differing(values):
                state = self._told(values)
            for keyword in state.differing(values):
                raise NotTried(f"it needs {keyword}={wire_value(values[keyword])}, and the device doesn't take that")

    def until(self, is_so: Callable[[DeviceState], bool], within: float | None = None) -> DeviceState:
        """Look until it is so, for as long as the pace says, or ``within`` so many seconds; what was seen last."""
        for state in self.watch(self.pace.looked_for if within is None else within):
            if is_so(state):
                break
        return state

    def watch(self, seconds: float) -> Iterator[DeviceState]:
        """What it shows in so many seconds, one look after the other."""
        deadline = time.monotonic() + seconds
        while True:
            yield self.read()
            if time.monotonic() >= deadline:
                return
            self.wait(_POLL)

    def wait(self, seconds: float) -> None:
        """Wait, and see whether it is to end."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, _POLL))
        self._check()

    def put_back(self, before: DeviceState, texts: Sequence[str]) -> list[str]:
        """Bring back what was touched; what isn't as in ``texts``, which were read before. It can't be stopped.

        What changes by itself (the seconds left, and what differed between the texts) isn't compared.
        """
        self._is_stopped = lambda: False
        left: list[str] = []
        for attempt in range(_ROUNDS):
            try:
                self._write_back(before, attempt)
                deadline = time.monotonic() + self.pace.looked_for
                while (left := self._left(texts)) and self._touched and time.monotonic() < deadline:
                    time.sleep(_POLL)
            except DeviceError as error:
                left = [f"it can't be asked any more: {error}"]
            if not left or not self._touched:
                break
        return left

    def _write_back(self, before: DeviceState, attempt: int) -> None:
        """Write it all, in the next attempts only what isn't right; the last one the other way round, to a liar."""
        if not self._touched:
            return
        # Also what has moved without being told, as by a loss of power.
        known = self._touched | set(_MOVED_BY_POWER)
        was = _some(before, TOUCHABLE)
        now = self.read(_PUT_BACK_FOR)
        differing = now.differing({k: v for k, v in was.items() if k in known})
        touched = [k for k in was if k in differing or (attempt == 0 and k in self._touched)]
        for form in dict.fromkeys(BY_KEYWORD[k].form for k in touched):
            settings = [BY_KEYWORD[k] for k in was if BY_KEYWORD[k].form == form]
            values = {s.keyword: was[s.keyword] for s in settings if s.keyword in touched or s.kind is Kind.BOOL}
            now = self.read(_PUT_BACK_FOR)
            if attempt == _ROUNDS - 1 and "mode" in values and now.mode != before.mode:
                values["mode"] = not before.mode
            self.send(values)
        self.wait(self.pace.hold)
        self.read(_PUT_BACK_FOR)

    def _left(self, texts: Sequence[str]) -> list[str]:
        first, *others = map(_lines, texts)
        restless = {key for key, line in first if any((key, line) not in other for other in others)}
        restless |= {str(BY_KEYWORD[k].read_key) for k in _CHANGES_BY_ITSELF}
        before, now = ([each for each in lines if each[0] not in restless] for lines in (first, _lines(self.text())))
        if [key for key, _ in before] != [key for key, _ in now]:
            return ["config.txt has other lines than before"]
        keys = [key for (key, line), (_, seen) in zip(before, now, strict=True) if line != seen]
        return [f"{BY_READ_KEY[key].keyword if key in BY_READ_KEY else key} is another than before" for key in keys]

    def _noted(self, state: DeviceState) -> DeviceState:
        if self.positions[-1:] != [state.position]:
            self.positions.append(state.position)
        return state

    def _asked(self, ask: Callable[[], _Result]) -> _Result:
        self._check()
        begun = time.monotonic()
        self.requests += 1
        try:
            return ask()
        except DeviceError as error:
            self.errors.append(str(error))
            raise
        finally:
            self.slowest = max(self.slowest, time.monotonic() - begun)

    def _check(self) -> None:
        if self._is_stopped():
            raise Stopped("stopped")


def _some(state: DeviceState, keywords: Iterable[str]) -> dict[str, Value]:
    return {k: state.get(k) for k in keywords if k in state.values}


def _lines(text: str) -> list[tuple[str, str]]:
    """The lines of ``config.txt``, each with its key and its line end."""
    return [(line.partition("=")[0], line) for line in text.splitlines(keepends=True)]
