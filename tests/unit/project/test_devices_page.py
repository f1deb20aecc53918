"""The page of devices: it is made from recordings, and no simulated or invented one is in it."""

from __future__ import annotations

from berofos_ra.device.recording import BROKEN, KEPT, Acceptance, Recording
from docs.devices import FOLDER, devices_page, recordings
from tests.support.checkout import CHECKOUT

PAGE = CHECKOUT / "docs" / "devices.md"


def from_hardware(recording: Recording) -> Recording:
    """As if it were: for the page's look alone, in no file."""
    return recording._replace(taken=recording.taken._replace(simulated=False))


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == devices_page(recordings()), "make docs"


def test_recordings_of_the_simulator_do_not_count() -> None:
    simulated = {name: it for name, it in recordings().items() if it.taken.simulated}
    assert simulated
    page = devices_page(simulated)
    assert "There is no recording of a real device yet" in page
    assert not any(name in page for name in simulated)


def test_recordings_of_the_simulator_are_called_so() -> None:
    for name, recording in recordings().items():
        assert recording.taken.simulated == name.startswith("simulated-"), name


def test_a_recording_of_hardware_is_a_row() -> None:
    (one,) = [it for name, it in recordings().items() if name == "simulated-odd.json"]
    accepted = Acceptance("2026-11-28", {"a": KEPT, "b": KEPT, "c": BROKEN}, {})
    page = devices_page({"one.json": from_hardware(one)._replace(acceptance=accepted), "other.json": one})
    assert "no recording of a real device" not in page
    (row,) = [line for line in page.splitlines() if "json)" in line]
    assert row.startswith(
        "| 1.61 | 1.2 | [recording](../tests/devices/one.json), acceptance: 2 promises kept, 1 not | 2026-11-28 | "
    )
    assert "second connection: refused (simulator: queued)" in row


def test_every_file_is_named_for_a_device() -> None:
    assert {file.suffix for file in FOLDER.iterdir()} == {".json"}
