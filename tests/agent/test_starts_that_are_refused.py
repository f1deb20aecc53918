"""Two owners of one relay would throw it to and fro: what would lead there isn't started."""

from __future__ import annotations

import pytest

from tests.agent.acted_cluster import resource, shows
from tests.agent.site import B, D, Node, Site

ON_NODE = "OCF_RESKEY_CRM_meta_on_node"


def by_hand(node: Node) -> Node:
    """As ``crm_resource --force-start`` and ``pcs resource debug-start`` call it."""
    node.environment[ON_NODE] = ""
    node.tools.put("crm_node", f'[ "$*" = -n ] && echo {node.name}')
    return node


@pytest.mark.parametrize("meta", [{"clone": "0", "clone_max": "2"}, {"clone": "1", "clone_max": "3"}, {"clone": "0"}])
def test_clone_is_refused(meta: dict[str, str], site: Site) -> None:
    node = site.node()
    node.environment |= {f"OCF_RESKEY_CRM_meta_{name}": value for name, value in meta.items()}
    reason = "runs as a clone, which would throw the relay to and fro; take the clone away: one node has the lines"
    assert node.start(expected=1).reason == reason
    assert node.validate(expected=6).reason == reason
    assert site.fos1.requests == []
    node.stop()


def test_clone_of_one_instance_runs(site: Site) -> None:
    node = site.node()
    node.environment |= {"OCF_RESKEY_CRM_meta_clone": "0", "OCF_RESKEY_CRM_meta_clone_max": "1"}
    node.start()


def test_start_by_hand_takes_nothing_from_the_node_that_has_it(site: Site) -> None:
    owner, node = site.node(), by_hand(site.node(D))
    owner.start()
    shows(node, resource("lines", B))
    site.forget_requests()
    reason = "Pacemaker has lines active on xivo-1; move it with crm_resource --move, not by hand"
    assert node.start(expected=1).reason == reason
    assert (site.fos1.requests, site.fos1.relay) == ([], "A--B")
    owner.monitor()


def test_start_by_hand_where_pacemaker_has_it_active_is_no_harm(site: Site) -> None:
    node = by_hand(site.node())
    shows(node, resource("lines", B))
    node.start()
    assert site.fos1.relay == "A--B"


def test_start_by_hand_of_what_is_active_nowhere_or_without_a_cluster(site: Site) -> None:
    node = by_hand(site.node())
    shows(node, resource("lines"))
    node.start()
    node.stop()
    node = by_hand(site.node(D))
    node.start()
    assert site.fos1.relay == "A--D"


def test_pacemakers_own_start_is_never_refused_for_where_it_was(site: Site) -> None:
    node = site.node()
    shows(node, resource("lines", D))
    node.start()
    assert site.fos1.relay == "A--B"


def test_remote_node_is_refused_plainly(site: Site) -> None:
    node = site.node()
    shows(node, resource("lines"), remote=[D])
    reason = f"{D} is a Pacemaker Remote node, which can't be wired to the relay; make it a cluster node"
    assert node.start(expected=1).reason == reason
    assert node.validate(expected=6, level=10).reason == reason
    assert site.fos1.requests == []
