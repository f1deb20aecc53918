"""Node attributes that Pacemaker loses, or couldn't take back: what crm_mon -A shows comes right again by itself."""

from __future__ import annotations

import pytest

from tests.agent import acted_cluster
from tests.agent.site import Node, Site

ALL = ("berofos-fos1", "berofos-ready")


def knows(node: Node, *names: str) -> None:
    """What Pacemaker's attribute daemon has of these; any update succeeds."""
    lines = "".join(f'{name}) echo \'name="{name}" host="{node.name}" value="x"\' ;;\n' for name in names)
    node.tools.put("attrd_updater", f'[ "$3" = -Q ] || exit 0\ncase "$2" in\n{lines}*) exit 78 ;;\nesac')


def owner(site: Site) -> Node:
    node = site.node()
    node.start()
    node.monitor()
    node.tools.forget()
    return node


# What the CIB lost.


def test_nothing_is_sent_again_while_nothing_is_missing(site: Site) -> None:
    node = owner(site)
    acted_cluster.tells_of_nodes(node, attributes=[*ALL, "standby", "berofos-others"])
    node.monitor(depth=10)
    assert [call[0] for call in node.tools.calls] == ["cibadmin"]


@pytest.mark.parametrize("there", [(), ("berofos-ready",), ("berofos-fos1",)])
def test_what_the_cib_lost_is_sent_again(there: tuple[str, ...], site: Site) -> None:
    node = owner(site)
    acted_cluster.tells_of_nodes(node, attributes=there)
    knows(node, *ALL)
    node.monitor()
    assert node.tools.calls == []  # it takes a thorough one
    node.monitor(depth=10)
    assert node.tools.resends == 1


@pytest.mark.parametrize(("known", "resends"), [("yes", 1), ("", 0)])
def test_readiness_of_the_standby_that_the_cib_lost_is_sent_again(known: str, resends: int, site: Site) -> None:
    node = owner(site)
    acted_cluster.tells_of_nodes(node, attributes=ALL, peer="xivo-2")
    node.tools.put("attrd_updater", f"""echo 'name="berofos-ready" host="xivo-2" value="{known}"'""")
    node.monitor(depth=10)
    assert node.tools.resends == resends  # none for a node that is off, of which the daemon knows nothing


def test_what_the_attribute_daemon_lost_as_well_is_set_anew(site: Site) -> None:
    node = owner(site)
    acted_cluster.tells_of_nodes(node)
    knows(node)
    node.monitor(depth=10)
    assert node.tools.resends == 0
    updates = [call[2] for call in node.tools.calls if call[3:4] == ["-U"]]
    assert sorted(updates) == sorted(ALL)


def test_nothing_is_sent_while_the_cluster_can_not_be_asked(site: Site) -> None:
    node = owner(site)
    node.monitor(depth=10)
    assert [call[0] for call in node.tools.calls] == ["cibadmin"]
    assert node.tools.resends == 0


# What couldn't be taken away.


def taken_away(node: Node) -> set[str]:
    """The attributes that were deleted since the calls were forgotten."""
    return {name for name, value in node.tools.updates if value is None}


def stop_while_busy(node: Node) -> None:
    node.tools.put("attrd_updater", '[ "$3" != -D ]')
    node.stop()
    node.tools.put("attrd_updater")
    node.tools.forget()


@pytest.mark.parametrize("who", ["probe", "standby monitor"])
def test_what_a_stop_could_not_take_away_goes_later(who: str, two: Site) -> None:
    """Else crm_mon -A would show the lines at two nodes, for ever."""
    node = two.node()
    node.start()
    stop_while_busy(node)
    if who == "probe":
        node.probe()
    else:
        node.watch_standby()
    assert taken_away(node) == {"berofos-fos1", "berofos-fos2"}
    node.tools.forget()
    node.probe()
    assert taken_away(node) == set()


def test_start_takes_away_what_is_not_its_own_any_more(two: Site) -> None:
    node = two.node()
    node.start()
    stop_while_busy(node)
    node.parameters["devices"] = "fos1"
    node.start()
    assert "berofos-fos2" in taken_away(node)
    assert node.tools.attributes["berofos-fos1"] == "A--B"
    node.stop()
    node.tools.forget()
    node.probe()
    assert node.tools.updates == []


def test_what_two_stops_could_not_take_away_goes_later(two: Site) -> None:
    node = two.node(devices="fos1")
    node.start()
    stop_while_busy(node)
    node.parameters["devices"] = "fos2"
    node.tools.put("attrd_updater", '[ "$3" != -D ]')
    node.start()
    stop_while_busy(node)
    node.probe()
    assert taken_away(node) == {"berofos-fos1", "berofos-fos2"}


def test_stop_ends_in_time_while_the_attribute_daemon_hangs(site: Site) -> None:
    node = site.node()
    node.start()
    node.tools.hang("attrd_updater")
    node.begin("stop", timeout=16).finish(within=16)
    node.tools.put("attrd_updater")
    node.tools.forget()
    node.probe()
    assert taken_away(node) == {"berofos-fos1"}
