"""Stand-ins for Pacemaker's own tools, which need a cluster: they record how they were called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.support.processes import PATH

_RECORD = """#!/bin/sh
{ printf '%s\\t' "${0##*/}" "$@"; echo; } >> "${0%/*}/calls"
"""


_NO_CLUSTER = "exit 102"


class Tools:
    """A directory in front of the PATH. At first ``attrd_updater`` works, and the others find no cluster to ask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.path = f"{folder}:{PATH}"
        self.put("attrd_updater")
        for name in ("crm_node", "cibadmin", "corosync-quorumtool"):
            self.put(name, _NO_CLUSTER)

    def put(self, name: str, script: str = "exit 0") -> None:
        """A tool that records its call and then does this."""
        tool = self.folder / name
        tool.write_text(f"{_RECORD}{script}\n")
        tool.chmod(0o755)

    def hang(self, name: str) -> None:
        self.put(name, "exec sleep 3600")

    @property
    def calls(self) -> list[list[str]]:
        """Every call of a tool, in order: its name and its arguments."""
        file = self.folder / "calls"
        return [line.rstrip("\t").split("\t") for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def updates(self) -> list[tuple[str, str | None]]:
        """Every node attribute that administrators see and that was set, and its value (None: deleted), in order."""
        return [update for update, private in self._updates() if not private]

    @property
    def private_updates(self) -> list[tuple[str, str | None]]:
        """The same of those that they don't see."""
        return [update for update, private in self._updates() if private]

    def _updates(self) -> Iterator[tuple[tuple[str, str | None], bool]]:
        for call in self.calls:
            if call[:2] == ["attrd_updater", "-n"]:
                assert call[3:4] in (["-U"], ["-D"]), call
                yield (call[2], call[4] if call[3] == "-U" else None), call[5:] == ["-p"]

    @property
    def resends(self) -> int:
        """How often Pacemaker was asked to write all attributes again."""
        return sum(call[:2] == ["attrd_updater", "-R"] for call in self.calls)

    def forget(self) -> None:
        (self.folder / "calls").unlink(missing_ok=True)

    @property
    def attributes(self) -> dict[str, str]:
        """The node attributes as the calls left them."""
        return {name: value for name, value in dict(self.updates).items() if value is not None}
