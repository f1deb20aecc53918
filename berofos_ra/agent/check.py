"""Check before click: each device of a start is asked by a thread of its own, and waits for its turn to be told.

A device stays open from its check to its last read-back, so that checking costs no request more. Never is more than
one request in flight to it. A dead device holds nobody up: the others are told as soon as enough of them can be had,
and it, should it answer after all, when it does.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from berofos_ra.agent.call import Call
from berofos_ra.device import names
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.errors import ConnectionLostError, DeviceError, DeviceTimeoutError, UnreachableError
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.devices import history_key

MAX_AGE = 1.0  # seconds that a check is good for when the click comes
_ASK_AGAIN = 1.0  # seconds until what refuses or is unreachable is asked again, with a little jitter

Tell = Callable[[Device, DeviceState], Applied]


class Contact:
    """One device of a start: what its check found, and what became of it. Changed by its own thread alone.

    ``address`` is what its host was resolved to, empty while it isn't yet; that took ``naming`` seconds. ``state`` is
    what it answered, None until it has; ``error`` why it can't be had, None while nothing is known. ``applied`` is
    what telling it led to, None unless it obeyed. ``is_told``: it is its turn, so that something may have been
    written. ``surprise``: what went wrong and isn't the device's fault.
    """

    def __init__(self, config: DeviceConfig) -> None:
        self.config = config
        self.address = ""
        self.naming = 0.0
        self.state: DeviceState | None = None
        self.error: DeviceError | None = None
        self.applied: Applied | None = None
        self.surprise: BaseException | None = None
        self.was_met = False  # it took a connection, or at least didn't turn it away
        self.is_over = False  # nothing more will come of it
        self.is_told = False

    @property
    def has_answered(self) -> bool:
        """Whether it could be had when last asked."""
        return self.state is not None and self.error is None


class Contacts:
    """All devices of a start. Use as a context manager.

    Each must show the settings that make the ``desired`` state, and answer by GBL4, too, where it will have to be
    kicked. What can't be had yet is asked again until ``ask_until`` (monotonic clock).
    """

    def __init__(
        self, call: Call, desired: DesiredState, devices: Sequence[DeviceConfig], tell: Tell, ask_until: float
    ) -> None:
        self._call = call
        self._desired = desired
        self._needed = (*desired.provisioned, *desired.relay_settings)
        self._tell = tell
        self._ask_until = ask_until
        # Of one lock: else each of many devices that answers would wake all the others' threads.
        lock = threading.RLock()
        self._found = threading.Condition(lock)  # for the start: a device has answered, or is through
        self._orders = threading.Condition(lock)  # for the devices' threads
        self._closing = False
        self._asks_all = False
        self.by_name: Mapping[str, Contact] = {device.name: Contact(device) for device in devices}

    def __enter__(self) -> Contacts:
        for contact in self.by_name.values():
            threading.Thread(target=self._run, args=(contact,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._orders:
            self._closing = True
            self._orders.notify_all()

    def wait(self, condition: Callable[[], bool], until: float) -> bool:
        """Wait until something is so, at most until then (monotonic clock); whether it is."""
        with self._found:
            while not condition():
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._found.wait(min(left, 0.5))  # pauses end by themselves
            return True

    def wait_for(self, names: Collection[str], until: float) -> bool:
        """Wait until nothing more will come of these, at most until then; whether that is so."""
        return self.wait(lambda: all(self.by_name[name].is_over for name in names), until)

    def begin(self, names: Collection[str]) -> None:
        """Tell these, which have answered."""
        with self._orders:
            for name in names:
                self.by_name[name].is_told = True
            self._orders.notify_all()

    def keep_asking(self, until: float) -> None:
        """Ask those that can't be had yet until then, whatever was the matter with them."""
        with self._orders:
            self._asks_all, self._ask_until = True, until
            self._orders.notify_all()

    def end(self, until: float) -> None:
        """Begin nothing any more, and let those come to their end that have begun.

        What went wrong with one that isn't the device's fault is raised here.
        """
        with self._orders:
            self._closing = True
            self._orders.notify_all()
        self.wait_for([name for name, contact in self.by_name.items() if contact.is_told], until)
        for contact in self.by_name.values():
            if contact.surprise is not None:
                raise contact.surprise

    def are_known(self) -> bool:
        """Whether each device has answered, or its time is over."""
        return all(contact.has_answered or contact.is_over for contact in self.by_name.values())

    def showing(self, match: Callable[[DeviceState, DesiredState], bool]) -> dict[str, str]:
        """The labels of the devices whose answer matches, beside the desired state, by what they are known by."""
        return {
            history_key(one.config): one.config.label
            for one in self.by_name.values()
            if one.state is not None and match(one.state, self._desired)
        }

    def _run(self, contact: Contact) -> None:
        berofos = None
        try:
            begun = time.monotonic()
            contact.address = names.resolve(str(contact.config.host))
            contact.naming = time.monotonic() - begun
            config, timeout = contact.config._replace(host=contact.address), self._call.parameters.timeout
            with Device(config, timeout, self._call.devices_deadline) as berofos:
                if self._check(contact, berofos):
                    contact.applied = self._tell_in_turn(contact, berofos)
        except DeviceError as error:
            error.nothing_written = berofos is None or not berofos.has_written
            contact.error = error
        except BaseException as error:  # raised again in the main thread
            contact.surprise = error
        finally:
            with self._found:
                contact.is_over = True
                self._found.notify_all()

    def _check(self, contact: Contact, berofos: Device) -> bool:
        """Ask a device until it can be had; whether it can."""
        while True:
            try:
                self._ask(contact, berofos)
            except DeviceError as error:
                error.nothing_written = True
                with self._found:
                    contact.error = error
                    contact.was_met = contact.was_met or not isinstance(error, UnreachableError)
                    self._found.notify_all()
            else:
                return True
            again = time.monotonic() + _ASK_AGAIN * random.uniform(0.7, 1.3)  # noqa: S311 - no secret
            may_pass = isinstance(contact.error, (UnreachableError, ConnectionLostError, DeviceTimeoutError))
            if not (may_pass or self._asks_all) or not self._wait_to_ask(again):
                return False

    def _wait_to_ask(self, again: float) -> bool:
        with self._orders:
            while time.monotonic() < again:
                if self._closing or again > min(self._ask_until, self._call.devices_deadline):
                    return False
                self._orders.wait(again - time.monotonic())
            return not self._closing

    def _ask(self, contact: Contact, berofos: Device) -> None:
        state = berofos.read(self._needed, retry_for=0)  # start has its own
        if self._desired.is_armed:
            berofos.ping()
        with self._found:
            contact.state, contact.error = state, None
            self._found.notify_all()

    def _tell_in_turn(self, contact: Contact, berofos: Device) -> Applied | None:
        asked = time.monotonic()
        with self._orders:
            while not contact.is_told:
                if self._closing:
                    return None
                self._orders.wait()
        state = contact.state
        if state is None or time.monotonic() - asked > MAX_AGE:
            state = berofos.read(self._needed)
        return self._tell(berofos, state)
