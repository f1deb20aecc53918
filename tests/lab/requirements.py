"""What a machine needs to hold a lab, and whether it has it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab import package
from tests.support.checkout import CHECKOUT

# Program -> Debian package
_PROGRAMS = {
    "pacemakerd": "pacemaker",
    "cibadmin": "pacemaker-cli-utils",
    "corosync": "corosync",
    "corosync-qdevice": "corosync-qdevice",
    "corosync-qnetd": "corosync-qnetd",
    "crm": "crmsh",
    "pcs": "pcs",
    "rsyslogd": "rsyslog",
    "ip": "iproute2",
    "tc": "iproute2",
    "nsenter": "util-linux",
}
_BUILDERS = {
    "dpkg-buildpackage": "dpkg-dev",
    "dh": "debhelper",
    "dh_python3": "dh-python",
    "pyproject-build": "pybuild-plugin-pyproject",
}
_SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHELL_FUNCTIONS = Path("/usr/lib/ocf/lib/heartbeat/ocf-shellfuncs")


def missing() -> list[str]:
    """What this machine lacks to hold a lab, one sentence each; empty if nothing."""
    programs = _PROGRAMS if package.is_installed() else {**_PROGRAMS, **_BUILDERS}
    packages = sorted({name for program, name in programs.items() if not shutil.which(program, path=_SEARCHED)})
    if not _SHELL_FUNCTIONS.exists():
        packages.append("resource-agents")
    sentences = []
    if packages:
        sentences.append(
            f"Programs are missing. On Debian: apt-get install --no-install-recommends {' '.join(packages)}"
        )
    if os.geteuid() != 0:
        sentences.append("It takes root to create network and mount namespaces: run it with sudo, or as root.")
    else:
        sentences += _try_out()
    return sentences


def _try_out() -> list[str]:
    """Have another process do what a lab begins with, and see whether the kernel lets it."""
    command = [sys.executable, "-m", "tests.lab.tryout"]
    result = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        return [f"The lab's first steps can't even be tried: {result.stderr.strip()[-500:]}"]
    refused: list[str] = json.loads(result.stdout)
    return refused
