"""The Debian package that a lab's machines have installed."""

import os
import subprocess
from pathlib import Path

from tests.lab.errors import LabError

# Set where the host has the package installed, as under autopkgtest: then so have the machines, and none is built.
INSTALLED = "BEROFOS_LAB_INSTALLED"


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
