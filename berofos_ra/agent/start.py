"""start: put every device's relay on this node's side, and own it. It checks before it clicks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import ocf

from berofos_ra.agent import attributes, journal, partition, refusals, watchdog
from berofos_ra.agent.call import Call
from berofos_ra.agent.check import Contact, Contacts
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.last_resort import tell_blindly, unread
from berofos_ra.agent.outcome import SUCCESS, Outcome, cannot_write
from berofos_ra.agent.span_wait import wait_for_spans
from berofos_ra.agent.start_record import begin_record, known_after
from berofos_ra.agent.takeover import (
    error_reason,
    has_moved,
    is_elsewhere,
    is_peers_hand,
    is_right,
    is_unreachable,
    put_defaults_back,
    result_shown,
    take_over,
)
from berofos_ra.clock import boot_clock
from berofos_ra.cluster import attribute_names
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.errors import DeviceError, DeviceTimeoutError, NameServerSlowError, NoEffectError
from berofos_ra.resource import repairs, spans
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.devices import history_key, in_doubt
from berofos_ra.resource.record import Record
from berofos_ra.resource.record_file import change_record, read_histories, update_record, write_histories
from berofos_ra.resource.repairs import History
from berofos_ra.resource.split_brain import SECOND_LOOK
from berofos_ra.resource.start_rule import Checked, Plan, plan_start
from berofos_ra.resource.verdict import needed

_ASK_SHARE = 0.25  # of start's timeout, in which what can't be had yet is asked again: Pacemaker waits for us
_LATE = 2.0  # seconds beside one request's, in which a device that couldn't be had may still come
_SLOW_NAME = 1.0  # seconds for a host's name; more is worth a word
_PAUSED = "doesn't stay where it is put, or is deaf; not told again yet"


def start(call: Call) -> Outcome:
    """Take the lines over, or find that they are here already; then nothing is written."""
    ask_until = call.started + call.timeout * _ASK_SHARE
    devices = call.devices  # raises where this node lacks something, or isn't wired
    desired = call.desired
    journal.warn_of_readers(call.config)
    refused = refusals.refusal(call, ask_until)
    if refused is not None:
        return Outcome(ocf.OCF_ERR_GENERIC, (refused,))
    for odd in call.parameters.odd:
        journal.warning(odd)
    desired = watchdog.armed_by_start(call, desired)
    with Kicks(call.record_path, call.started + call.timeout) as kicks:
        one = _Start(call, desired, devices, kicks)
        try:
            return one.run(ask_until, is_second_look=False)
        except _SecondLookDueError:
            time.sleep(SECOND_LOOK)  # whoever is about to take the relay has done so then
            return one.run(time.monotonic() + 1, is_second_look=True)


class _SecondLookDueError(Exception):
    """It isn't clear yet whether the peer is about to take the relay."""


