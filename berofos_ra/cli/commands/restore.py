"""``berofos restore``: the settings that a device had, for the one that replaces it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.by_hand import NOT_SEEN, change, log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_device_options, add_force_option, ask, read_states, say, select
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.state import DeviceState
from berofos_ra.device.values import wire_value
from berofos_ra.errors import ParameterError, SavedSettingsError
from berofos_ra.operations import saved_settings
from berofos_ra.operations.saved_settings import ONLY_IF_NAMED, Plan, Settings, plan

if TYPE_CHECKING:
    from berofos_ra.operations.change_settings import Change

SUMMARY = "put the settings of a file on the devices, as for a dead device's replacement"
EXAMPLE = """\
  berofos show --json > settings.json       # while all is well
  berofos restore settings.json --device fos1 --dry-run
  berofos restore settings.json --device fos1

FILE is what berofos show --json wrote, or a recording of berofos record, which has no names and addresses. It shows
what changes, writes it and reads it back. Never brought back unless named: what is so now (mode wdog power1 power2),
and how the device is reached (address netmask gateway dhcp port pwd). No file has the password: berofos password.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", help="written by berofos show --json or berofos record")
    parser.add_argument(
        "--also",
        metavar="KEYWORD",
        choices=ONLY_IF_NAMED,
        action="append",
        default=[],
        help="this setting, too; can be given several times",
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    add_device_options(parser)
    add_force_option(parser)


def run(args: argparse.Namespace) -> int:
    """Restore; 1 when a device failed."""
    from berofos_ra.operations.change_settings import change_settings, max_requests

    devices, saved = _read(args)
    states = read_states(devices, args, {name: tuple(settings) for name, settings in saved.items()})
    plans = {device: plan(saved[device.name], state, args.also) for device, state in states.items()}
    for device, found in plans.items():
        _show(device, states[device], found)
    affected = [device for device, found in plans.items() if found.wanted]
    if args.dry_run or not affected:
        return 0 if len(states) == len(devices) else 1
    for device in affected:
        if plans[device].wanted.get("pwd") is True and device.password is None:
            raise ParameterError(
                f"--also pwd: {device.name} has no login in {args.config}, so nobody could ask it any more; "
                "use berofos password"
            )
    if not args.force:
        refuse_if_managed(args.config, affected)
    requests = max(max_requests(plans[device].wanted) for device in affected)
    command = f"restore{' --force' if args.force else ''}"
    written: dict[DeviceConfig, list[Change]] = {device: [] for device in affected}
    done = ask(
        affected,
        args,
        requests,
        lambda berofos: change_settings(berofos, plans[berofos.config].wanted, written[berofos.config]),
        lambda device, _: log_by_hand(command, device.name, [_words(one) for one in written[device]]),
    )
    for device, changes in done.items():
        log_by_hand(command, device.name, [_words(one) for one in changes])
        notes = [f"{one.keyword}: {one.note}" for one in changes if one.note]
        say("; ".join([f"{device.label}: done and read back", *notes]))
    return 0 if len(done) == len(affected) and len(states) == len(devices) else 1


def _read(args: argparse.Namespace) -> tuple[tuple[DeviceConfig, ...], Mapping[str, Settings]]:
    """The devices, those in the file unless some are named, and what the file has of each."""
    try:
        with Path(args.file).open(encoding="utf-8") as stream:
            text = stream.read(saved_settings.MAX_BYTES + 1)
    except OSError as error:
        raise SavedSettingsError(f"{args.file}: can't be read: {error.strerror}", "") from None
    except ValueError:
        raise SavedSettingsError(f"{args.file}: isn't text") from None
    saved = saved_settings.parse_saved(text, args.file)
    names = args.devices or [name for name in saved if name is not None] or None
    devices = select(read_config(args.config), names)
    if None in saved and len(devices) > 1:
        raise ParameterError("a recording is of one device: choose with --device which one is to be like it")
    if len(devices) > 1 and "address" in args.also:
        raise ParameterError("--also address: one device at a time; choose it with --device")
    return devices, {one.name: saved_settings.settings_for(saved, one.name, args.file) for one in devices}


def _show(device: DeviceConfig, state: DeviceState, found: Plan) -> None:
    for keyword, value in found.wanted.items():
        say(f"{device.label}: {keyword} {_text(state.get(keyword))} -> {_text(value)}")
    for keyword, value in found.left_out.items():
        say(f"{device.label}: {keyword} stays {_text(state.get(keyword))}, it was {_text(value)}: --also {keyword}")
    if not found.wanted:
        say(f"{device.label}: nothing to change")


def _words(one: Change) -> str:
    return change(one.keyword, _text(one.before), wire_value(one.after)) + ("" if one.seen else NOT_SEEN)


def _text(value: bool | int | str | None) -> str:
    return "?" if value is None else wire_value(value) or "(empty)"
