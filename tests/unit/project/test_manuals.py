"""The manuals: they can be formatted, leave nothing out, and say of the code what the code says."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from berofos_ra import __version__
from berofos_ra.agent.outcome import EXIT_CODES, OCF_DEGRADED
from berofos_ra.bnfosconf import sections as bnfosconf
from berofos_ra.cli import xivo_berofos
from berofos_ra.cli.berofos import COMMANDS
from berofos_ra.cli.bnfos import options
from berofos_ra.cli.bnfos.options import _ALLOWED, _MODES, _SHORT
from berofos_ra.cluster import attribute_names
from berofos_ra.resource.actions import ACTIONS
from berofos_ra.resource.parameters import PARAMETERS
from berofos_ra.settings import SETTINGS
from docs import descriptions, generate, man_pages
from tests.support.checkout import CHECKOUT

PAGES = sorted(source.stem for source in (CHECKOUT / "docs" / "man").glob("*.in"))
RELEASED = "1790000000", "2026-09-21"  # seconds since 1970, and the day
DEBIAN_PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def man(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every page, made as a package build makes them: without the tests' libraries."""
    folder = tmp_path_factory.mktemp("man")
    subprocess.run(
        [DEBIAN_PYTHON, "-m", "docs.generate", "man", folder],
        cwd=CHECKOUT,
        env={"SOURCE_DATE_EPOCH": RELEASED[0], "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    return folder


def page_file(man: Path, name: str) -> Path:
    return man / f"man{name[-1]}" / name


def formatted(man: Path, name: str, width: int = 80) -> str:
    done = subprocess.run(
        ["man", "--warnings", "--encoding=UTF-8", "--local-file", page_file(man, name)],
        # BP: before groff 1.24 text is indented by 7, from then on by 5.
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": str(width), "LC_ALL": "C.UTF-8", "MANROFFOPT": "-rBP=7n"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def sections(text: str) -> dict[str, str]:
    """A formatted page's sections by their headings."""
    parts = re.split(r"^([A-Z][A-Z' ]+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(section: str) -> list[str]:
    """What the paragraphs of a section are headed by; an option of two names is there by both."""
    heads = re.findall(r"^ {7}(-\w, --\S+|\S+)", section, re.MULTILINE)
    return [name for head in heads for name in head.split(", ")]


def test_there_is_a_page_for_everything() -> None:
    assert PAGES == ["berofos.8", "bnfos.8", "bnfos.conf.5", "ocf_xivo_berofos.7", "xivo-berofos.8"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "command", [("mandoc", "-T", "lint", "-W", "warning"), ("groff", "-man", "-ww", "-z", "-Tutf8")]
)
def test_no_formatter_complains(man: Path, name: str, command: tuple[str, ...]) -> None:
    done = subprocess.run([*command, page_file(man, name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", PAGES)
def test_it_fits_a_terminal(man: Path, name: str) -> None:
    text = formatted(man, name)
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert not re.search("@[a-z_]+( [a-z-]+)?@", text)
    assert "\\" not in re.sub(r" \\$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_whatis_finds_it(man: Path, name: str) -> None:
    done = subprocess.run(["lexgrog", page_file(man, name)], capture_output=True, text=True, check=True)
    assert f'"{name.rpartition(".")[0]} - ' in done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_it_names_the_version_and_the_date_of_the_package(man: Path, name: str) -> None:
    assert re.search(rf"berofos-ra {re.escape(__version__)} +{RELEASED[1]} ", formatted(man, name))


def test_otherwise_the_date_is_the_version_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(man_pages, "CHECKOUT", tmp_path)
    (tmp_path / "debian").mkdir()
    (tmp_path / "debian" / "changelog").write_text(
        "berofos-ra (1.1.0) unstable; urgency=medium\n\n  * New.\n\n"
        " -- Somebody <somebody@example.org>  Wed, 03 Feb 2027 00:30:00 +0100\n\n"
        "berofos-ra (1.0.0) unstable; urgency=medium\n\n  * First.\n\n"
        " -- Somebody <somebody@example.org>  Thu, 24 Dec 2026 12:00:00 +0000\n"
    )
    assert man_pages.date() == "2027-02-02"  # UTC, as SOURCE_DATE_EPOCH has it


@pytest.mark.parametrize("name", PAGES)
def test_other_pages_that_it_names_are_there(man: Path, name: str) -> None:
    elsewhere = {"crm_mon(8)", "crm_resource(8)"}
    ours = {f"{page.rpartition('.')[0]}({page[-1]})" for page in PAGES}
    named = set(re.findall(r"[\w.-]+\([578]\)", sections(formatted(man, name))["SEE ALSO"].rpartition("\n\n")[0]))
    assert named <= ours | elsewhere
    assert named & ours


# ocf_xivo_berofos(7)


def test_the_agent_s_page_has_every_parameter(man: Path) -> None:
    section = sections(formatted(man, "ocf_xivo_berofos.7", 400))["SUPPORTED PARAMETERS"]
    assert entries(section)[1:] == [parameter.name for parameter in PARAMETERS]  # after the introduction
    for parameter in PARAMETERS:
        assert f"({descriptions.facts(parameter)})" in section
        assert parameter.longdesc.replace('"', "") in section.replace('"', "")


def test_the_agent_s_page_has_every_action_and_operation(man: Path) -> None:
    found = sections(formatted(man, "ocf_xivo_berofos.7", 400))
    assert entries(found["SUPPORTED ACTIONS"]) == list(dict.fromkeys(action.name for action in ACTIONS))
    timeouts = re.findall(r"Advised timeout: ([0-9]+) s", found["SUPPORTED ACTIONS"])
    assert timeouts == [str(timeout) for timeout in {action.name: action.timeout for action in ACTIONS}.values()]
    for action in ACTIONS:
        if action.interval is not None:
            assert f"op monitor timeout={action.timeout}s interval={action.interval}s" in found["OPERATIONS"]


def test_the_agent_s_page_has_every_exit_status(man: Path) -> None:
    success_generic_unimplemented_not_running = {0, 1, 3, 7}
    codes = {code for _, code in EXIT_CODES} | {OCF_DEGRADED} | success_generic_unimplemented_not_running
    found = entries(sections(formatted(man, "ocf_xivo_berofos.7"))["EXIT STATUS"])
    assert [int(word) for word in found if word.isdecimal()] == sorted(codes)


def test_the_agent_s_page_has_the_node_attributes(man: Path) -> None:
    found = entries(sections(formatted(man, "ocf_xivo_berofos.7"))["NODE ATTRIBUTES"])
    assert found[1:] == [attribute_names.READY, "berofos-DEVICE", attribute_names.SPANS, "berofos-config-RESOURCE"]


def test_the_agent_s_examples_are_those_that_were_proven(man: Path) -> None:
    text = sections(formatted(man, "ocf_xivo_berofos.7"))["EXAMPLES"]
    shown = " ".join(text.replace("\\\n", "").split())
    for file, command in (
        ("two-xivo.crm", "primitive berofos-relay"),
        ("two-xivo.pcs.sh", 'pcs -f "$cib" resource create berofos-relay'),
    ):
        source = (CHECKOUT / "crm-examples" / file).read_text(encoding="utf-8").replace("\\\n", "")
        (line,) = [line for line in source.splitlines() if line.startswith(command)]
        assert " ".join(line.replace(' -f "$cib"', "").split()) in shown


# berofos(8)


def test_berofos_s_page_has_every_option_of_every_command(man: Path) -> None:
    text = formatted(man, "berofos.8", 800)
    parts = re.split(r"^   ([a-z-]+)$", sections(text)["COMMANDS"], flags=re.MULTILINE)
    by_command = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(by_command) == list(COMMANDS)
    shared = sections(text)["OPTIONS"]
    for name, part in by_command.items():
        synopsis = part.strip().splitlines()[0]
        for action in man_pages.command_parser(name)._actions:
            for option in [*action.option_strings, *([] if action.option_strings else [str(action.metavar)])]:
                if option not in ("-h", "--help", "None"):
                    assert option in synopsis
                    assert option in entries(part) or option in entries(shared), (name, option)
        assert f"           berofos {name}" in part or "           berofos --config" in part


def test_a_command_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = (CHECKOUT / "docs" / "man" / "berofos.8.in").read_text(encoding="ascii")
    (tmp_path / "berofos.8.in").write_text(source.replace("@options kick@\n", ""), encoding="ascii")
    monkeypatch.setattr(man_pages, "SOURCES", tmp_path)
    with pytest.raises(ValueError, match="each command"):
        man_pages.Page("berofos.8").text()


@pytest.mark.parametrize(("name", "section"), [("berofos.8", "DEVICE SETTINGS"), ("bnfos.8", "KEYS")])
def test_every_setting_is_there(man: Path, name: str, section: str) -> None:
    text = sections(formatted(man, name))[section]
    for setting in SETTINGS:
        assert re.search(rf"^ {{7}}{setting.keyword} .*{re.escape(setting.meaning)}", text, re.MULTILINE)


# bnfos(8)


def letters(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])-([a-z])\b", text))


def test_bnfos_s_page_has_every_mode_with_its_options(man: Path) -> None:
    section = sections(formatted(man, "bnfos.8", 400))["MODES"]
    assert entries(section)[1:] == [f"--{mode}" for mode in (*_MODES, "help")]
    for mode in _MODES:
        paragraph = re.search(rf"^ +--{mode}\b.*\n(?: {{18}}.*\n)*", section, re.MULTILINE)
        assert paragraph is not None
        assert letters(paragraph[0]) == {letter for letter, modes in _ALLOWED.items() if mode in modes}


def test_bnfos_s_page_explains_every_option(man: Path) -> None:
    section = sections(formatted(man, "bnfos.8"))["OPTIONS"]
    assert {word[1] for word in entries(section) if word.startswith("-")} == set(_SHORT.replace(":", ""))


def test_bnfos_s_page_names_the_defaults(man: Path) -> None:
    section = " ".join(sections(formatted(man, "bnfos.8"))["OPTIONS"].split())
    defaults = options.parse_options(["--scan"])
    assert defaults is not None
    assert f"Default {bnfosconf.BROADCAST}" in section
    assert f"-t SECONDS How long to wait for an answer, by default {defaults.timeout:g}." in section
    assert f"-w SECONDS The pause of -c, by default {defaults.wait:g}." in section


# Commands in the pages that aren't taken from a --help, where others are tested.


def examples(man: Path, name: str) -> list[list[str]]:
    command = name.rpartition(".")[0]
    lines = sections(formatted(man, name))["EXAMPLES"].splitlines()
    return [shlex.split(line)[1:] for line in lines if line.split()[:1] == [command]]


def test_bnfos_takes_its_page_s_examples(man: Path) -> None:
    modes = [getattr(options.parse_options(words), "mode", None) for words in examples(man, "bnfos.8")]
    assert modes == ["scan", "set", "get", "kick"]


def test_xivo_berofos_takes_its_page_s_example(man: Path) -> None:
    (words,) = examples(man, "xivo-berofos.8")
    args = xivo_berofos._parser().parse_args(words)
    assert (args.ha_state, args.syslog) == ("slave", True)


# bnfos.conf(5)


def test_the_config_file_s_page_has_every_key(man: Path) -> None:
    found = sections(formatted(man, "bnfos.conf.5"))["FORMAT"]
    assert {word for word in entries(found) if word in bnfosconf.KEYS} == set(bnfosconf.KEYS)


def test_the_config_file_s_example_is_one(man: Path) -> None:
    example = sections(formatted(man, "bnfos.conf.5"))["EXAMPLES"]
    first, second = bnfosconf.parse_config(example).devices
    assert (first.name, first.host, first.port, first.user, first.password) == (
        "fos1",
        "10.34.1.20",
        80,
        "admin",
        "secret",
    )
    assert (second.host, second.port, second.password) == ("10.34.1.21", 8080, "se:cr=et")


# docs/parameters.md and the README's table


def test_the_parameters_reference_is_up_to_date() -> None:
    text = (CHECKOUT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert text == generate.parameters_page(), "make docs"


def test_the_differences_to_the_vendor_s_commands_are_those_of_the_table() -> None:
    text = (CHECKOUT / "docs" / "migration.md").read_text(encoding="utf-8")
    assert "calls in the table" in text
    assert text == generate.with_differences(text), "make docs"


def test_the_readme_s_table_has_every_parameter_with_default_and_choices() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| parameter | default |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]
    told: dict[str, tuple[str, str]] = {}
    for names, defaults, meaning in rows:
        found = re.findall("`([a-z_]+)`", names)
        each = defaults.split(", ") if len(found) > 1 and defaults else [defaults] * len(found)
        told.update({name: (default, meaning) for name, default in zip(found, each, strict=True)})
    assert list(told) == [parameter.name for parameter in PARAMETERS]
    for parameter in PARAMETERS:
        default, meaning = told[parameter.name]
        if parameter.default:
            assert default.startswith(f"`{parameter.default}`"), parameter.name
        else:
            assert default in ("", "none") or parameter.choices, parameter.name
        for choice in parameter.choices:
            assert f"`{choice}`" in default + meaning, (parameter.name, choice)
