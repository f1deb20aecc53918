"""What is run in each suite."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.matrix.roots import PROJECT, PreparationError, Root
from tests.support.checkout import CHECKOUT

LOGS = CHECKOUT / "build" / "matrix"

_PYTEST = ".venv/bin/python -m pytest -q"


class Step(NamedTuple):
    """A step's name, its command, from which tier on it is one, and whether in a root with only Debian in it."""

    name: str
    command: str
    tier: int
    bare: bool = False


_INSTALL_USE_PURGE = f"tests/package/install-use-purge {PROJECT}/build/resource-agents-berofos_*.deb"
STEPS = (
    Step("build", "make deb", 1),
    Step("lintian", "lintian --allow-root --fail-on error,warning --display-info build/berofos-ra_*.changes", 1),
    Step("package", _INSTALL_USE_PURGE, 1),
    Step("unit", f"{_PYTEST} -n 2 tests/unit tests/fuzz tests/package", 1),
    Step("demo", "make demo", 1),
    Step(
        "bare",
        f"{_INSTALL_USE_PURGE} && apt-get install -y -qq --no-install-recommends autopkgtest"
        f" && autopkgtest --no-built-binaries build/resource-agents-berofos_*.deb {PROJECT}/ -- null",
        2,
        bare=True,
    ),
    # The README's two commands, as a newcomer has them; a test that fails is tried once more, as in CI, and named.
    Step(
        "readme",
        "apt-get install -y -qq --no-install-recommends make"
        " && make demo && make test PYTEST_OPTIONS='-v --reruns 1 -rfEsxXR'",
        2,
        bare=True,
    ),
)


class Outcome(NamedTuple):
    """How one step ended, and after how many seconds."""

    name: str
    passed: bool
    seconds: float


def chosen(tier: int, names: Sequence[str]) -> list[Step]:
    """The steps of these names, or without any those of a tier."""
    return [step for step in STEPS if (step.name in names if names else step.tier <= tier)]


def run(root: Root, steps: Sequence[Step], say: Callable[[Outcome, Path], None]) -> list[Outcome]:
    """Prepare a root and run the steps in it, each whatever became of the others.

    Args:
        root: Where.
        steps: What.
        say: Told of each outcome, and where the output is.

    Raises:
        PreparationError: there is no such root to be had.
    """
    logs = LOGS / root.suite
    shutil.rmtree(logs, ignore_errors=True)
    outcomes: list[Outcome] = []

    def timed(name: str, do: Callable[[Path], bool]) -> None:
        began = time.monotonic()
        passed = do(logs / name)
        outcomes.append(Outcome(name, passed, round(time.monotonic() - began, 1)))
        say(outcomes[-1], logs / name)

    def prepared(log: Path) -> bool:
        root.prepare(log)
        return True

    timed("root", prepared)
    for step in steps:
        if step.bare:
            timed(step.name, lambda log, step=step: _in_bare_root(root, step, log))  # type: ignore[misc]
        else:
            timed(step.name, lambda log, step=step: root.run(["sh", "-c", step.command], log) == 0)  # type: ignore[misc]
    return outcomes


def _in_bare_root(root: Root, step: Step, log: Path) -> bool:
    """Run a step in a new root of the same suite, with the package that was built in the first one."""
    bare = Root(root.suite, bare=True)
    with bare.locked():
        try:
            bare.prepare(log)
        except PreparationError as error:
            with log.open("a", encoding="utf-8") as output:
                output.write(f"{error}\n")
            return False
        build = Path(f"{bare.path}{PROJECT}/build")
        build.mkdir(exist_ok=True)
        for package in Path(f"{root.path}{PROJECT}/build").glob("*.deb"):
            shutil.copy(package, build)
        passed = bare.run(["sh", "-c", step.command], log, online=True) == 0
        if passed:
            bare.remove()
    return passed
