"""No record, no effect: a stop throws nothing that isn't this resource's."""

from __future__ import annotations

from tests.agent.acted_cluster import resource, schedules_monitors, shows
from tests.agent.conftest import NewSite
from tests.agent.site import B, Node, Site


def another(node: Node, name: str = "others") -> Node:
    """A second resource on the same node."""
    other = Node(node.name, node.run_directory, node.tools, dict(node.parameters), node.command)
    other.environment["OCF_RESOURCE_INSTANCE"] = name
    return other


def assert_untouched(site: Site, node: Node) -> None:
    for device in site:
        assert (device.relay, device.settings["wdogstate"], len(device.clicks())) == ("A--B C--D", 1, 1)
    assert [site.writes(device.name) for device in site] == [[] for _ in site]
    node.monitor()


def test_a_second_resource_with_the_same_device_changes_nothing(pbx: Site) -> None:
    """Pacemaker starts it, stops what failed, and tries again."""
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    other = another(node)
    for _ in range(3):
        reason = f"{pbx.label()}: the resource lines has it on this node; stop that one first"
        assert other.start(expected=1, timeout=20).reason == reason
        assert other.stop().stderr == ""
    assert_untouched(pbx, node)


def test_stop_on_a_node_that_never_owned_changes_nothing(pbx: Site) -> None:
    node = pbx.node(port_b_node="")
    node.start()
    pbx.forget_requests()
    assert pbx.node("xivo-9", port_b_node="").stop().stderr == ""
    assert_untouched(pbx, node)


def test_stop_asks_nobody_where_nothing_ran(pbx: Site) -> None:
    pbx.fos1.power_off()
    pbx.config.unlink()
    assert pbx.node().stop().stderr == ""


def test_stop_of_a_clone_that_was_refused_changes_nothing(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    other = another(node, "copy:1")
    other.environment |= {"OCF_RESKEY_CRM_meta_clone": "1", "OCF_RESKEY_CRM_meta_clone_max": "2"}
    other.start(expected=1)
    other.stop()
    assert_untouched(pbx, node)


def test_of_two_records_with_one_device_the_younger_gives_nothing_away(pbx: Site) -> None:
    """However it came to that: the older one holds it."""
    node = pbx.node()
    node.start()
    other = another(node)
    hidden = node.record.with_suffix(".hidden")
    node.record.rename(hidden)
    other.start()
    hidden.rename(node.record)
    pbx.forget_requests()
    other.stop()
    assert_untouched(pbx, node)


def test_device_that_somebody_else_kicks_is_not_given_away(pbx: Site) -> None:
    """A resource on another machine has taken it meanwhile; it counts down from later than our own last kick."""
    node = pbx.node(watchdog_interval="60")
    node.start()
    pbx.fos1.set_settings({"wdogitime": 600})
    elsewhere = pbx.node("xivo-9", port_b_node="", watchdog_interval="600")
    elsewhere.start()
    pbx.forget_requests()
    node.stop()
    assert pbx.writes() == []
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--B C--D", 1)


def test_resource_that_is_being_stopped_is_waited_for(new_site: NewSite) -> None:
    """Two groups change places on one node: the start of one doesn't fail for the stop of the other."""
    site = new_site(topology="xivo-pbx", latency=0.3)
    node = site.node()
    node.start()
    other = another(node)
    shows(node, resource("lines", B, target_role="Stopped"), resource("others"))
    start = other.begin("start")
    stop = node.begin("stop")
    stop.finish(0)
    start.finish(0)
    assert site.fos1.relay == "A--B C--D"


def test_a_dead_device_that_an_older_record_has_is_no_reason_to_fence_the_node(pbx: Site) -> None:
    """The lines stay where the older resource runs on, and it is that one's to give them away."""
    pbx.fos1.set_settings({"scenario": 1})
    node = pbx.node()
    schedules_monitors(node)  # none: so no watchdog is armed
    node.start()
    other = another(node)
    hidden = node.record.with_suffix(".hidden")
    node.record.rename(hidden)
    schedules_monitors(other, resource="others")
    other.start()
    hidden.rename(node.record)
    pbx.fos1.add_fault("refuse")
    other.stop()
    node.stop(expected=1)
