"""What one line of a log means for the lines, if anything. Pure.

Pacemaker's attribute daemon logs every node's changes on each node; the words are those of Pacemaker 2.0 to 3.0.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from berofos_ra.cluster.attribute_names import PREFIX, READY, SPANS, unready_reason
from berofos_ra.device.config import is_device_name
from berofos_ra.history.log_lines import LogLine
from berofos_ra.resource.verdict import Spans as SpanState

POSITION = r"A--[BD](?: C--D)?"

_UNSET = "(unset)"
_NO_ALARM = ("", SpanState.CLEAR.value, SpanState.NOT_WATCHED.value)
_ATTRIBUTE = re.compile(
    r"Setting (?P<name>\S+)\[(?P<node>\S+)\](?: in \S+)?: (?P<old>.*?) -> (?P<new>.*?)(?: \| .*)?"
)
_MEMBER = re.compile(r"Node (?P<node>\S+) state is now (?P<state>member|lost)(?: \|.*)?")
_SWITCHED = re.compile(
    rf"berofos (?P<device>\S+) \([^)]*\): relay (?P<before>{POSITION}) -> (?P<after>{POSITION}), "
    r"lines now on (?P<to>.+)"
)
_ABOUT_DEVICE = re.compile(r"(?P<device>fos[1-9]\d*) \([^)]*\): ", re.ASCII)
_WHO = r"(?P<by>[^\s:]+(?: \(sudo: [^)]+\))?)"
_TAKEN = re.compile(r"taken by (?P<node>\S+) while partitioned from it")
_DRILL = re.compile(
    r"berofos drill: (?P<source>\S+) -> (?P<to>\S+), (?P<seconds>\d{1,6}(?:\.\d{1,3})?) s, "
    rf"{_WHO}(?:: (?P<reason>.*))?"
)
_BY_HAND = re.compile(rf"{_WHO}: (?P<command>.+?): (?P<device>\S+) (?P<changes>.+)")
_PAUSE = re.compile(rf"berofos (?P<command>pause|resume): (?P<what>.*?), {_WHO}(?:: (?P<reason>.*))?")
_DRILL_ASKED = re.compile(rf"berofos drill: asked to move \S+ -> \S+, {_WHO}(?:: (?P<reason>.*))?")
_MOVING = re.compile(rf"(?:{POSITION}|\?) -> (?:{POSITION}|\?)|\b(?:mode|scenario|wdog) ")
_FAIL_COUNT = re.compile(r"fail-count-(?P<resource>.+)#(?P<operation>[a-z_-]+)_\d+")
_OURS = ("berofos", "bnfos", "xivo-berofos")
_RULE = re.compile(r'\+\+ .*<rsc_location id="(?P<name>cli-(?:prefer|ban)-[^"]+)"')
_STANDBY = re.compile(r'\+\+ .*<nvpair .*\bname="standby" value="(?:on|true|1|yes)"')


class Device(NamedTuple):
    """The node that has the lines shows a device: its relay's position, else what is wrong; empty: nothing any more.

    ``was`` is what it showed before.
    """

    node: str
    device: str
    was: str
    now: str


class Ready(NamedTuple):
    """A node tells whether it could take over: ``reason`` is empty if so. ``known``: it told something before."""

    node: str
    reason: str
    known: bool


class Spans(NamedTuple):
    """The watched spans' alarms on a node; empty: none."""

    node: str
    alarms: str


class Member(NamedTuple):
    """A node is a member of the cluster, or no longer."""

    node: str
    is_member: bool


class Failed(NamedTuple):
    """An action of a resource failed on a node, or that is forgotten; ``what`` names action and resource."""

    node: str
    what: str
    over: bool


class Leaving(NamedTuple):
    """A node is being shut down in good order."""

    node: str


class Switched(NamedTuple):
    """The agent moved a relay; ``process`` is the action that did, where known."""

    device: str
    before: str
    after: str
    to: str
    process: str = ""


