"""Pytest fixtures around the lab. In a conftest.py: `from tests.lab.fixtures import *`.

A test that fails leaves the logs of its labs in build/lab-logs/<test>. `shared` and `for_a_test` make further
fixtures of this kind: a lab for all tests of a run, and the view that one test has of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT

__all__ = ["lab", "lab_options", "labs_that_wait_are_idle", "new_lab", "shared_lab"]

_LOGS = CHECKOUT / "build" / "lab-logs"
_begun: list[Lab] = []  # those that are there now


@pytest.fixture(scope="session")
def lab_options() -> dict[str, Any]:
    """Arguments of `Lab` for the lab that tests share; to be overridden where it takes others."""
    return {}


@pytest.fixture(scope="module", autouse=True)
def labs_that_wait_are_idle() -> Iterator[None]:
    """Nothing runs in a shared lab until the next file that has use for it: monitors keep the machine busy."""
    yield
    for lab in _begun:
        with suppress(LabError):  # whoever uses it next sees to it
            lab.reset()


@pytest.fixture(scope="session")
def shared_lab(lab_options: dict[str, Any]) -> Iterator[Lab]:
    """One lab for all tests of a run. Tests use `lab`."""
    with shared(**lab_options) as lab:
        yield lab


@pytest.fixture
def lab(shared_lab: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The shared lab, as good as new."""
    with for_a_test(shared_lab, request) as lab:
        lab.reset()
        yield lab


@pytest.fixture
def new_lab(request: pytest.FixtureRequest) -> Iterator[Callable[..., Lab]]:
    """Starts a lab of the test's own, with arguments of `Lab`; it is taken down after the test."""
    with ExitStack() as stack:
        begun = 0

        def start(**options: Any) -> Lab:
            nonlocal begun
            begun += 1
            lab = stack.enter_context(shared(**options))
            return stack.enter_context(for_a_test(lab, request, f"lab-{begun}"))

        yield start


@contextmanager
def shared(**options: Any) -> Iterator[Lab]:
    """A lab with these arguments of `Lab`; skips the test where there can't be any."""
    lacking = Lab.missing()
    if lacking:
        pytest.skip("no lab can be set up on this machine: " + " ".join(lacking))
    with Lab(**options) as lab:
        _begun.append(lab)
        try:
            yield lab
        finally:
            _begun.remove(lab)


@contextmanager
def for_a_test(lab: Lab, request: pytest.FixtureRequest, part: str = "") -> Iterator[Lab]:
    """A lab while the test runs that requests a fixture; if it fails, in setting up too, the lab's logs are kept.

    Args:
        lab: The lab.
        request: The fixture's.
        part: Which lab of the test it is, if it has several.
    """
    failed_before = request.session.testsfailed
    with suppress(LabError):  # the last test may have left it in disorder
        for node in lab.running_nodes():
            node.run(["logger", "-t", "lab", f"here begins {request.node.nodeid}"])
    try:
        yield lab
    except BaseException:
        _keep_logs(lab, request, part)
        raise
    if request.session.testsfailed > failed_before:
        _keep_logs(lab, request, part)


def _keep_logs(lab: Lab, request: pytest.FixtureRequest, part: str) -> None:
    if not lab.link.alive():
        return
    name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.removeprefix("tests/"))
    directory = _LOGS / name / part
    lab.collect_logs(directory)
    print(f"logs of the lab are in {directory}")
