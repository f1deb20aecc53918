"""Other programs are found whatever the PATH is, and none takes longer than it may."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from berofos_ra.programs import find_program, run_program


def program(folder: Path, script: str) -> str:
    """A program of its own, by its path."""
    file = folder / "program"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def test_what_is_in_sbin_is_found_with_cron_s_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert find_program("ldconfig") in ("/usr/sbin/ldconfig", "/sbin/ldconfig")
    assert find_program("no-such-program") is None
    assert run_program("ldconfig", "--version", timeout=60).returncode == 0


def test_it_is_run_to_its_end(tmp_path: Path) -> None:
    done = run_program(program(tmp_path, 'cat; printf "$1 \\\\377\\\\n"; echo no >&2; exit 3'), "yes", timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (3, "yes \ufffd\n", "no\n")


@pytest.mark.parametrize("alone", [True, False])
def test_it_has_a_process_group_of_its_own_if_told_so(tmp_path: Path, alone: bool) -> None:
    done = run_program(program(tmp_path, "ps -o pgid= -p $$"), timeout=60, in_own_group=alone)
    assert (int(done.stdout) == os.getpgrp()) is not alone


def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="takes longer than"):
        run_program(program(tmp_path, "exec sleep 600"), timeout=0.2)


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_program(str(tmp_path / "none"), timeout=60)
