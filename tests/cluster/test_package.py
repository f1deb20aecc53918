"""The Debian package on a node: what it leaves behind, and what it finds there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.docs.pages import steps
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.support.checkout import CHECKOUT

RECORD = "/run/resource-agents/berofos-lines.json"
START = """\
    OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=lines OCF_RESKEY_port_b_node=xivo-1 OCF_RESKEY_port_d_node=xivo-2 \
    /usr/lib/ocf/resource.d/xivo/berofos start
"""


def _packaged(node: Node) -> list[str]:
    """The files and directories that are the package's alone."""
    paths = node.run("dpkg --listfiles resource-agents-berofos").stdout.split()
    return [path for path in paths if "berofos" in path or "bnfos" in path or path.endswith("/xivo")]


def _there(node: Node, paths: Sequence[str]) -> list[str]:
    return node.run(["find", *paths, "-maxdepth", "0"], check=False).stdout.split()


def test_a_purge_leaves_nothing_but_the_administrators_configuration(new_lab: Callable[..., Lab]) -> None:
    node = new_lab(nodes=1, devices=1).node("xivo-1")
    packaged = _packaged(node)
    assert _there(node, packaged) == packaged
    configuration = node.read("/etc/bnfos.conf")
    node.run("berofos status")
    node.run(START)
    assert _there(node, [RECORD])

    node.run("dpkg --no-triggers --remove resource-agents-berofos")
    assert _there(node, packaged) == []
    assert _there(node, [RECORD]), "installed again, the agent must still know that this node has the lines"
    node.run("dpkg --no-triggers --purge resource-agents-berofos")
    assert _there(node, [RECORD]) == []
    assert node.run("find /usr /etc /lib /var/lib -name '*berofos*'").stdout == ""
    assert node.read("/etc/bnfos.conf") == configuration


def test_what_make_install_left_hides_the_package_until_it_is_removed(new_lab: Callable[..., Lab]) -> None:
    """With an older installation that is broken, as an example of one that differs."""
    node = new_lab(nodes=1, devices=1).node("xivo-1")
    python = node.run("readlink /usr/bin/python3").stdout.strip()
    library = f"/usr/local/lib/{python}/dist-packages/berofos_ra"
    manual = "/usr/local/share/man/man8/berofos.8"
    node.run(f"mkdir -p {library} $(dirname {manual})")
    node.run(f"touch {manual}; echo 'raise ImportError(\"older\")' > {library}/__init__.py")
    node.run("printf '#!/bin/sh\\necho older\\n' > /usr/local/bin/berofos; chmod 755 /usr/local/bin/berofos")
    assert node.run("berofos --help").stdout == "older\n"
    assert "older" in node.run(START, check=False).stderr

    page = CHECKOUT / "docs" / "quick-start.md"
    (removal,) = (step.text for step in steps(page) if step.text.startswith("rm -rf /usr/local"))
    node.run(removal)
    assert "doctor" in node.run("berofos --help").stdout
    assert _there(node, [manual]) == []
    node.run(START)
