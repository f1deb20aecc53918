"""Pytest fixtures around the lab. In a conftest.py: `from tests.lab.fixtures import *`.

A test that fails leaves the logs of its lab in build/lab-logs/<test>.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.lab import Lab
from tests.lab.requirements import CHECKOUT

__all__ = ["lab", "lab_options", "new_lab", "shared_lab"]

_LOGS = CHECKOUT / "build" / "lab-logs"


@pytest.fixture(scope="session")
def lab_options() -> dict[str, Any]:
    """Arguments of `Lab` for the lab that tests share; to be overridden where it takes others."""
    return {}


@pytest.fixture(scope="session")
def shared_lab(lab_options: dict[str, Any]) -> Iterator[Lab]:
    """One lab for all tests of a run. Tests use `lab`."""
    _skip_where_impossible()
    with Lab(**lab_options) as lab:
        yield lab


@pytest.fixture
def lab(shared_lab: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The shared lab, as good as new."""
    with_logs = _LogKeeper(request)
    try:
        shared_lab.reset()
    except BaseException:
        with_logs.keep(shared_lab)
        raise
    for node in shared_lab.running_nodes():
        node.run(["logger", "-t", "lab", f"here begins {request.node.nodeid}"])
    yield shared_lab
    if with_logs.failed():
        with_logs.keep(shared_lab)


@pytest.fixture
def new_lab(request: pytest.FixtureRequest) -> Iterator[Callable[..., Lab]]:
    """Starts a lab of the test's own, with arguments of `Lab`; it is taken down after the test."""
    _skip_where_impossible()
    with_logs = _LogKeeper(request)
    labs: list[Lab] = []

    def start(**options: Any) -> Lab:
        labs.append(Lab(**options))
        return labs[-1]

    yield start
    for number, each in enumerate(labs, start=1):
        if with_logs.failed() and each.link.alive():
            with_logs.keep(each, f"lab-{number}")
        each.down()


def _skip_where_impossible() -> None:
    lacking = Lab.missing()
    if lacking:
        pytest.skip("no lab can be set up on this machine: " + " ".join(lacking))


class _LogKeeper:
    """Knows, when a test's fixtures are torn down, whether the test has failed."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._failed_before = request.session.testsfailed

    def failed(self) -> bool:
        return self._request.session.testsfailed > self._failed_before

    def keep(self, lab: Lab, part: str = "") -> None:
        name = re.sub(r"[^\w.-]+", "-", self._request.node.nodeid.removeprefix("tests/"))
        directory = _LOGS / name / part
        lab.collect_logs(directory)
        print(f"logs of the lab are in {directory}")
