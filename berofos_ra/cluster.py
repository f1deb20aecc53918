"""What this project asks of Pacemaker's own tools. Each call is bounded in time, and none is ever fatal."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping

TOOLS = ("attrd_updater", "crm_node")


def missing_tools() -> list[str]:
    """Pacemaker tools that the agent uses and that aren't installed."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def node_name() -> str:
    """This node's name in the cluster, else its host name."""
    return (_run(3.0, "crm_node", "-n") or "").strip() or socket.gethostname()


def set_attributes(attributes: Mapping[str, str], patience: float) -> bool:
    """Set transient node attributes of this node, in ``patience`` seconds; False at the first that doesn't take.

    Each change makes Pacemaker run its scheduler: don't set what is set already. With attrd hung its tool would
    block for 35 s.
    """
    return _each(patience, [("attrd_updater", "-n", name, "-U", value) for name, value in attributes.items()])


def delete_attributes(names: Iterable[str], patience: float) -> bool:
    """Delete transient node attributes of this node, in ``patience`` seconds; False at the first that doesn't go."""
    return _each(patience, [("attrd_updater", "-n", name, "-D") for name in names])


def _each(patience: float, commands: list[tuple[str, ...]]) -> bool:
    deadline = time.monotonic() + patience
    return all(_run(deadline - time.monotonic(), *command) is not None for command in commands)


def _run(timeout: float, *command: str) -> str | None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
