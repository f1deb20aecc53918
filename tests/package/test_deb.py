"""The Debian package: how it is built, what is in it, and what Debian's own judge says of it."""

from __future__ import annotations

import re
import shutil
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from berofos_ra import __version__
from tests.lab import package
from tests.support.checkout import CHECKOUT, copy_checkout
from tests.support.processes import output_of

LIBRARY = "./usr/lib/python3/dist-packages"
DOC = "./usr/share/doc/resource-agents-berofos"
UNITS = ("berofos-kick.service", "berofos-metrics.service", "berofos-metrics.timer")


@pytest.fixture(scope="module")
def deb() -> Path:
    return Path(package.build(CHECKOUT))


@pytest.fixture(scope="module")
def unit(contents: dict[str, str]) -> str:
    """Where the unit is: each debhelper, and each lintian, knows one place only."""
    (path,) = [path for path in contents if path.endswith("/berofos-kick.service")]
    assert path in ("./lib/systemd/system/berofos-kick.service", "./usr/lib/systemd/system/berofos-kick.service")
    return path


@pytest.fixture(scope="module")
def contents(deb: Path) -> dict[str, str]:
    """Permissions and owner of every file."""
    lines = output_of("dpkg-deb", "--contents", deb).splitlines()
    return {line.split()[5]: " ".join(line.split()[:2]) for line in lines}


def test_agent_library_and_commands_are_in_it(contents: dict[str, str], unit: str) -> None:
    program, text = "-rwxr-xr-x root/root", "-rw-r--r-- root/root"
    assert contents["./usr/lib/ocf/resource.d/xivo/berofos"] == program
    for command in ("berofos", "bnfos", "xivo-berofos"):
        assert contents[f"./usr/bin/{command}"] == program
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "berofos_ra").rglob("*.py")}
    packaged = {path.removeprefix(f"{LIBRARY}/") for path in contents if path.endswith(".py")}
    assert packaged == modules
    assert contents[f"{LIBRARY}/berofos_ra/py.typed"] == text
    assert contents["./usr/lib/nagios/plugins/check_berofos"] == program
    for name in UNITS:
        assert contents[f"{unit.rpartition('/')[0]}/{name}"] == text
    assert contents["./usr/share/bash-completion/completions/berofos"] == text


def test_documents_are_in_it_and_can_be_used_as_they_are(contents: dict[str, str]) -> None:
    for pattern in ("README.md", "crm-examples/*", "docs/monitoring-examples/*", "docs/*.md", "docs/*.svg"):
        for path in CHECKOUT.glob(pattern):
            assert contents[f"{DOC}/{path.relative_to(CHECKOUT)}"].endswith(" root/root")
    pages = {path.rpartition("/man/")[2] for path in contents if path.endswith(".gz") and "/man/" in path}
    sections = {"ocf_xivo_berofos": 7, "berofos": 8, "bnfos": 8, "xivo-berofos": 8, "bnfos.conf": 5}
    assert pages == {f"man{section}/{name}.{section}.gz" for name, section in sections.items()}


def test_nothing_else_is_in_it(contents: dict[str, str], unit: str) -> None:
    places = ("./usr/bin/", "./usr/lib/ocf/resource.d/xivo/", f"{LIBRARY}/berofos_ra", f"{DOC}/", "./usr/share/man/")
    others = {path for path in contents if not path.startswith(places) and not path.endswith("/")}
    units = {f"{unit.rpartition('/')[0]}/{name}" for name in UNITS}
    plugin = "./usr/lib/nagios/plugins/check_berofos"
    assert others == {*units, plugin, "./usr/share/bash-completion/completions/berofos"}
    assert not [path for path in contents if re.search(r"/(etc|tests|__pycache__)/|\.pyc$|\.in$", path)]


def test_unit_calls_the_packaged_command_and_stops_with_the_package(deb: Path, unit: str, tmp_path: Path) -> None:
    output_of("dpkg-deb", "--extract", deb, tmp_path)
    assert "ExecStart=/usr/bin/berofos kick " in (tmp_path / unit).read_text(encoding="utf-8")
    assert "stop 'berofos-kick.service'" in output_of("dpkg-deb", "--info", deb, "prerm")


def test_control_fields(deb: Path) -> None:
    def field(name: str) -> str:
        return output_of("dpkg-deb", "--field", deb, name).strip()

    assert field("Version") == __version__
    assert field("Architecture") == "all"
    assert set(field("Depends").split(", ")) == {
        "python3:any (>= 3.11)",
        "python3-ifaddr",
        "python3-lxml",
        "python3-requests",
        "python3-rich (>= 13)",
        "resource-agents (>= 1:4.12)",
    }
    assert field("Recommends") == "pacemaker (>= 2.1.5), python3-prometheus-client"
    assert {field(name) for name in ("Provides", "Conflicts", "Replaces")} == {"bntools"}


def test_lintian_finds_no_errors_and_no_warnings(deb: Path) -> None:
    (changes,) = deb.parent.glob("*.changes")
    output_of("lintian", "--allow-root", "--fail-on", "error,warning", changes)


def test_packages_of_equal_sources_are_equal_and_built_once(deb: Path, tmp_path: Path) -> None:
    """From another checkout, with other times and permissions, in a directory that can't be written to.

    A Python that isn't Debian's comes first in the path, and has none of Debian's modules.
    """
    checkout, around = tmp_path / "checkout", tmp_path / "around"
    copy_checkout(checkout, copy_function=shutil.copyfile)
    for program in ("agents/ocf/berofos", "debian/rules", ".ci/build-deb"):
        (checkout / program).chmod(0o700)
    (around / "checkout").mkdir(parents=True)
    other_python = tmp_path / "bin"
    other_python.mkdir()
    for name in ("python3", f"python{sys.version_info.major}.{sys.version_info.minor}"):
        (other_python / name).write_text('#!/bin/sh\nexec /usr/bin/python3 -I -S "$@"\n', encoding="utf-8")
        (other_python / name).chmod(0o755)
    script = """
        mount --bind -o ro "$1" "$1"
        mount --bind "$2" "$1/checkout"
        cd "$1/checkout"
        ! touch ../file 2>/dev/null
        PATH="$3:$PATH"
        for number in 1 2 3; do .ci/build-deb & done
        wait
    """
    printed = output_of("unshare", "--mount", "sh", "-euc", script, "sh", around, checkout, other_python).split()
    assert len(printed) == 3
    (directory,) = set(printed)
    store = checkout / "build" / "deb"
    assert {path.name for path in store.iterdir()} == {"lock", Path(directory).name}
    (other,) = (store / Path(directory).name).glob("*.deb")
    assert sha256(other.read_bytes()).digest() == sha256(deb.read_bytes()).digest()
