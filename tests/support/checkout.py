"""The project's directory, and copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_SOURCE = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "__pycache__", "*.egg-info")


def copy_checkout(target: Path, copy_function: Callable[[str, str], object] = shutil.copy2) -> None:
    """Copy the sources, and nothing that was made from them."""
    shutil.copytree(CHECKOUT, target, ignore=_NOT_SOURCE, copy_function=copy_function)
