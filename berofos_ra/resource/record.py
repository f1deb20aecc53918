"""The ownership record: the small file that makes a node the owner of the relay; and who may take the relay.

The record lies in the resource agents' run directory, a tmpfs, so a reboot forgets it. It is replaced atomically,
and only root may read it. Beside the fact of owning it keeps what later actions must know of earlier ones.

Two nodes that lose sight of each other, in a cluster without fencing, both think that they should run. The one that
doesn't have the lines can't tell a split from the other's death: it takes them, and that one switch can't be avoided.
What can be is the tug-of-war that would follow: the first owner finds its relay moved, recovers, takes it back, and
so on at every monitor. So an owner that gives up while its peer is out of sight remembers in which membership that
was, and doesn't take back, in this very membership, what the peer has taken; see `taken_by_peer`.

As the two meet again an action may be under way, or be begun, that either has decided on alone. So the holding lasts
until Pacemaker has taken the peer in, but is good for one refusal then: Pacemaker may be stopped on the peer.

So the relay changes at most once in a cut that begins with an owner. When nobody owns it as the cut begins, each node
may take it once. Known limits: the peer dies while they are still apart, and the membership stays what it was: then
move the relay by hand, and this node may start. A reboot forgets the holding; corosync's wait_for_all keeps such a
node from starting.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

RUN_DIRECTORY = "/run/resource-agents"
_LONGEST_NAME = 200  # of a resource in a file's name, which Linux lets have 255 bytes


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
    aren't promised to be here. ``attributes`` are the node attributes as last set, ``reported`` the last trouble
    that was logged, ``drifted`` the last settings that were logged, which only a thorough monitor compares.
    """

    owned: bool
    devices: Mapping[str, DeviceRecord] = {}
    attributes: Mapping[str, str] = {}
    reported: str = ""
    drifted: str = ""

    def with_device(self, name: str, device: DeviceRecord) -> Record:
        """The same with another device record."""
        return self._replace(devices={**self.devices, name: device})


def taken_by_peer(
    held_in: str | None, membership: str | None, peer_in_sight: bool, moved: bool, peer_joining: bool = False
) -> bool:
    """Whether the relay is the peer's to keep, so that this node must not take it.

    ``held_in``: the membership in which this node gave the relay up while its peer was out of sight, None when it
    didn't; ``membership``: the one now; ``moved``: a device is set to the peer's side for good (its default relay
    mode as well, which a peer that takes over sets and a hand that moves the relay doesn't); ``peer_joining``: the
    peer is back in sight, but the two haven't become one cluster yet, or this was decided on before they did.

    Once the cluster that both are in has had its say nothing is held against anybody any more.
    """
    if held_in is None or not moved:
        return False
    return peer_joining or (held_in == membership and not peer_in_sight)


def boot_clock() -> float:
    """Seconds since boot, sleep included; it never jumps, and lives as long as a record does."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def record_path(instance: str, run_directory: str = RUN_DIRECTORY) -> Path:
    """Where the record of a resource instance lies."""
    name = os.fsencode(instance)  # byte by byte, two digits each: no two instances share a record
    safe = re.sub(rb"[^A-Za-z0-9_.-]", lambda match: b"%%%02X" % ord(match[0]), name).decode("ascii")
    if len(safe) > _LONGEST_NAME:
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
    with _held(path):
        _replace(path, record)


def update_record(path: Path, before: Record, after: Record) -> bool:
    """Replace the record if it is still ``before``; False, and nothing is changed, when it isn't.

    A monitor that is under way while the resource is stopped must not bring the record back.

    Raises:
        OSError: the directory can't be written.
    """
    with _held(path) as there:
        if not there or read_record(path) != before:
            return False
        _replace(path, after)
        return True


@contextlib.contextmanager
def _held(path: Path) -> Iterator[bool]:
    """Keep other actions from changing the record meanwhile; False: there is none. It ends with the process."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            yield False
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is(path, descriptor):  # else it was replaced or removed while we waited
                yield True
                return
        finally:
            os.close(descriptor)


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _replace(path: Path, record: Record) -> None:
    data = {**record._asdict(), "devices": {name: device._asdict() for name, device in record.devices.items()}}
    replace_file(path, json.dumps(data))


def replace_file(path: Path, text: str) -> None:
    """Write a file, readable by root alone, at once or not at all; a link that is there is replaced, not followed.

    Raises:
        OSError: the directory can't be written.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
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
    with _held(path):
        path.unlink(missing_ok=True)
