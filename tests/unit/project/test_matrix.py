"""The matrix of suites: what it runs, what it keeps, and the README's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.matrix import pages, results, steps
from tests.matrix.pages import README, TABLE
from tests.matrix.results import SUITES, Result
from tests.matrix.steps import STEPS, Outcome

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
    assert [step.name for step in steps.chosen(1, ["readme", "build"])] == ["build", "readme"]


def test_the_readmes_two_commands_run_where_nothing_was_installed_before() -> None:
    (step,) = steps.chosen(1, ["readme"])
    commands = re.findall(r"^make \w+", README.read_text(encoding="utf-8"), re.MULTILINE)[:2]
    assert step.bare
    assert [command for command in commands if command in step.command] == ["make demo", "make test"]


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
