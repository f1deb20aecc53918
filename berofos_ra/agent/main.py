"""The agent's entry: from an action's name to its exit code, and the one place where a reason is printed."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import ocf

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import SUCCESS, Outcome, exit_reason, is_incomplete, one_line, outcome_of
from berofos_ra.errors import BerofosError

_UPGRADE = 10.0  # seconds after which files that came or went are no upgrade under way any more
_USAGE = "start, stop, monitor, validate-all, reload-agent, meta-data"


def main(arguments: list[str], run_again: Callable[[], None] = lambda: None, loaded: float = 0.0) -> int:
    """Carry out the action that ``arguments`` (the command line) name; the OCF exit code.

    ``run_again`` begins anew in a new process, for an action under which a package upgrade has replaced the code. It
    returns when no upgrade can be the reason any more. ``loaded`` is the time of day before any code was loaded.
    A launcher of the first version, under which it was upgraded, hands over neither.
    """
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
    except Exception as error:
        if _is_being_replaced(error, loaded):
            run_again()
        outcome = _outcome_of_surprise(error)
    if outcome.reasons:
        _give_reason(call, outcome)
    return outcome.code


def _outcome_of_surprise(error: Exception) -> Outcome:
    if isinstance(error, ImportError) and is_incomplete(error):
        return Outcome(ocf.OCF_ERR_GENERIC, (f"{error}; berofos-ra isn't completely installed",))
    if isinstance(error, ImportError):  # what only some actions need
        return Outcome(ocf.OCF_ERR_INSTALLED, (f"{error}; install python3-requests and python3-lxml",))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
    return Outcome(ocf.OCF_ERR_GENERIC, (f"bug in the agent: {where}; please report it",))


def _is_being_replaced(error: Exception, loaded: float) -> bool:
    """Whether the code isn't what it was when this action began: a package upgrade replaces it file by file."""
    return (isinstance(error, ImportError) and is_incomplete(error)) or _last_replaced() > loaded - _UPGRADE


def _last_replaced() -> float:
    """When files last came or went in the library's directories, by the time of day."""
    package = Path(__file__).parent.parent
    latest = 0.0
    with contextlib.suppress(OSError):
        rooms = [entry for entry in package.iterdir() if entry.is_dir() and entry.name != "__pycache__"]
        for directory in (package, *rooms):
            latest = max(latest, directory.stat().st_mtime)
    return latest


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
        sys.stdout.flush()
        return SUCCESS
    return Outcome(ocf.OCF_ERR_UNIMPLEMENTED, (f"no action {call.action!r}, expected one of {_USAGE}",))


def _give_reason(call: Call, outcome: Outcome) -> None:
    # A monitor logs its own reasons, once; here the full story of an action that failed.
    if call.action != "monitor":
        journal.error(f"{call.action} failed: {'; '.join(outcome.reasons)}")
    prefix = os.environ.get("OCF_EXIT_REASON_PREFIX", "ocf-exit-reason:")
    journal.print_line(f"{one_line(prefix)}{exit_reason(outcome.reasons)}")
