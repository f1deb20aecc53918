"""stop: give up owning the relay; with ``on_stop=bypass`` hand the lines to D as well. By the record alone."""

from __future__ import annotations

import contextlib
import time

import ocf

from berofos_ra.agent import attributes, journal, partition
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.clock import boot_clock
from berofos_ra.errors import BerofosError
from berofos_ra.resource.devices import history_key
from berofos_ra.resource.parameters import Parameters, parse_parameters
from berofos_ra.resource.record import Record, RecordError
from berofos_ra.resource.record_file import read_record, remove_record

_WAIT_SHARE = 0.5  # of stop's timeout, in which writes that are still on their way are waited for


def stop(call: Call) -> Outcome:
    """Stop, whether or not anything runs. Only what would leave the lines unsafe is a failure.

    Without a record there is nothing of ours, and nothing is done.
    """
    try:
        record = read_record(call.record_path)
    except RecordError as error:
        journal.warning(f"{error}; it is taken away, and the relays stay as they are")
        record = None
    if record is not None:
        parameters = _parameters(call, record)
        for odd in () if parameters is None else parameters.odd:
            journal.warning(odd)
        if parameters is not None and parameters.bypass_on_stop:
            from berofos_ra.agent.bypass import bypass  # the only kind of stop that needs HTTP

            unsafe = bypass(call, record, parameters)
            if unsafe:
                return Outcome(ocf.OCF_ERR_GENERIC, unsafe)
        else:
            _wait_for_writes(call, record)
            if parameters is not None:
                _record_release(call, record, parameters)
    if not remove_record(call.record_path):
        journal.warning(f"can't remove {call.record_path}; remove it by hand")
    if record is not None:
        attributes.withdraw(call, record.attributes)
    return SUCCESS


def _parameters(call: Call, record: Record) -> Parameters | None:
    """The parameters that were in effect; None: nobody knows, and then the relays stay as they are."""
    try:
        return parse_parameters(record.parameters) if record.parameters else call.parameters
    except BerofosError as error:
        # A watchdog that we armed isn't kicked any more and falls back; without one the relay may stay as it is.
        journal.warning(f"stop leaves the relays as they are: {error}")
        return None


def _wait_for_writes(call: Call, record: Record) -> None:
    """Let what we told the relays arrive: whoever takes over next would find it moving under its hands."""
    left = max((one.write_left(boot_clock()) for one in record.devices.values()), default=0.0)
    if left <= 0:
        return
    from berofos_ra.agent.kicks import Kicks  # needed hardly ever

    with Kicks(call.record_path, call.started + call.timeout) as kicks:
        kicks.begin(record.devices)
        time.sleep(min(left, call.timeout * _WAIT_SHARE))


def _record_release(call: Call, record: Record, parameters: Parameters) -> None:
    ours = [one for one in record.devices.values() if one.was_seen_right]
    if not ours:
        return  # nothing to give up
    # By both names: the config file may get a MAC, or lose it, until the next start.
    seen = [history_key(known) for one in ours for known in (one._replace(mac_learned=False), one._replace(mac=None))]
    with contextlib.suppress(BerofosError):  # not wired
        partition.Partition(call, parameters.wiring.peer_of(record.node or call.node), seen).record_release(seen)
