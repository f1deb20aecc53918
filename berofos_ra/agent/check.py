"""Check before click: each device of a start is asked by a thread of its own, and waits for its turn to be told.

A device stays open from its check to its last read-back, so that checking costs no request more. Never is more than
one request in flight to it. A dead device holds nobody up: the others are told as soon as enough of them can be had,
and it, should it answer after all, when it does.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from berofos_ra.device import gbl4_client
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Applied, Device, DeviceState
from berofos_ra.errors import ConnectionLostError, DeviceError, DeviceTimeoutError, UnreachableError

MAX_AGE = 1.0  # seconds that a check is good for when the click comes
_ASK_AGAIN = 1.0  # seconds until what refuses or is unreachable is asked again, with a little jitter

Tell = Callable[[Device, DeviceState], Applied]


class Contact:
    """One device of a start: what its check found, and what became of it. Changed by its own thread alone.

    ``address`` is what its host was resolved to. ``state`` is what it answered, None until it has; ``error`` why it
    can't be had, None while nothing is known.
    ``result`` is what telling it led to.
    """

    def __init__(self, config: DeviceConfig) -> None:
        self.config = config
        self.address = ""
        self.state: DeviceState | None = None
        self.error: DeviceError | None = None
        self.result: Applied | BaseException | None = None
        self.is_over = False  # nothing more will come of it
        self.may_begin = False

    @property
    def has_answered(self) -> bool:
        """Whether it could be had when last asked."""
        return self.state is not None and self.error is None


class Contacts:
    """All devices of a start. Use as a context manager.

    ``timeout`` is for one request, ``deadline`` (monotonic clock) ends everything. ``pinged``: each must answer by
    GBL4, too, as it will have to be kicked. ``needed`` are the settings that it must show.
    """

    def __init__(
        self,
        devices: Sequence[DeviceConfig],
        tell: Tell,
        *,
        timeout: float,
        deadline: float,
        ask_until: float,
        pinged: bool,
        needed: Sequence[str],
    ) -> None:
        self._tell = tell
        self._timeout = timeout
        self._deadline = deadline
        self._ask_until = ask_until
        self._pinged = pinged
        self._needed = tuple(needed)
        self._changed = threading.Condition()
        self._closing = False
        self.contacts: Mapping[str, Contact] = {device.name: Contact(device) for device in devices}

    def __enter__(self) -> Contacts:
        for contact in self.contacts.values():
            threading.Thread(target=self._run, args=(contact,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], until: float) -> bool:
        """Wait until something is so, at most until then (monotonic clock); whether it is."""
        with self._changed:
            while not condition():
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.5))  # pauses end by themselves
            return True

    def begin(self, names: Sequence[str], ask_until: float | None = None) -> None:
        """Tell these, as soon as they have answered; those that can't be had yet are asked again until then."""
        with self._changed:
            if ask_until is not None:
                self._ask_until = ask_until
            for name in names:
                self.contacts[name].may_begin = True
            self._changed.notify_all()

    def are_known(self) -> bool:
        """Whether each device has answered, or its time is over."""
        return all(contact.has_answered or contact.is_over for contact in self.contacts.values())

    def results(self, names: Sequence[str]) -> dict[str, Applied | DeviceError]:
        """What became of these; a device that never answered has the error that its check ended with."""
        found: dict[str, Applied | DeviceError] = {}
        for name in names:
            contact = self.contacts[name]
            result = contact.result or contact.error or DeviceTimeoutError("no answer in time")
            if isinstance(result, BaseException) and not isinstance(result, DeviceError):
                raise result
            if contact.result is None and isinstance(result, DeviceError):
                result.nothing_written = True
            found[name] = result
        return found

    def _run(self, contact: Contact) -> None:
        berofos = None
        try:
            contact.address = gbl4_client.resolve(str(contact.config.host))
            with Device(contact.config._replace(host=contact.address), self._timeout, self._deadline) as berofos:
                if self._check(contact, berofos):
                    contact.result = self._tell_in_turn(contact, berofos)
        except BaseException as error:  # raised again in the main thread, or what became of the device
            contact.result = error
            if isinstance(error, DeviceError):
                error.nothing_written = berofos is None or not berofos.has_written
                contact.error = contact.error or error
        finally:
            with self._changed:
                contact.is_over = True
                self._changed.notify_all()

    def _check(self, contact: Contact, berofos: Device) -> bool:
        """Ask a device until it can be had; whether it can."""
        while True:
            try:
                self._ask(contact, berofos)
            except DeviceError as error:
                with self._changed:
                    contact.error = error
                    self._changed.notify_all()
            else:
                return True
            again = time.monotonic() + _ASK_AGAIN * random.uniform(0.7, 1.3)  # noqa: S311 - no secret
            if not isinstance(contact.error, (UnreachableError, ConnectionLostError)) and not contact.may_begin:
                return False
            if not self._wait_to_ask(again):
                return False

    def _wait_to_ask(self, again: float) -> bool:
        with self._changed:
            while time.monotonic() < again:
                if self._closing or again > min(self._ask_until, self._deadline):
                    return False
                self._changed.wait(again - time.monotonic())
            return not self._closing

    def _ask(self, contact: Contact, berofos: Device) -> None:
        state = berofos.read(self._needed)
        if self._pinged:
            berofos.ping()
        with self._changed:
            contact.state, contact.error = state, None
            self._changed.notify_all()

    def _tell_in_turn(self, contact: Contact, berofos: Device) -> Applied | None:
        asked = time.monotonic()
        with self._changed:
            while not contact.may_begin:
                if self._closing:
                    return None
                self._changed.wait()
        state = contact.state
        if state is None or time.monotonic() - asked > MAX_AGE:
            state = berofos.read(self._needed)
        return self._tell(berofos, state)
