"""The demo: what it says, and above all when it says that all is well."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo import by_hand, on_cluster, picture
from tests.demo.cast import CASTS, PBX, Cast
from tests.demo.main import main
from tests.demo.outcome import Chapter, DemoFailed, Outcome, changes_by_device
from tests.demo.scene import Device, Power, Scene, Server
from tests.lab import requirements
from tests.lab.lab import Lab
from tests.lab.link import start_time
from tests.support.checkout import CHECKOUT
from tests.support.devices import run_out
from tests.support.waiting import PATIENCE, wait_until

_SYSTEM_PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
_NOBODY = 65534
_JOURNEY = ("A--B", "A--D", "A--B")


@pytest.fixture(scope="module", name="cluster_possible")
def _cluster_possible() -> None:
    lacking = requirements.missing()
    if lacking:
        pytest.skip(lacking[0])


@pytest.fixture(name="public_checkout")
def _public_checkout() -> Iterator[Path]:
    """A copy of the project that anybody can read, wherever the checkout is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        for part in ("agents", "berofos_ra", "crm-examples", "tests"):
            shutil.copytree(CHECKOUT / part, Path(directory, part), ignore=shutil.ignore_patterns("__pycache__"))
        yield Path(directory)


@pytest.mark.usefixtures("cluster_possible")
def test_on_a_cluster_the_lines_move_and_come_back(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    events: list[dict[str, Any]] = []

    class WatchedLab(Lab):
        def down(self) -> None:
            events.extend(self.events())
            super().down()

    monkeypatch.setattr(on_cluster, "Lab", WatchedLab)
    status = main([])
    said = capfd.readouterr().out
    assert status == 0, said
    journey = (*_JOURNEY, "A--D")  # the drill goes there and back
    assert changes_by_device(events, ("fos1", "fos2")) == {"fos1": journey, "fos2": journey}
    assert re.fullmatch(r"[\n -~]*", said), "plain ASCII and no control characters when piped"
    for essential in (
        r"Pacemaker \d+\.\d+",
        r"corosync \d+\.\d+",
        r"berofos-relay\s+\(ocf:xivo:berofos\):\s+Started xivo-1",
        r"berofos-relay\s+\(ocf:xivo:berofos\):\s+Started xivo-2",
        r"xivo-2 berofos\(berofos-relay\)\[\d+\]: berofos fos1 \(10.34.1.20\): relay A--B -> A--D, lines now on",
        r"xivo-1 dies +\| xivo-1 -> xivo-2 \| +\d+\.\d\d s \| +\d+\.\d\d s",
        r"settled; rule removed; devices and cluster agree",
        r"berofos drill +\| xivo-2 -> xivo-1 \| +\d+\.\d\d s \| +\d+\.\d\d s",
        r"and back +\| xivo-1 -> xivo-2 \| +\d+\.\d\d s \| +\d+\.\d\d s",
        r"Ratio \d+\.\d\d, promised at most 1\.30",
        r"The lines moved and came back",
        r"make lab",
    ):
        assert re.search(essential, said), essential


@pytest.mark.soak
@pytest.mark.usefixtures("cluster_possible")
@pytest.mark.parametrize(
    ("example", "essential"),
    [
        ("two-xivo-pbx", r"fos1: 4 relay changes, 4 needed: A--B A--D A--B A--D"),
        ("multiple-berofos", r"fos3: 4 relay changes, 4 needed: A--B A--D A--B A--D"),
        ("xivo-pbx", r"Pacemaker hangs +\| xivo-1 -> PBX \| +\d\d\.\d\d s"),
        (
            "two-xivo-with-pbx-bypass",
            r"xivo-1 dies +\| xivo-1 -> xivo-2 \| no click \| +\d+\.\d\d s \|\n"
            r".*xivo-2 dies too +\| xivo-2 -> PBX +\| +\d\d\.\d\d s \| no click \|\n"
            r"(.*\n)*.*fos1: 3 relay changes, 3 needed: A--B C--D A--D A--B C--D",
        ),
    ],
)
def test_the_other_wirings_are_shown_too(example: str, essential: str, capfd: pytest.CaptureFixture[str]) -> None:
    status = main(["--example", example])
    said = capfd.readouterr().out
    assert status == 0, said
    assert re.search(essential, said), said
    assert "The lines moved and came back" in said


@pytest.mark.usefixtures("cluster_possible")
def test_a_device_that_ignores_every_switch_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class FaultyLab(Lab):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.devices.add_fault("fos2", "ignore_switch")

    monkeypatch.setattr(on_cluster, "Lab", FaultyLab)
    monkeypatch.setattr(on_cluster, "LOGS", tmp_path / "logs")
    assert main([]) == 1
    said = capfd.readouterr().out
    assert re.search(r"expected: all relays at A--B, berofos-relay started on xivo-1", said)
    found = r"found: .*berofos-relay_monitor_[0-9]+ failed on xivo-1: fos2 \(10.34.1.21\): relay is A--D"
    assert re.search(found, said)
    assert "crm_mon says:" in said
    assert "came back" not in said
    assert (tmp_path / "logs" / "xivo-1" / "pacemaker.log").stat().st_size > 0


@pytest.mark.usefixtures("cluster_possible")
def test_ctrl_c_takes_everything_down() -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "tests.demo"],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: any(_runs(pid, "pacemakerd") for pid in _descendants(demo.pid)), "a node is booted")
    lab = _descendants(demo.pid)
    demo.send_signal(signal.SIGINT)
    _, said = demo.communicate(timeout=PATIENCE)
    assert demo.returncode == 130
    assert said == "demo: interrupted, everything is taken down\n"
    assert not [pid for pid in lab if start_time(pid) is not None]


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to become somebody else")
@pytest.mark.parametrize(
    ("restrictions", "reason"),
    [
        ((f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"), "It takes root"),
        (("--bounding-set=-sys_admin",), "doesn't let root create namespaces|Programs are missing"),
    ],
    ids=["as nobody", "root without namespaces"],
)
def test_without_a_cluster_the_agent_is_called_by_hand(
    public_checkout: Path, restrictions: tuple[str, ...], reason: str
) -> None:
    command = ["setpriv", *restrictions, _SYSTEM_PYTHON, "-m", "tests.demo"]
    environment = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
    demo = subprocess.run(
        command,
        cwd=public_checkout,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
        env=environment,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert re.fullmatch(r"[\n -~]*", demo.stdout)
    assert re.search(f"No cluster can be had here:\n.*({reason})", demo.stdout)
    for essential in (
        "start of berofos-relay on xivo-1: 0",
        "start of berofos-relay on xivo-2: 0",
        "relay A--B -> A--D, lines now on xivo-2",
        "fos1: 3 relay changes, 3 needed: A--B A--D A--B",
        "The lines moved and came back",
    ):
        assert essential in demo.stdout


def test_more_relay_changes_than_needed_are_no_success() -> None:
    changes = {"fos1": _JOURNEY, "fos2": (*_JOURNEY, "A--D", "A--B")}
    needed = {"fos1": _JOURNEY, "fos2": _JOURNEY}
    outcome = Outcome("seconds", (Chapter("what", "lines", {}),), changes, needed)
    with pytest.raises(DemoFailed, match="fos2"):
        outcome.check()


def wait_for_no_watchdog(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """However long the machine takes none runs out, and at once when nobody is left to kick it."""
    for parameters in (cast.parameters, cast.front.parameters if cast.front is not None else {}):
        if "watchdog_interval" in parameters:
            monkeypatch.setitem(parameters, "watchdog_interval", "600")
    die = by_hand._die

    def die_at_once(story: by_hand.Play, *dead: str) -> None:
        die(story, *dead)
        if set(dead) == set(cast.groups):
            run_out(story.simulator.device(cast.devices[0]))

    monkeypatch.setattr(by_hand, "_die", die_at_once)


@pytest.mark.parametrize(
    ("example", "essential"),
    [
        ("xivo-pbx", "fos1: 5 relay changes, 5 needed: A--B C--D A--D A--B C--D A--D A--B C--D"),
        ("two-xivo-with-pbx-bypass", "fos1: 3 relay changes, 3 needed: A--B C--D A--D A--B C--D"),
        ("multiple-berofos", "fos3: 3 relay changes, 3 needed: A--B A--D A--B"),
    ],
)
def test_the_other_wirings_are_shown_by_hand_too(
    example: str, essential: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "missing", lambda: ["It takes root."])
    wait_for_no_watchdog(monkeypatch, CASTS[example])
    assert main(["--example", example]) == 0
    said = capfd.readouterr().out
    assert "No cluster can be had here:" in said
    assert essential in said


def test_in_a_chain_the_first_device_moves_only_to_the_pbx_and_back() -> None:
    chain = CASTS["two-xivo-with-pbx-bypass"]
    back_on_first = chain.journey("xivo-1", "xivo-2", PBX, "xivo-1")
    assert back_on_first == {"fos1": ("A--B C--D", "A--D", "A--B C--D"), "fos2": ("A--B", "A--D", "A--B")}
    assert chain.journey("xivo-1", "xivo-2", PBX, "xivo-2") == {**back_on_first, "fos2": ("A--B", "A--D")}


@pytest.mark.parametrize(
    ("relays", "dead", "caption"),
    [
        (("A--B C--D", "A--B"), "", "xivo-1 answers"),
        (("A--B C--D", "A--B"), "xivo-1", "nobody answers"),
        (("A--B C--D", "A--D"), "xivo-1", "xivo-2 answers"),
        (("A--D", "A--D"), "", "PBX answers"),
    ],
)
def test_in_a_chain_the_picture_follows_the_lines_to_their_end(
    relays: tuple[str, str], dead: str, caption: str
) -> None:
    chain = CASTS["two-xivo-with-pbx-bypass"]
    powers = {name: Power.DEAD if name == dead else Power.ON for name in chain.groups}
    addresses = dict.fromkeys(chain.devices, "10.34.1.20")
    scene = chain.scene(addresses, dict(zip(chain.devices, relays, strict=True)), powers, chain.groups)
    drawn = picture.picture(scene, 80, plain=True).plain
    assert drawn.endswith(f"  The lines: {caption}")
    # At both devices on the way to a XiVO, and only at the first one when the PBX has them.
    stations = {"nobody answers": 0, "PBX answers": 1}
    assert drawn.count("HAS THE LINES") == stations.get(caption, 2)


def test_the_picture_says_everything_without_colour() -> None:
    servers = (Server("xivo-1", "B", Power.DEAD, answers=True), Server("xivo-2", "D", Power.ON, answers=True))
    scene = Scene(
        (Device("fos1", "10.34.1.20", "A--B", servers), Device("fos2", "10.34.1.21", "A--D", servers)),
    )
    assert picture.picture(scene, 80, plain=True).plain.splitlines() == [
        r"     |||| 4 lines of the provider            |||| 4 lines of the provider",
        r"  +- fos1 -------------- 10.34.1.20 -+    +- fos2 -------------- 10.34.1.21 -+",
        r"  |   A       B       C       D      |    |   A       B       C       D      |",
        r"  |  ****    ****    ....    ....    |    |  ****    ....    ....    ****    |",
        r"  |   \_______/                      |    |   \_______________________/      |",
        r"  +- A--B ---------------------------+    +- A--D ---------------------------+",
        r"             ||||            ||||                    ||||            ||||",
        r"            xivo-1          xivo-2                  xivo-1          xivo-2",
        r"             DEAD           standby                  DEAD        HAS THE LINES",
        r"  The lines: those of fos1: nobody, those of fos2: xivo-2",
    ]
    stacked = picture.picture(scene, 60, plain=True).plain.splitlines()
    assert len(stacked) == 2 * 9 + 1
    assert max(map(len, stacked)) <= 60


def _runs(pid: int, program: str) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == program
    except OSError:
        return False  # it has ended meanwhile


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []  # it has ended meanwhile
    return [each for child in children for each in (int(child), *_descendants(int(child)))]
