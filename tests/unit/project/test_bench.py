"""The bench's arithmetic, tables and picture, on made-up measurements; and its stopwatch, on real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.bench import stopwatch
from tests.bench.contenders import NAMES
from tests.bench.figures import Summary, goals, ratio, summary
from tests.bench.ladder import corosync_conf
from tests.bench.pages import ladder_picture, page, picture
from tests.bench.report import ladder, markdown, tables

SVG = "{http://www.w3.org/2000/svg}"


def times(*seconds: float) -> dict[str, list[float]]:
    return {"wall": list(seconds), "cpu": [each / 2 for each in seconds]}


@pytest.fixture
def bench() -> dict[str, Any]:
    """Measurements with which every goal is just kept."""
    one = {name: times(0.1, 0.2, 0.3) for name in NAMES} | {"berofos": times(0.125, 0.25, 0.375)}
    many = {number: times(0.4 if number == "1" else 0.8) for number in ("1", "4", "16", "64")}
    return {
        "machine": {"cores": "2", "system": "Debian", "python": "3.11", "requests": "2.28", "pacemaker": "2.1"},
        "one_device": {"monitor": one, "start": one},
        "memory": {name: [20480, 20480, 20480] for name in NAMES},
        "scale": {action: dict.fromkeys(("0", "50", "300"), many) for action in ("monitor", "start")},
        "failover": {
            "deaths": [{"click": 2.3, "dummy": 2.0}, {"click": 3.45, "dummy": 3.0}],
            "cron": [{"phase": 5.0, "click": 28.75}, {"phase": 35.0, "click": 28.75}],
        },
    }


def test_a_summary_is_the_median_within_its_quartiles() -> None:
    assert summary([5.0, 1.0, 4.0, 2.0, 3.0]) == Summary(3.0, 2.0, 4.0)
    assert summary([7.0]) == Summary(7.0, 7.0, 7.0)


def test_a_ratio_is_taken_round_by_round() -> None:
    """A slow moment of the machine makes both slow, and no difference."""
    assert ratio([1.2, 12.0, 1.2], [1.0, 10.0, 1.0]).median == pytest.approx(1.2)


def test_goals_are_kept_up_to_their_limits(bench: dict[str, Any]) -> None:
    assert [goal.ratio.median for goal in goals(bench)] == pytest.approx([1.25, 1.25, 2.0, 2.0, 1.15, 10.0])
    assert all(goal.kept for goal in goals(bench))


@pytest.mark.parametrize(
    ("number", "path", "value"),
    [
        (0, ("one_device", "monitor", "berofos", "cpu"), [0.07, 0.14, 0.21]),
        (1, ("one_device", "monitor", "berofos", "wall"), [0.13, 0.26, 0.39]),
        (2, ("scale", "monitor", "300"), {"1": times(0.4), "64": times(0.81)}),
        (4, ("failover", "deaths"), [{"click": 2.4, "dummy": 2.0}]),
        (5, ("failover", "cron"), [{"phase": 5.0, "click": 28.0}]),
    ],
)
def test_a_missed_goal_is_told(bench: dict[str, Any], number: int, path: tuple[str, ...], value: object) -> None:
    *way, last = path
    part = bench = json.loads(json.dumps(bench))  # no part of it twice
    for key in way:
        part = part[key]
    part[last] = value
    assert not goals(bench)[number].kept
    assert tables(bench)[0].rows[number][-1] == "NO"


def test_tables_have_a_cell_for_every_column(bench: dict[str, Any]) -> None:
    for table in tables(bench):
        assert {len(row) for row in table.rows} == {len(table.head)}
        lines = markdown(table).splitlines()
        assert len(lines) == len(table.rows) + 2
        assert len({line.count("|") for line in lines}) == 1


def test_tables_show_median_and_quartiles(bench: dict[str, Any]) -> None:
    one_device = tables(bench)[1]
    assert one_device.rows[-1][1:4] == ("250 (188-312)", "125 (94-156)", "250 (188-312)")
    assert one_device.rows[-1][-2:] == ("20.0", "1.25 (1.25-1.25)")
    assert tables(bench)[3].rows[2][1:] == ("28.75", "28.75 to 28.75", "2", "10.00")


def test_the_page_names_the_machine_and_has_every_table(bench: dict[str, Any]) -> None:
    text = page(bench)
    assert "2 cores, Debian, Python 3.11" in text
    for table in tables(bench):
        assert f"## {table.title}\n" in text
        assert markdown(table) in text


def test_bars_of_a_panel_are_as_long_as_what_they_stand_for(bench: dict[str, Any]) -> None:
    root = etree.fromstring(picture(bench).encode())
    figures = [text.text for text in root.findall(f"{SVG}text")]
    assert {"250 ms", "0.80 s", "28.8 s"} <= set(figures)
    widths = [float(rectangle.get("width", "")) for rectangle in root.findall(f"{SVG}rect")[1:]]
    monitors, deaths = widths[: len(NAMES)], widths[-3:]
    assert monitors[-1] / monitors[0] == pytest.approx(1.25, abs=0.01)
    assert deaths[2] / deaths[0] == pytest.approx(10.0, abs=0.1)


# The stopwatch.


def run_stopwatch(plan: object) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-I", str(Path(stopwatch.__file__))]
    return subprocess.run(program, input=json.dumps(plan), capture_output=True, text=True, check=False, timeout=60)


def step(script: str, **environment: str) -> dict[str, object]:
    return {"command": ["/bin/sh", "-c", script], "environment": environment}


def test_the_stopwatch_runs_everything_in_turns_and_times_only_what_it_should(tmp_path: Path) -> None:
    log = tmp_path / "log"
    plan = {
        "rounds": 2,
        "runners": {
            "one": [
                {"before": [step(f"echo before >> {log}")], "timed": step(f"echo $WORD >> {log}", WORD="first")},
                {"before": [], "timed": step(f"echo $WORD >> {log}", WORD="second")},
            ],
            "other": [{"before": [], "timed": step(f"echo other >> {log}")}],
        },
    }
    found = json.loads(run_stopwatch(plan).stdout)
    assert log.read_text().split() == ["before", "first", "other", "second", "other"]
    assert {name: {kind: len(values) for kind, values in each.items()} for name, each in found.items()} == {
        "one": {"wall": 2, "cpu": 2},
        "other": {"wall": 2, "cpu": 2},
    }
    assert all(seconds > 0 for seconds in found["one"]["wall"])


def test_the_stopwatch_gives_up_on_a_command_that_fails(tmp_path: Path) -> None:
    """Else the time of an error would be taken for the time of the work."""
    plan = {"rounds": 1, "runners": {"one": [{"before": [], "timed": step("echo no such device >&2; exit 3")}]}}
    done = run_stopwatch(plan)
    assert done.returncode != 0
    assert "no such device" in done.stderr


LADDER = {
    "minutes": 10.0,
    "rungs": [
        {"token": 400, "load": "idle", "deaths": [{"click": 0.95, "dummy": 0.9}] * 3, "false_alarms": 0},
        {"token": 400, "load": "disk busy", "deaths": [{"click": 1.95, "dummy": 1.9}], "false_alarms": 4},
    ],
}


def test_the_ladder_tells_who_waited_for_pacemaker_and_who_was_alarmed() -> None:
    rows = ladder(LADDER).rows
    assert rows[0] == ("400 ms, idle", "0.95", "0.95 to 0.95", "0.90", "0 of 3", "0")
    assert rows[1][-2:] == ("1 of 1", "4")


def test_the_ladder_is_on_the_page_once_it_was_measured(bench: dict[str, Any]) -> None:
    assert "How short a token may be" not in page(bench)
    assert page(bench, LADDER).startswith(page(bench))
    assert "| 400 ms, disk busy |" in page(bench, LADDER)
    assert "disk busy" in ladder_picture(LADDER)


def test_the_ladder_s_corosync_has_the_rung_s_token() -> None:
    assert "    token: 300\n" in corosync_conf(300)
