"""``berofos report``: what somebody needs to see who is to find out what is wrong here, and nothing secret."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import re
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from berofos_ra import __version__
from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.common import add_timeout_option, say, today
from berofos_ra.errors import BerofosError, ConfigError, DeviceError, explain
from berofos_ra.programs import run_program

if TYPE_CHECKING:
    from berofos_ra.cluster.pacemaker import Pacemaker
    from berofos_ra.device.config import DeviceConfig

SUMMARY = "gather what a bug report needs into one archive, without passwords and addresses"
EXAMPLE = """\
  berofos report
  berofos report --output /tmp

In it: berofos doctor, status and wiring, the cluster's configuration and state, the log lines of berofos and of
Pacemaker about it of three days, versions, and a recording of each device. Passwords aren't in it; addresses, MACs
and mail addresses have stand-ins (address-1). Names of nodes and resources are in it: read it before you send it.
"""

_DAYS = 3
_MAX_LINES = 20_000
_TOOL_TIMEOUT = 20  # s
_TAGS = ("berofos", "bnfos", "xivo-berofos")
_LOGS = ("syslog*", "messages*", "pacemaker/pacemaker.log*")
_OURS = re.compile(rf" (?:{'|'.join(_TAGS)})(?:\[\d+\])?: | pacemaker[\w-]*[ \[].*berofos")
_LIBRARIES = ("requests", "urllib3", "ifaddr", "rich")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--output", metavar="DIR", type=Path, default=Path(), help="where to put it (default .)")
    add_timeout_option(parser)


def run(args: argparse.Namespace) -> int:
    """Gather, list and write; 1 when it can't be written."""
    from berofos_ra.cluster.pacemaker import Pacemaker
    from berofos_ra.operations.survey import survey
    from berofos_ra.resource.masking import known, mask_text

    devices: tuple[DeviceConfig, ...] = ()
    with contextlib.suppress(ConfigError):  # doctor tells
        devices = read_config(args.config).select(("all",))
    seen = survey(devices, args.timeout)
    site = known(devices, [one.state.values for one in seen if one.state is not None])
    stand_ins: dict[str, str] = {}
    texts = {name: mask_text(text, site, stand_ins) for name, text in _texts(args, Pacemaker(20.0))}
    texts |= dict(_recordings(devices, args.timeout))  # redacted already, with a digest of each
    at = datetime.now(UTC)
    path = args.output / f"berofos-report-{at:%Y%m%dT%H%M%SZ}.tar.xz"
    say(f"{path} is to have:")
    for name, text in texts.items():
        say(f"  {name:<22} {len(text.encode()):>8} bytes")
    try:
        _write(path, texts, at.timestamp())
    except OSError as error:
        raise BerofosError(f"{path}: can't be written: {error.strerror}", "give another --output") from None
    say(f"{path} written, for you alone to read; no password is in it, and {len(stand_ins)} names have stand-ins")
    return 0


def _texts(args: argparse.Namespace, pacemaker: Pacemaker) -> Iterator[tuple[str, str]]:
    from berofos_ra.resource.masking import mask_cib
    from berofos_ra.resource.parameters import PARAMETERS

    yield "versions.txt", "\n".join(_versions()) + "\n"
    yield "doctor.json", _command(args, "doctor", "--json")
    yield "status.json", _command(args, "status", "--json")
    for topology in _topologies(pacemaker):
        yield f"wiring-{topology}.txt", _command(args, "wiring", "--topology", topology, timeout=False)
    cib = mask_cib(_tool("cibadmin", "--query"), [one.name for one in PARAMETERS])
    yield "cib.xml", cib or "no cluster answers\n"
    yield "crm_mon.txt", _tool("crm_mon", "--one-shot", "--inactive", "--show-node-attributes", "--operations")
    yield "log.txt", "".join(f"{line}\n" for line in _log())


def _command(args: argparse.Namespace, *words: str, timeout: bool = True) -> str:
    """What one of our own commands prints."""
    from berofos_ra.cli.berofos import make_parser

    given = [f"--config={args.config}", *words, *(["--timeout", str(args.timeout)] if timeout else [])]
    printed, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
        try:
            parsed = make_parser().parse_args(given)
            parsed.run(parsed)
        except BerofosError as error:
            sys.stdout.write(f"{explain(error, config=args.config)}\n")
    return printed.getvalue() or complaints.getvalue()


def _topologies(pacemaker: Pacemaker) -> Sequence[str]:
    from berofos_ra.resource.parameters import parse_parameters

    try:
        view = pacemaker.view()
        return sorted({parse_parameters(one.parameters).wiring.topology.name for one in view.relays} if view else ())
    except BerofosError:
        return ()


def _tool(*command: str) -> str:
    """What a tool prints; why it doesn't, where it doesn't."""
    try:
        done = run_program(*command, timeout=_TOOL_TIMEOUT)
    except OSError as error:
        return f"{command[0]}: {type(error).__name__}\n"
    return done.stdout if done.returncode == 0 else f"{command[0]} ended with {done.returncode}\n"


def _versions() -> Iterator[str]:
    yield f"berofos-ra {__version__}"
    for place in dict.fromkeys(str(each.locate_file("")) for each in distributions(name="berofos-ra")):
        yield f"installed in {place}"
    yield f"python {platform.python_version()}"
    with contextlib.suppress(OSError):
        yield platform.freedesktop_os_release().get("PRETTY_NAME", "")
    yield f"kernel {platform.release()}"
    for library in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            yield f"{library} {version(library)}"
    for command in (("pacemakerd", "--version"), ("corosync", "-v")):
        yield _tool(*command).partition("\n")[0]


def _log() -> Sequence[str]:
    """Our lines of the last days, from the journal, else from the files."""
    journal = _tool("journalctl", "--no-pager", f"--since=-{_DAYS}d", "--output=short-iso")
    lines = list(filter(_OURS.search, journal.splitlines()))
    if not lines:
        now = datetime.now().astimezone()
        days = [now - timedelta(days=back) for back in range(_DAYS + 1)]
        begins = tuple(text for day in days for text in (f"{day:%Y-%m-%d}", f"{day:%b} {day.day:>2}", f"{day:%b %d}"))
        for file in sorted(file for pattern in _LOGS for file in Path("/var/log").glob(pattern)):
            with contextlib.suppress(OSError):
                if file.suffix in (".gz", ".xz") or file.stat().st_mtime < time.time() - _DAYS * 86400:
                    continue
                with file.open(encoding="utf-8", errors="replace") as stream:
                    lines += (line.rstrip("\n") for line in filter(_OURS.search, stream) if line.startswith(begins))
    return lines[-_MAX_LINES:] or ["no line of ours is in the journal or in /var/log"]


def _recordings(devices: Sequence[DeviceConfig], timeout: float) -> Iterator[tuple[str, str]]:
    from berofos_ra.device.recording import render_recording
    from berofos_ra.operations.record_device import record_device

    day = today()
    for device in devices:
        try:
            yield f"{device.name}.json", render_recording(record_device(device, timeout, day))
        except DeviceError as error:
            yield f"{device.name}.txt", f"couldn't be recorded: {type(error).__name__}\n"


def _write(path: Path, texts: Mapping[str, str], at: float) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream, tarfile.open(fileobj=stream, mode="w:xz") as archive:
            for name, text in texts.items():
                entry = tarfile.TarInfo(f"{path.name.partition('.')[0]}/{name}")
                content = text.encode()
                entry.size, entry.mtime, entry.mode = len(content), int(at), 0o600
                archive.addfile(entry, io.BytesIO(content))
    except BaseException:
        path.unlink()
        raise
