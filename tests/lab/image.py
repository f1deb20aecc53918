"""What all machines of a lab have installed and configured: one layer over the host's root, made once per lab."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.lab import machine, nodefiles, rootfs, syscalls
from tests.lab.layout import FENCE_AGENTS, IMAGE, Spec

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
# Where `make install` on the host has put what would hide the package.
_REMOVED = (
    "usr/local/bin/berofos",
    "usr/local/bin/bnfos",
    "usr/local/bin/xivo-berofos",
    "usr/local/lib/python3*/dist-packages/berofos_ra*",
)
_DIRECTORIES = {
    "/var/lib/corosync": "root:root",  # which its package had until 3.1.10
    "/var/log/pacemaker": "hacluster:haclient",
    "/var/log/crmsh": "hacluster:haclient",
    "/var/log/corosync": "root:root",
    "/var/log/pcsd": "root:root",
    "/etc/corosync/uidgid.d": "root:root",
}


class InstallError(Exception):
    """The package could not be installed; the message is dpkg's output."""


def layers() -> list[str]:
    """The directories that a machine's root is laid over, topmost first."""
    return [f"{IMAGE}/upper", "/"]


def make(spec: Spec) -> None:
    """Install the package and write the machines' configuration.

    Raises:
        InstallError: dpkg failed.
        OSError: a file or mount was refused.
    """
    root = rootfs.mount_overlay(IMAGE, ["/"])
    _empty(root)
    for pattern in _REMOVED:
        for hiding in Path(root).glob(pattern):
            _remove(hiding)
    for path, (content, mode) in _configuration(spec).items():
        _write(root, path, content, mode)
    cib = "/var/lib/pacemaker/cib/cib.xml"
    subprocess.run(["chown", "hacluster:haclient", f"{root}{cib}"], check=True)
    if spec.package:
        _install(root, spec.package, spec.checkout)
    syscalls.unmount(root)  # from now on a layer that nobody writes to


def _empty(root: str) -> None:
    for directory in _EMPTIED:
        path = Path(f"{root}{directory}")
        if not path.is_dir():
            continue
        for entry in path.iterdir():
            _remove(entry)
    for directory, owner in _DIRECTORIES.items():
        Path(f"{root}{directory}").mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", owner, f"{root}{directory}"], check=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _configuration(spec: Spec) -> dict[str, tuple[str, int]]:
    return {
        "/etc/hosts": (nodefiles.hosts(spec), 0o644),
        "/etc/corosync/corosync.conf": (nodefiles.corosync_conf(spec), 0o644),
        "/etc/rsyslog.conf": (nodefiles.RSYSLOG_CONF, 0o644),
        "/etc/bnfos.conf": (nodefiles.bnfos_conf(spec), 0o600),
        "/var/lib/pacemaker/cib/cib.xml": (nodefiles.first_cib(spec), 0o600),
        **{f"/usr/sbin/{name}": (nodefiles.fence_agent(), 0o755) for name in FENCE_AGENTS if spec.power_switch},
        **spec.files,
    }


def _write(root: str, path: str, content: str, mode: int) -> None:
    target = Path(f"{root}{path}")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Never through a link: an absolute one would lead out of the machine.
    target.unlink(missing_ok=True)
    target.write_text(content, encoding="utf-8")
    target.chmod(mode)


def _install(root: str, package: str, checkout: str) -> None:
    """Run dpkg inside the image."""
    pid = os.fork()
    log = f"{IMAGE}/install.log"
    if pid == 0:
        try:
            _be_installer(root, package, checkout, log)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        output = Path(log).read_text(encoding="utf-8", errors="replace")
        raise InstallError(f"{package} can't be installed:\n{output[-3000:]}")


def _be_installer(root: str, package: str, checkout: str, log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.make_mounts_private()
    syscalls.mount(str(Path(package).parent), f"{root}/mnt", flags=syscalls.MS_BIND)
    machine.enter(root, hidden=checkout)
    # What it would trigger, the index of the manual pages for one, takes longer than all the rest.
    command = ["dpkg", "--no-triggers", "--log=/dev/null", "--install", f"/mnt/{Path(package).name}"]
    os.execvpe("dpkg", command, {**rootfs.ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"})
