"""How the agent knows which node it runs on: from Pacemaker, else from its tools, else by the host name."""

from __future__ import annotations

import socket

from tests.agent.site import B, D, Node, Site


def nameless(site: Site, **parameters: str) -> Node:
    """A node that Pacemaker didn't tell its name."""
    return site.node("", **parameters)


def test_name_from_pacemaker_wins(site: Site) -> None:
    node = site.node(B)
    node.tools.put("crm_node", f"echo {D}")
    node.start()
    assert site.fos1.relay == "A--B"


def test_name_from_crm_node(site: Site) -> None:
    node = nameless(site)
    node.tools.put("crm_node", f'[ "$*" = -n ] && echo {B}')
    node.start()
    assert site.fos1.relay == "A--B"


def test_host_name_when_crm_node_fails(site: Site) -> None:
    node = nameless(site, port_b_node=socket.gethostname())
    node.start()
    assert site.fos1.relay == "A--B"


def test_case_of_a_name_does_not_matter(site: Site) -> None:
    site.node("XiVO-1").start()
    assert site.fos1.relay == "A--B"
