"""The ownership record: the small file that makes a node the owner of the relay.

It lies in the resource agents' run directory, a tmpfs, so a reboot forgets it. It is replaced atomically, and only
root may read it. Beside the fact of owning it keeps what later actions must know of earlier ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

RUN_DIRECTORY = "/run/resource-agents"


@dataclass(frozen=True)
class DeviceRecord:
    """What is known of one device.

    ``was_right``: its relay was on this node's side when it last answered; ``answered``: it did so when last asked.
    ``watchdog_interval`` is in seconds, None
    while this node hasn't armed its watchdog; ``kicked`` is the boot clock at its last answered kick (or arming).
    """

    label: str
    was_right: bool = False
    answered: bool = False
    watchdog_interval: int | None = None
    kicked: float = 0.0

    def watchdog_left(self, now: float) -> float | None:
        """Seconds until the device falls back unless it is kicked, 0 when that is past; None: not armed by us."""
        if self.watchdog_interval is None:
            return None
        return max(0.0, self.kicked + self.watchdog_interval - now)


@dataclass(frozen=True)
class Record:
    """Ownership of the relay by this node.

    ``owned`` is False while a start is under way, or was killed: devices may have been touched, but the lines
    aren't promised to be here. ``attributes`` are the node attributes as last set, ``reported`` the last trouble
    that was logged.
    """

    owned: bool
    devices: Mapping[str, DeviceRecord] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    reported: str = ""

    def with_device(self, name: str, device: DeviceRecord) -> Record:
        """The same with another device record."""
        return replace(self, devices={**self.devices, name: device})


def boot_clock() -> float:
    """Seconds since boot, sleep included; it never jumps, and lives as long as a record does."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def record_path(instance: str, run_directory: str = RUN_DIRECTORY) -> Path:
    """Where the record of a resource instance lies."""
    safe = re.sub(r"[^A-Za-z0-9_.-]", lambda match: f"%{ord(match[0]):02X}", instance)
    return Path(run_directory) / f"berofos-{safe}.json"


def read_record(path: Path) -> Record | None:
    """The record, or None when there is none or what is there isn't one (a file cut by a full disk, say)."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Record(
            owned=bool(data["owned"]),
            devices={name: DeviceRecord(**device) for name, device in data["devices"].items()},
            attributes=dict(data["attributes"]),
            reported=str(data["reported"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_record(path: Path, record: Record) -> None:
    """Replace the record atomically; the directory is created when missing.

    Raises:
        OSError: the directory can't be written.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    data: dict[str, Any] = asdict(record)
    descriptor, temporary = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(data, stream)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def remove_record(path: Path) -> None:
    """Give up ownership; nothing happens when there is none.

    Raises:
        OSError: it is there and can't be removed.
    """
    path.unlink(missing_ok=True)
