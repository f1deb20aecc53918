"""``berofos doctor``: what is wrong at this site, and what to do about it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli import topology_options
from berofos_ra.cli.common import add_timeout_option, say, say_json
from berofos_ra.errors import BerofosError, ConfigError, advise

if TYPE_CHECKING:
    from berofos_ra.cli.commands.checks import Finding

SUMMARY = "look for what is wrong with devices, config file and cluster, and say what to do"
EXAMPLE = """\
  berofos doctor
  berofos doctor --topology two-xivo --json

Without a running cluster the devices' settings are compared only if --topology says with what. A running cluster also
tells which nodes couldn't take over, and on which nodes the config file lists other devices than here. (What is
compared between nodes are names, addresses and MACs. A node whose logins are wrong couldn't take over.)
exit status: 0 all is as it should be, 1 a problem, or a warning that counts: no standby, a rule of an earlier move
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    topology_options.add_topology(parser, required=False)
    topology_options.add_watchdog_interval(parser)
    add_timeout_option(parser)
    parser.add_argument("--json", action="store_true", help="a JSON list of findings: level, what, advice, counts")


def run(args: argparse.Namespace) -> int:
    """Look, and say what was found."""
    from berofos_ra.cli.commands.checks import all_well

    findings: list[Finding] = []
    for finding in _look(args):
        findings.append(finding)
        if not args.json:
            say(f"{finding.level:<8} {finding.what}")
            if finding.advice:
                say(f"{'':<8} -> {finding.advice}")
    if args.json:
        say_json([asdict(finding) for finding in findings])
    return 0 if all_well(findings) else 1


def _look(args: argparse.Namespace) -> Iterator[Finding]:
    from berofos_ra.cli.commands import checks
    from berofos_ra.cli.commands.leftover_checks import check_leftovers
    from berofos_ra.cli.commands.protection_checks import check_protection
    from berofos_ra.cluster.corosync import corosync_view
    from berofos_ra.cluster.pacemaker import Pacemaker
    from berofos_ra.operations.survey import survey
    from berofos_ra.resource.claims import find_claims

    view = None
    pacemaker = Pacemaker()
    try:
        view = pacemaker.view()
    except BerofosError as error:
        yield checks.Finding(checks.PROBLEM, str(error), "systemctl status pacemaker corosync")
    wanted = None
    if args.topology is not None:
        wanted = checks.Wanted(topology_options.device_wiring(args.topology), args.watchdog_interval)
    try:
        config = read_config(args.config)
        yield from checks.check_config(config)
        devices = config.select(("all",))
    except ConfigError as error:
        advice = advise(error, args.config) or f"correct {args.config}"
        yield checks.Finding(checks.PROBLEM, str(error), f"{advice}; berofos scan finds the devices")
    else:
        claims = {} if view is None else find_claims(view, args.config, devices)
        for seen in survey(devices, args.timeout):
            yield from checks.check_device(seen, args.config, claims.get(seen.device.name), wanted)
    yield from checks.check_installation()
    yield from checks.check_agent()
    if view is not None:
        yield from checks.check_cluster(view)
        yield from checks.check_same_config(view, pacemaker)
        if view.relays:
            yield from check_leftovers()
            yield from check_protection(view, pacemaker.fencing(), corosync_view())
