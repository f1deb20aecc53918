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
from berofos_ra.errors import DeviceError, LoginRefusedError, NoEffectError, UnreachableError
from berofos_ra.resource import repairs, spans
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.devices import in_doubt
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import all_locked, change_record, create_record, read_histories, write_histories
from berofos_ra.resource.repairs import History
from berofos_ra.resource.start_rule import Checked, Plan, plan_start
from berofos_ra.resource.verdict import needed

_ASK_SHARE = 0.25  # of start's timeout, in which what can't be had yet is asked again: Pacemaker waits for us
_LATE = 2.0  # seconds beside one request's, in which a device that couldn't be had may still come
_SECOND_LOOK = 10.0  # seconds
_SPANS_POLL = 0.5  # seconds
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
                self._write_blindly()
                return Outcome(ocf.OCF_ERR_GENERIC, tuple(self._reasons({}).values()))
            switches = any(one.had and not one.right for one in map(self._checked, self._contacts.values()))
            if switches and not is_second_look and self._sight.looks_again():
                return None
            return self._create_record() or self._take(contacts)

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

    def _create_record(self) -> Outcome | None:
        """Before anything is written: a start that is killed leaves a trace of what it may have told."""
        call, now = self._call, boot_clock()
        devices = {}
        for name, contact in self._contacts.items():
            checked = self._checked(contact)
            config = contact.config
            devices[name] = DeviceRecord(
                host=config.host or "",
                address=contact.address,
                port=config.port,
                mac=config.mac,
                is_ours=checked.had,
                told_at=now if checked.had and not checked.right else None,
            )
        self._record = Record(False, devices, now, call.node, call.given_parameters)
        try:
            with all_locked(call.record_path.parent):
                holder = refusals.holder(call)
                if holder is not None:
                    return Outcome(ocf.OCF_ERR_GENERIC, (holder[1],))
                create_record(call.record_path, self._record)
        except OSError as error:
            return cannot_write(call.record_path, error)
        return None

    def _take(self, contacts: Contacts) -> Outcome:
        """Tell the devices as planned, and see what became of it."""
        call = self._call
        if self._desired.is_armed:
            interval = self._desired.watchdog_interval
            self._kicks.begin(
                {
                    name: one._replace(watchdog_interval=interval)
                    for name, one in self._record.devices.items()
                    if one.is_ours
                }
            )
        names = list(self._contacts)
        plan = self._plan()
        while plan.prove:
            told = [names[place] for place in plan.prove]
            contacts.begin(told)
            contacts.wait(lambda: all(self._contacts[name].is_over for name in told), call.devices_deadline)  # noqa: B023
            plan = self._plan()
        if plan.possible:
            late = time.monotonic() + call.parameters.timeout + _LATE
            contacts.begin(names, late)
            contacts.wait(
                lambda: all(one.is_over or not one.has_answered for one in self._contacts.values()),
                call.devices_deadline,
            )
            contacts.wait(lambda: all(one.is_over for one in self._contacts.values()), late)
        return self._finish(contacts.results(names))

    def _finish(self, results: Mapping[str, Applied | DeviceError]) -> Outcome:
        call, now = self._call, boot_clock()
        record, counted = self._record, 0
        for name, result in results.items():
            contact, known, key = self._contacts[name], record.devices[name], history_key(self._contacts[name].config)
            if isinstance(result, Applied):
                counted += 1
                known = taken_over(known, result, self._desired)
                self._histories = repairs.put_right(self._histories, key, now)
            elif self._is_here(contact):
                counted += 1
                known = known._replace(was_right=True, told_at=None)
            elif result.nothing_written:
                known = known._replace(is_ours=False, told_at=None)
            else:
                known = known._replace(is_ours=True, told_at=now)
                self._histories = repairs.tried_in_vain(self._histories, key, now)
            record = record.with_device(name, known)
        enough = counted >= self._need
        if enough:
            self._histories = repairs.put_right(self._histories, repairs.RESOURCE, now)
        write_histories(call.record_path, self._histories)
        reasons = self._reasons(results)
        try:
            # Without enough devices it isn't owned, but stop must know which were told, and which watchdogs armed.
            change_record(call.record_path, record._replace(owned=enough))
        except OSError as error:
            return cannot_write(call.record_path, error)
        if not enough:
            self._put_defaults_back(results)
            return Outcome(ocf.OCF_ERR_GENERIC, tuple(reasons.values()))
        partition.discard_release(call)
        for reason in reasons.values():
            journal.warning(reason)
        if any(isinstance(result, Applied) and result.moved for result in results.values()):
            self._wait_for_spans()
        shown = {attribute_names.of_device(name): result_shown(result) for name, result in results.items()}
        published = attributes.publish(call, record._replace(owned=True), shown)
        with contextlib.suppress(OSError):  # then the next monitor publishes them once more
            change_record(call.record_path, published)
        attributes.publish_readiness(call, None)
        return SUCCESS

    def _reasons(self, results: Mapping[str, Applied | DeviceError]) -> dict[str, str]:
        """Why devices don't count as on this node's side, by their names; all that speaks against a start without."""
        found = {}
        for name, contact in self._contacts.items():
            result = results.get(name, contact.error)
            label = contact.config.label
            if isinstance(result, DeviceError) and not self._is_here(contact):
                found[name] = error_reason(label, result, self._desired)
            elif not results and self._checked(contact).paused:
                found[name] = f"{label}: doesn't stay where it is put, or is deaf; not tried again yet"
        for name, doubt in self._in_doubt.items():
            found[name] = f"{self._call.config.path}: section [{name}] {doubt}"
        if self._desired.watchdog and not self._desired.armed:
            found[""] = watchdog.NOT_ARMED
        return found

    def _put_defaults_back(self, results: Mapping[str, Applied | DeviceError]) -> None:
        """Leave devices whose relay wasn't moved as they were: their default mode is what a peer goes by."""
        states = {name: contact.state for name, contact in self._contacts.items()}
        if "modedef" not in self._desired.provisioned:
            return
        deaf = [
            self._contacts[name].config
            for name, result in results.items()
            if isinstance(result, NoEffectError) and not result.nothing_written
        ]
        self._call.ask_all(deaf, lambda berofos: put_default_back(berofos, states[berofos.config.name]))

    def _write_blindly(self) -> None:
        """The last resort: devices that can't be read are told all the same, where the peer isn't a member."""
        unread = [
            contact.config
            for contact in self._contacts.values()
            if contact.error is not None and not isinstance(contact.error, (UnreachableError, LoginRefusedError))
        ]
        if not unread or self._desired.watchdog or not self._sight.may_write_blindly():
            return
        if self._create_record() is not None:
            return
        mode = self._desired.mode

        def tell(berofos: Device) -> None:
            if self._desired.provision:
                berofos.write("modedef", mode)
            berofos.write("mode", mode)
            journal.warning(f"{berofos.config.label}: can't be read; told blindly to join {self._desired.position}")

        self._call.ask_all(unread, tell)

    def _wait_for_spans(self) -> None:
        """Let the spans come up, within bounds; a missing one or an alarm is said, and keeps no lines from here."""
        call = self._call
        deadline = min(time.monotonic() + call.parameters.spans_wait, call.started + call.timeout * _SPANS_SHARE)
        while alarms := spans.describe_alarms(spans.read_alarms(self._watched)):
            if time.monotonic() + _SPANS_POLL > deadline:
                journal.warning(f"spans on {call.node} still in alarm after the switch: {alarms}")
                return
            time.sleep(_SPANS_POLL)
