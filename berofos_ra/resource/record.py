"""The ownership record: what makes a node the owner of the relay, and the truth of what runs there. Pure.

It holds every parameter in effect and all devices that start selected (never a login), what each was told and when,
and what was seen of each and when. What runs is what the record says, whatever has become of the config file and the
parameters meanwhile; stop acts by it alone. Where it is kept: `record_file`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.device.config import is_device_name
from berofos_ra.errors import BerofosError

WRITE_LASTS = 10.0  # seconds for which a write to a relay may still be on its way, once it was answered
KICK_SLACK = 2.0  # seconds by which a device's countdown may be ahead of our own clock
_VERSION = 2
_MAX_WHOLE = 65535  # of a port, and of a watchdog's interval
_MAX_TIME = 1e12  # seconds


class RecordError(BerofosError):
    """There is something in the record's place, and it can't be read as one."""


class RecordUnreadableError(RecordError):
    """The record is there, but this user may not read it."""


class DeviceRecord(NamedTuple):
    """What is known of one device.

    ``host`` and ``port`` are those of the config file, ``address`` what the host name was resolved to, once; ``mac``
    is None where neither file nor device told it, and ``mac_learned`` where the device alone did. ``is_ours``: this
    ownership has written to it, or seen it right; else it was merely selected. ``was_right``: its relay was on this
    node's side when it last answered; ``answered``: it did so when last asked. ``seen`` is its relay position then,
    and ``seen_at`` since when. ``told_at``: when its relay was last told to move, None when it wasn't or has been
    seen to obey. ``watchdog_interval`` is in seconds, None while this node hasn't told its watchdog to be armed;
    ``arming``: it has, and hasn't seen it armed since, so it is kicked, and not relied on; ``turned_off``: it was off
    when the device last answered, so it isn't either. ``kicked`` is its last answered kick (or arming), ``kick_sent``
    its last one, answered or not. All times are the boot clock's.
    """

    host: str = ""
    address: str = ""
    port: int = 80
    mac: str | None = None
    mac_learned: bool = False
    is_ours: bool = False
    was_right: bool = False
    answered: bool = False
    seen_right: bool = False
    seen: str = ""
    seen_at: float = 0.0
    told_at: float | None = None
    watchdog_interval: int | None = None
    arming: bool = False
    turned_off: bool = False
    kicked: float = 0.0
    kick_sent: float = 0.0

    @property
    def reached_at(self) -> str:
        """Where it is asked."""
        return self.address or self.host

    def watchdog_left(self, now: float) -> float | None:
        """Seconds until the device falls back unless it is kicked, 0 when that is past; None: not armed by us."""
        if self.watchdog_interval is None or self.arming or self.turned_off:
            return None
        return max(0.0, self.kicked + self.watchdog_interval - now)

    def may_be_kicked_by_another(self, left: float, now: float) -> bool:
        """Whether a watchdog with so many seconds left has had a later kick than any of ours.

        One of ours whose answer got lost was one all the same: silence says nothing of somebody else.
        """
        if self.watchdog_interval is None or self.arming:
            return False
        return left > max(self.kicked, self.kick_sent) + self.watchdog_interval + KICK_SLACK - now

    def told(self, now: float, moves: bool, armed_for: int | None) -> DeviceRecord:
        """The same once it is told something: to move its relay, and to arm its watchdog for so many seconds."""
        known = self._replace(is_ours=True, told_at=now if moves else None)
        if armed_for is None:
            return known
        is_armed = bool(self.watchdog_left(now))
        interval = min(self.watchdog_interval or armed_for, armed_for)
        return known._replace(watchdog_interval=interval, arming=not is_armed, turned_off=False)

    def seen_armed(self, now: float, interval: int, left: float) -> DeviceRecord:
        """The same with a watchdog that we told to be armed, and that shows to be; both in seconds."""
        kicked = now - max(0.0, interval - left)
        return self._replace(watchdog_interval=interval, arming=False, turned_off=False, kicked=kicked)

    @property
    def was_seen_right(self) -> bool:
        """Whether this ownership has ever seen it on this node's side."""
        return self.was_right or self.seen_right

    @property
    def is_worth_a_kick(self) -> bool:
        """Whether the lines may be here by it: it was on this node's side, or nobody knows where it is now."""
        return self.was_right or not self.answered

    def write_left(self, now: float) -> float:
        """Seconds for which a write of ours to its relay may still be on its way."""
        return 0.0 if self.told_at is None else max(0.0, self.told_at + WRITE_LASTS - now)


