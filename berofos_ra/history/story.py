"""What one node's log tells of the lines, event by event: who had them, since when, and why. Pure.

A node has the lines when the cluster shows its devices' relays at it. What a line doesn't say isn't guessed: a hand
that nobody named is ``unknown``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from berofos_ra.history import facts
from berofos_ra.history.events import (
    BY_HAND,
    DEGRADED,
    DRILL,
    NODE_LOST,
    PAUSE,
    READY,
    SHUT_DOWN,
    START,
    SWITCH,
    UNKNOWN,
    WATCHDOG,
    Event,
    merge,
)
from berofos_ra.history.facts import POSITION, Fact, fact_of
from berofos_ra.history.ledger import TOGETHER, Ledger, rounded
from berofos_ra.history.log_lines import LogLine, without_repeats

_CATCHING_UP = timedelta(seconds=1)  # a node that has joined is told so long what was before
_CAUSE = timedelta(minutes=1)  # what failed or was ordered so long before is the cause
_DRILL = timedelta(minutes=10)  # its line comes after the switch


def tell(lines: Iterable[LogLine]) -> list[Event]:
    """The story in these lines, of whatever hosts they are."""
    tellers: dict[str, _Teller] = {}
    for line in without_repeats(lines):
        fact = fact_of(line)
        if fact is not None:
            tellers.setdefault(line.host, _Teller(line.host)).hear(line.at, fact)
    return merge(teller.story for teller in tellers.values())


class _Teller:
    """Makes events of one host's facts, which come in order of time."""

    def __init__(self, host: str) -> None:
        self._ledger = Ledger(host)
        self._host = self._node = host  # and as the cluster calls it, once that is known
        self._owner: str | None = None  # who has the lines, or had them last
        self._released: datetime | None = None  # since when nobody has
        self._last: datetime | None = None  # the last fact's time
        self._taken: int | None = None  # the event of the last take-over
        self._taker = ""  # the action that it was, where known
        self._shown: dict[tuple[str, str], str] = {}  # by node and device
        self._right: dict[tuple[str, str], str] = {}  # where a device is while the node has the lines
        self._lost: dict[str, int] = {}  # the event of a node's loss
        self._leaving: set[str] = set()
        self._hands: dict[str, tuple[datetime, int]] = {}  # by device: the last change that somebody owned up to
        # Since the last take-over; the node, if it is one's.
        self._causes: list[tuple[datetime, str, str | None]] = []
        self._joined: datetime | None = None  # when this host, or a peer, joined last
        self._away_since: datetime | None = None  # this host's last word before it joined

    @property
    def story(self) -> list[Event]:
        """All that happened, as far as it has been heard."""
        return self._ledger.story

    def hear(self, at: datetime, fact: Fact) -> None:
        """Take the next fact in."""
        if isinstance(fact, facts.Device | facts.Member) and self._is_own(fact.node):
            self._node = fact.node
        match fact:
            case facts.Device():
                self._device(at, fact)
            case facts.Switched():
                self._switched(at, fact)
            case facts.Member():
                self._member(at, fact)
            case facts.Leaving():
                self._leaving.add(fact.node)
            case facts.Trouble():
                self._trouble(at, fact)
            case facts.Ready():
                self._ready(at, fact)
            case facts.Spans():
                self._spans(at, fact)
            case facts.ByHand():
                self._by_hand(at, fact)
            case facts.Drilled():
                self._drilled(at, fact)
            case facts.Paused():
                self._paused(at, fact)
            case facts.Ordered():
                self._causes.append((at, fact.reason, None))
            case facts.Failed():
                self._fails(at, fact)
        self._last = at

    # Who has the lines.

    def _device(self, at: datetime, fact: facts.Device) -> None:
        key = (fact.node, fact.device)
        if self._owner is None and re.fullmatch(POSITION, fact.was):  # the log begins in the middle
            self._owner = fact.node
            self._right.setdefault(key, fact.was)
        if fact.now:
            self._shown[key] = fact.now
        else:
            self._shown.pop(key, None)
        if not re.fullmatch(POSITION, fact.now):
            if fact.now and fact.node == self._owner:
                self._ledger.begin(DEGRADED, fact.device, Event(at, DEGRADED, fact.node, reason=fact.now, minor=True))
            elif fact.node == self._owner and not self._has_devices(fact.node):
                self._released = self._released or at
            return
        if fact.node != self._owner or self._released is not None:
            if fact.node == self._owner or self._owner is None or not self._has_devices(self._owner):
                self._take(at, fact.node, fact.device, fact.now)
        elif self._right.setdefault(key, fact.now) != fact.now:
            self._moved_away(at, fact.node, fact.device, f"relay is {fact.now}, expected {self._right[key]}")
        else:
            self._ledger.end(at, BY_HAND, fact.device)
            self._ledger.end(at, DEGRADED, fact.device)
            self._join_take(at, fact.device)

    def _has_devices(self, node: str) -> bool:
        return any(owner == node for owner, _ in self._shown)

    def _switched(self, at: datetime, fact: facts.Switched) -> None:
        if fact.to == self._owner and self._released is None:
            if self._ledger.opened(BY_HAND, fact.device) is not None:
                self._ledger.end(at, BY_HAND, fact.device)
            elif not self._join_take(at, fact.device, fact.process):
                self._moved_away(at, fact.to, fact.device, f"relay was {fact.before}, put right")
                self._ledger.forget(BY_HAND, fact.device)  # it is over, and nobody saw it begin
            return
        self._take(at, fact.to, fact.device, fact.after, fact.process)

    def _take(self, at: datetime, node: str, device: str, position: str, process: str = "") -> None:
        """The lines come to a node, by this device first; the action that moved it, where known."""
        before, released = self._owner, self._released
        self._owner, self._released, self._taker = node, None, process
        why = self._why(at, before)
        self._causes.clear()
        away = self._ledger.all_open(BY_HAND)
        right = self._right.setdefault((node, device), position)
        self._ledger.end(at, DEGRADED, device)
        if position == right:
            self._ledger.end(at, BY_HAND, device)
        seconds = None if released is None else rounded(at - released)
        if before == node:
            if self._is_catching_up(at) or away:
                self._taken = None
                return
            self._taken = self._ledger.tell(Event(at, START, node, node, (device,), seconds, reason=why))
            return
        lost = None if before is None else self._lost.pop(before, None)
        if lost is not None and released is not None:
            self._ledger[lost] = self._ledger[lost]._replace(to=node, devices=(device,), seconds=seconds)
            self._taken = lost
            return
        kind = START if before is None else SWITCH
        late = self._away_since if self._is_catching_up(at) else None
        reason = "" if late else why
        self._taken = self._ledger.tell(
            Event(at, kind, before, node, (device,), None if late else seconds, reason=reason, not_before=late)
        )

    def _join_take(self, at: datetime, device: str, process: str = "") -> bool:
        """Whether a device took part in the last take-over, of the same action or just now; it is noted."""
        if self._taken is None:
            return False
        taken = self._ledger[self._taken]
        are_known = bool(process and self._taker)
        is_slow_one = are_known and process == self._taker
        has_moved_since = are_known and device in taken.devices
        if not is_slow_one and (has_moved_since or at - taken.arrived > TOGETHER):
            return False
        self._ledger[self._taken] = taken._replace(devices=tuple(sorted({*taken.devices, device})))
        return True

    def _why(self, at: datetime, before: str | None) -> str:
        if before in self._leaving:
            return f"{before} {SHUT_DOWN}"
        known = [what for since, what, node in self._causes if at - since <= _CAUSE and node in (None, before)]
        return known[-1] if known else ""

    def _fails(self, at: datetime, fact: facts.Failed) -> None:
        cause = f"{fact.what} failed on {fact.node}"
        if fact.over:
            self._causes = [one for one in self._causes if one[1] != cause]
        else:
            self._causes.append((at, cause, fact.node))

    # Nodes.

    def _member(self, at: datetime, fact: facts.Member) -> None:
        node = fact.node
        if fact.is_member:
            if self._is_own(node):  # its Pacemaker has just begun, and knows nothing yet
                self._away_since = self._last
                self._shown.clear()
                self._leaving.clear()
                self._lost.clear()
            self._joined = at
            self._leaving.discard(node)
            self._lost.pop(node, None)
            return
        for key in [key for key in self._shown if key[0] == node]:
            del self._shown[key]
        has_lines = node == self._owner and self._released is None
        left = node in self._leaving
        event = Event(at, NODE_LOST, node, reason=SHUT_DOWN if left else "", minor=left and not has_lines)
        number = self._ledger.tell(event)
        if has_lines:
            self._released = at
            self._lost[node] = number

    def _is_own(self, node: str) -> bool:
        """Whether that is this host, which may have its domain in one of the names, and other capitals."""
        one, other = node.casefold(), self._host.casefold()
        return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")

    def _is_catching_up(self, at: datetime) -> bool:
        return self._joined is not None and at - self._joined <= _CATCHING_UP

    def _ready(self, at: datetime, fact: facts.Ready) -> None:
        if fact.reason:
            self._ledger.begin(READY, fact.node, Event(at, READY, fact.node, reason=f"no: {fact.reason}", minor=True))
        elif fact.known:
            self._ledger.end(at, READY, fact.node)
        else:
            self._ledger.forget(READY, fact.node)
            if not self._is_catching_up(at):
                self._ledger.tell(Event(at, READY, fact.node, reason="yes", minor=True))

    # What isn't as it should be.

    def _trouble(self, at: datetime, fact: facts.Trouble) -> None:
        if fact.taken_by is not None:
            if fact.taken_by != self._owner:
                self._yielded(at, fact.taken_by, fact.devices)
        elif fact.over:
            for device in fact.devices:
                self._ledger.end(at, DEGRADED, device)
        else:
            for device in fact.devices:
                number = self._ledger.opened(BY_HAND, device)
                if number is None:
                    kind = WATCHDOG if fact.ran_out else DEGRADED
                    event = Event(at, kind, self._node, reason=fact.text, minor=not fact.ran_out)
                    self._ledger.begin(DEGRADED, device, event)
                elif self._ledger[number].by == UNKNOWN:
                    kind, by = (WATCHDOG, "") if fact.ran_out else (BY_HAND, UNKNOWN)
                    self._ledger[number] = self._ledger[number]._replace(kind=kind, by=by, reason=fact.text)

    def _yielded(self, at: datetime, taker: str, devices: tuple[str, ...]) -> None:
        """Another node has taken the lines while neither saw the other: what looked like a hand was that."""
        mistaken = {number for number in self._ledger.all_open(BY_HAND) if self._ledger[number].by == UNKNOWN}
        since = min((self._ledger[number].at for number in mistaken), default=at)
        moved = {device for number in mistaken for device in self._ledger[number].devices}
        event = Event(since, SWITCH, self._owner, taker, tuple(sorted(moved.union(devices))))
        self._taken = self._ledger.replace(mistaken, event._replace(reason="taken while partitioned"))
        self._owner, self._released, self._taker = taker, None, ""

    def _spans(self, at: datetime, fact: facts.Spans) -> None:
        if fact.alarms:
            self._ledger.begin(DEGRADED, "spans", Event(at, DEGRADED, fact.node, reason=fact.alarms, minor=True))
        else:
            self._ledger.end(at, DEGRADED, "spans")

    # Hands.

    def _by_hand(self, at: datetime, fact: facts.ByHand) -> None:
        reason = f"{fact.command}: {fact.changes}"
        event = Event(at, BY_HAND, self._owner, self._owner, (fact.device,), by=fact.by, reason=reason)
        self._hands[fact.device] = at, self._ledger.tell(event._replace(minor=not fact.moves))

    def _moved_away(self, at: datetime, node: str, device: str, reason: str) -> None:
        """A relay isn't where it was put: by the hand that told of it just now, else by one unknown."""
        since, number = self._hands.pop(device, (at, None))
        if number is not None and at - since <= _CAUSE:
            self._ledger.reopen(BY_HAND, device, number)
        else:
            self._ledger.begin(BY_HAND, device, Event(at, BY_HAND, node, node, by=UNKNOWN, reason=reason))

    def _paused(self, at: datetime, fact: facts.Paused) -> None:
        what = f"{'resumed' if fact.over else 'paused'} {fact.what}"
        reason = f"{what}: {fact.reason}" if fact.reason else what
        self._ledger.end(at, PAUSE, PAUSE)
        if fact.over:
            self._ledger.tell(Event(at, PAUSE, by=fact.by, reason=reason))
        else:
            self._ledger.begin(PAUSE, PAUSE, Event(at, PAUSE, by=fact.by, reason=reason))

    def _drilled(self, at: datetime, fact: facts.Drilled) -> None:
        told = Event(at, DRILL, fact.source, fact.to, (), fact.seconds, fact.by, fact.reason)
        number = self._ledger.latest(at - _DRILL, SWITCH, fact.source, fact.to)
        if number is None:
            self._ledger.tell(told)
        else:
            switch = self._ledger[number]
            self._ledger[number] = told._replace(at=switch.at, devices=switch.devices)
