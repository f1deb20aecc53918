"""Files of settings, the good ones and all others, and what of them a device is to have again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from berofos_ra.device.state import DeviceState
from berofos_ra.errors import BerofosError, ParameterError, SavedSettingsError
from berofos_ra.operations.saved_settings import ONLY_IF_NAMED, parse_saved, plan, settings_for
from berofos_ra.settings import SETTINGS, Kind

VALUES = {Kind.BOOL: True, Kind.INT: 2, Kind.IPV4: "10.0.0.9", Kind.HOSTNAME: "fos", Kind.TEXT: "x@example.org"}
ALL: dict[str, Any] = {one.keyword: VALUES[one.kind] for one in SETTINGS if one.read_key is not None}


def test_what_show_writes_is_read_without_what_can_only_be_read() -> None:
    saved = parse_saved(json.dumps({"fos1": ALL, "fos2": {"mode": False}}), "f.json")
    writable = {one.keyword for one in SETTINGS if one.write_query is not None}
    assert settings_for(saved, "fos1", "f.json") == {k: v for k, v in ALL.items() if k in writable}
    assert settings_for(saved, "fos2", "f.json") == {"mode": False}


@pytest.mark.parametrize(
    "text",
    [
        "",
        json.dumps({"fos1": ALL})[:-40],
        "[]",
        "{}",
        "null",
        "3",
        '{"fos1": 3}',
        '{"fos1": {"mode": 1}}',
        '{"fos1": {"mode": "yes"}}',
        '{"fos1": {"wdogitime": true}}',
        '{"fos1": {"wdogitime": 0}}',
        '{"fos1": {"wdogitime": 65536}}',
        '{"fos1": {"wdogitime": 1.5}}',
        '{"fos1": {"address": "10.0.0.256"}}',
        '{"fos1": {"address": null}}',
        '{"fos1": {"smtpto": "a\\nb"}}',
        '{"fos1": {"apwd": "secret"}}',
        '{"fos1": {"colour": "red"}}',
        '{"devices": []}',
        '{"format": "berofos-record", "version": 99}',
        '{"format": "berofos-record", "version": 1}',
        "[" * 100_000,
    ],
)
def test_any_other_file_is_one_line(text: str) -> None:
    with pytest.raises(BerofosError) as caught:
        parse_saved(text, "f.json")
    assert str(caught.value).startswith("f.json: ")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_settings_of_other_devices_are_not_taken() -> None:
    saved = parse_saved(json.dumps({"fos2": {"mode": True}}), "f.json")
    with pytest.raises(SavedSettingsError, match="has the settings of fos2, and none of fos1"):
        settings_for(saved, "fos1", "f.json")


@pytest.mark.parametrize("named", [(), *((keyword,) for keyword in ONLY_IF_NAMED), ONLY_IF_NAMED])
def test_what_moves_lines_or_hides_the_device_comes_back_only_if_it_is_named(named: tuple[str, ...]) -> None:
    saved = settings_for(parse_saved(json.dumps({"fos1": ALL}), "f.json"), "fos1", "f.json")
    state = DeviceState({**{k: _other(v) for k, v in ALL.items()}, "wdogstate": 0})
    found = plan(saved, state, named)
    assert found.left_out.keys() == set(ONLY_IF_NAMED) - set(named)
    assert found.wanted.keys() == saved.keys() - found.left_out.keys()


def _other(value: object) -> bool | int | str:
    return not value if isinstance(value, bool) else 3 if isinstance(value, int) else "10.0.0.8"


def test_nothing_is_to_be_done_where_all_is_so() -> None:
    saved = {"mode": True, "wdogitime": 60}
    assert plan(saved, DeviceState(saved), ()) == ({}, {})


def test_what_the_file_lacks_cannot_be_named() -> None:
    with pytest.raises(ParameterError, match="--also address"):
        plan({"mode": True}, DeviceState({"mode": True}), ("address",))
