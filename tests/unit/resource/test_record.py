"""The ownership record: what it keeps, and that records of other versions are understood."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.resource.record import WRITE_LASTS, DeviceRecord, Record, from_json, to_json
from tests.unit.resource.records import FOS1, RECORD, json_values, names, records

# What version 0.1.0 writes, to the letter.
OF_VERSION_0_1_0 = (
    '{"owned": true, "devices": {"fos1": {"label": "fos1 (10.34.1.20)", "was_right": true, "answered": true, '
    '"touched": true, "watchdog_interval": 60, "kicked": 1234.5}, "fos2": {"label": "fos2 (berofos2:8080)", '
    '"was_right": false, "answered": false, "touched": false, "watchdog_interval": null, "kicked": 0.0}}, '
    '"attributes": {"berofos-fos1": "A--B C--D (watchdog on)"}, "reported": "fos2: no route to it", "drifted": ""}'
)


@given(record=records)
def test_what_is_written_is_read_again(record: Record) -> None:
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_the_record_that_version_0_1_0_writes_is_understood() -> None:
    assert from_json(json.loads(OF_VERSION_0_1_0)) == Record(
        owned=True,
        devices={
            "fos1": DeviceRecord(
                host="10.34.1.20",
                is_ours=True,
                was_right=True,
                answered=True,
                watchdog_interval=60,
                kicked=1234.5,
            ),
            "fos2": DeviceRecord(host="berofos2", port=8080),
        },
        attributes={"berofos-fos1": "A--B C--D (watchdog on)"},
        reported="fos2: no route to it",
    )


def test_device_that_version_0_1_0_knew_without_its_address_is_understood() -> None:
    record = from_json({"owned": True, "devices": {"fos1": {"label": "fos1"}}})
    assert record.devices == {"fos1": DeviceRecord(is_ours=True)}  # it hadn't noted yet whether it was


def test_what_a_newer_version_adds_is_left_out() -> None:
    newer = json.loads(json.dumps(to_json(RECORD)))
    newer["more"] = 1
    for device in newer["devices"].values():
        device["more"] = [1]
    assert from_json(newer) == RECORD


@given(
    data=json_values
    | st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("owned", "devices", "since", "node", "parameters", "attributes"), json_values),
    )
    | st.fixed_dictionaries(
        {
            "owned": st.booleans(),
            "devices": st.dictionaries(
                names | st.text(max_size=4),
                st.fixed_dictionaries({}, optional=dict.fromkeys(FOS1._fields, json_values)),
            ),
        }
    )
)
def test_any_json_at_all_is_a_record_or_refused(data: object) -> None:
    try:
        record = from_json(data)
    except TypeError:
        return
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


@pytest.mark.parametrize("name", ["", "fos0", "../fos1", "fos1\n", "fos1.kick"])
def test_a_device_of_no_device_s_name_is_refused(name: str) -> None:
    with pytest.raises(TypeError):
        from_json({"owned": True, "devices": {name: {}}})


@pytest.mark.parametrize("mac", ["", "00:19:32:00:00", "00:19:32:00:00:0G", "00:19:32:00:00:01\n", 7])
def test_a_mac_that_is_none_is_refused(mac: object) -> None:
    with pytest.raises(TypeError):
        from_json({"owned": True, "devices": {"fos1": {"mac": mac}}})


@pytest.mark.parametrize("text", ["\0", "10.0.0.1\0", "\ud800"])
def test_what_can_be_no_host_and_no_attribute_is_refused(text: str) -> None:
    for device in ({"host": text}, {"address": text}):
        with pytest.raises(TypeError):
            from_json({"owned": True, "devices": {"fos1": device}})
    with pytest.raises(TypeError):
        from_json({"owned": True, "devices": {}, "attributes": {text: "x"}})


def test_a_parameter_may_be_any_bytes() -> None:
    given = {"config": "/etc/\udcff"}
    assert from_json({"owned": True, "devices": {}, "parameters": given}).parameters == given


def test_another_device_record_replaces_its_own_alone() -> None:
    right = DeviceRecord(host="10.34.1.21", was_right=True)
    assert RECORD.with_device("fos2", right) == RECORD._replace(devices={"fos1": FOS1, "fos2": right})
    assert not RECORD.devices["fos2"].was_right


def test_kicks_are_no_change_of_a_record() -> None:
    kicked = RECORD.with_device("fos1", FOS1._replace(kicked=1300.0))
    assert kicked != RECORD
    assert kicked.without_kicks == RECORD.without_kicks
    seen = RECORD.with_device("fos1", FOS1._replace(seen="A--D"))
    assert seen.without_kicks != RECORD.without_kicks


@pytest.mark.parametrize(("now", "left"), [(1000.0, 60.0), (1042.0, 18.0), (1060.0, 0.0), (5000.0, 0.0)])
def test_a_watchdog_has_what_is_left_of_its_interval(now: float, left: float) -> None:
    assert DeviceRecord(watchdog_interval=60, kicked=1000.0).watchdog_left(now) == left


def test_a_watchdog_that_we_haven_t_armed_isn_t_awaited() -> None:
    assert DeviceRecord(kicked=1000.0).watchdog_left(1042.0) is None


def test_a_watchdog_that_was_told_to_be_armed_counts_once_it_shows_to_be() -> None:
    told = DeviceRecord().told(1000.0, moves=True, armed_for=60)
    assert (told.is_ours, told.told_at, told.watchdog_interval) == (True, 1000.0, 60)
    assert told.watchdog_left(1001.0) is None
    seen = told.seen_armed(1005.0, interval=60, left=57)
    assert seen.watchdog_left(1005.0) == 57


def test_a_device_that_is_told_again_stays_armed_unless_its_watchdog_has_run_out() -> None:
    armed = DeviceRecord(watchdog_interval=60, kicked=1000.0)
    assert armed.told(1010.0, moves=False, armed_for=20).watchdog_left(1010.0) == 10
    assert armed.told(1100.0, moves=True, armed_for=60).watchdog_left(1100.0) is None
    assert armed.told(1010.0, moves=True, armed_for=None).watchdog_interval == 60


@pytest.mark.parametrize(
    ("kicked", "sent", "left", "another"),
    [(1000, 1000, 50, False), (1000, 1000, 52, False), (1000, 1000, 53, True), (980, 1000, 50, False)],
    ids=["ours", "within the slack", "another's", "ours, the answer got lost"],
)
def test_a_countdown_tells_whether_somebody_else_kicks(
    kicked: float, sent: float, left: float, another: bool
) -> None:
    known = DeviceRecord(watchdog_interval=60, kicked=kicked, kick_sent=sent)
    assert known.may_be_kicked_by_another(left, 1010.0) is another
    assert not known._replace(arming=True).may_be_kicked_by_another(left, 1010.0)


@pytest.mark.parametrize(
    ("told_at", "left"), [(None, 0.0), (1000.0, WRITE_LASTS), (996.0, WRITE_LASTS - 4), (900.0, 0.0)]
)
def test_a_write_may_be_on_its_way_for_some_seconds(told_at: float | None, left: float) -> None:
    assert DeviceRecord(told_at=told_at).write_left(1000.0) == left


def test_a_device_is_asked_at_the_address_that_its_name_had() -> None:
    assert (FOS1.reached_at, FOS1._replace(address="").reached_at) == ("10.34.1.20", "berofos1.example")


@pytest.mark.parametrize("number", [10**400, -(10**400), float("nan"), float("inf")])
def test_times_and_numbers_that_nothing_can_be_counted_with_are_no_record(number: float) -> None:
    cases: list[dict[str, object]] = [
        {"since": number},
        {"devices": {"fos1": {"kicked": number}}},
        {"devices": {"fos1": {"port": number}}},
    ]
    for fields in cases:
        with pytest.raises(TypeError):
            from_json({"owned": True, "devices": {}, **fields})


@pytest.mark.parametrize("field", ["port", "watchdog_interval"])
@pytest.mark.parametrize("number", [-1, 65536])
def test_ports_and_intervals_that_no_device_has_are_no_record(field: str, number: int) -> None:
    with pytest.raises(TypeError):
        from_json({"owned": True, "devices": {"fos1": {field: number}}})
