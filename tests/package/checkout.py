"""The project's directory, copies of it, and programs to run there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_SOURCE = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "__pycache__", "*.egg-info")


def copy_checkout(target: Path, copy_function: Callable[[str, str], object] = shutil.copy2) -> None:
    """Copy the sources, and nothing that was made from them."""
    shutil.copytree(CHECKOUT, target, ignore=_NOT_SOURCE, copy_function=copy_function)


def run(*command: str | Path) -> str:
    """What a command prints on standard output; it has to end well."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout
