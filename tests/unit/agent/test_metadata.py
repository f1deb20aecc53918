"""The agent's meta-data, as Pacemaker, pcs, crmsh and ocf-tester read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from berofos_ra import __version__
from berofos_ra.agent import metadata
from berofos_ra.agent.metadata import metadata_xml
from berofos_ra.resource import parameters

PCS_SCHEMA = "/usr/share/pcs/data/ocf-1.1.rng"
DTD_DIRECTORY = Path("/usr/share/resource-agents")

SPECIAL = '<&> "\'" ]]> ä€'

ACTIONS: list[dict[str, str]] = [
    {"name": "start", "timeout": "60s"},
    {"name": "stop", "timeout": "30s"},
    {"name": "monitor", "timeout": "20s", "interval": "10s", "depth": "0"},
    {"name": "monitor", "timeout": "20s", "interval": "60s", "depth": "10"},
    {"name": "monitor", "timeout": "20s", "interval": "30s", "depth": "0", "role": "Stopped"},
    {"name": "validate-all", "timeout": "10s"},
    {"name": "reload-agent", "timeout": "20s"},
    {"name": "meta-data", "timeout": "5s"},
]


def document() -> etree._Element:
    # From text: a parser refuses that when an encoding is declared, as crmsh's does.
    return etree.fromstring(metadata_xml())


def one(element: etree._Element, path: str) -> etree._Element:
    (found,) = element.findall(path)
    return found


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.items()}


def test_it_is_valid_for_pcs() -> None:
    schema = etree.RelaxNG(etree.parse(PCS_SCHEMA))
    schema.assertValid(document())


def test_it_is_valid_for_ocf_tester() -> None:
    # Against the old DTD and what the document itself declares on top of it.
    parser = etree.XMLParser(dtd_validation=True)
    etree.fromstring(metadata_xml(), parser, base_url=str(DTD_DIRECTORY / "berofos.xml"))


def test_ocf_tester_s_dtd_is_really_looked_at() -> None:
    broken = metadata_xml().replace("</resource-agent>", "<novelty/></resource-agent>")
    parser = etree.XMLParser(dtd_validation=True)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(broken, parser, base_url=str(DTD_DIRECTORY / "berofos.xml"))


def test_it_is_ascii_whatever_the_locale() -> None:
    assert metadata_xml().isascii()


def test_it_names_the_agent_and_the_versions() -> None:
    assert attributes(document()) == {"name": "berofos", "version": __version__}
    assert one(document(), "version").text == "1.1"


def test_it_has_every_parameter() -> None:
    found = [
        (
            element.get("name"),
            one(element, "content").get("type"),
            one(element, "content").get("default"),
            element.get("reloadable", "0") == "1",
        )
        for element in document().findall("parameters/parameter")
    ]
    assert found == [(p.name, p.kind, p.default, p.reloadable) for p in parameters.PARAMETERS]


def test_no_parameter_is_required_or_unique() -> None:
    # Which ones are needed goes by the topology, and a device may serve two resources.
    for element in document().findall("parameters/parameter"):
        assert set(element.keys()) <= {"name", "reloadable"}


def test_the_actions_are_those_of_the_design() -> None:
    assert [attributes(element) for element in document().findall("actions/action")] == ACTIONS


def test_everything_is_described_for_the_administrator() -> None:
    for element in [document(), *document().findall("parameters/parameter")]:
        for kind in ("longdesc", "shortdesc"):
            description = one(element, kind)
            assert description.get("lang") == "en"
            assert (description.text or "").strip()


def test_everything_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = parameters.PARAMETERS
    monkeypatch.setattr(metadata, "SHORTDESC", "short" + SPECIAL)
    monkeypatch.setattr(metadata, "LONGDESC", "long" + SPECIAL)
    special = first._replace(shortdesc="1" + SPECIAL, longdesc="2" + SPECIAL, default="3" + SPECIAL)
    monkeypatch.setattr(metadata, "PARAMETERS", (special, *others))
    root = document()
    parameter = root.findall("parameters/parameter")[0]
    assert one(root, "shortdesc").text == "short" + SPECIAL
    assert one(root, "longdesc").text == "long" + SPECIAL
    assert one(parameter, "shortdesc").text == "1" + SPECIAL
    assert one(parameter, "longdesc").text == "2" + SPECIAL
    assert one(parameter, "content").get("default") == "3" + SPECIAL
