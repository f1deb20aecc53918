"""One simulated device at work: its state, its faults, its sockets. What tests hold in their hands."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from berofos_ra.errors import ParameterError
from berofos_ra.simulator import gbl4, web
from berofos_ra.simulator.device import Device
from berofos_ra.simulator.events import Event, EventLog, clicks, timestamps
from berofos_ra.simulator.faults import Fault, FaultList, make_fault
from berofos_ra.simulator.http_face import HttpFace
from berofos_ra.simulator.login import Login
from berofos_ra.simulator.spec import REFUSED, DeviceSpec, SimulatorError, another_mac
from berofos_ra.simulator.values import Value, checked_value

_MAX_REQUESTS = 10_000


@dataclass(frozen=True)
class Request:
    """A request that reached the device.

    ``kind`` is "http" or "gbl4"; ``what`` for example "GET /?cmd=4&mode=1" (passwords masked), "scan", "kick"
    or "ping 7"; ``source`` the client's address; ``status`` HTTP's, None when there was none; ``write``
    whether it was to change something (a kick counts as such).
    """

    time: float
    monotonic: float
    kind: str
    what: str
    source: str
    status: int | None
    write: bool


class RunningDevice:
    """A device of a running simulator. Every method may be called from any thread."""

    def __init__(self, spec: DeviceSpec, log: EventLog, wake: Callable[[], None]) -> None:
        self.spec = spec
        self.name = spec.name
        self.address = spec.address
        self.gbl4_port = spec.gbl4_port
        self._log = log
        self._wake = wake
        self._lock = threading.RLock()
        self._faults = FaultList(self._emit, time.monotonic)
        self._requests: deque[Request] = deque(maxlen=_MAX_REQUESTS)
        self._flash = gbl4.FlashMemory()
        self._login = Login(spec.auth, spec.user, spec.challenge)
        self._face: HttpFace | None = None
        self._face_state = "closed"
        self._closed_faces: list[HttpFace] = []
        self._stopped = True
        self._own_device = self._device = Device(spec, self._emit, time.monotonic)
        self._replaced: Fault | None = None  # because of which the device isn't its own

    # What can be asked.

    @property
    def port(self) -> int:
        """The HTTP port that it listens on, or will after the next power-on."""
        with self._lock:
            return int(self._device.read("port"))

    @property
    def powered(self) -> bool:
        """Whether it has power."""
        with self._lock:
            return self._device.powered

    @property
    def relay(self) -> str:
        """Which port groups are joined now: "A--D", "A--B" or "A--B C--D"."""
        with self._at_present():
            return self._device.relay

    @property
    def settings(self) -> dict[str, Value]:
        """Every readable setting by keyword, as the device would show it now."""
        with self._at_present():
            return self._device.read_all()

    @property
    def requests(self) -> list[Request]:
        """What it was asked, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def flashed_image(self) -> bytes | None:
        """The last firmware image that arrived whole and sound, with its padding."""
        with self._lock:
            return self._flash.image

    def events(self, since: int = 0, **fields: object) -> list[Event]:
        """Its events after number ``since`` whose fields have these values (``event="relay"``)."""
        with self._lock:  # what is told has happened in full
            return self._log.since(since, device=self.name, **fields)

    def clicks(self, since: int = 0) -> list[Event]:
        """Those of its events after number ``since`` that are a change of its relay's position."""
        return clicks(self.events(since))

    def wait_for_event(self, timeout: float = 60.0, since: int = 0, **fields: object) -> Event:
        """The first of its events after number ``since`` with these fields; TimeoutError after ``timeout`` s."""
        event = self._log.wait(timeout, since, device=self.name, **fields)
        with self._lock:  # it has happened in full: one can connect to what has booted
            return event

    def state(self) -> dict[str, Any]:
        """All of the above but the logs, for JSON."""
        with self._at_present():
            return {
                "name": self.name,
                "address": self.address,
                "port": self.port,
                "gbl4_port": self.gbl4_port,
                "mac": self._device.mac,
                "firmware": f"{self.spec.firmware[0]}.{self.spec.firmware[1]}",
                "powered": self._device.powered,
                "booting": self._device.booting,
                "flash_mode": self._device.flash_mode,
                "relay": self._device.relay,
                "settings": self._device.read_all(),
                "faults": self._faults.as_dicts(),
            }

    def requests_as_dicts(self) -> list[dict[str, Any]]:
        """The requests for JSON."""
        return [asdict(request) for request in self.requests]

    # What can be done to it.

    def power_off(self) -> None:
        """Take the power away: the relay falls to A--D, nothing answers."""
        with self._changing():
            self._device.power_off()

    def power_on(self, flash: bool = False, factory: bool = False) -> None:
        """Give power, as `Device.power_on` does: the button may be held for ``flash`` or ``factory``."""
        with self._changing():
            self._device.power_on(flash, factory)

    def set_settings(self, settings: Mapping[str, object]) -> None:
        """Change settings by hand, by keyword, at the device itself.

        Raises ParameterError for what can't be set, then nothing is changed, and when the device isn't up.
        """
        with self._changing():
            values = {keyword: checked_value(keyword, raw) for keyword, raw in settings.items()}
            if not self._device.operational:
                raise ParameterError(f"{self.name} is off, booting or in flash mode")
            for keyword, value in values.items():
                self._device.write(keyword, value, "by hand")

    def add_fault(self, kind: object, /, **options: Any) -> Fault:
        """Have it misbehave, see ``fault_kinds``; ParameterError when the fault makes no sense."""
        fault = make_fault(kind, **options)
        with self._changing():
            self._faults.add(fault)
        return fault

    def clear_faults(self, kind: str | None = None) -> None:
        """Have it behave well again; ``kind``: only that fault goes."""
        with self._changing():
            self._faults.clear(kind)

    def clear_requests(self) -> None:
        """Forget what it was asked."""
        with self._lock:
            self._requests.clear()

    # What the simulator does with it.

    def open(self) -> None:
        """Start to listen for HTTP; SimulatorError when that can't be."""
        with self._lock:
            self._face = HttpFace(self.name, self.address, self.spec.port, self._answer_http, self.spec.connections)
            self._face_state = "open"
            self._stopped = False
            if self.spec.port == 0:
                self._device.write("port", self._face.port, "start")

    def close(self) -> None:
        """Stop for good, and wait for its thread."""
        with self._lock:
            self._stopped = True
            self._sync_face()
            faces, self._closed_faces = self._closed_faces, []
        for face in faces:
            face.close()  # no answer is to be finished now
            face.join()

    def advance(self) -> float | None:
        """Let happen what is due; when, on the monotonic clock, there will be more (None: not foreseen)."""
        with self._at_present():
            deadlines = (self._device.next_deadline(), self._faults.next_deadline())
            return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def answer_gbl4(self, datagram: bytes, source: str) -> Iterable[tuple[float, bytes]]:
        """The answers to a datagram that reached the device's address: how late (s), and what."""
        request = gbl4.decode(datagram)
        with self._changing():
            if self._stopped or not self._device.on_network or "unplugged" in self._faults:
                return []
            if request is None:
                self._note("gbl4", "malformed datagram", source)
                return []
            command, payload = request
            if not gbl4.is_meant(self._device, command, payload):
                return []
            write = command not in (gbl4.SCAN, gbl4.PING)  # all others are to change something
            self._note("gbl4", gbl4.name_of(command, payload), source, write=write)
            taken = self._faults.take("gbl4", {"write" if write else "read"})
            if "silent" in taken:
                return []
            answer = gbl4.answer(self._device, self._flash, command, payload, f"gbl4 {source}", self._emit)
            if answer is None:
                return []
            late = self.spec.latency + (taken["late"].seconds if "late" in taken else 0)
            return [(late, gbl4.spoiled(answer, taken))] * (2 if "duplicate" in taken else 1)

    def _answer_http(self, face: HttpFace, head: bytes, source: str) -> web.Delivery | None:
        with self._changing():
            if face.closing.is_set():  # lost its power or its network meanwhile
                return None
            delivery = web.answer(self._device, self._login, self._faults, head, source)
            self._note("http", delivery.what, source, delivery.status, delivery.write)
            return delivery

    def _note(self, kind: str, what: str, source: str, status: int | None = None, write: bool = False) -> None:
        request = Request(kind=kind, what=what, source=source, status=status, write=write, **timestamps())
        self._requests.append(request)

    def _emit(self, event: str, details: Mapping[str, object]) -> None:
        self._log.add(self.name, event, details)

    @contextmanager
    def _at_present(self) -> Iterator[None]:
        """Hold the device, in the state that it has now."""
        with self._lock:
            self._faults.advance()
            self._device.advance()
            self._sync()
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The same, and have what is changed in it count."""
        with self._at_present():
            yield
            self._sync()
            self._wake()  # there may be another deadline now

    def _sync(self) -> None:
        self._sync_box()
        self._sync_face()

    def _sync_box(self) -> None:
        """Have the box at the address that the faults want there."""
        replaced = self._faults.first("replaced")
        if replaced is not self._replaced:
            self._replaced = replaced
            self._device.power_off()
            if replaced is None:
                self._device = self._own_device
                self._device.power_on()
            else:
                mac = replaced.mac or another_mac(self.spec.mac)
                spec = replace(self.spec, mac=mac, port=self.port, password=None, settings={})
                self._device = Device(spec, self._emit, time.monotonic)
        changed = self._faults.first("new_mac")
        spec_mac = self._device.spec.mac
        self._device.mac = spec_mac if changed is None else changed.mac or another_mac(spec_mac)

    def _sync_face(self) -> None:
        """Listen for HTTP if and only if the device would."""
        wanted = "open"
        if self._stopped or not self._device.operational or "refuse" in self._faults:
            wanted = "closed"
        elif "unplugged" in self._faults:
            wanted = "mute"
        if wanted != self._face_state:
            self._face_state = wanted
            self._change_face()
        if self._face is not None:
            self._face.take_one_connection("one_connection" in self._faults or self.spec.connections == REFUSED)

    def _change_face(self) -> None:
        if self._face is not None:
            # Also between mute and open: what clients sent to an unplugged device must not take effect later.
            self._face.close(finish_answer=self._device.rebooting)
            self._closed_faces = [face for face in self._closed_faces if face.alive] + [self._face]
            self._face = None
        if self._face_state == "closed":
            return
        try:
            answer = self._answer_http if self._face_state == "open" else None
            self._face = HttpFace(self.name, self.address, self.port, answer, self.spec.connections)
        except SimulatorError as error:
            self._emit("not listening", {"reason": str(error)})
