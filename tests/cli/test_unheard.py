"""Commands that cannot tell what they did: it is done all the same, and the exit status is right."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import QUICK_ACCEPTANCE, OperatorSite
from tests.cli.vendor_site import BEROFOS, BNFOS, NEW_PASSWORD, XIVO, Done, Running, VendorSite
from tests.support.waiting import wait_until

# What each does to a device of its own, and how that is to be seen there.
DEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fos1": (BEROFOS, ("switch", "b", "--device", "fos1")),
    "fos2": (BEROFOS, ("set", "modedef=1", "--device", "fos2")),
    "fos3": (BEROFOS, ("provision", "--topology", "two-xivo", "--side", "b", "--device", "fos3")),
    "fos4": (BEROFOS, ("password", "--device", "fos4")),
    "fos5": (BEROFOS, ("kick", "--device", "fos5")),
    "fos6": (BEROFOS, ("reset", "--yes", "--device", "fos6")),
    "fos7": (BNFOS, ("--set", "mode=1", "-f", "fos7")),
    "fos8": (BNFOS, ("--kick", "-f", "fos8")),
    "fos9": (XIVO, ("master",)),
}
# The same of what came later.
LATER_DEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fos1": (BEROFOS, ("restore", "settings.json", "--device", "fos1")),
    "fos2": (BEROFOS, ("power", "fos2", "1", "on")),
    "fos3": (BEROFOS, ("acceptance", "--yes", "--device", "fos3", *QUICK_ACCEPTANCE)),
}
# What each writes into a file.
FILES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fos4.json": (BEROFOS, ("record", "--device", "fos4")),
    "metrics.prom": (BEROFOS, ("metrics", "--textfile", "metrics.prom")),
    "berofos-report-*": (BEROFOS, ("--config", "one.conf", "report")),
}
SILENT = ("fos9", "metrics.prom")  # say nothing on standard output
ANSWERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "--help": (BEROFOS, ("--help",)),
    "status": (BEROFOS, ("status", "--device", "fos1")),
    "show": (BEROFOS, ("show", "--device", "fos1")),
    "get": (BEROFOS, ("get", "mode", "--device", "fos1")),
    "ping": (BEROFOS, ("ping", "--device", "fos1")),
    "wiring": (BEROFOS, ("wiring", "--topology", "two-xivo")),
    "crm-config": (BEROFOS, ("crm-config", "--topology", "two-xivo", "--port-b-node", "a", "--port-d-node", "b")),
    "bnfos --show": (BNFOS, ("--show", "-f", "fos1")),
    "bnfos --get": (BNFOS, ("--get", "hostname", "-f", "fos1")),
    "bnfos --ping": (BNFOS, ("--ping", "-f", "fos1")),
}
LATER_ANSWERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "metrics": (BEROFOS, ("metrics",)),
    "history": (BEROFOS, ("history", "syslog")),
    "restore --dry-run": (BEROFOS, ("restore", "settings.json", "--dry-run", "--device", "fos1")),
    "drill --help": (BEROFOS, ("drill", "--help")),
}
LOG = "2026-11-27T14:02:10+00:00 xivo-1 berofos[4711]: root: switch d: fos1 A--B -> A--D\n"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}

Commands = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


def begin(site: VendorSite, redirection: str, command: tuple[str, ...], *arguments: str) -> Running:
    return site.begin(("sh", "-c", f'exec "$@" {redirection}', "sh", *command), *arguments)


def run(site: OperatorSite, redirection: str, commands: Commands) -> dict[str, Done]:
    """All at once, with these redirections."""
    alone = site.folder / "one.conf"
    alone.touch(mode=0o600)
    alone.write_text(site.section(site.device("fos9")), encoding="utf-8")
    begun = {}
    for name, (program, arguments) in commands.items():
        site.environment["BNFOS_CONF"] = str(alone if program == XIVO else site.config)
        config = ("--config", str(site.config)) if program == BEROFOS else ()
        begun[name] = begin(site, redirection, (*program, *config), *arguments, *_patience(program, arguments))
    return {name: running.finish(f"{NEW_PASSWORD}\n") for name, running in begun.items()}


def _patience(program: tuple[str, ...], arguments: tuple[str, ...]) -> tuple[str, ...]:
    """So many at once are slow."""
    if not {"--device", "-f"} & {*arguments}:
        return ()
    return ("--timeout", "60") if program == BEROFOS else ("-t", "60")


def is_done(site: OperatorSite, name: str) -> bool:
    if name in FILES:
        return any(file.stat().st_size for file in site.folder.glob(name))
    return bool(site.writes(name)) or bool(site.kicks(name))


@pytest.fixture
def nine(new_site: NewSite) -> OperatorSite:
    """A device for each deed, one in flash mode; the config file has a name that not every terminal can show."""
    site = new_site(9)
    site.config = site.folder / "b\xe9rofos.conf"
    site.configure()
    site.device("fos6").power_on(flash=True)
    (site.folder / "settings.json").write_text('{"fos1": {"modedef": true}}')
    (site.folder / "syslog").write_text(LOG)
    site.forget_requests()
    return site


@pytest.mark.parametrize("deeds", [DEEDS, {**LATER_DEEDS, **FILES}], ids=["", "later"])
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "2>/dev/full", "2>&-", ">&- 2>&-"])
def test_what_can_t_be_told_is_done(nine: OperatorSite, deeds: Commands, redirection: str) -> None:
    for name, done in run(nine, redirection, deeds).items():
        assert (name, done.status, is_done(nine, name)) == (name, 0, True), done
        if (
            redirection.startswith(">") and "2" not in redirection and name not in ("fos9", "metrics.prom")
        ):  # which say nothing
            assert "standard output can't be written: " in done.err
            assert len(done.err.splitlines()) == 1
        elif "2" in redirection:
            assert done.err == ""


@pytest.mark.parametrize("answers", [ANSWERS, LATER_ANSWERS], ids=["", "later"])
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_an_answer_that_is_not_heard_is_none(nine: OperatorSite, answers: Commands, redirection: str) -> None:
    for name, done in run(nine, redirection, answers).items():
        assert (name, done.status) == (name, 1), done
        assert len(done.err.splitlines()) == 1, done


@pytest.mark.parametrize("answers", [ANSWERS, LATER_ANSWERS], ids=["", "later"])
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "<&-"])
def test_an_answer_needs_nothing_but_standard_output(nine: OperatorSite, answers: Commands, redirection: str) -> None:
    for name, done in run(nine, redirection, answers).items():
        assert (name, done.status, done.err) == (name, 0, ""), done
        assert done.out


def test_without_standard_input_only_what_is_asked_there_is_missing(nine: OperatorSite) -> None:
    for name, done in [*run(nine, "<&-", DEEDS).items(), *run(nine, "<&-", FILES).items()]:
        is_password = name == "fos4"
        assert (name, done.status, is_done(nine, name)) == (name, 2 if is_password else 0, not is_password), done


def test_a_terminal_for_ascii_gets_what_it_can_show(nine: OperatorSite) -> None:
    nine.environment.update(ASCII)
    later = {**run(nine, "", {**LATER_DEEDS, **FILES}), **run(nine, "", LATER_ANSWERS)}
    for name, done in [*later.items(), *run(nine, "", DEEDS).items(), *run(nine, "", ANSWERS).items()]:
        assert (name, done.status, done.both.isascii()) == (name, 0, True), done


# What goes on until it is told to end.


@pytest.mark.parametrize("redirection", [">/dev/full", ">&- 2>&- <&-"])
@pytest.mark.parametrize(
    "command",
    [
        (*BEROFOS, "--config", "bnfos.conf", "kick", "--every", "0.1"),
        (*BNFOS, "--kick", "-c", "-w", "0.1", "-f", "fos1"),
    ],
)
def test_kicks_go_on(site: OperatorSite, command: tuple[str, ...], redirection: str) -> None:
    running = begin(site, redirection, command)
    wait_until(lambda: site.kicks() >= 4, "four kicks")
    running.process.send_signal(signal.SIGINT)
    running.finish()


def test_kicks_go_on_when_their_reader_has_left(site: OperatorSite) -> None:
    nobody_reads, output = os.pipe()
    os.close(nobody_reads)
    command = [*BNFOS, "--kick", "-c", "-w", "0.1", "-f", "fos1"]
    with subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, env=site.environment) as process:
        os.close(output)
        wait_until(lambda: site.kicks() >= 4, "four kicks")
        process.send_signal(signal.SIGINT)
        assert process.communicate()[1] == b""


@pytest.mark.parametrize("command", [("status", "--watch", "0.1", "--json"), ("status", "--watch", "0.1")])
def test_an_answer_that_nobody_hears_isn_t_repeated(site: OperatorSite, command: tuple[str, ...]) -> None:
    done = begin(site, ">/dev/full", site.command, *command).finish()
    assert done.status == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_daemon_needs_no_open_descriptors(vendor: VendorSite, closed: str) -> None:
    begin(vendor, closed, (*BNFOS, "--kick", "-c", "-b", "-w", "0.1", "-f", "fos1")).finish()
    pid = int((vendor.folder / "bnfos-fos1.pid").read_text())
    wait_until(lambda: vendor.kicks() >= 3, "three kicks")
    assert {str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in range(3)} == {"/dev/null"}


def test_a_daemon_that_is_not_in_place_is_a_failure(vendor: VendorSite) -> None:
    """Here it can't even leave the terminal."""
    (vendor.folder / "sitecustomize.py").write_text("import os\nos.setsid = lambda: os._exit(3)\n")
    vendor.environment["PYTHONPATH"] += f":{vendor.folder}"
    done = vendor.bnfos("--kick", "-b", "-f", "fos1")
    assert done.status == 1
    assert "The daemon ended before it was in place" in done.err
