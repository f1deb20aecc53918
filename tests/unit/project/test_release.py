"""The release checklist, in a checkout of its own: it passes when all is prepared, and says what isn't."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import berofos_ra
from tests.matrix.pages import with_table
from tests.matrix.results import SUITES, Result
from tests.support.checkout import CHECKOUT

VERSION = berofos_ra.__version__
WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")
NEEDED = (".ci", "Makefile", "CHANGELOG.md", "README.md", "berofos_ra/__init__.py", "debian/changelog")


class Checkout:
    """A repository with the files that are looked at, prepared for a release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in NEEDED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copyfile
            copy(CHECKOUT / name, folder / name)
        self.git("init", "--quiet")
        text = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
        readme = (folder / "README.md").read_text(encoding="utf-8")
        all_tests = {suite: Result(suite, "2026-11-23", 2, VERSION, {}, []) for suite in SUITES}
        self.change("README.md", readme, with_table(readme, all_tests))
        newest = f"## {VERSION} - 2026-11-23"
        self.change("CHANGELOG.md", re.findall("^## .*$", text, re.MULTILINE)[0], newest)

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *WHO, *arguments], cwd=self.folder, check=True, capture_output=True)

    def change(self, name: str, before: str, after: str) -> None:
        """Change a file and commit it."""
        file = self.folder / name
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after, 1), encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def release(self, version: str = VERSION) -> subprocess.CompletedProcess[str]:
        """`make release`, without what takes long."""
        command = ["make", "--silent", "release", f"VERSION={version}", "DRY_RUN=yes"]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_all_is_prepared(checkout: Checkout) -> None:
    done = checkout.release()
    assert done.returncode == 0, done.stderr
    for words in ("make check: left out", "make test: left out", "make deb: left out", "lintian"):
        assert words in done.stdout
    assert done.stdout.endswith(f"  git tag --annotate --message 'berofos-ra {VERSION}' v{VERSION}\n")


def test_the_order_is_that_of_the_page(checkout: Checkout) -> None:
    """CONTRIBUTING.md says what is to be done before."""
    page = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = re.findall(r"(berofos_ra/__init__\.py|debian/changelog|CHANGELOG\.md)", page.partition("## Releasing")[2])
    assert files == re.findall(
        r"ok    (berofos_ra/__init__\.py|debian/changelog|CHANGELOG\.md)", checkout.release().stdout
    )


@pytest.mark.parametrize(
    ("file", "before", "after", "complaint"),
    [
        ("berofos_ra/__init__.py", VERSION, "9.9.9", "berofos_ra/__init__.py has another version"),
        ("debian/changelog", f"({VERSION})", "(9.9.9)", "debian/changelog has another version"),
        ("README.md", f"all tests of {VERSION}", "package, quick tests, demo of 9.9.9", "README.md doesn't say"),
        ("debian/changelog", "unstable", "UNRELEASED", "debian/changelog says UNRELEASED"),
        ("CHANGELOG.md", f"## {VERSION} - 2026-11-23", "## Unreleased", 'CHANGELOG.md has "## Unreleased" on top'),
    ],
)
def test_what_is_forgotten_is_told(checkout: Checkout, file: str, before: str, after: str, complaint: str) -> None:
    checkout.change(file, before, after)
    done = checkout.release()
    assert done.returncode != 0
    assert f"STOP  {complaint}" in done.stderr
    assert "git tag" not in done.stdout


def test_nothing_may_be_left_to_commit(checkout: Checkout) -> None:
    (checkout.folder / "forgotten").touch()
    assert "STOP  the checkout has changes" in checkout.release().stderr


def test_a_version_is_released_once(checkout: Checkout) -> None:
    checkout.git("tag", f"v{VERSION}")
    assert f"STOP  tag v{VERSION} exists already" in checkout.release().stderr


@pytest.mark.parametrize("version", ["", "1", "v1.2.3", "1.2.3-rc"])
def test_versions_have_three_numbers(checkout: Checkout, version: str) -> None:
    assert "usage: .ci/release" in checkout.release(version).stderr
