"""``berofos pause``: maintenance in which no watchdog surprises."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from berofos_ra.cli import by_hand
from berofos_ra.cli.common import add_timeout_option, apply, complain, is_meant, say, say_json
from berofos_ra.cluster import pause_mark
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.pause_mark import Pause
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import DeviceError, ParameterError, explain

if TYPE_CHECKING:
    from berofos_ra.cli.paused_site import Site
    from berofos_ra.cluster.situation import Situation

SUMMARY = "let the cluster leave the relays alone, or everything, without a watchdog that surprises"
EXAMPLE = """\
  berofos pause --reason "fos1 gets a new fan"
  berofos pause --cluster --reason "asterisk upgrade"

Without --cluster only the relays are left alone: their monitors go on, and go on kicking armed watchdogs; asterisk is
managed as before. With --cluster Pacemaker leaves everything alone and doesn't even look, so each armed watchdog is
turned off first: nothing guards the lines then, and they stay where they are. crm_mon -A shows that it is paused,
since when, by whom and why. Afterwards: berofos resume.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for crm_mon and the log")
    parser.add_argument("--cluster", action="store_true", help="the whole cluster: for work on asterisk or Pacemaker")
    parser.add_argument(
        "--let-fall-back", action="store_true", help="leave watchdogs armed: the lines go to the PBX (with --cluster)"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask before lines go to the PBX")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_timeout_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object, and nothing else")


def run(args: argparse.Namespace) -> int:
    """Pause; 1 when it wasn't done, and then nothing was changed."""
    from berofos_ra.cli.paused_site import find_site

    if args.let_fall_back and not args.cluster:
        raise ParameterError("--let-fall-back goes with --cluster: else the watchdogs are kicked as before")
    if any(not character.isprintable() for character in args.reason):
        raise ParameterError("--reason: holds a control character")
    site = find_site(args.config, args.timeout)
    _refuse(site, args)
    armed = _armed(site, args) if args.cluster else []
    falling = armed if args.let_fall_back else []
    disarmed = [] if args.let_fall_back else armed
    if falling and not args.yes and not args.dry_run:
        if not sys.stdin.isatty():
            complain("there is no terminal to ask at; use --yes")
            return 2
        names = ", ".join(device.name for device in falling)
        question = f"The watchdogs of {names} run out, and the lines go to the PBX. Go on? [y/N] "
        if not is_meant(question, ("y", "yes")):
            return 1
    pause = _mark(site, args, disarmed)
    if args.dry_run:
        _tell(args, f"would be {pause.words}")
        for device in disarmed:
            _tell(args, f"{device.label}: watchdog would be turned off")
        _tell_outcome(args, site, pause, disarmed, is_paused=False)
        return 0
    return _pause(site, args, pause, disarmed)


def _refuse(site: Site, args: argparse.Namespace) -> None:
    from berofos_ra.cli.paused_site import RefusedError

    situation = site.situation
    for pause in situation.view.pauses:
        raise RefusedError(f"refused: {pause.words} (on {pause.node})", "berofos resume first")
    if situation.maintenance:
        raise RefusedError(
            "refused: the cluster is in maintenance mode already, and not by berofos pause",
            "crm_attribute --name maintenance-mode --delete ends that",
        )
    if not args.cluster and not _managed(site):
        raise RefusedError("refused: the relays are unmanaged already, and not by berofos pause", "see crm_mon")


def _managed(site: Site) -> list[str]:
    resources = site.situation.resources
    return [name for name in site.relays if name in resources and resources[name].managed]


def _armed(site: Site, args: argparse.Namespace) -> list[DeviceConfig]:
    from berofos_ra.cli.paused_site import RefusedError

    armed = []
    for device in filter(site.is_guarded, site.devices):
        state = site.states[device.name]
        if isinstance(state, DeviceError):
            if not args.let_fall_back:
                what = explain(state, device.label, args.config)
                raise RefusedError(f"refused: nobody knows whether its watchdog is armed: {what}")
        elif state.watchdog_on:
            armed.append(device)
    return armed


def _mark(site: Site, args: argparse.Namespace, disarmed: Sequence[DeviceConfig]) -> Pause:
    mode = pause_mark.CLUSTER if args.cluster else pause_mark.RELAYS
    names = tuple(device.name for device in disarmed) if args.cluster else tuple(_managed(site))
    since = datetime.now().strftime("%Y-%m-%dT%H:%M")
    return Pause(Pacemaker().node_name(), since, by_hand.who(), args.reason, mode, names)


