"""Stand-ins for DAHDI spans in the nodes: alarms that follow the devices' relays, as the spans' own would.

They are plain files where Linux would have them, in a tmpfs over the node's /sys/bus.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from tests.lab.layout import node_store

if TYPE_CHECKING:
    from tests.lab.lab import Lab

_DIRECTORY = "/sys/bus/dahdi_spans/devices"
_POLL = 0.05  # s
_SECONDS_TO_COME_UP = 0.5  # after the relay has joined the lines to them; real ones take longer
_LOST = "RED\n"


class Spans:
    """The spans of some nodes, while the block runs. A node that is switched off and on again has none.

    Args:
        lab: The lab.
        wired: Node -> span -> where it is plugged in, as device and port group: `{"xivo-1": {1: ("fos1", "B")}}`.
    """

    def __init__(self, lab: Lab, wired: Mapping[str, Mapping[int, tuple[str, str]]]) -> None:
        self._lab = lab
        self._wired = wired
        self._shown: dict[tuple[str, int], str] = {}
        self._provider_down: set[str] = set()
        self._ended = threading.Event()
        self._follower = threading.Thread(target=self._follow, name="spans", daemon=True)

    def __enter__(self) -> Spans:
        for name, spans in self._wired.items():
            directories = " ".join(f"{_DIRECTORY}/span-{span}" for span in spans)
            self._lab.node(name).run(f"mount -t tmpfs spans /sys/bus && mkdir -p {directories}")
        self._relays = {state["name"]: state["relay"] for state in self._lab.devices.states()}
        self._read = len(self._lab.events())
        self._show()
        self._follower.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._follower.join()
        for name in self._wired:
            if self._lab.node(name).running():
                self._lab.node(name).run("umount /sys/bus", check=False)

    def provider(self, device: str, works: bool) -> None:
        """Let the provider's lines at a device fail, or work again."""
        (self._provider_down.discard if works else self._provider_down.add)(device)

    def _follow(self) -> None:
        while not self._ended.wait(_POLL):
            events = self._lab.events(since=self._read)
            self._read += len(events)
            moved = {event["device"]: event["to"] for event in events if event["event"] == "relay"}
            if moved:
                self._relays.update(moved)
                self._show(lost_only=True)
                self._ended.wait(_SECONDS_TO_COME_UP)
            self._show()

    def _show(self, lost_only: bool = False) -> None:
        for name, spans in self._wired.items():
            for span, (device, group) in spans.items():
                joined = f"A--{group}" in self._relays[device].split() and device not in self._provider_down
                words = "" if joined else _LOST
                if self._shown.get((name, span)) != words and not (lost_only and joined):
                    self._write(name, span, words)
                    self._shown[name, span] = words

    def _write(self, name: str, span: int, words: str) -> None:
        with contextlib.suppress(OSError):  # the node is switched off, or has been meanwhile
            init = self._lab.link.path(f"{node_store(name)}/pid").read_text(encoding="ascii").strip()
            alarms = self._lab.link.path(f"/proc/{init}/root{_DIRECTORY}/span-{span}/alarms")
            # Whoever reads must not find the file empty in between: that would say that all is well.
            new = alarms.with_name("alarms.new")
            new.write_text(words, encoding="ascii")
            new.replace(alarms)
