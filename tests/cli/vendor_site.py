"""Simulated devices and the drop-ins ``bnfos`` and ``xivo-berofos`` as processes, piped or on a terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from berofos_ra.simulator import Simulator
from tests.support import processes
from tests.support.checkout import CHECKOUT
from tests.support.devices import DeviceSite, specs

MAC = "00:19:32:00:12:01"  # of the first device
PASSWORD = "Pw7%mark:er=9"  # unmistakable, so that it can be searched for
NEW_PASSWORD = "nEw#mark&er 8"
BNFOS = (sys.executable, "-m", "berofos_ra.cli.bnfos.main")
XIVO = (sys.executable, "-m", "berofos_ra.cli.xivo_berofos")
BEROFOS = (sys.executable, "-m", "berofos_ra.cli.berofos")


@dataclass(frozen=True)
class Done:
    """What a command ended with."""

    status: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err

    def check_manners(self) -> None:
        """What holds for every command: no traceback, no password."""
        for never in ("Traceback", PASSWORD, NEW_PASSWORD):
            assert never not in self.both, self


@dataclass(frozen=True)
class Running:
    """A command under way."""

    process: subprocess.Popen[str]

    def finish(self, text: str | None = None) -> Done:
        """Wait for its end; ``text`` is for its standard input."""
        out, err = processes.finish(self.process, text)
        done = Done(self.process.returncode, out, err)
        done.check_manners()
        return done


class VendorSite(DeviceSite):
    """Devices, a ``bnfos.conf`` that may name them, and any of our commands as a process."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        super().__init__(folder, simulator)
        self.environment = {
            "PATH": processes.PATH,
            "PYTHONPATH": str(CHECKOUT),
            "BNFOS_CONF": str(self.config),
            "BNFOS_PID_DIR": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
        }

    def begin(self, command: Sequence[str], *arguments: str) -> Running:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )
        return Running(process)

    def run(self, command: Sequence[str], *arguments: str, text: str = "") -> Done:
        """Run it with this on standard input."""
        return self.begin(command, *arguments).finish(text)

    def bnfos(self, *arguments: str, text: str = "") -> Done:
        """The same for ``bnfos``."""
        return self.run(BNFOS, *arguments, text=text)

    def on_terminal(self, command: Sequence[str], *arguments: str, answers: Sequence[tuple[str, str]] = ()) -> Done:
        """Run it on a terminal; each answer is typed once its question is seen."""
        status, text = processes.on_terminal([*command, *arguments], self.environment, self.folder, answers)
        done = Done(status, text, "")
        done.check_manners()
        return done


@contextmanager
def simulated(count: int = 1, password: str | None = PASSWORD, **options: object) -> Iterator[Simulator]:
    """So many devices, at addresses that no other test uses, but with the MACs that every test expects."""
    names = [f"fos{number}" for number in range(1, count + 1)]
    given = [
        replace(each, mac=f"00:19:32:00:12:{number:02X}")
        for number, each in enumerate(specs(names, password=password, **options), start=1)
    ]
    with Simulator(given) as simulator:
        yield simulator


@contextmanager
def vendor_site(
    folder: Path, count: int = 1, password: str | None = PASSWORD, **options: object
) -> Iterator[VendorSite]:
    """A site with so many devices, not configured yet."""
    with simulated(count, password, **options) as simulator:
        yield VendorSite(folder, simulator)