def _pause(site: Site, args: argparse.Namespace, pause: Pause, disarmed: Sequence[DeviceConfig]) -> int:
    from berofos_ra.cli.paused_site import SETTLED_WITHIN, wait_until
    from berofos_ra.cluster.pause import set_maintenance, set_managed, write_mark
    from berofos_ra.cluster.tools import ToolFailedError

    reason = f": {pause.reason}" if pause.reason else ""
    by_hand.log(f"berofos pause: {pause.undo}, {pause.by}{reason}")
    unmanaged: list[str] = []
    try:
        write_mark(pause)
        if not args.cluster:
            for name in pause.names:
                set_managed(name, managed=False)
                unmanaged.append(name)
        elif not _disarm(site, disarmed, args):
            _undo(pause, unmanaged, disarmed, args)
            return 1
        else:
            set_maintenance(on=True)
    except ToolFailedError as error:
        complain(explain(error))
        _undo(pause, unmanaged, disarmed, args)
        return 1
    if args.cluster and not wait_until(lambda situation: not _monitored(situation, site.relays)):
        complain(f"in maintenance, but the cluster goes on monitoring after {SETTLED_WITHIN:g} s; berofos resume")
        return 1
    if not _disarm(site, disarmed, args, again=True):  # a monitor may have been under way
        complain("in maintenance, but see above: that watchdog runs out; berofos resume")
        return 1
    _tell_outcome(args, site, pause, disarmed, is_paused=True)
    return 0


def _monitored(situation: Situation, relays: Sequence[str]) -> bool:
    """Whether Pacemaker still monitors where the relays run; what it lists as degraded stays listed."""
    return any(
        one.code == 0 for (name, _), monitors in situation.monitors.items() if name in relays for one in monitors
    )


def _disarm(site: Site, devices: Sequence[DeviceConfig], args: argparse.Namespace, again: bool = False) -> bool:
    """Turn their watchdogs off and read it back; whether all are."""
    done = apply({device: {"wdog": False} for device in devices}, args)
    for device, applied in done.items():
        before = site.states[device.name]
        if not again and not isinstance(before, DeviceError):
            left, interval = (before.values.get(keyword) for keyword in ("wdogrtime", "wdogitime"))
            stays = f"the relay stays {applied.after.position}, nothing guards the lines now"
            _tell(args, f"{device.label}: watchdog off (was {left}/{interval} s); {stays}")
    return len(done) == len(devices)


def _undo(pause: Pause, unmanaged: Sequence[str], disarmed: Sequence[DeviceConfig], args: argparse.Namespace) -> None:
    """Back to how it was; Pacemaker has looked at everything all the time."""
    from berofos_ra.cluster.pause import delete_mark, set_managed
    from berofos_ra.cluster.tools import ToolFailedError

    armed = apply({device: {"wdog": True} for device in disarmed}, args)
    try:
        for name in unmanaged:
            set_managed(name, managed=True)
        if len(armed) < len(disarmed):
            complain("not paused, but see above: nothing guards its lines; berofos resume arms that watchdog")
            return
        delete_mark(pause.node)
    except ToolFailedError as error:
        complain(f"{explain(error)}; berofos resume takes back what is left of it")
        return
    complain("not paused; what had been done was taken back")


def _tell(args: argparse.Namespace, line: str) -> None:
    if not args.json:
        say(line)


def _tell_outcome(
    args: argparse.Namespace, site: Site, pause: Pause, disarmed: Sequence[DeviceConfig], is_paused: bool
) -> None:
    would = "" if is_paused else "would be "
    if args.json:
        answer = {
            "paused": is_paused,
            "mode": pause.mode,
            "since": pause.since,
            "by": pause.by,
            "reason": pause.reason,
            "watchdogs": {device.name: "off" if is_paused else "on" for device in disarmed},
        }
        say_json(answer)
    elif pause.mode == pause_mark.CLUSTER:
        say(f"cluster: maintenance-mode {would}on. Afterwards: berofos resume")
    else:
        kicked = " and kick armed watchdogs" if any(map(site.is_guarded, site.devices)) else ""
        say(f"{', '.join(pause.names)}: {would}unmanaged; monitors go on{kicked}. Afterwards: berofos resume")
