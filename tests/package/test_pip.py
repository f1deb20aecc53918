"""`pip install` from a checkout gives the same library and commands."""

from __future__ import annotations

import shutil
from pathlib import Path

from berofos_ra import __version__
from tests.support.checkout import copy_checkout
from tests.support.processes import output_of


def test_pip_installs_the_three_commands(tmp_path: Path) -> None:
    checkout, venv = tmp_path / "checkout", tmp_path / "venv"
    copy_checkout(checkout)
    output_of("/usr/bin/python3", "-m", "venv", "--system-site-packages", venv)
    output_of(venv / "bin/pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", checkout)
    shutil.rmtree(checkout)
    for command in ("berofos", "bnfos", "xivo-berofos"):
        assert f"usage: {command}" in output_of(venv / "bin" / command, "--help")
    version = "import importlib.metadata as m; print(m.version('berofos-ra'))"
    assert output_of(venv / "bin/python", "-c", version).strip() == __version__
