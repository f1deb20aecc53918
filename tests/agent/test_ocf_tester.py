"""Debian's ocf-tester, which judges agents by the OCF standard, has nothing to say against this one."""

from __future__ import annotations

import socket

import pytest

from tests.agent.conftest import NewSite
from tests.support.checkout import CHECKOUT
from tests.support.processes import run


@pytest.mark.parametrize("topology", ["two-xivo", "xivo-pbx"])
def test_ocf_tester_passes(topology: str, new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), topology)
    node = site.node(port_b_node=socket.gethostname())
    given = {**node.parameters, "CRM_meta_timeout": "120000"}  # ms; it tells none, and a busy machine is slow
    options = [word for name, value in given.items() for word in ("-o", f"{name}={value}")]
    environment = {"PATH": node.tools.path, "HA_RSCTMP": str(node.run_directory)}
    tester = ["ocf-tester", "-n", "lines", *options, "/mnt/agents/ocf/berofos"]
    done = run(
        ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /mnt && exec "$@"', CHECKOUT, *tester], environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/mnt/agents/ocf/berofos passed all tests" in done.stdout
    assert "* rc=" not in done.stdout
    assert done.stderr == ""
    assert {device.relay for device in site} == {"A--B" if topology == "two-xivo" else "A--D"}
