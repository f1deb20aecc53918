"""Labs that outlive the command that started them: one small file each under /run, nothing else on the host."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.layout import Spec
from tests.lab.link import SiteLink

DIRECTORY = Path("/run/berofos-lab")


def remember(name: str, link: SiteLink) -> None:
    """Record a running lab under a name."""
    DIRECTORY.mkdir(mode=0o700, exist_ok=True)
    record = {"pid": link.pid, "born": link.born, "spec": asdict(link.spec)}
    _file(name).write_text(json.dumps(record) + "\n", encoding="utf-8")


def find(name: str) -> SiteLink | None:
    """The running lab of that name; None if there is none, or only the record of one that has ended.

    Raises:
        LabError: the record can't be read.
    """
    try:
        record = json.loads(_file(name).read_text(encoding="utf-8"))
        link = SiteLink(record["pid"], record["born"], Spec(**record["spec"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{_file(name)} is no record of a lab: {error}") from None
    return link if link.alive() else None


def forget(name: str) -> None:
    """Remove a lab's record, and the directory with the last one."""
    _file(name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not there, or there are other labs
        DIRECTORY.rmdir()


def _file(name: str) -> Path:
    if not name or "/" in name or name.startswith("."):
        raise LabError(f"{name!r} is no name for a lab")
    return DIRECTORY / f"{name}.json"
