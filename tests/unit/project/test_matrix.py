"""The matrix of suites: what it runs, what it keeps, and the README's table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.matrix import pages, results, steps
from tests.matrix.pages import README, TABLE
from tests.matrix.results import SUITES, Result
from tests.matrix.steps import STEPS, Outcome
from tests.support.checkout import CHECKOUT

VERSIONS = {"pacemaker": "3.0.0", "python3": "3.13.5"}
PASSED = [Outcome("root", True, 60.0), Outcome("unit", True, 41.2)]
FAILED = [*PASSED, Outcome("demo", False, 3.0)]


def result(suite: str, outcomes: list[Outcome] | None = None) -> Result:
    return Result(suite, "2026-11-27", 1, "0.1.0", VERSIONS, outcomes or PASSED)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "matrix.json")
    monkeypatch.setattr(pages, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_tiers_and_names_choose_steps() -> None:
    quick = [step.name for step in steps.chosen(1, [])]
    assert quick == ["build", "lintian", "package", "unit", "demo"]
    assert [step.name for step in steps.chosen(2, [])] == [step.name for step in STEPS]
    assert [step.name for step in steps.chosen(1, ["cluster", "build"])] == ["build", "cluster"]


def test_every_room_of_tests_has_its_step() -> None:
    commands = " ".join(step.command for step in STEPS)
    rooms = {file.relative_to(CHECKOUT).parts[1] for file in CHECKOUT.glob("tests/*/**/test_*.py")}
    assert rooms == {room for room in rooms if f"tests/{room}" in commands}


def test_the_last_result_of_each_suite_is_kept(kept: Path) -> None:
    for each in (result("sid", FAILED), result("trixie"), result("sid")):
        results.keep(each)
    assert results.load() == {"sid": result("sid"), "trixie": result("trixie")}


def test_the_readme_has_a_row_for_each_supported_suite() -> None:
    (table,) = TABLE.findall(README.read_text(encoding="utf-8"))
    assert [row.split(" | ")[0].strip("| ") for row in table.splitlines()[2:]] == list(SUITES.values())


def test_the_readme_gets_what_was_found(kept: Path) -> None:
    for suite in SUITES:
        results.keep(result(suite))
    assert pages.main() == 0
    written = (kept / "README.md").read_text(encoding="utf-8")
    row = "| Debian 13, trixie | 3.0.0 |  |  |  |  | 3.13.5 | package, quick tests, demo of 0.1.0 |"
    assert row in written.splitlines()
    assert TABLE.sub("", written) == TABLE.sub("", README.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sid", [[], [result("sid", FAILED)]])
def test_the_readme_is_left_alone_unless_all_have_passed(
    kept: Path, sid: list[Result], capsys: pytest.CaptureFixture[str]
) -> None:
    before = (kept / "README.md").read_text(encoding="utf-8")
    for each in (result("bookworm"), result("trixie"), *sid):
        results.keep(each)
    assert pages.main() == 1
    assert "not passed by sid" in capsys.readouterr().err
    assert (kept / "README.md").read_text(encoding="utf-8") == before
