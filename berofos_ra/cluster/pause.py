"""Taking the relays, or everything, out of Pacemaker's hands, and giving them back; with a mark that tells of it."""

from __future__ import annotations

from berofos_ra.cluster.attribute_names import PAUSE_UNDO, PAUSED
from berofos_ra.cluster.pause_mark import Pause
from berofos_ra.cluster.tools import run_tool

_MAINTENANCE = ("crm_attribute", "--type", "crm_config", "--name", "maintenance-mode")


def write_mark(pause: Pause) -> None:
    """Show the pause; what is to be undone first, so that there is never one that can't be.

    Raises:
        ToolFailedError: as everywhere here: Pacemaker refused, or can't be asked.
    """
    run_tool(*_attribute(pause.node, PAUSE_UNDO), "--update", pause.undo)
    run_tool(*_attribute(pause.node, PAUSED), "--update", pause.value)


def delete_mark(node: str) -> None:
    """It is over."""
    run_tool(*_attribute(node, PAUSED), "--delete")
    run_tool(*_attribute(node, PAUSE_UNDO), "--delete")


def set_maintenance(on: bool) -> None:
    """Let Pacemaker leave everything alone, and not even look at it; or no longer so."""
    run_tool(*_MAINTENANCE, *(("--update", "true") if on else ("--delete",)))


def set_managed(resource: str, managed: bool) -> None:
    """Let Pacemaker act on a resource, or only look at it."""
    how = ("--delete-parameter", "is-managed") if managed else ("--set-parameter", "is-managed")
    value = () if managed else ("--parameter-value", "false")
    run_tool("crm_resource", "--resource", resource, "--meta", *how, *value)


def clean_up(resource: str) -> None:
    """Let Pacemaker forget what it lists as failed, so that it resumes the monitors."""
    run_tool("crm_resource", "--cleanup", "--resource", resource)


def _attribute(node: str, name: str) -> tuple[str, ...]:
    return ("crm_attribute", "--type", "nodes", "--node", node, "--name", name)
