"""Sites for the tools: simulated devices, their config file, and for ``berofos`` a cluster that is only acted."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.operator_site import OperatorSite, operator_site
from tests.cli.vendor_site import VendorSite, vendor_site

NewSite = Callable[..., OperatorSite]


@pytest.fixture
def new_site() -> Iterator[NewSite]:
    """Makes a configured site: so many devices, and what they are like (see DeviceSpec)."""
    with ExitStack() as stack:

        def make(count: int = 1, **options: object) -> OperatorSite:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="berofos-")))
            return stack.enter_context(operator_site(folder, count, **options))

        yield make


@pytest.fixture
def site(new_site: NewSite) -> OperatorSite:
    """One device as delivered, A--D, with a login."""
    return new_site()


@pytest.fixture
def two(new_site: NewSite) -> OperatorSite:
    """Two of them."""
    return new_site(2)


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[VendorSite]:
    """One device with a password, and its section."""
    with vendor_site(tmp_path) as one:
        one.configure()
        yield one
        for file in tmp_path.glob("*.pid"):  # a daemon that a failing test left behind
            os.kill(int(file.read_text()), signal.SIGTERM)


@pytest.fixture
def flashing(vendor: VendorSite) -> VendorSite:
    """The same, in flash mode."""
    vendor.fos1.power_on(flash=True)
    return vendor
