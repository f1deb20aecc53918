"""The agent's entry: from an action's name to its exit code, and the one place where a reason is printed."""

from __future__ import annotations

import os
import sys
import traceback

import ocf

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome, exit_reason, one_line, outcome_of
from berofos_ra.errors import BerofosError

_USAGE = "start, stop, monitor, validate-all, reload-agent, meta-data"


def main(arguments: list[str]) -> int:
    """Carry out the action that ``arguments`` (the command line) name; the OCF exit code."""
    os.umask(0o022)  # Pacemaker's own would keep others from seeing that there is a record
    action = arguments[1] if len(arguments) == 2 else ocf.OCF_ACTION or ""
    if action == "usage":
        print(f"usage: {arguments[0]} {{{_USAGE.replace(', ', '|')}}}")  # noqa: T201
        return int(ocf.OCF_SUCCESS)
    call = Call(action)
    journal.open_journal(call.instance)
    try:
        outcome = _carry_out(call)
    except BerofosError as error:
        outcome = outcome_of(error)
    except ImportError as error:  # what only some actions need; the rest is found by whoever calls us
        outcome = Outcome(ocf.OCF_ERR_INSTALLED, (f"{error}; install python3-requests and python3-lxml",))
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        outcome = Outcome(
            ocf.OCF_ERR_GENERIC,
            (f"bug in the agent: {type(error).__name__} in {frame.name}, line {frame.lineno}; please report it",),
        )
    if outcome.reasons:
        _give_reason(call, outcome)
    return outcome.code


def _carry_out(call: Call) -> Outcome:
    # Each action loads what it needs and no more: a monitor must not pay for lxml, nor a probe for requests.
    if call.action == "monitor":
        from berofos_ra.agent.monitor import monitor

        return monitor(call)
    if call.action == "start":
        from berofos_ra.agent.start import start

        return start(call)
    if call.action == "stop":
        from berofos_ra.agent.stop import stop

        return stop(call)
    if call.action == "validate-all":
        from berofos_ra.agent.validate import validate_all

        return validate_all(call)
    if call.action == "reload-agent":
        from berofos_ra.agent.reload import reload_agent

        return reload_agent(call)
    if call.action == "meta-data":
        from berofos_ra.agent.metadata import metadata_xml

        sys.stdout.write(metadata_xml())
        return SUCCESS
    return Outcome(ocf.OCF_ERR_UNIMPLEMENTED, (f"no action {call.action!r}, expected one of {_USAGE}",))


def _give_reason(call: Call, outcome: Outcome) -> None:
    # A monitor logs its own reasons, once; here the full story of an action that failed.
    if call.action != "monitor":
        journal.error(f"{call.action} failed: {'; '.join(outcome.reasons)}")
    prefix = os.environ.get("OCF_EXIT_REASON_PREFIX", "ocf-exit-reason:")
    sys.stderr.write(f"{one_line(prefix)}{exit_reason(outcome.reasons)}\n")
