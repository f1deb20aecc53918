"""What all machines of a lab have installed and configured: one layer over the host's root, made once per lab."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.lab import machine, nodefiles, syscalls
from tests.lab.layout import IMAGE, Spec

_NOT_SOURCE = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "__pycache__", "*.egg-info")

# What a cluster leaves behind. A machine of the lab begins without, whatever the host has been used for.
_EMPTIED = (
    "/var/lib/pacemaker/blackbox",
    "/var/lib/pacemaker/cib",
    "/var/lib/pacemaker/cores",
    "/var/lib/pacemaker/pengine",
    "/var/lib/corosync",
    "/var/log",
    "/etc/corosync",
)
_LOG_DIRECTORIES = {
    "/var/log/pacemaker": "hacluster:haclient",
    "/var/log/crmsh": "hacluster:haclient",
    "/var/log/corosync": "root:root",
    "/var/log/pcsd": "root:root",
    "/etc/corosync/uidgid.d": "root:root",
}


class InstallError(Exception):
    """The project could not be installed; the message is the installer's output."""


def layers() -> list[str]:
    """The directories that a machine's root is laid over, topmost first."""
    return [f"{IMAGE}/upper", "/"]


def make(spec: Spec) -> None:
    """Install the project with `make install` and write the machines' configuration.

    Raises:
        InstallError: `make install` failed.
        OSError: a file or mount was refused.
    """
    root = machine.mount_overlay(IMAGE, ["/"])
    sources = f"{IMAGE}/source"
    shutil.copytree(spec.checkout, sources, ignore=_NOT_SOURCE, symlinks=True)
    _empty(root)
    for path, (content, mode) in _configuration(spec).items():
        _write(root, path, content, mode)
    cib = "/var/lib/pacemaker/cib/cib.xml"
    subprocess.run(["chown", "hacluster:haclient", f"{root}{cib}"], check=True)
    _install(root, sources, spec.checkout)
    syscalls.unmount(root)  # from now on a layer that nobody writes to


def _empty(root: str) -> None:
    for directory in _EMPTIED:
        path = Path(f"{root}{directory}")
        if not path.is_dir():
            continue
        for entry in path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    for directory, owner in _LOG_DIRECTORIES.items():
        Path(f"{root}{directory}").mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", owner, f"{root}{directory}"], check=True)


def _configuration(spec: Spec) -> dict[str, tuple[str, int]]:
    return {
        "/etc/hosts": (nodefiles.hosts(spec), 0o644),
        "/etc/corosync/corosync.conf": (nodefiles.corosync_conf(spec), 0o644),
        "/etc/rsyslog.conf": (nodefiles.RSYSLOG_CONF, 0o644),
        "/etc/bnfos.conf": (nodefiles.bnfos_conf(spec), 0o600),
        "/var/lib/pacemaker/cib/cib.xml": (nodefiles.first_cib(spec), 0o600),
        **spec.files,
    }


def _write(root: str, path: str, content: str, mode: int) -> None:
    target = Path(f"{root}{path}")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Never through a link: an absolute one would lead out of the machine.
    target.unlink(missing_ok=True)
    target.write_text(content, encoding="utf-8")
    target.chmod(mode)


def _install(root: str, sources: str, checkout: str) -> None:
    """Run `make install` inside the image, in a copy of the sources."""
    pid = os.fork()
    log = f"{IMAGE}/install.log"
    if pid == 0:
        try:
            _be_installer(root, sources, checkout, log)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise InstallError(f"make install failed:\n{Path(log).read_text(encoding='utf-8', errors='replace')[-3000:]}")


def _be_installer(root: str, sources: str, checkout: str, log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.make_mounts_private()
    syscalls.mount(sources, f"{root}/mnt", flags=syscalls.MS_BIND)
    machine.enter(root, hidden=checkout)
    os.chdir("/mnt")
    os.execvpe("make", ["make", "install"], machine.ENVIRONMENT)
