"""One simulated device at work: its state, its faults, its sockets. What tests hold in their hands."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from berofos_ra.errors import ParameterError
from berofos_ra.simulator import gbl4, web
from berofos_ra.simulator.device import Device
from berofos_ra.simulator.events import Event, EventLog
from berofos_ra.simulator.faults import Fault, FaultList, make_fault
from berofos_ra.simulator.http_face import HttpFace
from berofos_ra.simulator.login import Login
from berofos_ra.simulator.spec import DeviceSpec, SimulatorError
from berofos_ra.simulator.values import Value, checked_value

_REQUESTS_KEPT = 10_000


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
        self._faults = FaultList()
        self._requests: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
        self._flash = gbl4.FlashMemory()
        self._login = Login(spec.auth, spec.user)
        self._face: HttpFace | None = None
        self._face_state = "closed"
        self._closed_faces: list[HttpFace] = []
        self._stopped = False
        self._device = Device(spec, self._emit)

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
        with self._lock:
            self._device.advance()
            return self._device.relay

    @property
    def settings(self) -> dict[str, Value]:
        """Every readable setting by keyword, as the device would show it now."""
        with self._lock:
            self._device.advance()
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
        return self._log.since(since, device=self.name, **fields)

    def wait_for_event(self, timeout: float = 60.0, since: int = 0, **fields: object) -> Event:
        """The first of its events after number ``since`` with these fields; TimeoutError after ``timeout`` s."""
        return self._log.wait(timeout, since, device=self.name, **fields)

    def state(self) -> dict[str, Any]:
        """All of the above but the logs, for JSON."""
        with self._lock:
            self._device.advance()
            return {
                "name": self.name,
                "address": self.address,
                "port": self.port,
                "gbl4_port": self.gbl4_port,
                "mac": self.spec.mac,
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
        with self._lock:
            self._device.power_off()
            self._changed()

    def power_on(self, flash: bool = False) -> None:
        """Give power; ``flash``: with the black button held, into flash mode (restarts it when it is on)."""
        with self._lock:
            self._device.power_on(flash)
            self._changed()

    def set_settings(self, settings: Mapping[str, object]) -> None:
        """Change settings by hand, by keyword, at the device itself.

        Raises ParameterError for what can't be set, then nothing is changed, and when the device isn't up.
        """
        with self._lock:
            values = {keyword: checked_value(keyword, raw) for keyword, raw in settings.items()}
            if not self._device.operational:
                raise ParameterError(f"{self.name} is off, booting or in flash mode")
            for keyword, value in values.items():
                self._device.write(keyword, value, "by hand")
            self._changed()

    def add_fault(self, kind: object, /, **options: Any) -> Fault:
        """Have it answer badly, see ``faults``; ParameterError when the fault makes no sense."""
        fault = make_fault(kind, **options)
        with self._lock:
            self._faults.add(fault)
            self._changed()
        return fault

    def clear_faults(self, kind: str | None = None) -> None:
        """Have it answer well again; ``kind``: only that fault goes."""
        with self._lock:
            self._faults.clear(kind)
            self._changed()

    def clear_requests(self) -> None:
        """Forget what it was asked."""
        with self._lock:
            self._requests.clear()

    # What the simulator does with it.

    def open(self) -> None:
        """Start to listen for HTTP; SimulatorError when that can't be."""
        with self._lock:
            self._face = HttpFace(self.name, self.address, self.spec.port, self._answer_http)
            self._face_state = "open"
            if self.spec.port == 0:
                self._device.write("port", self._face.port, "start")

    def close(self) -> None:
        """Stop for good, and wait for its thread."""
        with self._lock:
            self._stopped = True
            self._sync_face()
            faces, self._closed_faces = self._closed_faces, []
        for face in faces:
            face.join()

    def advance(self) -> float | None:
        """Let happen what is due; when, on the monotonic clock, there will be more (None: not foreseen)."""
        with self._lock:
            self._device.advance()
            self._sync_face()
            return self._device.next_deadline()

    def answer_gbl4(self, datagram: bytes, source: str) -> Iterable[tuple[float, bytes]]:
        """The answers to a datagram that reached the device's address: how late (s), and what."""
        request = gbl4.decode(datagram)
        with self._lock:
            self._device.advance()
            if self._stopped or not self._device.on_network or "unplugged" in self._faults:
                return []
            if request is None:
                self._note("gbl4", "malformed datagram", source)
                return []
            command, payload = request
            if command != gbl4.SCAN and payload[:6] != self.spec.mac_bytes:
                return []
            write = command not in (gbl4.SCAN, gbl4.PING)
            self._note("gbl4", gbl4.name_of(command, payload), source, write=write)
            taken = self._faults.take("gbl4", {"write" if write else "read"})
            if "silent" in taken:
                return []
            answer = gbl4.answer(self._device, self._flash, command, payload, f"gbl4 {source}", self._emit)
            self._changed()
            return [] if answer is None else self._spoiled_gbl4(answer, taken)

    def _spoiled_gbl4(self, answer: bytes, taken: Mapping[str, Fault]) -> list[tuple[float, bytes]]:
        late = self.spec.latency + (taken["late"].seconds if "late" in taken else 0)
        if "other_mac" in taken:
            answer = gbl4.encode(answer[4], bytes(b ^ 0x55 for b in answer[5:11]) + answer[11:-1])
        if "bad_checksum" in taken:
            answer = answer[:-1] + bytes([answer[-1] ^ 0xFF])
        if "truncated" in taken:
            cut = taken["truncated"].length
            answer = answer[: len(answer) // 2 if cut is None else cut]
        if "garbage" in taken:
            answer = b"\xff" + os.urandom(40)
        if "empty" in taken:
            answer = b""
        return [(late, answer)] * (2 if "duplicate" in taken else 1)

    def _answer_http(self, face: HttpFace, head: bytes, source: str) -> web.Delivery | None:
        with self._lock:
            if face.closing.is_set():  # lost its power or its network meanwhile
                return None
            self._device.advance()
            delivery = web.answer(self._device, self._login, self._faults, head, source)
            self._note("http", delivery.what, source, delivery.status, delivery.write)
            self._changed()
            return delivery

    def _note(self, kind: str, what: str, source: str, status: int | None = None, write: bool = False) -> None:
        self._requests.append(Request(time.time(), time.monotonic(), kind, what, source, status, write))

    def _emit(self, event: str, details: Mapping[str, object]) -> None:
        self._log.add(self.name, event, details)

    def _changed(self) -> None:
        self._sync_face()
        self._wake()  # the watchdog may have another deadline now

    def _sync_face(self) -> None:
        """Listen for HTTP if and only if the device would."""
        wanted = "open"
        if self._stopped or not self._device.operational or "refuse" in self._faults:
            wanted = "closed"
        elif "unplugged" in self._faults:
            wanted = "mute"
        if wanted == self._face_state:
            return
        if self._face is not None:
            # Also between mute and open: what clients sent to an unplugged device must not take effect later.
            self._face.close()
            self._closed_faces = [face for face in self._closed_faces if face.alive] + [self._face]
            self._face = None
        self._face_state = wanted
        if wanted != "closed":
            try:
                answer = self._answer_http if wanted == "open" else None
                self._face = HttpFace(self.name, self.address, self.port, answer)
            except SimulatorError as error:
                self._emit("not listening", {"reason": str(error)})
