"""Whatever is in the record's place: a stop fails only where the lines would be left unsafe, and never hangs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import Node, Site

Oddity = Callable[[Path], object]

RUN_DIRECTORIES: dict[str, Oddity] = {
    "a file": lambda path: path.write_text("in the way"),
    "a link loop": lambda path: path.symlink_to(path),
    "a link to nowhere": lambda path: path.symlink_to(path / "nowhere"),
    "missing": lambda path: None,
}

RECORDS: dict[str, Oddity] = {
    "a FIFO": os.mkfifo,
    "a directory": Path.mkdir,
    "a link loop": lambda path: path.symlink_to(path),
    "empty": lambda path: path.write_text(""),
    "no JSON": lambda path: path.write_text("{"),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "a list": lambda path: path.write_text("[]"),
    "deeply nested": lambda path: path.write_text("[" * 100_000),
    "huge": lambda path: path.write_text("[" + "0," * 2_000_000 + "0]"),
    "of other types": lambda path: path.write_text(json.dumps({"owned": "yes", "devices": {"fos1": 7}})),
    "with an odd device": lambda path: path.write_text(
        json.dumps({"owned": True, "devices": {"fos1": {"host": 1, "port": "x", "told_at": []}}})
    ),
    "with a time beyond all numbers": lambda path: path.write_text(
        json.dumps({"owned": True, "devices": {}, "since": 10**400})
    ),
    "with odd parameters": lambda path: path.write_text(
        json.dumps({"owned": True, "devices": {}, "parameters": {"topology": "star"}})
    ),
}


@pytest.mark.parametrize("what", RUN_DIRECTORIES)
def test_stop_with_an_odd_run_directory(what: str, pbx: Site) -> None:
    node = pbx.node()
    RUN_DIRECTORIES[what](node.run_directory)
    node.begin("stop").finish(0, within=60)
    assert pbx.fos1.requests == []


@pytest.mark.parametrize("what", ["a file", "a link loop", "a link to nowhere"])
def test_start_with_an_odd_run_directory_clicks_nothing(what: str, site: Site) -> None:
    node = site.node()
    RUN_DIRECTORIES[what](node.run_directory)
    assert node.start(expected=1).reason.startswith(f"can't write {node.record}: ")
    assert site.writes() == []


@pytest.mark.parametrize("what", RECORDS)
def test_stop_with_an_odd_record(what: str, pbx: Site) -> None:
    node = with_record(pbx, what)
    node.begin("stop").finish(0, within=60)
    assert pbx.writes() == []


@pytest.mark.parametrize("what", sorted(set(RECORDS) - {"a directory"}))
def test_start_gets_over_an_odd_record(what: str, pbx: Site) -> None:
    node = with_record(pbx, what)
    node.begin("start").finish(0, within=60)
    node.monitor()
    node.stop()
    assert pbx.fos1.relay == "A--D"


def with_record(site: Site, what: str) -> Node:
    node = site.node()
    node.run_directory.mkdir()
    RECORDS[what](node.record)
    return node


def test_record_that_nobody_can_take_away_is_voided(new_site: NewSite) -> None:
    """Its directory can't be changed, the file can."""
    site = new_site(topology="xivo-pbx")
    node = site.node()
    node.start()
    mount = 'mount --bind "$0" "$0" && mount --bind "$0/berofos-lines.json" "$0/berofos-lines.json"'
    node.command = ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', str(node.run_directory), *node.command)
    node.stop()
    assert site.fos1.relay == "A--D"
    node.command = node.command[-1:]
    node.probe(expected=7)
