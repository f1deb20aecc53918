"""The mark of a pause: what is written is what is read, and anybody's attribute is taken."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.cluster.pause_mark import CLUSTER, RELAYS, Pause, find_pauses, parse_pause

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)
USERS = st.sampled_from(["root", "root (sudo: anna)"])
NAMES = st.lists(st.sampled_from(["fos1", "berofos-relay"]))


@given(by=USERS, reason=TEXTS, names=NAMES)
def test_what_is_written_is_what_is_read(by: str, reason: str, names: list[str]) -> None:
    pause = Pause("xivo-1", "2026-11-27T14:02", by, reason, CLUSTER, tuple(names))
    assert parse_pause("xivo-1", pause.value, pause.undo) == pause


@pytest.mark.parametrize("value", ["", "yes", "2026-11-27 14:02", "since noon: fan"])
def test_what_somebody_else_wrote_is_a_pause_all_the_same(value: str) -> None:
    pause = parse_pause("xivo-1", value, "")
    assert (pause.since, pause.reason, pause.mode, pause.names) == ("", value, RELAYS, ())
    assert pause.words.startswith("paused")


def test_it_is_found_in_the_configuration() -> None:
    cib = """<cib><configuration><nodes><node id="1" uname="xivo-1"><instance_attributes id="nodes-1">
    <nvpair id="a" name="berofos-paused" value="2026-11-27T14:02 root (sudo: anna): replace fan"/>
    <nvpair id="b" name="berofos-pause-undo" value="cluster fos1 fos3"/>
    </instance_attributes></node><node id="2" uname="xivo-2"/></nodes></configuration></cib>"""
    (pause,) = find_pauses(ElementTree.fromstring(cib))
    expected = Pause("xivo-1", "2026-11-27T14:02", "root (sudo: anna)", "replace fan", CLUSTER, ("fos1", "fos3"))
    assert pause == expected
    assert pause.words == "paused since 2026-11-27T14:02 by root (sudo: anna): replace fan"
