"""``berofos acceptance``: try everything that this software relies on at a device, before it goes into service."""

from __future__ import annotations

import argparse
import select
import sys
import textwrap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from berofos_ra import __version__
from berofos_ra.cli.by_hand import change, log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_device_options, chosen_devices, complain, is_meant, say, say_json, today
from berofos_ra.cli.interruption import Interruption
from berofos_ra.cli.recording_file import read_recording, write_recording
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.firmware import version_text
from berofos_ra.errors import BerofosError, DeviceError, ParameterError, RecordingError, explain
from berofos_ra.operations.promises import NAMES, Pace

if TYPE_CHECKING:
    from berofos_ra.operations.acceptance import Acceptance, Outcome

SUMMARY = "try whether a device keeps every promise that this software relies on, before it goes into service"
EXAMPLE = """\
  berofos acceptance --device fos1
  berofos acceptance --device fos1 --yes --json --skip power-ports > acceptance.json

It takes a minute, with a device in trouble several, and needs the lines: it moves the relay, lets the watchdog run
out, switches the power ports and asks you to pull the plug. It says so and asks before. Afterwards, also after
Ctrl-C, every setting is as it was, and config.txt the same byte for byte. It refuses devices that a cluster has, or
whose watchdog is on.
exit status: 0 no problem, 1 a problem, or something isn't as before, 130 interrupted, and all is as before

promises: """ + textwrap.fill(" ".join(NAMES), 108, break_on_hyphens=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)
    parser.add_argument(
        "--skip",
        metavar="PROMISE",
        choices=NAMES,
        action="append",
        default=[],
        help="leave one out; can be given several times",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="put the outcome into this recording of the device, which is made if it isn't there",
    )
    parser.add_argument("--yes", action="store_true", help="don't ask whether to begin")
    parser.add_argument("--json", action="store_true", help="one JSON object: promises, and what isn't as before")


def run(args: argparse.Namespace) -> int:
    """Walk the promises; 1 when one isn't kept."""
    from berofos_ra.operations.acceptance import accept, as_recorded
    from berofos_ra.operations.bench import Bench
    from berofos_ra.operations.exercises import Helpers
    from berofos_ra.operations.record_device import record_device

    devices = chosen_devices(args)
    if len(devices) != 1:
        raise ParameterError("one device at a time: choose it with --device")
    device = devices[0]
    # What is there already is read before anything is done: it may be no recording.
    if args.output is not None and not args.output.parent.is_dir():
        raise RecordingError(f"{args.output} can't be written: no such directory", "give another --output")
    recording = None if args.output is None or not args.output.exists() else read_recording(args.output)
    refuse_if_managed(args.config, devices, "take the device out of that resource")
    _ask(device, args)
    person = _person if sys.stdin.isatty() else None
    with Interruption() as interruption, Bench(device, args.timeout, Pace(), _stopper(interruption)) as bench:
        try:
            tell = (lambda _: None) if args.json else _tell
            result = accept(bench, Helpers(person, _ready(args, device)), tell, args.skip)
        except DeviceError as error:
            complain(explain(error, device.label, args.config))
            return 1
        finally:
            log_by_hand("acceptance", device.name, [change("", *each) for each in pairwise(bench.positions)])
    if args.json:
        say_json(_as_json(device, result))
    _sum_up(device, result, args.json)
    if args.output is not None and not result.stopped:
        day = today()
        recording = recording or record_device(device, args.timeout, day)
        write_recording(args.output, recording._replace(acceptance=as_recorded(result, day)))
        sys.stderr.write(f"{args.output}: the recording, with this outcome\n")
    return 130 if result.stopped and not result.left else 0 if result.ok else 1


def _ask(device: DeviceConfig, args: argparse.Namespace) -> None:
    """Say what it will do, and leave if that isn't wanted."""
    from berofos_ra.operations.acceptance import PROMISES

    tell = complain if args.json else say
    effects = dict.fromkeys(one.effect for one in PROMISES if one.effect and one.name not in args.skip)
    tell(f"{device.label}: what will be done to it:")
    for effect in effects:
        tell(f"  {effect}")
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise ParameterError("no terminal to ask on; with --yes it begins without asking")
    if not is_meant("Every setting is put back afterwards. Begin? Type yes: ", stream=sys.stderr):
        raise BerofosError("nothing was done", "")


def _tell(outcome: Outcome) -> None:
    say(f"{outcome.verdict.level:<10} {outcome.promise.name:<15} {outcome.verdict.words}")


def _person(text: str) -> Callable[[], bool]:
    sys.stderr.write(f"{text}; or press Enter to leave that out: ")
    sys.stderr.flush()
    return lambda: bool(select.select([sys.stdin], [], [], 0)[0]) and sys.stdin.readline() is not None


def _ready(args: argparse.Namespace, device: DeviceConfig) -> Mapping[str, str]:
    """What the other nodes of a cluster that has this device, but isn't in charge now, tell of themselves."""
    from berofos_ra.resource.claims import find_claims

    pacemaker = Pacemaker()
    view = pacemaker.view()
    if view is None or not find_claims(view, args.config, [device]):
        return {}
    here = pacemaker.node_name().casefold()
    return {node: told for node, told in view.ready.items() if node.casefold() != here}


def _stopper(interruption: Interruption) -> Callable[[], bool]:
    """Whether a signal came: it ends the walk between two requests, and never the putting back. Says so once."""
    told = False

    def is_stopped() -> bool:
        nonlocal told
        if interruption.came and not told:
            told = True
            complain("stopped; everything is being put back")
        return interruption.came

    return is_stopped


def _sum_up(device: DeviceConfig, result: Acceptance, as_json: bool) -> None:
    for left in result.left:
        complain(f"{device.label}: not as before: {left}")
    if as_json:
        return
    if not result.left:
        say(f"{device.label}: all settings are as before, byte for byte")
    counts = [sum(one.verdict.level == level for one in result.outcomes) for level in ("problem", "not tried")]
    say(f"{device.label}: {counts[0]} problems, {counts[1]} of {len(result.outcomes)} not tried")


def _as_json(device: DeviceConfig, result: Acceptance) -> dict[str, Any]:
    return {
        "version": 1,
        "device": device.name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": __version__,
        "firmware": None if result.firmware is None else version_text(result.firmware),
        "boot_loader": None if result.boot_loader is None else version_text(result.boot_loader),
        "ok": result.ok,
        "stopped": result.stopped,
        "not_as_before": list(result.left),
        "promises": [
            {
                "name": one.promise.name,
                "promise": one.promise.meaning,
                "result": one.verdict.level,
                "words": one.verdict.words,
                "facts": dict(one.verdict.facts),
                "seconds": {name: round(value, 2) for name, value in one.verdict.seconds.items()},
            }
            for one in result.outcomes
        ],
    }
