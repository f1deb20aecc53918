"""The cluster shells show the agent's parameters without complaint; where they look it is for them alone to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from berofos_ra.resource.parameters import PARAMETERS
from tests.support.checkout import CHECKOUT
from tests.support.processes import PATH, run

# The shells look for agents in this directory only. The other agents there are out of sight meanwhile.
_MOUNT = """
mount -t tmpfs none /usr/lib/ocf/resource.d && mkdir /usr/lib/ocf/resource.d/xivo &&
ln -s "$0/agents/ocf/berofos" /usr/lib/ocf/resource.d/xivo/berofos && exec "$@"
"""


@pytest.mark.parametrize("command", ["crm ra info ocf:xivo:berofos", "pcs resource describe ocf:xivo:berofos"])
def test_shell_shows_every_parameter(command: str, folder: Path) -> None:
    environment = {"PATH": PATH, "HOME": str(folder), "LANG": "C.UTF-8"}
    done = run(["unshare", "--mount", "sh", "-c", _MOUNT, CHECKOUT, *command.split()], environment)
    assert (done.returncode, done.stderr) == (0, "")
    for complaint in ("ERROR", "WARNING", "Error:", "Warning:"):
        assert complaint not in done.stdout
    shown = " ".join(done.stdout.split())
    for parameter in PARAMETERS:
        assert parameter.name in shown
        assert parameter.longdesc in shown
    assert "Moves ISDN lines between servers with berofos failover switches" in shown