class Record(NamedTuple):
    """Ownership of the relay by this node.

    ``owned`` is False while a start is under way, or was killed: devices may have been told something, but the lines
    aren't promised to be here. ``since`` is the boot clock when it was begun; of two records with one device the
    older one holds it. ``node`` and ``parameters`` are those in effect, as given; empty in the record of an older
    version. ``attributes`` are the node attributes as last set, ``reported`` the reasons that were logged last,
    ``drifted`` the settings that were logged last, which only a thorough monitor compares.
    """

    owned: bool
    devices: Mapping[str, DeviceRecord] = {}
    since: float = 0.0
    node: str = ""
    parameters: Mapping[str, str] = {}
    attributes: Mapping[str, str] = {}
    reported: str = ""
    drifted: str = ""

    @property
    def without_kicks(self) -> Record:
        """The same without the times of kicks, which are kept elsewhere."""
        devices = {name: one._replace(kicked=0.0, kick_sent=0.0) for name, one in self.devices.items()}
        return self._replace(devices=devices)

    def with_device(self, name: str, device: DeviceRecord) -> Record:
        """The same with another device record."""
        return self._replace(devices={**self.devices, name: device})


def to_json(record: Record) -> dict[str, object]:
    """The record as JSON has it."""
    devices = {name: device._asdict() for name, device in record.devices.items()}
    return {"version": _VERSION, **record._asdict(), "devices": devices}


def from_json(data: object) -> Record:
    """The record in the data. Another version may have written it: what is missing is empty, more is left out.

    Raises:
        TypeError: it isn't one.
    """
    fields = _object(data)
    return Record(
        owned=_flag(fields.get("owned")),
        devices={_name(name): _device(_object(one)) for name, one in _object(fields.get("devices")).items()},
        since=_time(fields.get("since", 0.0)),
        node=_text(fields.get("node", "")),
        parameters=_texts(fields.get("parameters", {})),
        attributes={_printable(name): text for name, text in _texts(fields.get("attributes", {})).items()},
        reported=_text(fields.get("reported", "")),
        drifted=_text(fields.get("drifted", "")),
    )


def _device(given: Mapping[str, object]) -> DeviceRecord:
    fields = {**DeviceRecord._field_defaults, **(_of_version_1(given) if "label" in given else {}), **given}
    mac, told_at, interval = fields["mac"], fields["told_at"], fields["watchdog_interval"]
    return DeviceRecord(
        host=_printable(_text(fields["host"])),
        address=_printable(_text(fields["address"])),
        port=_whole(fields["port"]),
        mac=None if mac is None else _mac(_text(mac)),
        mac_learned=_flag(fields["mac_learned"]),
        is_ours=_flag(fields["is_ours"]),
        was_right=_flag(fields["was_right"]),
        answered=_flag(fields["answered"]),
        seen_right=_flag(fields["seen_right"]),
        seen=_text(fields["seen"]),
        seen_at=_time(fields["seen_at"]),
        told_at=None if told_at is None else _time(told_at),
        watchdog_interval=None if interval is None else _whole(interval),
        arming=_flag(fields["arming"]),
        turned_off=_flag(fields["turned_off"]),
        kicked=_time(fields["kicked"]),
        kick_sent=_time(fields["kick_sent"]),
    )


def _of_version_1(given: Mapping[str, object]) -> dict[str, object]:
    """What the first version called otherwise: a label such as ``fos1 (10.34.1.20:8080)``, and ``touched``."""
    label = re.fullmatch(r"\S+ \(([^():]+)(?::([0-9]+))?\)", _text(given["label"]))
    address = {} if label is None else {"host": label[1], "port": int(label[2] or 80)}
    return {**address, "is_ours": given.get("touched", True)}


def _name(data: str) -> str:
    if not is_device_name(data):  # it becomes part of a file's name
        raise TypeError
    return data


def _mac(data: str) -> str:
    if re.fullmatch("[0-9A-F]{2}(:[0-9A-F]{2}){5}", data, re.ASCII) is None:
        raise TypeError
    return data


def _object(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise TypeError
    return data


def _texts(data: object) -> dict[str, str]:
    return {name: _text(text) for name, text in _object(data).items()}


def _text(data: object) -> str:
    if not isinstance(data, str):
        raise TypeError
    return data


def _printable(text: str) -> str:
    """What is handed to a name server or to a tool; Pacemaker's parameters may be any bytes but NUL."""
    if not text.isprintable():
        raise TypeError
    return text


def _flag(data: object) -> bool:
    if not isinstance(data, bool):
        raise TypeError
    return data


def _whole(data: object) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= _MAX_WHOLE:
        raise TypeError
    return data


def _time(data: object) -> float:
    if not isinstance(data, (int, float)) or isinstance(data, bool) or not abs(data) <= _MAX_TIME:
        raise TypeError
    return float(data)
