"""Fixtures of the cluster tests: the lab that they share, with asterisk's stand-in, and a running example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.scenario import Scenario
from tests.lab import asterisk
from tests.lab.fixtures import *  # noqa: F403
from tests.lab.fixtures import for_a_test, shared
from tests.lab.lab import Lab
from tests.support.examples import quick_example


@pytest.fixture(scope="session")  # type: ignore[no-redef]
def lab_options() -> dict[str, Any]:
    """The shared lab: two nodes with asterisk, two devices."""
    return {"nodes": 2, "devices": 2, "files": asterisk.files()}


@pytest.fixture
def scenario(lab: Lab) -> Iterator[Scenario]:
    """The shared lab, not configured yet."""
    begun = Scenario(lab)
    yield begun
    assert begun.places_with_password() == []


@pytest.fixture
def running(scenario: Scenario) -> Scenario:
    """The shared lab with the example (quick monitors); asterisk and the lines are on xivo-1, xivo-2 stands by."""
    scenario.load(quick_example())
    return scenario


@pytest.fixture(scope="session")
def shared_one_node() -> Iterator[Lab]:
    """For all tests of a run. Tests use `one_node`."""
    with shared(nodes=1, devices=16, files=asterisk.files()) as lab:
        yield lab


@pytest.fixture
def one_node(shared_one_node: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A cluster of one node with asterisk, and as many devices as anybody has; as the last test left it."""
    with for_a_test(shared_one_node, request) as lab:
        yield lab


@pytest.fixture(scope="session")
def shared_lab_with_qnetd() -> Iterator[Lab]:
    """For all tests of a run. Tests use `lab_with_qnetd`."""
    with shared(nodes=2, devices=16, files=asterisk.files(), quorum_device=True) as lab:
        yield lab


@pytest.fixture
def lab_with_qnetd(shared_lab_with_qnetd: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Two nodes with asterisk and a quorum device, and as many devices as anybody has; as the last test left it."""
    with for_a_test(shared_lab_with_qnetd, request) as lab:
        yield lab


@pytest.fixture(scope="session")
def shared_lab_with_power_switch() -> Iterator[Lab]:
    """For all tests of a run. Tests use `lab_with_power_switch`."""
    with shared(files=asterisk.files(), power_switch=True) as lab:
        yield lab


@pytest.fixture
def lab_with_power_switch(shared_lab_with_power_switch: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Two nodes with asterisk, whose power can be switched over the network; as the last test left it."""
    with for_a_test(shared_lab_with_power_switch, request) as lab:
        yield lab
