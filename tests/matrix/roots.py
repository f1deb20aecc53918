"""Root file systems of Debian's suites: made by debootstrap, kept below build/roots, refreshed, and entered.

What this machine has been told about the network (a mirror, proxies, certificates, where pip finds packages) is taken
from its own configuration, so that a root has it, too.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.lab import package, rootfs, syscalls
from tests.support.checkout import CHECKOUT, copy_checkout

ROOTS = CHECKOUT / "build" / "roots"
PROJECT = "/check"  # where a root has the project

_NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private")
_SOME_MIRROR = "http://deb.debian.org/debian/"
# As a pattern of apt-config(8)'s names: how to fetch, and not what.
_APT_SETTINGS = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Languages", "Acquire::Retries")
_OWN_CERTIFICATES = "/usr/local/share/ca-certificates"
_PIP_SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip", "~/.config/pip", "~/.pip")
_NO_SERVICES = "#!/bin/sh\nexit 101\n"
_ANSWER = 60.0  # s, for a mirror to answer


class PreparationError(Exception):
    """A root can't be had. `fetched` tells whether the mirror answers, so that it is a defect all the same."""

    def __init__(self, message: str, fetched: bool) -> None:
        super().__init__(message)
        self.fetched = fetched


class Root:
    """The root of one suite.

    Attributes:
        suite: Its code name.
        path: Where it is.
    """

    def __init__(self, suite: str, *, bare: bool = False) -> None:
        """Name it; `bare`: a second one, with nothing but what every Debian has, to be made anew each time."""
        self.suite = suite
        self.bare = bare
        self.path = ROOTS / (f"{suite}-bare" if bare else suite)
        self._made = self.path.with_suffix(".made")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else may use it meanwhile."""
        ROOTS.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def prepare(self, log: Path) -> None:
        """Make or refresh it, with the project's sources in it and, unless it is bare, all that its targets need.

        Args:
            log: Where to write what the tools print.

        Raises:
            PreparationError: it can't be had; the message has the end of what was printed.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        mirror = _mirror()
        if self.bare or not self._made.exists():
            self.remove()
            self._bootstrap(mirror, log)
        self._take_settings()
        self._copy_project()
        script = "apt-get update -qq"
        if not self.bare:
            script = (
                f"dpkg --configure -a && {script} && dpkg --purge resource-agents-berofos"
                " && apt-get -y -qq dist-upgrade && apt-get -y -qq install --no-install-recommends make"
                f" && make -C {PROJECT} .venv/ready"
            )
        if self.run(["sh", "-c", script], log, online=True) != 0:
            self._give_up(mirror, log)

    def remove(self) -> None:
        """Remove it, if it is there."""
        self._made.unlink(missing_ok=True)
        if self.path.exists():  # whatever was mounted there went with its namespace
            subprocess.run(["rm", "-rf", "--one-file-system", self.path], check=True)

    def run(self, command: Sequence[str], log: Path, *, online: bool = False) -> int:
        """Run a command there as root, in namespaces of its own; returns its exit status.

        Args:
            command: What to run, in the project's directory.
            log: Its output is added there.
            online: Whether it has this machine's network; else one of its own with nothing in it but itself.
        """
        namespaces = [*_NAMESPACES, *([] if online else ["--net"])]
        inside = [sys.executable, "-B", "-m", "tests.matrix.inside", str(self.path), self.suite, PROJECT, *command]
        with log.open("ab") as output:
            return subprocess.run(
                ["unshare", *namespaces, *inside],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**rootfs.ENVIRONMENT, **_settings_of_environment(), "DEBIAN_FRONTEND": "noninteractive"},
                preexec_fn=syscalls.die_with_parent,
                check=False,
            ).returncode

    def versions(self, *packages: str) -> dict[str, str]:
        """The upstream versions of those Debian packages that are installed."""
        command = ["dpkg-query", f"--admindir={self.path}/var/lib/dpkg", "--show"]
        shown = subprocess.run(
            [*command, "--showformat=${Package} ${source:Upstream-Version} ${db:Status-Status}\n", *packages],
            capture_output=True,
            text=True,
            check=False,  # 1: not every one is known
        ).stdout
        lines = [line.split() for line in shown.splitlines()]
        return {name: version for name, version, status in lines if status == "installed"}

    def _bootstrap(self, mirror: str, log: Path) -> None:
        cache = ROOTS / "debs"
        cache.mkdir(parents=True, exist_ok=True)
        self.path.mkdir()
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", f"--cache-dir={cache}"]
        # The script named last knows every suite since 2012, those that it was written before, too.
        command += [self.suite, str(self.path), mirror, "/usr/share/debootstrap/scripts/sid"]
        with log.open("ab") as output:
            done = subprocess.run(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**rootfs.ENVIRONMENT, **_settings_of_environment()},
                preexec_fn=syscalls.die_with_parent,
                check=False,
            )
        if done.returncode != 0:
            self._give_up(mirror, log)
        self._made.touch()

    def _give_up(self, mirror: str, log: Path) -> None:
        fetched = _answers(f"{mirror}dists/{self.suite}/InRelease")
        text = log.read_text(encoding="utf-8", errors="replace")
        raise PreparationError(text.strip()[-1500:] if fetched else f"{mirror} doesn't answer", fetched)

    def _take_settings(self) -> None:
        self._write("usr/sbin/policy-rc.d", _NO_SERVICES, 0o755)
        self._write("etc/resolv.conf", Path("/etc/resolv.conf").read_text(encoding="utf-8"))
        self._write("etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {self.suite}\n")
        self._write("etc/apt/apt.conf.d/80of-this-machine", _apt_settings())
        if Path(_OWN_CERTIFICATES).is_dir():
            shutil.copytree(_OWN_CERTIFICATES, self._inside(_OWN_CERTIFICATES), dirs_exist_ok=True)
            subprocess.run(["chroot", self.path, "update-ca-certificates"], check=True, capture_output=True)
        for name in _PIP_SETTINGS:
            source = Path(name).expanduser()
            target = self._inside(name.replace("~", "/root"))
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copyfile(source, target)

    def _copy_project(self) -> None:
        """As it is now, but for what was made of it there: that is quicker to keep."""
        project = self._inside(PROJECT)
        new = project.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        copy_checkout(new)
        if (project / ".venv").is_dir():
            (project / ".venv").rename(new / ".venv")
        shutil.rmtree(project, ignore_errors=True)
        new.rename(project)
        released = package.build_released()  # there is no history in there to build it from
        kept = project / package.RELEASED_PACKAGE.relative_to(CHECKOUT)
        kept.parent.mkdir(parents=True)
        shutil.copyfile(released, kept)
        subprocess.run(["chown", "--recursive", "root:root", project], check=True)

    def _inside(self, path: str) -> Path:
        return Path(f"{self.path}{path}")

    def _write(self, path: str, text: str, mode: int = 0o644) -> None:
        target = self.path / path
        target.unlink(missing_ok=True)  # it may be a link, which would lead out
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)


def _mirror() -> str:
    """Where this machine has Debian's packages from."""
    form = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    mirrors = [line.split()[2] for line in lines if line.startswith("Debian Debian ")]
    return next((each for each in mirrors if each.startswith("http")), _SOME_MIRROR)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=_ANSWER):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _apt_settings() -> str:
    lines = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout.splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith(_APT_SETTINGS))


def _settings_of_environment() -> dict[str, str]:
    """The proxies, and what pip is told."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.lower().endswith("_proxy") or name.startswith("PIP_")
    }
