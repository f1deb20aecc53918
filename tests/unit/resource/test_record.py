"""The ownership record: what it keeps, where it lies, and that it is whole or not there."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from berofos_ra.resource.record import (
    DeviceRecord,
    Record,
    read_record,
    record_path,
    remove_record,
    write_record,
)

RECORD = Record(
    owned=True,
    devices={"fos1": DeviceRecord("fos1 (10.34.1.20)", True, True, True, 60, 1234.5), "fos2": DeviceRecord("fos2")},
    attributes={"berofos-fos1": "A--B C--D (watchdog on)"},
    reported="fos2: no route to it",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
devices = st.builds(
    DeviceRecord,
    label=texts,
    was_right=st.booleans(),
    answered=st.booleans(),
    watchdog_interval=st.none() | st.integers(1, 65535),
    kicked=st.floats(0, 1e9),
)
records = st.builds(
    Record,
    owned=st.booleans(),
    devices=st.dictionaries(texts, devices, max_size=4),
    attributes=st.dictionaries(texts, texts, max_size=4),
    reported=texts,
)
same_directory = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record_path("berofos", str(tmp_path))


@pytest.fixture
def _masks_nothing() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@same_directory
@given(record=records)
def test_what_is_written_is_read_again(path: Path, record: Record) -> None:
    write_record(path, record)
    assert read_record(path) == record


def test_no_file_is_no_record(path: Path) -> None:
    assert read_record(path) is None


@pytest.mark.usefixtures("_masks_nothing")
def test_only_its_owner_may_read_or_write_it(path: Path) -> None:
    for _ in range(2):
        write_record(path, RECORD)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("_masks_nothing")
def test_the_directory_is_made_when_missing_and_others_can_t_write_there(tmp_path: Path) -> None:
    path = record_path("berofos", str(tmp_path / "run" / "resource-agents"))
    write_record(path, RECORD)
    assert read_record(path) == RECORD
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755


def test_a_record_that_can_t_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_record(record_path("berofos", str(tmp_path / "file")), RECORD)


def test_a_record_goes_once_and_for_all(path: Path) -> None:
    write_record(path, RECORD)
    remove_record(path)
    assert read_record(path) is None
    remove_record(path)  # nothing there: nothing happens


def test_a_reader_never_sees_half_a_record(path: Path) -> None:
    write_record(path, RECORD)
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            write_record(path, RECORD)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        seen = [read_record(path) for _ in range(500)]
    finally:
        stop.set()
        writer.join()
    assert all(record == RECORD for record in seen)


@pytest.mark.parametrize("failing", ["os.fdopen", "pathlib.Path.replace"])
def test_a_failed_write_leaves_the_old_record_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    write_record(path, RECORD)

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(failing, full)
        with pytest.raises(OSError, match="No space left"):
            write_record(path, Record(owned=False))
    assert read_record(path) == RECORD
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    elsewhere.write_text("keep me")
    path.symlink_to(elsewhere)
    write_record(path, RECORD)
    assert not path.is_symlink()
    assert read_record(path) == RECORD
    assert elsewhere.read_text() == "keep me"


def test_a_record_of_an_older_or_newer_version_is_understood(path: Path) -> None:
    write_record(path, RECORD)
    newer = json.loads(path.read_text())
    newer["more"] = 1
    for device in newer["devices"].values():
        device["more"] = 1
    path.write_text(json.dumps(newer))
    assert read_record(path) == RECORD
    path.write_text(json.dumps({"owned": True, "devices": {"fos1": {"label": "fos1 (192.0.2.1)"}}}))
    assert read_record(path) == Record(owned=True, devices={"fos1": DeviceRecord("fos1 (192.0.2.1)")})


def test_the_record_that_version_0_1_0_writes_is_understood(path: Path) -> None:
    path.write_text(
        '{"owned": true, "devices": {"fos1": {"label": "fos1 (10.34.1.20)", "was_right": true, "answered": true, '
        '"touched": true, "watchdog_interval": 60, "kicked": 1234.5}, "fos2": {"label": "fos2", "was_right": false, '
        '"answered": false, "touched": true, "watchdog_interval": null, "kicked": 0.0}}, "attributes": '
        '{"berofos-fos1": "A--B C--D (watchdog on)"}, "reported": "fos2: no route to it", "drifted": ""}'
    )
    assert read_record(path) == RECORD


@same_directory
@given(junk=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_a_file_of_any_bytes_is_no_record(path: Path, junk: bytes) -> None:
    path.write_bytes(junk)
    assert read_record(path) is None


@pytest.mark.parametrize("length", range(0, 300, 7))
def test_a_record_cut_by_a_full_disk_is_none(path: Path, length: int) -> None:
    write_record(path, RECORD)
    whole = path.read_bytes()
    assert length < len(whole)
    path.write_bytes(whole[:length])
    assert read_record(path) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@same_directory
@given(
    data=json_values
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("owned", "devices", "attributes", "reported"), json_values))
)
def test_any_json_at_all_is_a_record_or_none(path: Path, data: object) -> None:
    path.write_text(json.dumps(data))
    record = read_record(path)
    assert record is None or isinstance(record.owned, bool)


@pytest.mark.parametrize(
    "instance", ["berofos", "berofos:0", "a/b", "../../etc/passwd", "..", ".", "", "a b", "ä", "%41"]
)
def test_any_instance_s_record_stays_in_the_directory(tmp_path: Path, instance: str) -> None:
    path = record_path(instance, str(tmp_path))
    write_record(path, RECORD)
    assert list(tmp_path.iterdir()) == [path]
    assert path.resolve().parent == tmp_path.resolve()


@given(st.sets(st.text(st.sampled_from("aA:/.%2F3_é5\u0e95"), max_size=4), min_size=2))
@example({"\x012", "\x12"})
@example({"é5", "\u0e95"})
def test_no_two_instances_share_a_record(instances: set[str]) -> None:
    assert len({record_path(instance) for instance in instances}) == len(instances)


def test_a_record_lies_where_the_design_says() -> None:
    assert record_path("berofos") == Path("/run/resource-agents/berofos-berofos.json")


def test_another_device_record_replaces_its_own_alone() -> None:
    changed = RECORD.with_device("fos2", DeviceRecord("fos2", was_right=True))
    assert changed.devices == {"fos1": RECORD.devices["fos1"], "fos2": DeviceRecord("fos2", was_right=True)}
    assert (changed.owned, changed.attributes, changed.reported) == (True, RECORD.attributes, RECORD.reported)
    assert RECORD.devices["fos2"].was_right is False


@pytest.mark.parametrize(("now", "left"), [(1000.0, 60.0), (1042.0, 18.0), (1060.0, 0.0), (5000.0, 0.0)])
def test_a_watchdog_has_what_is_left_of_its_interval(now: float, left: float) -> None:
    assert DeviceRecord("fos1", watchdog_interval=60, kicked=1000.0).watchdog_left(now) == left


def test_a_watchdog_that_we_haven_t_armed_isn_t_awaited() -> None:
    assert DeviceRecord("fos1", kicked=1000.0).watchdog_left(1042.0) is None
