"""Two resources that share a device: each would take the other's lines, again and again."""

from __future__ import annotations

import pytest

from berofos_ra.resource.record_file import instance_of, record_path
from tests.agent.acted_cluster import gives_parameters, resource, shows
from tests.agent.site import D, Node, Site


def other_resource(node: Node) -> Node:
    other = Node(node.name, node.run_directory, node.tools, dict(node.parameters), node.command)
    other.environment["OCF_RESOURCE_INSTANCE"] = "others"
    return other


def both_configured(node: Node, others: str = "", **given: str) -> None:
    """``lines`` comes first in the configuration; ``others`` has the same parameters but for those given."""
    shows(node, resource("lines", "xivo-1"), others or resource("others"))
    gives_parameters(node, lines=node.parameters, others={**node.parameters, **given})


def test_device_of_another_resource_on_this_node_is_refused(site: Site) -> None:
    node, other = site.node(), other_resource(site.node(D))
    other.run_directory = node.run_directory
    node.start()
    done = other.start(expected=1)
    assert done.reason == f"{site.label('fos1')}: the resource lines has it on this node; stop that one first"
    assert site.fos1.relay == "A--B"
    other.stop()
    node.monitor()
    node.stop()
    other.start()
    assert site.fos1.relay == "A--D"


def test_device_of_an_earlier_resource_of_the_cluster_is_refused(site: Site) -> None:
    """On two nodes each would take the lines from the other for ever: so only the first may run."""
    node = site.node()
    both_configured(node)
    other = other_resource(node)
    shared = f"{site.label('fos1')}: is a device of the resource {{}} as well; take it out of one of them"
    assert other.start(expected=1).reason == shared.format("lines")
    assert site.writes("fos1") == []
    assert other.validate(expected=6, level=10).reason == shared.format("lines")
    assert node.validate(expected=6, level=10).reason == shared.format("others")
    node.start()


@pytest.mark.parametrize(
    ("given", "others"),
    [
        ({"devices": "fos2"}, resource("others")),
        ({"topology": "nonsense"}, resource("others")),
        ({}, resource("others", target_role="Stopped")),
        ({}, resource("others", orphaned=True)),
    ],
    ids=["other device", "nonsense", "meant to be stopped, by itself or its group", "no longer configured"],
)
def test_other_resources_are_no_hindrance(given: dict[str, str], others: str, two: Site) -> None:
    """What Pacemaker shows is what counts: a group's target role, a default, a rule are in it."""
    node = two.node(devices="fos1")
    both_configured(node, others, **given)
    node.validate(level=10)
    node.start()


def test_same_device_in_another_config_file_is_found(site: Site) -> None:
    node = site.node()
    copy = site.folder / "copy.conf"
    copy.write_text(site.config.read_text().replace("fos1", "fos7"))
    both_configured(node, config=str(copy), devices="all")
    assert "is a device of the resource others as well" in node.validate(expected=6, level=10).reason


@pytest.mark.parametrize("instance", ["lines", "lines:0", "../../x", "ä \n%", "%41"])
def test_record_tells_its_resource(instance: str) -> None:
    assert instance_of(record_path(instance, "/run")) == instance
