"""Fuzz the parsers for so many seconds altogether: ``python -m tests.fuzz SECONDS``.

With Hypothesis, and with atheris where it is installed (it knows which branches an input reaches). An input that
breaks something is kept in the corpus, which the tests replay.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.targets import CORPUS, TARGETS, inputs

_ROUND = 2000  # inputs


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["atheris"]:
        return _atheris(*arguments[1:])
    seconds = float(arguments[0]) if arguments else 60.0
    with_atheris = importlib.util.find_spec("atheris") is not None
    share = seconds / len(TARGETS) / (2 if with_atheris else 1)
    broken = 0
    for name in TARGETS:
        count, failed = _hypothesis(name, share)
        broken += failed
        print(f"{name}: {count} inputs by hypothesis in {share:.0f} s{', BROKEN' if failed else ''}", flush=True)
        if with_atheris:
            failed = _run_atheris(name, share)
            broken += failed
            print(f"{name}: by atheris for {share:.0f} s{', BROKEN' if failed else ''}", flush=True)
    if not with_atheris:
        print("atheris isn't installed: fuzzed with hypothesis alone")
    return 1 if broken else 0


def _hypothesis(name: str, seconds: float) -> tuple[int, bool]:
    """Number of inputs tried, and whether one broke the target."""
    end = time.monotonic() + seconds
    count = 0
    last = b""
    number = time.time_ns()
    while time.monotonic() < end:
        number += 1

        @seed(number)
        @settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @given(inputs(name))
        def run(data: bytes) -> None:
            nonlocal count, last
            count, last = count + 1, data
            TARGETS[name](data)

        try:
            run()
        except Exception as error:
            _keep(name, last)  # the last one tried is the smallest
            print(f"{name}: {type(error).__name__}: {error}; input {last!r}")
            return count, True
    return count, False


def _keep(name: str, data: bytes) -> None:
    (CORPUS / name / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def _run_atheris(name: str, seconds: float) -> bool:
    with tempfile.TemporaryDirectory() as found:
        command = (sys.executable, "-m", "tests.fuzz", "atheris", name, str(int(seconds) + 1), found)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        crashes = sorted(Path(found).glob("crash-*"))
        for crash in crashes:
            _keep(name, crash.read_bytes())
        if done.returncode != 0:
            print(done.stdout[-4000:])
        return done.returncode != 0


def _atheris(name: str, seconds: str, found: str) -> int:
    atheris = importlib.import_module("atheris")  # not everywhere
    with atheris.instrument_imports(include=["berofos_ra"]):
        for module in ("bnfosconf", "configtxt", "gbl4"):
            sys.modules.pop(f"berofos_ra.{module}", None)
        sys.modules.pop("tests.fuzz.targets", None)
        from tests.fuzz.targets import TARGETS as INSTRUMENTED

    options = [f"-max_total_time={seconds}", f"-artifact_prefix={found}/", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, found, str(CORPUS / name)], INSTRUMENTED[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
