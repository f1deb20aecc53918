"""The documentation: every command is accounted for, every link leads somewhere, every `berofos ...` is one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from berofos_ra.cli.berofos import COMMANDS, make_parser
from tests.docs.pages import PAGES, Step, steps
from tests.lab.layout import Spec
from tests.lab.nodefiles import corosync_conf
from tests.support.checkout import CHECKOUT

STEPS = [step for page in PAGES for step in steps(page)]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
WIDTH = 118


def page_id(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def test_there_is_something_to_look_at() -> None:
    assert len([step for step in STEPS if step.language == "sh"]) > 20
    assert all(text.count("```") == 2 * len([s for s in steps(page) if s.text]) for page, text in TEXTS.items())


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_block_of_commands_is_run_in_a_session_or_by_a_test(page: Path) -> None:
    """`tests/cluster/test_docs.py` runs the sessions. The rest must say which test does."""
    in_session = False
    for step in steps(page):
        in_session = in_session or "session" in step.notes
        assert in_session or not step.is_run, f"{step.where}: nobody runs this; see tests/docs/pages.py"
        if "run by" in step.notes:
            assert_named(step)


def assert_named(step: Step) -> None:
    """Whether the tests are there; a whole file of them must have the lines of output that are shown."""
    texts = ""
    for named in step.notes["run by"].split():
        file, _, test = named.partition("::")
        assert (CHECKOUT / file).is_file(), f"{step.where}: no {file}"
        text = (CHECKOUT / file).read_text(encoding="utf-8")
        assert not test or f"def {test}(" in text, f"{step.where}: no {test} in {file}"
        texts += text
    if step.language != "sh" and "::" not in step.notes["run by"]:
        for line in step.text.splitlines():
            assert line.strip() in texts, f"{step.where}: {step.notes['run by']} knows nothing of: {line}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_are_in_blocks_that_say_so(page: Path) -> None:
    for step in steps(page):
        if step.text:
            assert step.language in ("sh", "text", "ini", "python", ""), f"{step.where}: {step.language}"
            if step.language != "sh" and not step.notes:
                assert not re.search(r"^\s*(crm|pcs|berofos|make|apt-get) [a-z]", step.text, re.MULTILINE), step.where


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]*#?[^)\s]*)\)", TEXTS[page]):
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        assert linked.exists(), target
        if heading:
            assert heading in anchors(linked.read_text(encoding="utf-8")), target


def files_in_text() -> set[str]:
    """Files of the checkout that the running text names, by path; tests by their name alone too."""
    spans = {span for text in TEXTS.values() for span in re.findall(r"`([^`\n]+)`", text)}
    ours = re.compile(r"((berofos_ra|tests|docs|crm-examples|agents|debian|\.ci)/[a-z_./-]+|test_[a-z_]+\.py)")
    return {span for span in spans if ours.fullmatch(span)}


@pytest.mark.parametrize("file", sorted(files_in_text()))
def test_files_that_are_named_are_there(file: str) -> None:
    assert (CHECKOUT / file).exists() or list((CHECKOUT / "tests").rglob(file)), file


def anchors(text: str) -> set[str]:
    """The headings of a page as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    readme = TEXTS[CHECKOUT / "README.md"]
    for page in PAGES:
        assert page == CHECKOUT / "README.md" or f"({page.relative_to(CHECKOUT)})" in readme, page.name


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_line_is_too_long(page: Path) -> None:
    long = [line for line in TEXTS[page].splitlines() if len(line) > WIDTH and not line.startswith("|")]
    assert long == []


def commands_in_text() -> list[str]:
    """`berofos ...` in the running text; a sub-command alone stands for itself."""
    found = {found for text in TEXTS.values() for found in re.findall(r"`(berofos [^`\n]+)`", text)}
    return sorted(command for command in found if command.split()[1:] not in [[name] for name in COMMANDS])


@pytest.mark.parametrize("command", commands_in_text())
def test_commands_in_the_text_are_what_the_tool_takes(command: str) -> None:
    words = shlex.split(re.split(r" [<>|]", command)[0])[1:]
    status: object = 0
    try:
        make_parser().parse_args(words)
    except SystemExit as end:  # 0: --help, --version
        status = end.code
    assert status == 0, f"{command}: wrong usage"


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = re.findall(r"^\| ([^|]+) \|", TEXTS[CHECKOUT / "docs" / "glossary.md"], re.MULTILINE)[2:]
    assert len(words) > 40
    assert words == sorted(words, key=lambda word: word.strip("`").casefold())


def test_packages_that_the_docs_install_are_those_of_the_lab() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    known = set(re.search(r"^LAB_PACKAGES = (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    for step in STEPS:
        for packages in re.findall(r"^apt-get install ([^/]+)$", step.text, re.MULTILINE):
            assert set(packages.split()) <= known, step.where


def test_the_cluster_of_the_quick_start_is_the_lab_s() -> None:
    (shown,) = [step.text for step in STEPS if "votequorum" in step.text]
    lab = [line.strip() for line in corosync_conf(Spec(str(CHECKOUT), nodes=2)).splitlines()]
    assert [line for line in shown.splitlines() if line.strip() not in lab] == []
