"""Pacemaker's tools for commands that change the cluster: what they print, or why they failed.

Each is run in a process group of its own, so that a Ctrl-C at the terminal doesn't reach what cleans up.
"""

from __future__ import annotations

from berofos_ra.cluster.situation import Situation, parse_situation
from berofos_ra.cluster.view import ClusterSilentError, parse_view
from berofos_ra.errors import BerofosError
from berofos_ra.programs import find_program, run_program

_TIMEOUT = 10.0  # s, for one tool


class ToolFailedError(BerofosError):
    """One of Pacemaker's tools refused, or couldn't be run."""


def run_tool(*command: str, cib: str | None = None) -> str:
    """What a tool prints; ``cib`` is a file to be used in place of the cluster.

    Raises:
        ToolFailedError: it hangs, isn't there, or ends with another status than 0.
    """
    try:
        with_cib = () if cib is None else ("env", f"CIB_file={cib}")
        tool = find_program(command[0]) or command[0]  # env looks along the PATH alone
        done = run_program(*with_cib, tool, *command[1:], timeout=_TIMEOUT, in_own_group=True)
    except TimeoutError:
        raise ToolFailedError(f"{command[0]} hangs") from None
    except OSError as error:
        raise ToolFailedError(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        why = f": {said[0]}" if said else ""
        raise ToolFailedError(f"{command[0]} {command[1]} ended with {done.returncode}{why}")
    return done.stdout


def find_situation() -> Situation:
    """The cluster at this moment.

    Raises:
        ClusterSilentError: there is no cluster that could be asked.
    """
    try:
        configuration = run_tool("cibadmin", "--query")
        status = run_tool("crm_mon", "--output-as=xml", "-1", "-A", "-r", "-f")
    except ToolFailedError as error:
        raise ClusterSilentError(f"the cluster can't be asked: {error}") from None
    return parse_situation(parse_view(configuration, status), status)
