"""The Debian package that a lab's machines have installed."""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.lab.errors import LabError
from tests.support.checkout import CHECKOUT

# Set where the host has the package installed, as under autopkgtest: then so have the machines, and none is built.
INSTALLED = "BEROFOS_LAB_INSTALLED"


# What sites have installed that upgrade: the last release.
RELEASED = "49d8b371108147f1d99dcd67afd77c17ddcb1aed"
RELEASED_SOURCES = CHECKOUT / "build" / "released" / RELEASED


def is_installed() -> bool:
    """Whether the machines are to have what the host has installed."""
    return bool(os.environ.get(INSTALLED))


def build(checkout: Path) -> str:
    """The package of the sources as they are now, built unless that was done before; its path.

    Raises:
        LabError: it can't be built; the message has the end of the builder's output.
    """
    done = subprocess.run([checkout / ".ci" / "build-deb"], capture_output=True, text=True, check=False)
    packages = [str(path) for path in Path(done.stdout.strip()).glob("*.deb")]
    if done.returncode != 0 or len(packages) != 1:
        raise LabError(f"the Debian package can't be built:\n{done.stderr.strip()[-3000:]}")
    return packages[0]


def fetch_released() -> Path:
    """The sources of the last release, taken from the project's history unless that was done before.

    Raises:
        LabError: there is no such history here.
    """
    if not RELEASED_SOURCES.is_dir():
        RELEASED_SOURCES.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=RELEASED_SOURCES.parent) as folder:
            new = Path(folder, "sources")
            new.mkdir()
            archive = f"git -c safe.directory='*' archive {RELEASED} | tar --extract --directory '{new}'"
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", archive], cwd=CHECKOUT, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise LabError(f"the released sources can't be had from the project's history: {done.stderr.strip()}")
            if not RELEASED_SOURCES.is_dir():  # by another process, meanwhile
                new.rename(RELEASED_SOURCES)
    return RELEASED_SOURCES
