"""Simulated devices and the drop-ins ``bnfos`` and ``xivo-berofos`` as processes, piped or on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from berofos_ra.simulator import Simulator
from berofos_ra.simulator.running import RunningDevice
from tests.agent.site import CHECKOUT, specs

MAC = "00:19:32:00:12:01"  # of the first device
PASSWORD = "Pw7%mark:er=9"  # unmistakable, so that it can be searched for
NEW_PASSWORD = "nEw#mark&er 8"
BNFOS = (sys.executable, "-m", "berofos_ra.cli.bnfos.main")
XIVO = (sys.executable, "-m", "berofos_ra.cli.xivo_berofos")
BEROFOS = (sys.executable, "-m", "berofos_ra.cli.berofos")
_TOO_LONG = 600  # s


@dataclass(frozen=True)
class Done:
    """What a command ended with."""

    status: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str], secrets: Sequence[str]) -> None:
        self.process = process
        self._secrets = secrets

    def finish(self, text: str | None = None) -> Done:
        try:
            out, err = self.process.communicate(text, timeout=_TOO_LONG)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        done = Done(self.process.returncode, out, err)
        assert "Traceback" not in done.both, done
        for secret in self._secrets:
            assert secret not in done.both
        return done


class VendorSite:
    """Devices, and a ``bnfos.conf`` that may name them."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        self.config = folder / "bnfos.conf"
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(CHECKOUT),
            "BNFOS_CONF": str(self.config),
            "BNFOS_PID_DIR": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
        }

    @property
    def fos1(self) -> RunningDevice:
        return self.simulator.device("fos1")

    @property
    def fos2(self) -> RunningDevice:
        return self.simulator.device("fos2")

    def section(self, device: RunningDevice, login: str | None = f"admin:{PASSWORD}") -> str:
        lines = [f"[{device.name}]", f"mac = {device.spec.mac}", f"host = {device.address}:{device.port}"]
        return "".join(f"{line}\n" for line in [*lines, *([f"login = {login}"] if login else [])])

    def configure(self, text: str | None = None) -> None:
        """Write the config file: this text, else every device with its login."""
        if text is None:
            text = "\n".join(
                self.section(device, f"admin:{device.spec.password}" if device.spec.password else None)
                for device in self.simulator.devices
            )
        self.config.write_text(text, encoding="utf-8")
        self.config.chmod(0o600)

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
        return Running(process, (PASSWORD, NEW_PASSWORD))

    def run(self, command: Sequence[str], *arguments: str, text: str = "") -> Done:
        return self.begin(command, *arguments).finish(text)

    def bnfos(self, *arguments: str, text: str = "") -> Done:
        """Run it with this on standard input."""
        return self.run(BNFOS, *arguments, text=text)

    def on_terminal(self, command: Sequence[str], *arguments: str, answers: Sequence[tuple[str, str]] = ()) -> Done:
        """Run it on a terminal; each answer is typed once its question is seen."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe(command[0], [*command, *arguments], self.environment)
        output = b""
        waiting = list(answers)
        deadline = time.monotonic() + _TOO_LONG
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.5)[0]:
                continue
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            output += piece
            if waiting and output.decode(errors="replace").endswith(waiting[0][0]):
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
                output += b"<typed>"
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        text = output.decode(errors="replace").replace("\r\n", "\n")
        assert "Traceback" not in text
        assert PASSWORD not in text
        assert NEW_PASSWORD not in text
        assert not waiting, text
        return Done(os.waitstatus_to_exitcode(status), text, "")

    def writes(self, device: RunningDevice) -> list[str]:
        """What the device was asked to change."""
        return [request.what for request in device.requests if request.write]


@contextmanager
def vendor_site(
    folder: Path, count: int = 1, password: str | None = PASSWORD, **options: object
) -> Iterator[VendorSite]:
    """A site with so many devices, not configured yet."""
    names = [f"fos{number}" for number in range(1, count + 1)]
    # Addresses that no other test uses, but MACs as every test expects them.
    given = [
        replace(each, mac=f"00:19:32:00:12:{number:02X}")
        for number, each in enumerate(specs(names, password=password, **options), start=1)
    ]
    with Simulator(given) as simulator:
        yield VendorSite(folder, simulator)
