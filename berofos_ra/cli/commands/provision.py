"""``berofos provision``: the device settings that a topology needs."""

from __future__ import annotations

import argparse

from berofos_ra.cli import topology_options
from berofos_ra.cli.by_hand import apply_by_hand, log_by_hand, refuse_if_managed
from berofos_ra.cli.common import add_device_options, add_force_option, chosen_devices, read_states, say
from berofos_ra.device.state import DeviceState
from berofos_ra.device.values import wire_value
from berofos_ra.errors import ParameterError

SUMMARY = "put the device settings of a topology on the devices"
EXAMPLE = """\
  berofos provision --topology two-xivo --dry-run
  berofos provision --topology xivo-pbx --watchdog-interval 60

It shows what changes, applies it and reads it back; what is right already isn't written. Topology and watchdog
interval are the cluster's, if they aren't given. The relay itself stays where it is: berofos switch, berofos kick or
the cluster move it. Without --side the relay comes back after a loss of power where it is now (xivo-pbx: always on
B).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    topology_options.add_topology(parser, required=False)
    parser.add_argument(
        "--side", choices=("b", "d"), help="where the relay is after power-on (two-xivo, two-xivo-pbx)"
    )
    topology_options.add_watchdog_interval(parser)
    parser.set_defaults(watchdog_interval=None)
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    add_device_options(parser)
    add_force_option(parser)


def run(args: argparse.Namespace) -> int:
    """Provision; 1 when a device failed."""
    args.topology = args.topology or topology_options.the_one(topology_options.topologies_of_cluster())
    args.watchdog_interval = args.watchdog_interval or topology_options.interval_of_cluster(args.topology)
    site_wiring = topology_options.device_wiring(args.topology)
    settings = site_wiring.settings(True, args.watchdog_interval)
    if args.side is not None and "wdogitime" in settings:
        raise ParameterError(f"--side: with {args.topology} the relay is always on b after power-on")
    devices = chosen_devices(args)
    states = read_states(devices, args, tuple(settings))
    wanted = {
        device: site_wiring.settings(state.mode if args.side is None else args.side == "b", args.watchdog_interval)
        for device, state in states.items()
    }
    todo = {device: _todo(state, wanted[device]) for device, state in states.items()}
    affected = [device for device, changes in todo.items() if changes]
    if affected and not (args.dry_run or args.force):
        refuse_if_managed(args.config, affected)
    for device, changes in todo.items():
        for words in changes or ["nothing to change"]:
            say(f"{device.label}: {words}")
    if args.dry_run or not affected:
        return 0 if len(states) == len(devices) else 1
    command = f"provision --topology {args.topology}{' --force' if args.force else ''}"
    done = apply_by_hand({device: wanted[device] for device in affected}, args, command, todo)
    for device in done:
        log_by_hand(command, device.name, todo[device])
        say(f"{device.label}: done and read back")
    return 0 if len(done) == len(affected) and len(states) == len(devices) else 1


def _todo(state: DeviceState, wanted: dict[str, bool | int]) -> list[str]:
    """What is to be changed, as words: ``modedef 0 -> 1``."""
    todo = [f"{k} {wire_value(state.get(k))} -> {wire_value(wanted[k])}" for k in state.differing(wanted)]
    return [*todo, "wdogstate 2 -> 0"] if state.shows_old_failure(wanted) else todo
