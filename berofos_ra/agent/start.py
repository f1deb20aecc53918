"""start: put every device's relay on this node's side, and own it. It checks before it clicks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence

import ocf

from berofos_ra.agent import attributes, journal, partition, refusals, watchdog
from berofos_ra.agent.call import Call
from berofos_ra.agent.check import Contact, Contacts
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.outcome import SUCCESS, Outcome, cannot_write
from berofos_ra.agent.takeover import (
    error_reason,
    history_key,
    is_peers_hand,
    is_right,
    is_unreachable,
    put_default_back,
    result_shown,
    take_over,
    taken_over,
)
from berofos_ra.clock import boot_clock
from berofos_ra.cluster import attribute_names
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Applied, Device
from berofos_ra.errors import DeviceError, DeviceTimeoutError, LoginRefusedError, NoEffectError, UnreachableError
from berofos_ra.resource import repairs, spans
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.devices import in_doubt
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import (
    all_locked,
    change_record,
    create_record,
    read_histories,
    update_record,
    write_histories,
)
from berofos_ra.resource.repairs import History
from berofos_ra.resource.start_rule import Checked, Plan, plan_start
from berofos_ra.resource.verdict import needed

_ASK_SHARE = 0.25  # of start's timeout, in which what can't be had yet is asked again: Pacemaker waits for us
_LATE = 2.0  # seconds beside one request's, in which a device that couldn't be had may still come
_SECOND_LOOK = 10.0  # seconds
_SPANS_POLL = 0.5  # seconds
_PAUSED = "doesn't stay where it is put, or is deaf; not told again yet"
_SPANS_SHARE = 0.65  # of start's timeout, after which it no longer waits for the spans


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
        outcome = one.run(ask_until, is_second_look=False)
        if outcome is None:
            time.sleep(_SECOND_LOOK)  # whoever is about to take the relay has done so then
            outcome = one.run(time.monotonic() + 1, is_second_look=True)
    return outcome or Outcome(ocf.OCF_ERR_GENERIC, ("unreachable",))


class _Start:
    """One start, from the check to its outcome."""

    def __init__(self, call: Call, desired: DesiredState, devices: Sequence[DeviceConfig], kicks: Kicks) -> None:
        self._call = call
        self._desired = desired
        self._kicks = kicks
        self._need = needed(call.parameters.min_devices, len(devices))
        self._in_doubt = in_doubt(devices)
        self._devices = tuple(device for device in devices if device.name not in self._in_doubt)
        self._histories = read_histories(call.record_path)
        self._watched = call.parameters.spans_of(call.node)
        self._sight = partition.Sight(call)
        self._contacts: Mapping[str, Contact] = {}

    def run(self, ask_until: float, is_second_look: bool) -> Outcome | None:
        """Check, and set what is to be set; None: a second look is due before anything is written."""
        call, desired = self._call, self._desired
        with Contacts(
            self._devices,
            lambda berofos, before: take_over(berofos, before, desired),
            timeout=call.parameters.timeout,
            deadline=call.devices_deadline,
            ask_until=ask_until,
            pinged=desired.is_armed,
            needed=(*desired.provisioned, *desired.relay_settings),
        ) as contacts:
            self._contacts = contacts.contacts
            contacts.wait(lambda: self._is_decided(contacts, ask_until), ask_until)
            if self._sight.released_in is not None:
                contacts.wait(contacts.are_known, call.devices_deadline)
            refused = self._sight.refusal(self._peers_hand())
            if refused is not None:
                return Outcome(ocf.OCF_ERR_GENERIC, (refused,))
            if not self._plan().possible:
                contacts.end(call.devices_deadline)
                return self._fail_without_a_click()
            switches = any(one.had and not one.right for one in map(self._checked, self._contacts.values()))
            if switches and not is_second_look and self._sight.looks_again():
                return None
            return self._take(contacts)

    def _is_decided(self, contacts: Contacts, ask_until: float) -> bool:
        """Whether it is clear that a start is possible, or that waiting won't make it so."""
        if self._plan().possible:
            return True
        if not contacts.are_known():
            return False
        now = boot_clock()
        until = now + ask_until - time.monotonic()
        return not any(now < history.due <= until for history in self._histories.values())

    def _plan(self) -> Plan:
        return plan_start([self._checked(contact) for contact in self._contacts.values()], self._need)

    def _checked(self, contact: Contact) -> Checked:
        now = boot_clock()
        history = self._histories.get(history_key(contact.config), History())
        resource = self._histories.get(repairs.RESOURCE, History())
        had = contact.has_answered and not (contact.is_over and not isinstance(contact.result, Applied))
        right = had and contact.state is not None and is_right(contact.state, self._desired)
        return Checked(
            had=had,
            right=right or isinstance(contact.result, Applied),
            here=self._is_here(contact),
            deaf=history.deaf and not isinstance(contact.result, Applied),
            paused=not (history.is_due(now) and resource.is_due(now)),
        )

    def _is_here(self, contact: Contact) -> bool:
        """Whether a device that can't be asked counts: without power it joins A--D, and the spans are clear."""
        if self._desired.mode or not self._watched or contact.error is None or not is_unreachable(contact.error):
            return False
        return not any(spans.read_alarms(self._watched).values())

    def _peers_hand(self) -> str | None:
        """The first device that looks as the peer's takeover leaves it."""
        for contact in self._contacts.values():
            if contact.state is not None and is_peers_hand(contact.state, self._desired):
                return contact.config.label
        return None

    def _trouble(self, contact: Contact) -> DeviceError | None:
        """Why a device isn't, or won't be, on this node's side; None: nothing speaks against it."""
        if isinstance(contact.result, Applied):
            return None
        if contact.error is not None:
            return contact.error
        if contact.has_answered and not contact.is_told:
            return None if self._checked(contact).may_be_told else NoEffectError(_PAUSED)
        return DeviceTimeoutError("no answer in time")

    def _create_record(self, told: Sequence[str]) -> Outcome | None:
        """Before anything is written: a start that is killed leaves a trace of what it may have told."""
        call, now = self._call, boot_clock()
        devices = {
            name: DeviceRecord(
                host=contact.config.host or "",
                address=contact.address,
                port=contact.config.port,
                mac=contact.config.mac,
            )
            for name, contact in self._contacts.items()
        }
        # Without an address nobody asks them: who knows which box that would be.
        devices |= {name: DeviceRecord() for name in self._in_doubt}
        record = Record(False, devices, now, call.node, call.given_parameters)
        self._record = self._with_told(record, told)
        try:
            with all_locked(call.record_path.parent):
                holder = refusals.holder(call)
                if holder is not None:
                    return Outcome(ocf.OCF_ERR_GENERIC, (holder[1],))
                create_record(call.record_path, self._record)
        except OSError as error:
            return cannot_write(call.record_path, error)
        return None

    def _with_told(self, record: Record, names: Sequence[str]) -> Record:
        """The record with what is to be told next."""
        for name in names:
            contact, known = self._contacts[name], record.devices[name]
            told_at = None if self._checked(contact).right else boot_clock()
            record = record.with_device(name, known._replace(address=contact.address, is_ours=True, told_at=told_at))
        return record

    def _tell(self, contacts: Contacts, names: Sequence[str]) -> None:
        """Tell these, noted before; what can't be noted isn't told."""
        if not names:
            return
        record = self._with_told(self._record, names)
        if record != self._record:
            try:
                change_record(self._call.record_path, record)
            except OSError as error:
                journal.warning(cannot_write(self._call.record_path, error).reasons[0])
                return
            self._record = record
        if self._desired.is_armed:
            interval = self._desired.watchdog_interval
            self._kicks.begin({name: record.devices[name]._replace(watchdog_interval=interval) for name in names})
        contacts.begin(names)

    def _take(self, contacts: Contacts) -> Outcome:
        """Tell the devices as planned, and see what became of it."""
        call, names = self._call, list(self._contacts)
        plan = self._plan()
        failed = self._create_record([names[place] for place in plan.prove or plan.then])
        if failed is not None:
            return failed
        while plan.prove:
            told = [names[place] for place in plan.prove]
            self._tell(contacts, told)
            if not contacts.wait(lambda: all(self._contacts[name].is_over for name in told), call.devices_deadline):  # noqa: B023
                break
            plan = self._plan()
        else:
            late = time.monotonic() + call.parameters.timeout + _LATE
            contacts.keep_asking(late)
            self._tell(contacts, [names[place] for place in plan.then if not self._contacts[names[place]].is_told])
            if plan.possible:
                self._tell_late(contacts, late)
        contacts.end(call.devices_deadline)
        return self._finish()

    def _tell_late(self, contacts: Contacts, until: float) -> None:
        """Tell those that couldn't be had before as they answer."""
        while True:
            contacts.wait(lambda: bool(self._newly_had()) or not self._is_waited_for(), until)
            newly_had = self._newly_had()
            if not newly_had:
                return
            self._tell(contacts, newly_had)
            if any(not self._contacts[name].is_told for name in newly_had):
                return  # there is no room to note them

    def _newly_had(self) -> list[str]:
        return [
            name
            for name, contact in self._contacts.items()
            if contact.has_answered and not contact.is_told and self._checked(contact).may_be_told
        ]

    def _is_waited_for(self) -> bool:
        return any(not one.has_answered and not one.is_over for one in self._contacts.values())

    def _finish(self) -> Outcome:
        call, now = self._call, boot_clock()
        record, counted = self._record, 0
        for name, contact in self._contacts.items():
            known, key, trouble = record.devices[name], history_key(contact.config), self._trouble(contact)
            if isinstance(contact.result, Applied):
                counted += 1
                known = taken_over(known, contact.result, self._desired)
                self._histories = repairs.put_right(self._histories, key, now)
            elif self._is_here(contact):
                counted += 1
                known = known._replace(was_right=True, told_at=None)
            elif trouble is None or trouble.nothing_written or not contact.is_told:
                known = known._replace(is_ours=False, told_at=None)
            else:
                known = known._replace(is_ours=True, told_at=now)
                self._histories = repairs.tried_in_vain(self._histories, key, now)
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
            self._put_defaults_back()
            return Outcome(ocf.OCF_ERR_GENERIC, reasons)
        partition.discard_release(call)
        for reason in reasons:
            journal.warning(reason)
        if any(isinstance(one.result, Applied) and one.result.moved for one in self._contacts.values()):
            self._wait_for_spans()
        self._publish()
        return SUCCESS

    def _publish(self) -> None:
        shown = {}
        for name, contact in self._contacts.items():
            trouble = self._trouble(contact)
            result = contact.result if isinstance(contact.result, Applied) else trouble
            if result is not None:
                shown[attribute_names.of_device(name)] = result_shown(result)
        attributes.withdraw_leftovers(self._call)
        with contextlib.suppress(OSError):  # then the next monitor publishes them once more
            update_record(self._call.record_path, self._record, attributes.publish(self._call, self._record, shown))
        attributes.publish_readiness(self._call, None)

    def _fail_without_a_click(self) -> Outcome:
        reasons = self._reasons()
        if self._unread() and not self._desired.watchdog:
            failed = self._create_record(())
            if failed is not None:
                return failed
            self._write_blindly()
        return Outcome(ocf.OCF_ERR_GENERIC, reasons or ("no device can be had",))

    def _reasons(self) -> tuple[str, ...]:
        """Why devices don't count as on this node's side, and what else isn't as it should be."""
        found = []
        for contact in self._contacts.values():
            trouble = self._trouble(contact)
            if trouble is not None and not self._is_here(contact):
                found.append(error_reason(contact.config.label, trouble, self._desired))
        found += [f"{self._call.config.path}: section [{name}] {doubt}" for name, doubt in self._in_doubt.items()]
        if self._desired.watchdog and not self._desired.armed:
            found.append(watchdog.NOT_ARMED)
        return tuple(found)

    def _put_defaults_back(self) -> None:
        """Leave devices whose relay wasn't moved as they were: their default mode is what a peer goes by."""
        if "modedef" not in self._desired.provisioned:
            return
        states = {
            contact.config.name: contact.state
            for contact in self._contacts.values()
            if contact.is_told and contact.state is not None and not isinstance(contact.result, Applied)
        }
        told = [contact.config for contact in self._contacts.values() if contact.config.name in states]
        self._call.ask_all(told, lambda berofos: put_default_back(berofos, states[berofos.config.name]))

    def _unread(self) -> list[Contact]:
        """Devices that are there, and whose settings can't be read."""
        return [
            contact
            for contact in self._contacts.values()
            if contact.state is None
            and contact.error is not None
            and not isinstance(contact.error, (UnreachableError, LoginRefusedError))
        ]

    def _write_blindly(self) -> None:
        """The last resort: devices that can't be read are told all the same, where the peer isn't a member."""
        unread = self._unread()
        if not unread or self._desired.watchdog or not self._sight.may_write_blindly():
            return
        record = self._with_told(self._record, [contact.config.name for contact in unread])
        try:
            change_record(self._call.record_path, record)
        except OSError:
            return
        self._record = record
        self._call.ask_all([contact.config for contact in unread], self._tell_blindly)

    def _tell_blindly(self, berofos: Device) -> None:
        mode = self._desired.mode
        if self._desired.provision:
            with contextlib.suppress(DeviceError):  # an answer that can't be understood says nothing of the effect
                berofos.write("modedef", mode)
        with contextlib.suppress(DeviceError):
            berofos.write("mode", mode)
        journal.warning(f"{berofos.config.label}: can't be read; told blindly to join {self._desired.position}")

    def _wait_for_spans(self) -> None:
        """Let the spans come up, within bounds; a missing one or an alarm is said, and keeps no lines from here."""
        call = self._call
        deadline = min(time.monotonic() + call.parameters.spans_wait, call.started + call.timeout * _SPANS_SHARE)
        while alarms := spans.describe_alarms(spans.read_alarms(self._watched)):
            if time.monotonic() + _SPANS_POLL > deadline:
                journal.warning(f"spans on {call.node} still in alarm after the switch: {alarms}")
                return
            time.sleep(_SPANS_POLL)