class _Start:
    """One start, from the check to its outcome."""

    _contacts: Contacts  # those of the look under way

    def __init__(self, call: Call, desired: DesiredState, devices: Sequence[DeviceConfig], kicks: Kicks) -> None:
        self._call = call
        self._desired = desired
        self._kicks = kicks
        self._need = needed(call.parameters.min_devices, len(devices))
        self._in_doubt = in_doubt(devices, call.parameters)
        self._devices = tuple(device for device in devices if device.name not in self._in_doubt)
        self._histories = read_histories(call.record_path)
        self._watched = call.parameters.spans_of(call.node)
        keys = [history_key(device) for device in self._devices]
        self._partition = partition.Partition(call, call.parameters.wiring.peer_of(call.node), keys)
        self._looked: frozenset[str] = frozenset()
        self._record = Record(False)

    def run(self, ask_until: float, is_second_look: bool) -> Outcome:
        """Check, and set what is to be set.

        Raises:
            _SecondLookDueError: a second look is due before anything is written.
            NotBegunError: there is no record, and so nothing was told.
        """
        call = self._call
        with Contacts(call, self._desired, self._devices, self._take_over, ask_until) as self._contacts:
            # What is asked by then is waited for: its time is that of a request.
            self._contacts.wait(lambda: self._is_decided(ask_until), ask_until + call.parameters.timeout)
            if self._partition.release is not None:
                self._contacts.wait(self._contacts.are_known, call.devices_deadline)
            hands = self._contacts.showing(is_peers_hand)
            if self._partition.holds_back(hands):
                return Outcome(ocf.OCF_ERR_GENERIC, (self._partition.refusal(next(iter(hands.values()))),))
            if not self._plan().possible:
                self._contacts.end(call.devices_deadline)
                reasons = self._reasons()
                self._write_blindly()
                return Outcome(ocf.OCF_ERR_GENERIC, reasons or ("no device can be had",))
            if is_second_look:
                self._looked = frozenset(self._contacts.showing(is_elsewhere))
            elif self._partition.holds_back(self._contacts.showing(has_moved)):
                raise _SecondLookDueError
            return self._take()

    def _take_over(self, berofos: Device, before: DeviceState) -> Applied:
        """Tell one device, unless what has become of it since it was first looked at is the peer's doing."""
        key = history_key(self._contacts.by_name[berofos.config.name].config)
        if is_elsewhere(before, self._desired):
            self._partition.require_peace(key, before, is_peers_hand(before, self._desired), key in self._looked)
        return take_over(berofos, before, self._desired)

    def _is_decided(self, ask_until: float) -> bool:
        """Whether it is clear that a start is possible, or that waiting won't make it so."""
        if self._plan().possible:
            return True
        if not self._contacts.are_known():
            return False
        now = boot_clock()
        until = now + ask_until - time.monotonic()
        return not any(now < history.due <= until for history in self._histories.values())

    def _plan(self) -> Plan:
        return plan_start([self._checked(contact) for contact in self._contacts.by_name.values()], self._need)

    def _checked(self, contact: Contact) -> Checked:
        now = boot_clock()
        history = self._histories.get(history_key(contact.config), History())
        resource = self._histories.get(repairs.RESOURCE, History())
        obeyed = contact.applied is not None
        state = contact.state if contact.has_answered else None
        return Checked(
            had=contact.has_answered,
            right=obeyed or (state is not None and is_right(state, self._desired)),
            here=self._is_here(contact),
            deaf=history.deaf and not obeyed,
            paused=not (history.is_due(now) and resource.is_due(now)),
        )

    def _is_here(self, contact: Contact) -> bool:
        """Whether a device that can't be asked counts: without power it joins A--D, and the spans are clear."""
        if self._desired.mode or not self._watched or not self._call.parameters.trust_unreachable:
            return False
        if contact.error is None or not is_unreachable(contact.error):
            return False
        return not any(spans.read_alarms(self._watched).values())

    def _error(self, contact: Contact) -> DeviceError | None:
        """Why a device isn't, or won't be, on this node's side; None: nothing speaks against it."""
        if contact.applied is not None or contact.error is not None:
            return contact.error
        if contact.has_answered and not contact.is_told:
            return None if self._checked(contact).may_be_told else NoEffectError(_PAUSED)
        return DeviceTimeoutError("no answer in time") if contact.address else NameServerSlowError()

    def _tell(self, names: Sequence[str]) -> None:
        """Tell these, noted before; what can't be noted isn't told."""
        if not names or not self._note(names):
            return
        self._kicks.begin({name: self._record.devices[name] for name in names})
        self._contacts.begin(names)

    def _note(self, told: Sequence[str]) -> bool:
        """Note what is to be told next; False: there is no room for it."""
        record = self._record
        for name in told:
            contact = self._contacts.by_name[name]
            known = record.devices[name]._replace(address=contact.address)
            moves = not self._checked(contact).right
            record = record.with_device(name, known.told(boot_clock(), moves, self._desired.armed_for))
        try:
            change_record(self._call.record_path, record)
        except OSError as error:
            journal.warning(cannot_write(self._call.record_path, error).reasons[0])
            return False
        self._record = record
        return True

    def _take(self) -> Outcome:
        """Tell the devices as planned, and see what became of it."""
        call, names, plan = self._call, list(self._contacts.by_name), self._plan()
        self._record = begin_record(call, self._contacts.by_name, self._in_doubt)
        while plan.prove:
            told = [names[place] for place in plan.prove]
            self._tell(told)
            if not self._contacts.wait_for(told, call.devices_deadline):
                break
            plan = self._plan()
        else:
            late = time.monotonic() + call.parameters.timeout + _LATE
            self._contacts.keep_asking(late)
            self._tell([names[place] for place in plan.then if not self._contacts.by_name[names[place]].is_told])
            if plan.possible:
                self._tell_late(late)
        self._contacts.end(call.devices_deadline)
        return self._finish()

    def _tell_late(self, until: float) -> None:
        """Tell those that couldn't be had before as they answer."""
        while True:
            self._contacts.wait(lambda: bool(self._newly_had()) or self._contacts.are_known(), until)
            newly_had = self._newly_had()
            if not newly_had:
                return
            self._tell(newly_had)
            if any(not self._contacts.by_name[name].is_told for name in newly_had):
                return  # there is no room to note them

    def _newly_had(self) -> list[str]:
        return [
            name
            for name, contact in self._contacts.by_name.items()
            if contact.has_answered and not contact.is_told and self._checked(contact).may_be_told
        ]

    def _finish(self) -> Outcome:
        call, now = self._call, boot_clock()
        record, counted = self._record, 0
        for name, contact in self._contacts.by_name.items():
            key, is_here = history_key(contact.config), self._is_here(contact)
            known = known_after(record.devices[name], contact, is_here, self._desired)
            if contact.applied is not None:
                self._histories = repairs.put_right(self._histories, key, now)
            elif known.told_at is not None:
                self._histories = repairs.tried_in_vain(self._histories, key, now)
            counted += contact.applied is not None or is_here
            record = record.with_device(name, known)
        enough = counted >= self._need
        if enough:
            self._histories = repairs.put_right(self._histories, repairs.RESOURCE, now)
        write_histories(call.record_path, self._histories)
        record = record._replace(owned=enough)
        try:
            # Without enough devices it isn't owned, but stop must know which were told, and which watchdogs armed.
            change_record(call.record_path, record)
        except OSError as error:
            return cannot_write(call.record_path, error)
        self._record = record
        reasons = self._reasons()
        self._write_blindly()
        if not enough:
            if "modedef" in self._desired.provisioned:
                put_defaults_back(call, self._contacts.by_name.values())
            return Outcome(ocf.OCF_ERR_GENERIC, reasons)
        partition.discard_release(call)
        for reason in reasons:
            journal.warning(reason)
        if any(one.applied is not None and one.applied.moved for one in self._contacts.by_name.values()):
            wait_for_spans(call)
        self._publish()
        return SUCCESS

    def _publish(self) -> None:
        shown = {
            attribute_names.of_device(name): result_shown(result)
            for name, contact in self._contacts.by_name.items()
            if (result := contact.applied or self._error(contact)) is not None
        }
        attributes.withdraw(self._call)
        with contextlib.suppress(OSError):  # then the next monitor publishes them once more
            update_record(self._call.record_path, self._record, attributes.publish(self._call, self._record, shown))
        attributes.publish_readiness(self._call, None)

    def _reasons(self) -> tuple[str, ...]:
        """Why devices don't count as on this node's side, and what else isn't as it should be."""
        found = []
        for contact in self._contacts.by_name.values():
            error = self._error(contact)
            if error is not None and not self._is_here(contact):
                found.append(error_reason(contact.config.label, error, self._desired))
            elif contact.naming > _SLOW_NAME:
                found.append(f"{contact.config.label}: name server is slow, {contact.naming:.0f} s for its host")
        found += [f"{self._call.config.path}: {doubt}" for doubt in self._in_doubt.values()]
        if self._desired.watchdog and not self._desired.armed:
            found.append(watchdog.NOT_ARMED)
        return tuple(found)

    def _write_blindly(self) -> None:
        """The last resort: devices that can't be read are told all the same."""
        until = self._call.devices_deadline - 2 * self._call.parameters.timeout  # two writes
        told = unread(self._contacts, self._partition.may_write_blindly, until)
        if not told or not self._partition.note_blind_write():
            return
        if not self._record.devices:
            self._record = begin_record(self._call, self._contacts.by_name, self._in_doubt)
        if not self._note([device.name for device in told]):
            return
        self._call.ask_all(told, lambda berofos: tell_blindly(berofos, self._desired))
