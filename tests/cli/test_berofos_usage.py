"""What holds for every command of ``berofos``: help, bad usage, bad files, completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from berofos_ra.cli.berofos import COMMANDS, make_parser
from berofos_ra.cli.completion import candidates
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import PASSWORD
from tests.support.checkout import CHECKOUT
from tests.support.processes import as_nobody

# Commands that need the config file, with arguments that would do if it were there.
WITH_CONFIG = {
    "status": (),
    "switch": ("b",),
    "provision": ("--topology", "two-xivo"),
    "show": (),
    "get": ("mode",),
    "set": ("mode=1",),
    "ping": (),
    "kick": (),
    "password": (),
    "crm-config": ("--topology", "two-xivo", "--port-b-node", "a", "--port-d-node", "b"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_that_parses(site: OperatorSite, command: str) -> None:
    done = site.berofos(command, "--help")
    assert (done.status, done.err) == (0, "")
    examples = [line.strip() for line in done.out.splitlines() if line.strip().startswith("berofos ")]
    assert any(f" {command}" in example for example in examples), done.out
    assert COMMANDS[command].SUMMARY[1:20] in " ".join(done.out.split())


def test_the_first_help_names_every_command(site: OperatorSite) -> None:
    done = site.berofos("--help")
    assert done.status == 0
    assert all(f"  {command} " in done.out or f"  {command}\n" in done.out for command in COMMANDS)
    assert "exit status: 0" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("status", "--colour"),
        ("switch",),
        ("status", "--timeout", "0"),
        ("password", PASSWORD),
        ("kick", "--while", " "),
        ("--config", "", "status"),
    ],
)
def test_wrong_usage_is_2(site: OperatorSite, arguments: tuple[str, ...]) -> None:
    done = site.berofos(*arguments)
    assert done.status == 2
    (line,) = done.err.splitlines()
    assert re.fullmatch(r"berofos( [a-z]+)?: .*; see berofos( [a-z]+)? --help", line)
    assert PASSWORD not in line
    assert done.out == ""


def assert_one_line(site: OperatorSite, command: str, complaint: str) -> None:
    done = site.berofos(command, *WITH_CONFIG[command], text="Xy#1234567\n")
    assert done.status == 1
    (line,) = done.err.splitlines()
    assert line.startswith(f"berofos: {site.config}: ")
    assert complaint in line
    assert done.out == ""


@pytest.mark.parametrize("command", WITH_CONFIG)
def test_a_missing_config_file_is_one_line(site: OperatorSite, command: str) -> None:
    site.config.unlink()
    assert_one_line(site, command, "no such file")
    assert not site.config.exists()


@pytest.mark.parametrize("command", WITH_CONFIG)
def test_a_malformed_host_is_one_line_and_nothing_is_written(site: OperatorSite, command: str) -> None:
    text = site.config.read_text().replace("host = ", "host = -")
    site.configure(text)
    assert_one_line(site, command, "section [fos1], line 3: host isn't an IPv4 address or a host name; correct it")
    assert site.config.read_text() == text
    assert site.writes() == []


def test_a_line_with_a_password_is_never_quoted(site: OperatorSite) -> None:
    site.configure(f"[fos1]\nhost = 192.0.2.256\nlogin admin:{PASSWORD.replace('=', '')}\n")
    for command in ("status", "doctor"):
        assert PASSWORD[:6] not in site.berofos(command).both


def test_a_config_file_that_may_not_be_read_is_one_line(site: OperatorSite) -> None:
    site.folder.chmod(0o755)
    command = ["env", "PYTHONPATH=/mnt", "/usr/bin/python3", "-m", "berofos_ra.cli.berofos"]
    done = site.run(as_nobody(*command, "--config", str(site.config), "status"))
    assert done.status == 1
    assert done.err == f"berofos: {site.config}: permission denied; use sudo\n"


def test_a_reader_that_leaves_early_is_no_error_to_see(site: OperatorSite) -> None:
    nobody_reads, output = os.pipe()
    os.close(nobody_reads)
    command = [*site.command, "show"]
    done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, env=site.environment, check=False)
    os.close(output)
    assert (done.returncode, done.stderr) == (1, b"")


# Completion.


def complete(*words: str) -> list[str]:
    return candidates(make_parser(), words)


def test_commands_are_completed() -> None:
    assert complete("") == sorted(COMMANDS)
    assert complete("pro") == ["provision"]
    assert complete("--config", "x.conf", "sw") == ["switch"]
    assert complete("--con") == ["--config"]


def test_options_and_choices_are_completed() -> None:
    assert complete("provision", "--topology", "") == ["two-xivo", "two-xivo-pbx", "xivo-pbx"]
    assert complete("provision", "--topology", "=", "x") == ["xivo-pbx"]
    assert complete("provision", "--dr") == ["--dry-run"]
    assert complete("switch", "") == ["b", "d"]
    assert complete("crm-config", "--format", "p") == ["pcs"]
    assert complete("wiring", "--svg", "") == []  # a file: the shell's business


def test_setting_keywords_are_completed() -> None:
    assert complete("get", "wdog") == [
        *("wdog", "wdogaudio", "wdogdef", "wdogitime", "wdogmail", "wdogrtime", "wdogstate"),
    ]
    assert complete("set", "mode=1", "wdogi") == ["wdogitime="]
    assert "wdogstate=" not in complete("set", "")
    assert complete("set", "smtpte") == ["smtptest"]


def test_device_names_come_from_the_config_file(two: OperatorSite) -> None:
    assert complete("--config", str(two.config), "status", "--device", "") == ["fos1", "fos2"]
    assert complete(f"--config={two.config}", "kick", "--device", "fos2") == ["fos2"]
    assert complete("--config", "/nowhere", "status", "--device", "") == []
    assert complete("--config", str(two.config), "status", "f") == ["fos1", "fos2"]


def test_the_shell_asks_berofos(site: OperatorSite, tmp_path: Path) -> None:
    program = tmp_path / "berofos"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m berofos_ra.cli.berofos \"$@\"\n")
    program.chmod(0o755)
    script = f"""
        source '{CHECKOUT}/completion/berofos'
        COMP_WORDS=(berofos --config '{site.config}' switch --device fo); COMP_CWORD=5
        _berofos; echo "${{COMPREPLY[*]}}"
        COMP_WORDS=(berofos provision --topology xi); COMP_CWORD=3
        _berofos; echo "${{COMPREPLY[*]}}"
        complete -p berofos
    """
    done = subprocess.run(
        ["bash", "-euc", script],
        env={**site.environment, "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["fos1", "xivo-pbx", "complete -o bashdefault -o default -F _berofos berofos"]
