"""DAHDI alarms as sysfs shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from berofos_ra.resource.spans import SpanMissingError, describe_alarms, read_alarms, require


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    for span, words in {1: "", 2: "RED\n", 3: "YELLOW RECOVERING \n", 12: "\n"}.items():
        (tmp_path / f"span-{span}").mkdir()
        (tmp_path / f"span-{span}" / "alarms").write_text(words)
    return tmp_path


def test_each_span_s_alarm_words_are_read(sysfs: Path) -> None:
    assert read_alarms([3, 1, 2, 12], sysfs) == {3: "YELLOW RECOVERING", 1: "", 2: "RED", 12: ""}


def test_a_span_that_isn_t_there_is_missing(sysfs: Path) -> None:
    assert read_alarms([1, 4], sysfs) == {1: "", 4: "MISSING"}


def test_without_dahdi_all_spans_are_missing(tmp_path: Path) -> None:
    assert read_alarms([1, 2], tmp_path / "nothing") == {1: "MISSING", 2: "MISSING"}


def test_an_alarm_file_of_any_bytes_is_read(sysfs: Path) -> None:
    (sysfs / "span-1" / "alarms").write_bytes(b"\xff\x00 RED")
    assert "RED" in read_alarms([1], sysfs)[1]


def test_spans_that_exist_are_content(sysfs: Path) -> None:
    require([1, 2, 3], sysfs)  # an alarm is no reason not to be there
    require([], sysfs)


def test_a_required_span_that_isn_t_there_is_told(sysfs: Path) -> None:
    with pytest.raises(SpanMissingError) as caught:
        require([1, 7], sysfs)
    assert str(caught.value) == f"span 7 doesn't exist here: no {sysfs}/span-7; is DAHDI running?"


@pytest.mark.parametrize(
    ("alarms", "text"),
    [
        ({}, ""),
        ({1: "", 2: ""}, ""),
        ({1: "", 2: "RED"}, "span 2 RED"),
        ({1: "RED", 2: "YELLOW RECOVERING"}, "span 1 RED, span 2 YELLOW RECOVERING"),
    ],
)
def test_alarms_are_described(alarms: dict[int, str], text: str) -> None:
    assert describe_alarms(alarms) == text
