"""A package upgrade replaces files one by one under running actions: that fails none of them."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.site import AGENT, Node, Site
from tests.support.checkout import CHECKOUT

MISSING_FOR = 0.4  # seconds


@pytest.fixture
def copy(folder: Path) -> Path:
    """A copy of agent and library, to be replaced."""
    copy = folder / "copy"
    shutil.copytree(CHECKOUT / "berofos_ra", copy / "berofos_ra", ignore=shutil.ignore_patterns("__pycache__"))
    agent = copy / "agents" / "ocf" / "berofos"
    agent.parent.mkdir(parents=True)
    shutil.copy2(AGENT, agent)
    return copy


def node_of(site: Site, copy: Path) -> Node:
    node = site.node()
    node.environment["PYTHONDONTWRITEBYTECODE"] = "1"  # else a directory that is away would be made anew for it
    node.command = (str(copy / "agents" / "ocf" / "berofos"),)
    return node


@contextmanager
def repeated(change: Callable[[], None]) -> Iterator[None]:
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            begun = time.monotonic()
            change()
            ended.wait(5 * (time.monotonic() - begun))  # longer than any action takes to load it all

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def away(path: Path, seconds: float = MISSING_FOR) -> None:
    """A file or directory is missing for a moment."""
    hidden = path.with_name(f".{path.name}.away")
    path.rename(hidden)
    time.sleep(seconds)
    hidden.rename(path)


def replaced(package: Path) -> None:
    """All files are replaced, one by one, as dpkg does it."""
    for file in sorted(package.rglob("*.py")):
        new = file.with_name(f"{file.name}.dpkg-new")
        shutil.copy2(file, new)
        new.rename(file)


MOMENTS: dict[str, Callable[[Path], None]] = {
    "the whole package": lambda package: away(package, 1),
    "its first file": lambda package: away(package / "__init__.py"),
    "what every action needs": lambda package: away(package / "agent" / "call.py"),
    "what an owner's monitor needs": lambda package: away(package / "agent" / "inspection.py"),
    "what start and monitor need": lambda package: away(package / "device" / "device.py"),
    "a directory": lambda package: away(package / "resource"),
    "what is loaded last": lambda package: away(package / "device" / "gbl4_client.py"),
    "nothing for long, all files anew": replaced,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_actions_go_on_while_files_are_missing_for_a_moment(moment: str, pbx: Site, copy: Path) -> None:
    node = node_of(pbx, copy)
    node.start()
    with repeated(lambda: MOMENTS[moment](copy / "berofos_ra")):
        for _ in range(2):
            node.begin("monitor", interval=10).finish(0)
            node.begin("monitor", level=10, interval=60).finish(0)
        node.stop()
        node.probe()
        node.start()
    node.monitor()
    assert len(pbx.fos1.clicks()) == 3


@pytest.mark.parametrize("file", ["agent/inspection.py", "resource/record.py", "agent/main.py"])
def test_file_that_is_written_in_place_is_waited_for(file: str, site: Site, copy: Path) -> None:
    node = node_of(site, copy)
    node.start()
    module = copy / "berofos_ra" / file
    whole = module.read_text()
    module.unlink()
    module.write_text(whole[: len(whole) // 2] + "\n(")
    running = node.begin("monitor", interval=10)
    time.sleep(0.8)
    module.with_name("whole").write_text(whole)
    module.with_name("whole").rename(module)
    running.finish(0)


def test_new_library_under_the_agent_that_the_first_version_installed(site: Site, copy: Path) -> None:
    launcher = copy / "agents" / "ocf" / "berofos"
    text = launcher.read_text()
    launcher.write_text(
        text[: text.index("\ntry:\n") + 1] + "from berofos_ra.agent.main import main\nsys.exit(main(sys.argv))\n"
    )
    node = node_of(site, copy)
    node.start()
    node.monitor()
    node.stop()


def test_library_that_stays_incomplete_is_no_reason_to_ban_the_resource(site: Site, copy: Path) -> None:
    node = node_of(site, copy)
    node.start()
    (copy / "berofos_ra" / "agent" / "inspection.py").unlink()
    done = node.begin("monitor", interval=10).finish(1)
    assert "berofos_ra" in done.reason
    shutil.rmtree(copy / "berofos_ra")
    done = node.begin("monitor", interval=10).finish(1)
    assert done.reason == "No module named 'berofos_ra'; berofos-ra isn't completely installed"


def test_real_bug_is_told_as_one(site: Site, copy: Path) -> None:
    module = copy / "berofos_ra" / "agent" / "inspection.py"
    node = node_of(site, copy)
    node.start()
    module.write_text(module.read_text().replace("    effect = in_effect(call, record)\n", "    effect = 1 / 0\n"))
    long_ago = time.time() - 3600
    for directory in (copy / "berofos_ra", *(copy / "berofos_ra").iterdir()):
        if directory.is_dir():
            os.utime(directory, (long_ago, long_ago))
    done = node.begin("monitor", interval=10).finish(1)
    assert done.reason.startswith("bug in the agent: ZeroDivisionError in inspect, line ")


def test_bug_that_an_upgrade_brought_is_told_in_the_end(site: Site, copy: Path) -> None:
    module = copy / "berofos_ra" / "agent" / "inspection.py"
    node = node_of(site, copy)
    node.start()
    new = module.with_name("new")
    new.write_text(module.read_text().replace("    effect = in_effect(call, record)\n", "    effect = 1 / 0\n"))
    new.rename(module)
    done = node.begin("monitor", interval=10).finish(1)
    assert done.reason.startswith("bug in the agent: ZeroDivisionError in inspect, line ")


def test_owner_runs_on_without_a_library_of_others(pbx: Site) -> None:
    """5 would stop it for good; and a kick needs no HTTP."""
    node = pbx.node()
    node.start()
    (pbx.folder / "requests.py").write_text(
        'raise ModuleNotFoundError("No module named \'requests\'", name="requests")\n'
    )
    node.environment["PYTHONPATH"] = str(pbx.folder)
    pbx.forget_requests()
    reason = "can't look at it: No module named 'requests'; install python3-requests"
    assert node.begin("monitor", interval=10).finish(190).reason == reason
    assert pbx.kicks() >= 1
