"""Where ownership records lie, and that a record is whole or not there."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from berofos_ra.clock import boot_clock
from berofos_ra.resource.record import DeviceRecord, Record, RecordError, RecordUnreadableError
from berofos_ra.resource.record_file import (
    all_locked,
    all_records,
    change_record,
    create_record,
    instance_of,
    kick_stamp,
    read_histories,
    read_record,
    record_path,
    remove_record,
    stamp_kick,
    update_record,
    write_histories,
)
from berofos_ra.resource.repairs import History
from tests.unit.resource.records import FOS1, RECORD, records
from tests.unit.resource.test_record import OF_VERSION_0_1_0

same_directory = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record_path("berofos", str(tmp_path))


@pytest.fixture
def _masks_nothing() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def full(*args: object, **options: object) -> None:
    raise OSError(28, "No space left on device")


# A record is there as a whole, or not at all.


@same_directory
@given(record=records.filter(lambda record: not record.devices))
def test_what_is_written_is_read_again(path: Path, record: Record) -> None:
    create_record(path, record)
    assert read_record(path) == record


def test_no_file_is_no_record(path: Path) -> None:
    assert read_record(path) is None


@pytest.mark.usefixtures("_masks_nothing")
def test_only_its_owner_may_read_or_write_it(path: Path) -> None:
    for write in (create_record, change_record):
        write(path, RECORD)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("_masks_nothing")
def test_the_directory_is_made_when_missing_and_others_can_t_write_there(tmp_path: Path) -> None:
    path = record_path("berofos", str(tmp_path / "run" / "resource-agents"))
    create_record(path, RECORD)
    assert read_record(path) == RECORD
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755


def test_a_record_that_can_t_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        create_record(record_path("berofos", str(tmp_path / "file")), RECORD)


def test_a_record_goes_once_and_for_all_and_leaves_nothing(path: Path) -> None:
    create_record(path, RECORD)
    assert remove_record(path)
    assert read_record(path) is None
    assert list(path.parent.iterdir()) == []
    assert remove_record(path)  # nothing there: nothing happens


def test_the_stamps_of_a_resource_whose_name_begins_alike_stay(path: Path) -> None:
    other = record_path("berofos.fos1", str(path.parent))
    create_record(path, RECORD)
    create_record(other, RECORD)
    assert remove_record(path)
    assert [kick_stamp(other, name).exists() for name in RECORD.devices] == [True, True]
    assert not any(kick_stamp(path, name).exists() for name in RECORD.devices)


def test_a_record_that_can_t_be_removed_is_voided(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_record(path, RECORD)
    with monkeypatch.context() as broken:
        broken.setattr("pathlib.Path.unlink", full)
        assert remove_record(path)
    assert read_record(path) is None


def test_a_reader_never_sees_half_a_record(path: Path) -> None:
    create_record(path, RECORD)
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            change_record(path, RECORD)

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
    create_record(path, RECORD)
    before = sorted(path.parent.iterdir())
    with monkeypatch.context() as broken:
        broken.setattr(failing, full)
        with pytest.raises(OSError, match="No space left"):
            change_record(path, Record(owned=False))
    assert read_record(path) == RECORD
    assert sorted(path.parent.iterdir()) == before


def test_a_link_is_replaced_and_not_followed(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    elsewhere.write_text("keep me")
    path.symlink_to(elsewhere)
    create_record(path, RECORD)
    assert not path.is_symlink()
    assert read_record(path) == RECORD
    assert elsewhere.read_text() == "keep me"


def test_a_record_is_replaced_only_if_it_is_still_the_one_that_was_read(path: Path) -> None:
    changed = RECORD._replace(reported="something else")
    assert not update_record(path, RECORD, changed)
    assert read_record(path) is None  # a stop came in between, and it stays stopped
    create_record(path, RECORD)
    assert update_record(path, RECORD, changed)
    assert not update_record(path, RECORD, RECORD._replace(reported="too late"))
    assert read_record(path) == changed


def test_kicks_in_between_don_t_keep_a_record_from_being_replaced(path: Path) -> None:
    create_record(path, RECORD)
    stamp_kick(path, "fos1")
    assert update_record(path, RECORD, RECORD._replace(reported="something else"))


# Records of others.


def test_the_record_of_version_0_1_0_gets_stamps_when_it_is_replaced(path: Path) -> None:
    path.write_text(OF_VERSION_0_1_0)
    before = read_record(path)
    assert before is not None
    stamp_kick(path, "fos1")  # nowhere to note it yet
    assert update_record(path, before, before._replace(node="xivo-1"))
    kept = read_record(path)
    assert kept is not None
    assert kept.devices == before.devices
    stamp_kick(path, "fos1")
    now = read_record(path)
    assert now is not None
    assert now.devices["fos1"].kicked > 1234.5


@same_directory
@given(junk=st.binary(min_size=1, max_size=60))
@example(b"[" * 100_000)
def test_a_file_of_any_bytes_is_refused(path: Path, junk: bytes) -> None:
    path.write_bytes(junk)
    with pytest.raises(RecordError):
        read_record(path)


@pytest.mark.parametrize("length", range(1, 300, 7))
def test_a_record_cut_by_a_full_disk_is_refused(path: Path, length: int) -> None:
    create_record(path, RECORD)
    whole = path.read_bytes()
    assert length < len(whole)
    path.write_bytes(whole[:length])
    with pytest.raises(RecordError):
        read_record(path)


def test_what_is_no_plain_file_is_refused_at_once(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(RecordError, match="isn't an ownership record"):
        read_record(path)


def test_a_record_that_may_not_be_read_is_told_from_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as broken:
        broken.setattr("os.open", denied)
        with pytest.raises(RecordUnreadableError, match="must be read as root"):
            read_record(path)


def test_all_records_are_found_but_what_is_none(tmp_path: Path) -> None:
    for instance in ("lines", "a/b"):
        create_record(record_path(instance, str(tmp_path)), RECORD)
    record_path("broken", str(tmp_path)).write_text("{")
    record_path("voided", str(tmp_path)).touch()
    assert dict(all_records(tmp_path)) == {"a/b": RECORD, "lines": RECORD}
    assert dict(all_records(tmp_path / "missing")) == {}


def test_two_who_look_at_all_records_do_so_one_after_the_other(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with all_locked(tmp_path):
            order.append("second")

    with all_locked(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


# Kicks.


def test_a_new_record_knows_no_kick_of_an_earlier_one(path: Path) -> None:
    create_record(path, RECORD)
    stamp_kick(path, "fos1")
    create_record(path, RECORD)
    assert read_record(path) == RECORD


def test_an_answered_kick_is_noted_without_any_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_record(path, RECORD)
    begun = boot_clock()
    with monkeypatch.context() as broken:
        broken.setattr("berofos_ra.resource.record_file.replace_file", full)
        stamp_kick(path, "fos1")
    record = read_record(path)
    assert record is not None
    assert begun <= record.devices["fos1"].kicked <= boot_clock()
    assert record.devices["fos2"].kicked == 0
    assert kick_stamp(path, "fos1").stat().st_size == 0


def test_a_stamp_from_the_future_counts_as_now(path: Path) -> None:
    create_record(path, RECORD)
    os.utime(kick_stamp(path, "fos1"), (time.time() * 2, time.time() * 2))
    record = read_record(path)
    assert record is not None
    assert record.devices["fos1"].kicked <= boot_clock()


# What was put right.


def test_histories_outlive_a_record(path: Path) -> None:
    histories = {"00:19:32:00:00:01": History(3, 1000.5, away=True), "": History(1, 20.0, deaf=True)}
    create_record(path, RECORD)
    write_histories(path, histories)
    remove_record(path)
    assert read_histories(path) == histories
    write_histories(path, {})
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"a": 1}', '{"a": [1]}', '{"a": ["x", 1, 1, 1]}', "[" * 9999])
def test_histories_that_make_no_sense_are_none(path: Path, text: str) -> None:
    path.with_suffix(".repairs").write_text(text)
    assert read_histories(path) == {}


# Its name.


@pytest.mark.parametrize(
    "instance", ["berofos", "berofos:0", "a/b", "../../etc/passwd", "..", ".", "", "a b", "ä", "%41"]
)
def test_any_instance_s_record_stays_in_the_directory(tmp_path: Path, instance: str) -> None:
    path = record_path(instance, str(tmp_path))
    change_record(path, RECORD)
    assert list(tmp_path.iterdir()) == [path]
    assert path.resolve().parent == tmp_path.resolve()
    assert instance_of(path) == instance


@given(st.sets(st.text(st.sampled_from("aA:/.%2F3_é5\u0e95"), max_size=4), min_size=2))
@example({"\x012", "\x12"})
@example({"é5", "\u0e95"})
def test_no_two_instances_share_a_record(instances: set[str]) -> None:
    assert len({record_path(instance) for instance in instances}) == len(instances)


def test_a_record_lies_where_the_design_says() -> None:
    assert record_path("berofos") == Path("/run/resource-agents/berofos-berofos.json")


def test_a_device_of_any_name_has_a_stamp_in_the_directory(tmp_path: Path) -> None:
    path = record_path("berofos", str(tmp_path))
    create_record(path, Record(owned=True, devices={"fos1": FOS1, "fos10": DeviceRecord()}))
    assert {kick_stamp(path, name) for name in ("fos1", "fos10")} == set(tmp_path.iterdir()) - {path}
    assert json.loads(path.read_text())["version"] == 2
