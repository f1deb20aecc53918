"""The ownership record: the small file that makes a node the owner of the relay.

It lies in the resource agents' run directory, a tmpfs, so a reboot forgets it. It is replaced atomically, and only
root may read it. Beside the fact of owning it keeps what later actions must know of earlier ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from berofos_ra.files import replace_file

RUN_DIRECTORY = "/run/resource-agents"
MAX_NAME_LENGTH = 200  # of a resource in a file's name, which Linux lets have 255 bytes


class DeviceRecord(NamedTuple):
    """What is known of one device.

    ``was_right``: its relay was on this node's side when it last answered; ``answered``: it did so when last asked;
    ``touched``: something may have been written to it. ``watchdog_interval`` is in seconds, None while this
    node hasn't armed its watchdog; ``kicked`` is the boot clock at its last answered kick (or arming).
    """

    label: str
    was_right: bool = False
    answered: bool = False
    touched: bool = True
    watchdog_interval: int | None = None
    kicked: float = 0.0

    def watchdog_left(self, now: float) -> float | None:
        """Seconds until the device falls back unless it is kicked, 0 when that is past; None: not armed by us."""
        if self.watchdog_interval is None:
            return None
        return max(0.0, self.kicked + self.watchdog_interval - now)


class Record(NamedTuple):
    """Ownership of the relay by this node.

    ``owned`` is False while a start is under way, or was killed: devices may have been touched, but the lines
    aren't promised to be here. ``attributes`` are the node attributes as last set, ``reported`` the reasons that were
    logged last, ``drifted`` the settings that were logged last, which only a thorough monitor compares.
    """

    owned: bool
    devices: Mapping[str, DeviceRecord] = {}
    attributes: Mapping[str, str] = {}
    reported: str = ""
    drifted: str = ""

    def with_device(self, name: str, device: DeviceRecord) -> Record:
        """The same with another device record."""
        return self._replace(devices={**self.devices, name: device})


def record_path(instance: str, run_directory: str = RUN_DIRECTORY) -> Path:
    """Where the record of a resource instance lies."""
    name = os.fsencode(instance)  # byte by byte, two digits each: no two instances share a record
    safe = re.sub(rb"[^A-Za-z0-9_.-]", lambda match: b"%%%02X" % ord(match[0]), name).decode("ascii")
    if len(safe) > MAX_NAME_LENGTH:
        from hashlib import sha256  # hardly anybody needs it

        safe = f"{safe[:100]}-{sha256(name).hexdigest()}"
    return Path(run_directory) / f"berofos-{safe}.json"


def instance_of(path: Path) -> str:
    """The resource instance whose record lies there."""
    name = os.fsencode(path.name.removeprefix("berofos-").removesuffix(".json"))
    return os.fsdecode(re.sub(rb"%([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), name))


def read_record(path: Path) -> Record | None:
    """The record, or None when there is none or what is there isn't one (a file cut by a full disk, say).

    Another version of this agent may have written it: more than is known here is left out, what is missing is empty.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Record(
            owned=bool(data["owned"]),
            devices={name: _device_record(device) for name, device in data["devices"].items()},
            attributes=dict(data.get("attributes", {})),
            reported=str(data.get("reported", "")),
            drifted=str(data.get("drifted", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _device_record(data: Mapping[str, Any]) -> DeviceRecord:
    return DeviceRecord(**{name: data[name] for name in DeviceRecord._fields if name in data})


def write_record(path: Path, record: Record) -> None:
    """Replace the record atomically; the directory is created when missing.

    Raises:
        OSError: the directory can't be written.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with _locked(path):
        _replace(path, record)


def update_record(path: Path, before: Record, after: Record) -> bool:
    """Replace the record if it is still ``before``; False, and nothing is changed, when it isn't.

    A monitor that is under way while the resource is stopped must not bring the record back.

    Raises:
        OSError: the directory can't be written.
    """
    with _locked(path) as there:
        if not there or read_record(path) != before:
            return False
        _replace(path, after)
        return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Keep other actions from changing the record meanwhile; False: there is none. It ends with the process."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            yield False
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still(path, descriptor):  # else it was replaced or removed while we waited
                yield True
                return
        finally:
            os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _replace(path: Path, record: Record) -> None:
    data = {**record._asdict(), "devices": {name: device._asdict() for name, device in record.devices.items()}}
    replace_file(path, json.dumps(data))


def remove_record(path: Path) -> None:
    """Give up ownership; nothing happens when there is none.

    Raises:
        OSError: it is there and can't be removed.
    """
    with _locked(path):
        path.unlink(missing_ok=True)
