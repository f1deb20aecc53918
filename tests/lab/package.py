"""The Debian package that a lab's machines have installed."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab.errors import LabError
from tests.support.checkout import CHECKOUT

# Set where the host has the package installed, as under autopkgtest: then so have the machines, and none is built.
INSTALLED = "BEROFOS_LAB_INSTALLED"

RELEASED = "49d8b37"  # the commit of 0.1.0
RELEASED_PACKAGE = CHECKOUT / "build" / "released" / f"{RELEASED}.deb"


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


def build_released() -> Path:
    """The package of the first release, from this repository's history; in a shallow clone the sources' as 0.0.9.

    Raises:
        LabError: it can't be built.
    """
    kept = RELEASED_PACKAGE
    if kept.exists():
        return kept
    known = subprocess.run(["git", "-C", CHECKOUT, "cat-file", "-e", RELEASED], capture_output=True, check=False)
    commit = RELEASED if known.returncode == 0 else "HEAD"
    if commit != RELEASED:
        kept = kept.with_name(f"{commit}.deb")
    with tempfile.TemporaryDirectory() as directory:
        sources = Path(directory)
        archive = subprocess.run(["git", "-C", CHECKOUT, "archive", commit], capture_output=True, check=False)
        unpacked = subprocess.run(
            ["tar", "-x", "-C", directory], input=archive.stdout, capture_output=True, check=False
        )
        if archive.returncode or unpacked.returncode:
            raise LabError(f"no sources of {commit}: {(archive.stderr + unpacked.stderr).decode()[-1000:]}")
        if commit != RELEASED:
            changelog = sources / "debian" / "changelog"
            text = changelog.read_text(encoding="utf-8")
            changelog.write_text(re.sub(r"\(.*\)", "(0.0.9)", text, count=1), encoding="utf-8")
        kept.parent.mkdir(parents=True, exist_ok=True)
        built = shutil.copy(build(sources), kept.with_suffix(".new"))
        return Path(built).replace(kept)
