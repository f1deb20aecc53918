"""Every command in the documentation, run as its reader would: page by page, from top to bottom."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, steps
from tests.docs.session import HOME, Session
from tests.lab import asterisk, package
from tests.lab.fixtures import for_a_test, shared
from tests.lab.lab import Lab
from tests.lab.layout import DEVICE_PASSWORD
from tests.support.checkout import CHECKOUT
from tests.support.examples import quick_example

PASSWORD_IN_DOCS = "secret"
_NOT_NEEDED = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "__pycache__", "tests")

# In the place of systemd, which the lab's nodes don't have: what of it the documentation uses.
SYSTEMCTL = """\
#!/bin/sh
set -eu
action=$1; shift
if [ "$1" = --now ]; then shift; action="$action now"; fi
for unit in "$@"; do
    case "$action $unit" in
    "disable asterisk" | "enable asterisk") ;;  # nothing begins with the node here
    "disable now pacemaker") pid=$(pidof pacemakerd); kill "$pid"; tail -s 0.1 --pid "$pid" -f /dev/null ;;
    "disable now corosync") kill "$(pidof corosync)" ;;
    "disable now berofos-kick") kill "$(cat /run/berofos-kick.pid)" ;;
    "enable now berofos-kick")
        command=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/berofos-kick.service)
        setsid sh -c "echo \\$\\$ >/run/berofos-kick.pid; exec $command" </dev/null 2>&1 |
            logger -t berofos-kick >/dev/null 2>&1 &
        ;;
    *) echo "no $action $unit here" >&2; exit 1 ;;
    esac
