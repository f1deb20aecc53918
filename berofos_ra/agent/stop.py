"""stop: give up owning the relay; with ``on_stop=bypass`` hand the lines to D as well."""

from __future__ import annotations

import contextlib

import ocf

from berofos_ra.agent import attributes, journal, partition
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome
from berofos_ra.errors import BerofosError, ParameterError, explain
from berofos_ra.resource.record import read_record, remove_record


def stop(call: Call) -> Outcome:
    """Stop, whether or not anything runs. Only what would leave the lines unsafe is a failure."""
    record = read_record(call.record_path)
    unsafe: tuple[str, ...] = ()
    try:
        if call.parameters.bypass_on_stop:
            from berofos_ra.agent.bypass import bypass  # the only kind of stop that needs HTTP

            unsafe = bypass(call, record)
    except ParameterError as error:
        # A watchdog that we armed isn't kicked any more and falls back; without one the relay may stay as it is.
        journal.warning(f"stop leaves the relays as they are: {explain(error)}")
    if unsafe:
        return Outcome(ocf.OCF_ERR_GENERIC, unsafe)
    if record is not None and record.owned:
        with contextlib.suppress(BerofosError):  # not wired, or parameters that make no sense: nothing to give up
            partition.record_release(call)
    try:
        remove_record(call.record_path)
    except OSError as error:
        return Outcome(ocf.OCF_ERR_GENERIC, (f"can't remove {call.record_path}: {error.strerror}",))
    if record is not None:
        attributes.withdraw(call, record)
    return SUCCESS
