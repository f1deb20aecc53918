"""The version is in one place, and the Debian package's changelog agrees."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import berofos_ra
from tests.support.checkout import CHECKOUT


def test_debian_changelog_agrees() -> None:
    first, *rest = (CHECKOUT / "debian" / "changelog").read_text(encoding="utf-8").splitlines()
    assert first.startswith(f"berofos-ra ({berofos_ra.__version__}) ")
    trailer = next(line for line in rest if line.startswith(" -- "))
    parsedate_to_datetime(trailer.rpartition(">")[2])  # the package's files are of that date
