"""What ``berofos doctor`` looks for on a node of a cluster: what XiVO's own integration may have left there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from berofos_ra.cli.commands.checks import WARNING, Finding

_CRON = ("etc/crontab", "etc/cron.d/*", "var/spool/cron/crontabs/*")
_COMMANDS = ("xivo-check-master-status", "xivo-berofos", "berofos-workaround")  # what moves relays, or asterisk
_AT_BOOT = ("etc/rc[2-5].d/S[0-9][0-9]asterisk", "etc/systemd/system/*.target.wants/asterisk.service")
_DROP_IN = "xivo-berofos"
_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def check_leftovers(root: Path = Path("/")) -> Iterator[Finding]:
    """Where Pacemaker is in charge nobody else is to move the relay, or to start asterisk."""
    for file in _files(root, _CRON):
        for line in _active_lines(file):
            command = next((one for one in _COMMANDS if one in line), None)
            if command is not None:
                what = f"{file}: cron calls {command}, which would move lines behind the cluster's back"
                yield Finding(WARNING, what, "comment that line, or move the file away", counts=True)
                break
    for link in _files(root, _AT_BOOT)[:1]:
        what = f"{link}: asterisk is started at boot, and not by Pacemaker alone"
        yield Finding(WARNING, what, "systemctl disable asterisk", counts=True)
    found = _drop_ins(root)
    if len(found) > 1:
        what = f"{_DROP_IN} is there {len(found)} times: {', '.join(found)}"
        yield Finding(WARNING, what, "remove the one that isn't of this project", counts=True)


def _files(root: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [file for pattern in patterns for file in sorted(root.glob(pattern)) if file.name.isprintable()]


def _active_lines(file: Path) -> Iterator[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    yield from (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def _drop_ins(root: Path) -> list[str]:
    """Each file of that name once, however many ways lead to it; what comes first in the PATH first."""
    directories = dict.fromkeys([*os.environ.get("PATH", "").split(":"), *_DIRECTORIES])
    places = [root / directory.lstrip("/") / _DROP_IN for directory in directories if directory.startswith("/")]
    return list(dict.fromkeys(os.path.realpath(place) for place in places if _is_file(place)))


def _is_file(place: Path) -> bool:
    with contextlib.suppress(OSError):  # a name too long, or a directory that this user may not enter
        return place.is_file()
    return False
