"""Two resources that share a device: each would take the other's lines, again and again."""

from __future__ import annotations

import pytest

from berofos_ra.resource.record import instance_of, record_path
from tests.agent.site import D, Node, Site

CIB = """<cib><configuration><resources>
<primitive id="lines" class="ocf" provider="xivo" type="berofos"><instance_attributes id="a">{0}</instance_attributes>
</primitive><group id="g">
<primitive id="others" class="ocf" provider="xivo" type="berofos"><instance_attributes id="b">{0}
</instance_attributes>{1}</primitive></group>
<primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"/>
</resources></configuration></cib>"""


def other_resource(node: Node) -> Node:
    other = Node(node.name, node.run_directory, node.tools, dict(node.parameters), node.command)
    other.environment["OCF_RESOURCE_INSTANCE"] = "others"
    return other


def in_the_cib(node: Node, more: str = "", **given: str) -> None:
    parameters = {**node.parameters, **given}
    pairs = "".join(f'<nvpair id="i{n}" name="{k}" value="{v}"/>' for n, (k, v) in enumerate(parameters.items()))
    node.tools.put("cibadmin", f"cat <<'END'\n{CIB.format(pairs, more)}\nEND")


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
    in_the_cib(node)
    other = other_resource(node)
    shared = f"{site.label('fos1')}: is a device of the resource {{}} as well; take it out of one of them"
    assert other.start(expected=1).reason == shared.format("lines")
    assert site.writes("fos1") == []
    assert other.validate(expected=6, level=10).reason == shared.format("lines")
    assert node.validate(expected=6, level=10).reason == shared.format("others")
    node.start()


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ({"devices": "fos2"}, ""),
        ({"topology": "nonsense"}, ""),
        ({}, '<meta_attributes id="m"><nvpair id="t" name="target-role" value="Stopped"/></meta_attributes>'),
    ],
)
def test_other_resources_are_no_hindrance(given: dict[str, str], more: str, two: Site) -> None:
    node = two.node(devices="fos1")
    in_the_cib(node, more, **given)
    node.validate(level=10)
    node.start()


def test_same_device_in_another_config_file_is_found(site: Site) -> None:
    node = site.node()
    copy = site.folder / "copy.conf"
    copy.write_text(site.config.read_text().replace("fos1", "fos7"))
    in_the_cib(node, config=str(copy), devices="all")
    assert "is a device of the resource others as well" in node.validate(expected=6, level=10).reason


@pytest.mark.parametrize("instance", ["lines", "lines:0", "../../x", "ä \n%", "%41"])
def test_record_tells_its_resource(instance: str) -> None:
    assert instance_of(record_path(instance, "/run")) == instance
