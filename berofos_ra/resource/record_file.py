"""Where ownership records lie: small files in the resource agents' run directory, a tmpfs, so a reboot forgets them.

A record is replaced atomically, and only root may read it. Beside it lies an empty file for each device that is
kicked, whose time of last change is the last answered kick, and of last access the last one sent: to touch it needs
no space, so a full ``/run`` costs a running resource nothing. And the histories of what was put right (`repairs`),
which outlive a stop.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from berofos_ra.clock import boot_clock
from berofos_ra.device.config import is_device_name
from berofos_ra.files import replace_file
from berofos_ra.resource.record import DeviceRecord, Record, RecordError, RecordUnreadableError, from_json, to_json
from berofos_ra.resource.repairs import Histories, History

RUN_DIRECTORY = "/run/resource-agents"
MAX_NAME_LENGTH = 200  # of a resource in a file's name, which Linux lets have 255 bytes
MAX_BYTES = 2**20  # of a record


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


def all_records(run_directory: Path) -> Iterator[tuple[str, Record]]:
    """The records of all resources on this machine, by instance; what can't be read is left out."""
    for path, record in records_by_path(run_directory):
        if record is not None:
            yield instance_of(path), record


def records_by_path(run_directory: Path) -> Iterator[tuple[Path, Record | None]]:
    """The same by their files; None for one that can't be read, whatever is in it."""
    for path in sorted(run_directory.glob("berofos-*.json")):
        try:
            record = read_record(path)
        except RecordError:
            yield path, None
        else:
            if record is not None:
                yield path, record


def read_record(path: Path) -> Record | None:
    """The record; None when there is no such file, or a stop has voided it.

    Another version of this agent may have written it: more than is known here is left out, what is missing is empty.

    Raises:
        RecordUnreadableError: this user may not read it.
        RecordError: what is there isn't a record.
    """
    try:
        text = _read_plain_file(path)
        if not text:
            return None
        record = from_json(json.loads(text))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise RecordUnreadableError(f"{path}: permission denied; it must be read as root") from None
    except OSError as error:
        raise RecordError(f"{path}: isn't an ownership record: {error.strerror}") from None
    except (ValueError, TypeError, RecursionError):
        raise RecordError(f"{path}: isn't an ownership record") from None
    return record._replace(devices={name: _with_stamp(path, name, one) for name, one in record.devices.items()})


def _read_plain_file(path: Path) -> str:
    # Without O_NONBLOCK it would wait for somebody to write into a named pipe.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        return (stream.read(MAX_BYTES) or b"").decode("utf-8")


def _with_stamp(path: Path, name: str, device: DeviceRecord) -> DeviceRecord:
    try:
        stamp = kick_stamp(path, name).stat()
    except (OSError, ValueError):
        return device
    answered, sent, now = stamp.st_mtime, stamp.st_atime, boot_clock()
    return device._replace(
        kicked=max(device.kicked, min(answered, now)), kick_sent=max(device.kick_sent, min(sent, now))
    )


def kick_stamp(path: Path, name: str) -> Path:
    """The file whose time of last change, by the boot clock, is the last answered kick of a device."""
    return path.with_suffix(f".{name}.kick")


def stamp_attempt(path: Path, name: str) -> None:
    """Note that a device is about to be kicked: it may hear it, and its answer get lost."""
    stamp = kick_stamp(path, name)
    with contextlib.suppress(OSError):
        os.utime(stamp, (boot_clock(), stamp.stat().st_mtime))


def stamp_kick(path: Path, name: str) -> float:
    """Note that a device has answered a kick just now, and when that is; what can't be noted is left.

    It costs no space.
    """
    now = boot_clock()
    with contextlib.suppress(OSError):
        os.utime(kick_stamp(path, name), (now, now))
    return now


def _make_stamp(path: Path, name: str, times: tuple[float, float]) -> None:
    # It is empty, so nobody can read half of it; and a start makes one for each of many devices.
    stamp = kick_stamp(path, name)
    stamp.unlink(missing_ok=True)
    os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    os.utime(stamp, times)


def create_record(path: Path, record: Record) -> None:
    """Begin an ownership: the record, and a stamp for each device; the directory is created when missing.

    Raises:
        OSError: there is no room for it. Then nothing may be written to any device.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with _locked(path):
        for name in record.devices:
            _make_stamp(path, name, (0, 0))
        _replace(path, record)


def change_record(path: Path, record: Record) -> None:
    """Replace the record of one's own start under way.

    Raises:
        OSError: the directory can't be written.
    """
    with _locked(path):
        _replace(path, record)


def update_record(path: Path, before: Record, after: Record) -> bool:
    """Replace the record if it is still ``before``; False, and nothing is changed, when it isn't.

    A monitor that is under way while the resource is stopped must not bring the record back. Kicks are no change.

    Raises:
        OSError: the directory can't be written.
    """
    with _locked(path) as there:
        try:
            now = read_record(path) if there else None
        except RecordError:
            now = None
        if now is None or now.without_kicks != before.without_kicks:
            return False
        for name, device in after.devices.items():  # an older version had none
            if not kick_stamp(path, name).exists():
                _make_stamp(path, name, (device.kick_sent, device.kicked))
        _replace(path, after)
        return True


def remove_record(path: Path) -> bool:
    """Give up ownership; nothing happens when there is none. Where it can't be removed it is voided in place.

    False: not even that could be done.
    """
    with _locked(path):
        for stamp in path.parent.glob(f"{path.stem}.*.kick"):
            device = stamp.stem.removeprefix(f"{path.stem}.")
            if is_device_name(device):  # else it is of a resource whose name begins alike
                with contextlib.suppress(OSError):
                    stamp.unlink()
        try:
            path.unlink(missing_ok=True)
        except OSError:
            try:
                os.truncate(path, 0)
            except OSError:
                return not os.path.lexists(path)
    return True


@contextlib.contextmanager
def all_locked(run_directory: Path) -> Iterator[None]:
    """Keep other resources' actions out while one looks at all records and makes its own.

    Raises:
        OSError: the directory can't be written.
    """
    run_directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(run_directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Keep other actions from changing the record meanwhile; False: there is none. It ends with the process."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
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
    replace_file(path, json.dumps(to_json(record)))


def read_histories(path: Path) -> Histories:
    """What was put right before, by the record's path; empty when nothing was, or what is there makes no sense."""
    try:
        data = json.loads(_read_plain_file(_histories_path(path)))
        return {
            str(key): History(int(one[0]), float(one[1]), bool(one[2]), bool(one[3])) for key, one in data.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return {}


def write_histories(path: Path, histories: Histories) -> None:
    """Keep them; what can't be kept is left."""
    file = _histories_path(path)
    with contextlib.suppress(OSError):
        if histories:
            replace_file(file, json.dumps(histories))
        else:
            file.unlink(missing_ok=True)


def _histories_path(path: Path) -> Path:
    return path.with_suffix(".repairs")
