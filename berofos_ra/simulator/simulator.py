"""Many simulated devices together: their sockets, their clock, their log of events."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path

from berofos_ra.errors import ParameterError
from berofos_ra.simulator.control import ControlServer
from berofos_ra.simulator.events import Event, EventLog
from berofos_ra.simulator.gbl4_face import Gbl4Face, is_loopback
from berofos_ra.simulator.running import RunningDevice
from berofos_ra.simulator.spec import DeviceSpec


class Simulator:
    """Devices that run from ``start`` to ``stop``, or as a context manager.

    ``events``: file to which every event is appended as a JSON line. ``control``: address and port (0: any)
    of the control interface, see ``control``. Raises ParameterError when the specs make no sense together, and from
    ``start`` SimulatorError when an address or the file can't be had.
    """

    def __init__(
        self, specs: Iterable[DeviceSpec], events: str | Path | None = None, control: tuple[str, int] | None = None
    ) -> None:
        self.events = EventLog(events)
        self._control_at = control
        self._control: ControlServer | None = None
        self._gbl4: list[Gbl4Face] = []
        self._wake = threading.Event()
        self._stopping = False
        self._timer = threading.Thread(target=self._run_timer, name="simulator clock", daemon=True)
        self._devices: dict[str, RunningDevice] = {}
        for spec in specs:
            if spec.name in self._devices:
                raise ParameterError(f"two devices are called {spec.name}")
            self._devices[spec.name] = RunningDevice(spec, self.events, self._wake.set)

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def devices(self) -> tuple[RunningDevice, ...]:
        """All, in the order of the specs."""
        return tuple(self._devices.values())

    def device(self, name: str) -> RunningDevice:
        """The device of that name; KeyError when there is none."""
        return self._devices[name]

    @property
    def control_address(self) -> str:
        """Where the control interface listens, as ADDRESS:PORT."""
        if self._control is None:
            raise ParameterError("this simulator has no control interface")
        return self._control.where

    def wait_for_event(self, timeout: float = 60.0, since: int = 0, **fields: object) -> Event:
        """The first event after number ``since`` with these fields; TimeoutError after ``timeout`` s."""
        return self.events.wait(timeout, since, **fields)

    def start(self) -> None:
        """Begin to listen; SimulatorError when an address can't be had, then nothing listens."""
        try:
            for device in self.devices:
                device.open()
            for (_, port), group in self._gbl4_groups().items():
                face = Gbl4Face(group[0].name, port, [(device.address, device.answer_gbl4) for device in group])
                self._gbl4.append(face)
                for device in group:
                    device.gbl4_port = face.port
            if self._control_at is not None:
                self._control = ControlServer(self._control_at, self._devices, self.events)
        except BaseException:
            self.stop()
            raise
        self._timer.start()

    def stop(self) -> None:
        """Stop listening and wait until no thread or socket is left. The logs can still be read."""
        self._stopping = True
        self._wake.set()
        if self._control is not None:
            self._control.close()
        for face in self._gbl4:
            face.close()
        self._gbl4 = []
        for device in self.devices:
            device.close()
        if self._timer.ident is not None:
            self._timer.join()
        self.events.close()

    def _gbl4_groups(self) -> dict[tuple[str, int], list[RunningDevice]]:
        """Devices that share a GBL4 socket, by what they share."""
        shared = {device.gbl4_port for device in self.devices if not is_loopback(device.address)}
        groups: dict[tuple[str, int], list[RunningDevice]] = {}
        for device in self.devices:
            port = device.gbl4_port
            own = device.address if port else device.name
            key = "wildcard" if port in shared and port else own
            groups.setdefault((key, port), []).append(device)
        return groups

    def _run_timer(self) -> None:
        while not self._stopping:
            self._wake.clear()
            deadlines = [deadline for device in self.devices if (deadline := device.advance()) is not None]
            self._wake.wait(max(0.0, min(deadlines) - time.monotonic()) if deadlines else None)