done
"""
CRON_OF_HA = "* * * * * root /usr/sbin/xivo-check-master-status 10.34.1.11 >/dev/null\n"
CRON_OF_WORKAROUND = "*/1 * * * * root /usr/local/sbin/berofos-workaround\n"
SET_FOR_HA = {"wdog": False, "wdogdef": False, "scenario": False, "mode": True, "modedef": True, "dhcp": False}
SET_FOR_PBX = {"scenario": True, "mode": True, "modedef": True, "wdogdef": True, "wdogitime": 60, "dhcp": False}


@pytest.fixture(scope="module")
def two_xivos() -> Iterator[Lab]:
    """Two nodes, two devices."""
    with shared(nodes=2, devices=2, files=asterisk.files()) as lab:
        yield lab


@pytest.fixture(scope="module")
def one_xivo() -> Iterator[Lab]:
    """One node, one device."""
    with shared(nodes=1, devices=1, files=asterisk.files()) as lab:
        yield lab


@pytest.fixture
def beginnings(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Callable[[], Lab]]]:
    """What sessions begin with, by the names that the pages use."""
    labs: dict[str, Lab] = {}

    def new(name: str) -> Lab:
        """As installed yesterday: nodes with new disks and a checkout, devices as they came."""
        if name not in labs:
            labs[name] = stack.enter_context(for_a_test(request.getfixturevalue(name), request, name))
        lab = labs[name]
        lab.heal()
        lab.link.order("renew", nodes=list(lab.nodes))
        lab.wait_online()
        lab.devices.reset()
        for device in lab.devices.names:
            lab.devices.set_settings(device, {"apwd": DEVICE_PASSWORD})
        for node in lab.nodes.values():
            shutil.copytree(CHECKOUT, f"{node.disk}{HOME}", ignore=_NOT_NEEDED, symlinks=True)
            shutil.copytree(Path(package.build(CHECKOUT)).parent, f"{node.disk}{HOME}/build")
            node.write("/usr/local/bin/systemctl", SYSTEMCTL, 0o755)
            node.write("/etc/apt/apt.conf.d/yes", 'APT::Get::Assume-Yes "true";\n')
        return lab

    def bare() -> Lab:
        lab = new("two_xivos")
        for device in lab.devices.names:
            lab.devices.set_settings(device, {"apwd": PASSWORD_IN_DOCS, "dhcp": False})
        lab.node("xivo-1").run("rm /etc/bnfos.conf")
        return lab

    def configured(name: str, text: str, last: str = "berofos-relay") -> Lab:
        lab = new(name)
        lab.configure(text)
        lab.wait_started(last, "xivo-1")
        return lab

    def xivo_ha() -> Lab:
        lab = new("two_xivos")
        for device in lab.devices.names:
            lab.devices.set_settings(device, SET_FOR_HA)
        lab.node("xivo-1").run("mkdir -p /run/asterisk && asterisk")
        lab.node("xivo-2").write("/etc/cron.d/xivo-ha-slave", CRON_OF_HA)
        return lab

    def without_tools(lab: Lab) -> Lab:
        for node in lab.nodes.values():
            node.run("apt-get remove resource-agents-berofos && ! command -v berofos")
        return lab

    def xivo_alone() -> Lab:
        lab = new("one_xivo")
        node = lab.node("xivo-1")
        lab.devices.set_settings("fos1", SET_FOR_PBX)
        node.run("mkdir -p /run/asterisk && asterisk && berofos set wdog=1")
        node.write("/etc/cron.d/berofos-cron-workaround", CRON_OF_WORKAROUND)
        return lab

    def xivo_kicking() -> Lab:
        lab = xivo_alone()
        lab.node("xivo-1").run("rm /etc/cron.d/berofos-cron-workaround && systemctl enable --now berofos-kick")
        return lab

    without_relay = quick_example().partition("primitive berofos-relay")[0] + "group xivo virtual-ip asterisk\n"
    with ExitStack() as stack:
        yield {
            "bare": bare,
            "two-xivo": lambda: configured("two_xivos", quick_example()),
            "xivo-pbx": lambda: configured("one_xivo", quick_example("xivo-pbx")),
            "without the relay": lambda: configured("two_xivos", without_relay, "asterisk"),
            "xivo-ha": lambda: without_tools(xivo_ha()),
            "xivo-ha with the tools": xivo_ha,
            "xivo-alone": xivo_alone,
            "xivo-kicking": xivo_kicking,
        }


def name_of(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


@pytest.mark.parametrize("page", [page for page in PAGES if any(step.is_run for step in steps(page))], ids=name_of)
def test_every_command_of_the_page_works(page: Path, beginnings: Mapping[str, Callable[[], Lab]]) -> None:
    session = Session(beginnings)
    for step in steps(page):
        if step.is_run:
            session.do(step)


def test_single_tests_can_be_run_as_the_pages_say() -> None:
    blocks = [step.text for page in PAGES for step in steps(page) if step.language == "sh"]
    commands = [
        line for block in blocks for line in block.splitlines() if line.startswith(".venv/bin/python -m pytest")
    ]
    assert commands
    for command in commands:
        ran = [sys.executable, *command.split()[1:], "-p", "no:cacheprovider"]
        done = subprocess.run(ran, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert " passed" in done.stdout, command


def test_the_lab_can_be_played_with_as_its_page_says(tmp_path: Path) -> None:
    (block,) = [step.text for step in steps(CHECKOUT / "tests/lab/README.md") if step.language == "sh"]
    lab = f"{sys.executable} -m tests.lab --name docs-{os.getpid()}"  # beside one that somebody plays with
    meant = {
        "make lab-down": f"{lab} down",
        "make lab": f"{lab} up --config crm-examples/two-xivo.crm",
        "python3 -m tests.lab": lab,
        "/tmp/logs": str(tmp_path),
    }
    *commands, down = [line.partition("#")[0].strip() for line in block.splitlines()]
    try:
        for command in commands:
            said = next(words for words in meant if command.startswith(words))
            ran = command.replace(said, meant[said], 1).replace("/tmp/logs", meant["/tmp/logs"])
            done = subprocess.run(ran, shell=True, cwd=CHECKOUT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    finally:
        subprocess.run(meant[down], shell=True, cwd=CHECKOUT, capture_output=True, check=True)
    assert list(tmp_path.iterdir())