class Trouble(NamedTuple):
    """What the agent complains of, and the devices in it. ``over``: it no longer does."""

    text: str
    devices: tuple[str, ...]
    over: bool = False
    taken_by: str | None = None

    @property
    def ran_out(self) -> bool:
        """Whether a watchdog ran out."""
        return "watchdog ran out" in self.text or "watchdog must have run out" in self.text


class ByHand(NamedTuple):
    """A command changed a device. ``moves``: what its lines depend on."""

    by: str
    command: str
    device: str
    changes: str

    @property
    def moves(self) -> bool:
        """Whether it is about relay or watchdog."""
        return _MOVING.search(self.changes) is not None


class Drilled(NamedTuple):
    """A planned switch-over ended."""

    source: str
    to: str
    seconds: float
    by: str
    reason: str


class Paused(NamedTuple):
    """The cluster was told to keep its hands off, or (``over``) no longer; ``what`` of."""

    by: str
    what: str
    reason: str
    over: bool


class Ordered(NamedTuple):
    """Somebody told the cluster what is likely to move the lines."""

    reason: str


Fact = Device | Ready | Spans | Member | Leaving | Failed | Switched | Trouble | ByHand | Drilled | Paused | Ordered


def fact_of(line: LogLine) -> Fact | None:
    """What a line means; None: nothing for us."""
    if line.program in ("pacemaker-attrd", "attrd"):
        return _of_attributes(line.message)
    if line.program.startswith("berofos("):
        return _of_agent(line)
    if line.program in _OURS:
        return _of_command(line.message)
    if line.program == "pacemaker-based":
        if match := _RULE.match(line.message):
            return Ordered(f"rule {match['name']}")
        if _STANDBY.match(line.message):
            return Ordered("a node was put on standby")
    return None


def _of_attributes(message: str) -> Fact | None:
    if match := _MEMBER.fullmatch(message):
        return Member(match["node"], match["state"] == "member")
    match = _ATTRIBUTE.fullmatch(message)
    if match is None:
        return None
    name, node = match["name"], match["node"]
    old, new = ("" if text == _UNSET else text for text in (match["old"], match["new"]))
    if name == "shutdown":
        return Leaving(node) if new not in ("", "0") else None
    if failed := _FAIL_COUNT.fullmatch(name):
        return Failed(node, f"{failed['operation']} of {failed['resource']}", over=not new)
    if name == READY:
        return Ready(node, unready_reason(new) or "", bool(old)) if new else None
    if name == SPANS:
        return Spans(node, "" if new in _NO_ALARM else new)
    device = name.removeprefix(PREFIX)
    if name.startswith(PREFIX) and is_device_name(device):
        return Device(node, device, old, new)
    return None


def _of_agent(line: LogLine) -> Fact | None:
    if match := _SWITCHED.fullmatch(line.message):
        return Switched(match["device"], match["before"], match["after"], match["to"], line.process)
    text = line.message.removeprefix("berofos ")
    over = re.match(r"(?:all is well again|over) \(was: (.*)\)", text)
    text = over[1] if over else text
    devices = tuple(dict.fromkeys(match["device"] for match in _ABOUT_DEVICE.finditer(text)))
    taken = _TAKEN.search(text)
    if over or taken or (devices and (text[:3] == "fos" or " failed: " in text)):
        return Trouble(text, devices, over is not None, taken["node"] if taken else None)
    return None


def _of_command(message: str) -> Fact | None:
    if match := _DRILL.fullmatch(message):
        return Drilled(match["source"], match["to"], float(match["seconds"]), match["by"], match["reason"] or "")
    if match := _PAUSE.fullmatch(message):
        return Paused(match["by"], match["what"], match["reason"] or "", match["command"] == "resume")
    if match := _DRILL_ASKED.fullmatch(message):
        return Ordered(f"drill by {match['by']}" + (f": {match['reason']}" if match["reason"] else ""))
    if match := _BY_HAND.fullmatch(message):
        return ByHand(match["by"], match["command"], match["device"], match["changes"])
    return None
