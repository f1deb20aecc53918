"""Sites to run the agent in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from berofos_ra.simulator import Simulator
from tests.agent.site import Site
from tests.support.devices import specs

NewSite = Callable[..., Site]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short name: exit reasons end after 128 bytes, and paths are in them."""
    with tempfile.TemporaryDirectory(prefix="berofos-") as name:
        yield Path(name)


@pytest.fixture
def new_site(folder: Path) -> Iterator[NewSite]:
    """Makes a site: the names of its devices, its topology, and what its devices are like (see DeviceSpec)."""
    with ExitStack() as stack:

        def make(names: Sequence[str] = ("fos1",), topology: str = "two-xivo", **options: object) -> Site:
            simulator = stack.enter_context(Simulator(specs(names, **options)))
            return Site(folder, simulator, topology)

        yield make


@pytest.fixture
def site(new_site: NewSite) -> Site:
    """Two XiVOs and one device, as delivered: A--D."""
    return new_site()


@pytest.fixture
def two(new_site: NewSite) -> Site:
    """Two XiVOs and two devices, as delivered: A--D."""
    return new_site(("fos1", "fos2"))


@pytest.fixture
def pbx(new_site: NewSite) -> Site:
    """One XiVO in front of a PBX, one device, as delivered: A--D."""
    return new_site(topology="xivo-pbx")
