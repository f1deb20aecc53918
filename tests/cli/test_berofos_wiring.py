"""``berofos wiring``: the drawing on terminals and as SVG, with the relay as it is."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from lxml import etree

from berofos_ra.wiring.topology import CHAIN, TOPOLOGIES
from tests.cli.operator_site import OperatorSite
from tests.support.checkout import CHECKOUT

DRAWN = (*TOPOLOGIES, CHAIN)
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in etree.fromstring(svg).iter(f"{SVG}text")]


def test_two_xivos(site: OperatorSite) -> None:
    done = site.berofos("wiring", "--topology", "two-xivo", "--port-b-node", "alpha", "--port-d-node", "beta")
    assert (done.status, done.err) == (0, "")
    for words in ("ISDN lines (provider)", "alpha", "beta", "C: not used", "mode 1, A--B: lines on alpha"):
        assert words in done.out
    assert "mode 0, A--D: lines on beta; also while it has no power" in done.out
    assert "up to 4 lines" in done.out
    assert [line.count("│") for line in done.out.splitlines()[1:]][:2] == [4, 4]  # cables from the provider
    assert [line.count("│") for line in done.out.splitlines()][9:11] == [8, 8]  # and to the nodes
    assert max(map(len, done.out.splitlines())) <= 100


def test_two_xivos_before_a_pbx_take_two_lines_each(site: OperatorSite) -> None:
    done = site.berofos("wiring", "--topology", "two-xivo-pbx")
    assert done.out.count("CPE") == done.out.count("NET") == 2
    assert [line.count("│") for line in done.out.splitlines()[1:]][:2] == [2, 2]
    assert "PBX" in done.out
    assert "up to 2 lines" in done.out


def test_one_xivo_before_a_pbx(site: OperatorSite) -> None:
    done = site.berofos("wiring", "--topology", "xivo-pbx", "--port-b-node", "alpha")
    assert "CPE spans" in done.out
    assert "NET spans" in done.out
    assert "mode 1, A--B C--D: lines on alpha, the PBX behind it" in done.out
    assert "mode 0, A--D: lines on the PBX" in done.out


def test_two_devices_in_a_row(two: OperatorSite) -> None:
    chain = ("wiring", "--topology", CHAIN)
    done = two.berofos(*chain)
    assert (done.status, done.err) == (0, "")
    for words in ("fos1, mode 1, A--B C--D: lines on fos2", "fos2, mode 0, A--D: what comes in at A goes to xivo-2"):
        assert words in done.out
    rows = done.out.splitlines()
    assert [row.count("│") for row in rows[9:15]] == [6, 3, 5, 5, 5, 4]  # from B and C to A; the PBX beside them
    assert [row.count("│") for row in rows[22:24]] == [8, 8]
    assert len({row.index("│") for row in rows[1:3] + rows[12:15]}) == 1  # A1 above A1
    assert lines_are_below(rows) == ["PBX"]
    two.fos1.set_settings({"scenario": 1, "mode": 1})
    assert lines_are_below(two.berofos(*chain).out.splitlines()) == ["xivo-2"]
    two.fos2.set_settings({"mode": 1})
    assert lines_are_below(two.berofos(*chain).out.splitlines()) == ["xivo-1"]
    two.fos2.power_off()
    assert lines_are_below(two.berofos(*chain).out.splitlines()) == []


def lines_are_below(rows: list[str]) -> list[str]:
    """The names above the words "lines here"."""
    return [
        above[found.start() - 1 : found.end() + 1].strip("│ ")
        for above, row in pairwise(rows)
        for found in re.finditer("lines here", row)
    ]


def test_of_more_devices_the_two_in_a_row_are_named_the_first_in_front(two: OperatorSite) -> None:
    two.configure(two.config.read_text() + "[fos3]\nhost = 127.0.0.9\n")
    done = two.berofos("wiring", "--topology", CHAIN)
    assert (done.status, done.out) == (2, "")
    assert "a row of two devices, and there are 3; name them" in done.err
    done = two.berofos("wiring", "--topology", CHAIN, "--device", "fos2", "--device", "fos1")
    assert "fos2, mode 1, A--B C--D: lines on fos1" in done.out


def test_the_present_position_is_shown(two: OperatorSite) -> None:
    done = two.berofos("wiring", "--topology", "two-xivo")
    assert "mode 0, now" in done.out
    for device in two:
        device.set_settings({"mode": 1})
    done = two.berofos("wiring", "--topology", "two-xivo")
    assert "mode 1, now" in done.out
    assert "mode 0, now" not in done.out
    assert f"{two.label('fos2')}: relay A--B now" in done.out
    lamps = next(line for line in done.out.splitlines() if "A ●" in line)
    assert [lamps[lamps.index(group) + 2] for group in "ABCD"] == ["●", "●", "○", "○"]


def test_devices_that_differ_or_are_away_leave_the_drawing_open(two: OperatorSite) -> None:
    two.fos2.set_settings({"mode": 1})
    done = two.berofos("wiring", "--topology", "two-xivo")
    assert (done.status, ", now" in done.out) == (0, False)
    two.fos2.power_off()
    done = two.berofos("wiring", "--topology", "two-xivo")
    assert done.status == 0
    assert "mode 0, now" in done.out
    assert f"{two.label('fos2')}: connection refused" in done.out


def test_without_a_config_file_it_is_drawn_all_the_same(site: OperatorSite) -> None:
    site.config.unlink()
    done = site.berofos("wiring", "--topology", "two-xivo")
    assert (done.status, done.err) == (0, "")
    assert "xivo-1" in done.out
    assert site.berofos("wiring", "--topology", "two-xivo", "--device", "fos1").status == 1


def test_nodes_are_named_as_the_cluster_has_them(site: OperatorSite) -> None:
    site.acts_cluster(port_b_node="xivo-2", port_d_node="xivo-1")
    assert "mode 1, A--B: lines on xivo-2" in site.berofos("wiring", "--topology", "two-xivo").out
    assert "mode 1, A--B: lines on xivo-1" in site.berofos("wiring", "--topology", "two-xivo-pbx").out
    site.acts_cluster(port_b_node="gamma", port_d_node="delta")
    done = site.berofos("wiring", "--topology", "two-xivo", "--port-d-node", "omega")
    assert "lines on gamma" in done.out
    assert "lines on omega" in done.out


def test_without_utf8_it_is_drawn_in_ascii(site: OperatorSite) -> None:
    site.environment.update(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    done = site.berofos("wiring", "--topology", "xivo-pbx")
    assert done.status == 0
    assert done.out.isascii()
    assert "+---+---+---+---+--" in done.out


@pytest.mark.parametrize("topology", DRAWN)
def test_the_svg_is_well_formed_and_needs_nothing_else(two: OperatorSite, topology: str) -> None:
    file = two.folder / "wiring.svg"
    done = two.berofos("wiring", "--topology", topology, "--svg", str(file))
    assert (done.status, done.out) == (0, f"{file} written\n")
    svg = file.read_bytes()
    root = etree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert {"A", "B", "C", "D", "1", "4", "xivo-1", "mode 0, now"} <= set(texts(svg))
    assert svg.count(b"http") == 1  # the name of SVG itself: nothing is loaded from anywhere
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    for rectangle in root.iter(f"{SVG}rect"):
        right = float(rectangle.get("x", "0")) + float(rectangle.get("width", "0"))
        assert 0 <= right <= width
    assert all(0 < float(element.get("y", "0")) < height for element in root.iter(f"{SVG}text"))


def test_the_svg_goes_to_standard_output_too(site: OperatorSite) -> None:
    done = site.berofos("wiring", "--topology", "two-xivo", "--svg", "-")
    assert done.status == 0
    assert "xivo-2" in texts(done.out.encode())


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (("--topology", "star"), 2, "invalid choice: 'star'"),
        ((), 2, "--topology: give it, no cluster here tells"),
        (("--topology", "xivo-pbx", "--port-d-node", "x"), 2, "in xivo-pbx port group D is the PBX"),
        (("--topology", "two-xivo", "--port-b-node", "x", "--port-d-node", "X"), 2, "can't be on both B and D"),
        (("--topology", "two-xivo", "--port-b-node", "<b>"), 2, "'<b>' isn't the name of a node"),
        (("--topology", "two-xivo", "--svg", "/nowhere/x.svg"), 1, "/nowhere/x.svg: can't be written: No such file"),
    ],
)
def test_bad_usage(site: OperatorSite, arguments: tuple[str, ...], status: int, complaint: str) -> None:
    done = site.berofos("wiring", *arguments)
    assert done.status == status
    assert complaint in done.err.splitlines()[-1]
    assert done.out == ""


@pytest.mark.parametrize("topology", DRAWN)
def test_the_pictures_in_the_documentation_are_what_it_draws(site: OperatorSite, topology: str) -> None:
    site.config.unlink()
    drawn = site.berofos("wiring", "--topology", topology, "--svg", "-").out
    assert (CHECKOUT / "docs" / f"wiring-{topology}.svg").read_text(encoding="utf-8") == drawn
