"""What ``berofos doctor`` looks at: each check gives findings, and each problem says what to do about it."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.cluster import attribute_names
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import AGENT, ClusterView
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import BerofosError, ConfigError, DeviceError, ParameterError, advise
from berofos_ra.operations.survey import DeviceSnapshot
from berofos_ra.resource.actions import MONITOR_ADVICE, STANDBY_ADVICE
from berofos_ra.resource.claims import Claim, claimed_deviations
from berofos_ra.resource.deviations import setting_deviations
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.remarks import (
    Remark,
    move_remarks,
    pause_remarks,
    place_remarks,
    readiness_remarks,
    standby_remarks,
    watchdog_remark,
)
from berofos_ra.wiring.topology import Wiring, interval_problem

OK, WARNING, PROBLEM = "ok", "warning", "problem"
_FIRMWARE = (1, 53)  # the one that XiVO's documentation asks for


@dataclass(frozen=True)
class Finding:
    """What was found, and unless all is well, what to do. ``counts``: something isn't as it should be."""

    level: str
    what: str
    advice: str = ""
    counts: bool = False


@dataclass(frozen=True)
class Wanted:
    """What the devices are meant for, as given on the command line; the interval in seconds."""

    wiring: Wiring
    watchdog_interval: int


def check_config(config: BnfosConfig) -> Iterator[Finding]:
    """The file with addresses and logins, which could be read."""
    yield Finding(OK, f"{config.path}: {len(config.devices)} device{'' if len(config.devices) == 1 else 's'}")
    if config.readable_by_others:
        yield Finding(PROBLEM, f"{config.path}: others can read the passwords in it", f"chmod 0600 {config.path}")
    if Path(config.path).stat().st_uid != 0:
        yield Finding(WARNING, f"{config.path}: doesn't belong to root", f"chown root:root {config.path}")
    for odd in config.oddities:
        yield Finding(WARNING, f"{config.path}: line {odd.line}: {odd.what}", odd.advice)
    names = [device.name for device in config.devices]
    expected = [f"fos{number}" for number in range(1, len(names) + 1)]
    if sorted(names) != sorted(expected):
        advice = f"call the sections {', '.join(expected)}, unless the gaps are meant"
        yield Finding(WARNING, f"{config.path}: its devices are called {', '.join(names)}", advice)
    for what, values in (
        ("host", [f"{device.host}:{device.port}" for device in config.devices if device.host is not None]),
        ("mac", [device.mac for device in config.devices if device.mac is not None]),
    ):
        for value, times in Counter(values).items():
            if times > 1:
                advice = f"correct the {what} of all but one"
                yield Finding(PROBLEM, f"{config.path}: {times} devices have the {what} {value}", advice)


def check_device(seen: DeviceSnapshot, config: str, claim: Claim | None, wanted: Wanted | None) -> Iterator[Finding]:
    """One device: can it be asked, and is it as it should be?"""
    label = seen.device.label
    if seen.state is None:
        error = seen.error or DeviceError("no answer")
        yield Finding(PROBLEM, f"{label}: {error}", advise(error, config))
    else:
        yield Finding(OK, f"{label}: answers, relay {seen.state.position}")
        if seen.state.warning:
            yield Finding(WARNING, f"{label}: {seen.state.warning}", "compare berofos show with what you know of it")
        yield from _check_access(seen.device, seen.state)
        try:
            yield from _check_settings(label, seen.state, claim, wanted)
        except BerofosError as error:
            yield Finding(PROBLEM, f"{label}: {error}", advise(error, config))
    yield from _check_scan(seen, config)


def _check_access(device: DeviceConfig, state: DeviceState) -> Iterator[Finding]:
    if state.values.get("pwd") is False:
        advice = f"berofos password --device {device.name}"
        yield Finding(WARNING, f"{device.label}: demands no login, anybody on the network can switch it", advice)
    if state.values.get("dhcp"):
        advice = "give it a fixed one: berofos netconf in flash mode, or a reservation in the DHCP server"
        yield Finding(WARNING, f"{device.label}: has its address by DHCP", advice)


def _check_settings(label: str, state: DeviceState, claim: Claim | None, wanted: Wanted | None) -> Iterator[Finding]:
    desired = None if claim is None else claim.desired
    remark = None if claim is None else watchdog_remark(claim.resource, claim.parameters, label, state)
    if remark is not None:
        yield _as_finding(remark)
    troubles = list(claimed_deviations(state, claim))
    advice = "crm_mon shows whether the cluster is about to put it right"
    if state.watchdog_ran_out and not (desired is not None and desired.watchdog):
        advice = "find out who was to kick it; berofos set wdog=0 turns it off for good"
    if desired is None and wanted is not None:
        settings = wanted.wiring.settings(state.mode, wanted.watchdog_interval)
        troubles += [found.text for found in setting_deviations(state, settings)]
        advice = f"berofos provision --topology {wanted.wiring.topology.name}"
    if troubles:
        yield Finding(PROBLEM, f"{label}: {', '.join(troubles)}", advice)
    elif desired is not None or wanted is not None:
        yield Finding(OK, f"{label}: settings are as the topology needs them")


def _check_scan(seen: DeviceSnapshot, config: str) -> Iterator[Finding]:
    label, mac, scan = seen.device.label, seen.device.mac, seen.scan
    if scan is None:
        if seen.state is not None:
            advice = "let UDP port 50123 through; without it watchdogs can't be kicked"
            yield Finding(WARNING, f"{label}: no answer by GBL4, firmware unknown", advice)
        return
    if mac is None:
        yield Finding(WARNING, f"{label}: no mac in {config}, needed for kicks", f"add the line: mac = {scan.mac}")
    elif mac != scan.mac:
        advice = f"correct it in {config}, or its host, if that is another device"
        yield Finding(PROBLEM, f"{label}: its mac is {scan.mac}, and {mac} in {config}", advice)
    if scan.firmware < _FIRMWARE:
        advice = "put it into flash mode and run berofos flash with version 1.53"
        yield Finding(WARNING, f"{label}: firmware {seen.firmware} is older than 1.53", advice)
    else:
        yield Finding(OK, f"{label}: firmware {seen.firmware}")


def check_installation() -> Iterator[Finding]:
    """Is this the only installation of all that there is?"""
    found = [os.path.realpath(str(each.locate_file(""))) for each in distributions(name="berofos-ra")]
    places = [place for place in dict.fromkeys(found) if place.endswith("-packages")]  # a checkout isn't installed
    if len(places) > 1:
        advice = "what comes first is used, by the agent too: remove the one that you don't mean, with pip or apt"
        yield Finding(WARNING, f"berofos-ra is installed {len(places)} times: {', '.join(places)}", advice)


def check_agent() -> Iterator[Finding]:
    """Is the agent where Pacemaker looks for it?"""
    seen = Pacemaker(20.0).finds_agent(AGENT)
    if seen is None:
        yield Finding(OK, "Pacemaker isn't installed here, its part isn't looked at")
    elif seen:
        yield Finding(OK, f"Pacemaker sees the agent {AGENT}")
    else:
        advice = "install resource-agents-berofos, or run make install; is python3-requests installed?"
        yield Finding(PROBLEM, f"Pacemaker doesn't see the agent {AGENT}", advice)


def check_cluster(view: ClusterView) -> Iterator[Finding]:
    """The resources of the running cluster, and whether its nodes could take over."""
    if not view.relays:
        advice = "berofos crm-config makes a configuration"
        yield Finding(WARNING, f"a cluster runs, but has no resource of {AGENT}", advice)
    for resource in view.relays:
        name = resource.name
        try:
            parameters = parse_parameters(resource.parameters)
        except ParameterError as error:
            yield Finding(PROBLEM, f"{name}: {error}", f"crm configure edit {name}")
            continue
        places = list(place_remarks(view, resource, parameters))
        if not places:
            yield Finding(OK, f"{name}: active on {resource.nodes[0]}")
        yield from map(_as_finding, places)
        if not resource.managed:
            advice = f"crm_attribute --name maintenance-mode --delete, or crm resource manage {name}"
            yield Finding(WARNING, f"{name}: in maintenance mode or unmanaged, nothing is repaired", advice)
        yield from _check_monitor(name, parameters.wiring, parameters.watchdog_interval)
        members = [member.casefold() for member in view.nodes]
        for node in parameters.wiring.nodes:
            if node.casefold() not in members:
                advice = f"the nodes are called {', '.join(view.nodes)}"
                yield Finding(PROBLEM, f"{name}: {node} is no node of this cluster", advice)
        yield from map(_as_finding, standby_remarks(view, resource, parameters))
    for node, ready in view.ready.items():
        if attribute_names.unready_reason(ready) is None:
            yield Finding(OK, f"node {node} is ready to hold the lines")
    for remark in (*readiness_remarks(view), *move_remarks(view.moves, datetime.now(UTC)), *pause_remarks(view)):
        yield _as_finding(remark)


def _as_finding(remark: Remark) -> Finding:
    return Finding(PROBLEM if remark.is_grave else WARNING, remark.what, remark.advice, remark.counts)


def check_same_config(view: ClusterView, pacemaker: Pacemaker) -> Iterator[Finding]:
    """Does the config file of each resource list the same devices on the other nodes as on this one?

    The monitors on the other nodes tell; those of a node that is down don't.
    """
    here = pacemaker.node_name().casefold()
    told: dict[str, dict[str, str]] = {}  # by path and node
    wired: dict[str, set[str]] = {}  # the nodes that need it
    for resource in view.relays:
        with contextlib.suppress(ParameterError):  # found elsewhere
            parameters = parse_parameters(resource.parameters)
            digests = pacemaker.attribute_on_all_nodes(attribute_names.of_config(resource.name))
            told.setdefault(parameters.config, {}).update(digests)
            wired.setdefault(parameters.config, set()).update(node.casefold() for node in parameters.wiring.nodes)
    for path, digests in told.items():
        try:
            own = read_config(path).digest
        except ConfigError:
            continue  # found elsewhere
        for node in (one for one in view.nodes if one.casefold() != here):
            if node not in digests:
                if node.casefold() in wired[path]:
                    advice = f"when {node} is up: {STANDBY_ADVICE}"
                    yield Finding(WARNING, f"{path}: {node} doesn't tell whether it is the same there", advice)
            elif digests[node] == own:
                yield Finding(OK, f"{path}: lists the same devices on {node}")
            elif digests[node] != attribute_names.NO_CONFIG:  # else its berofos-ready says why
                advice = "compare section names, host and mac there and here, and copy the right file to all nodes"
                yield Finding(PROBLEM, f"{path}: lists other devices on {node} than here", advice)


def _check_monitor(name: str, wiring: Wiring, watchdog_interval: int) -> Iterator[Finding]:
    interval = Pacemaker().monitor_interval(name)
    if interval is None and wiring.topology.watchdog:
        what = f"{name}: has no monitor that is enabled, so nobody kicks the watchdog, and it isn't armed"
        yield Finding(PROBLEM, what, MONITOR_ADVICE)
    elif interval is None:
        yield Finding(PROBLEM, f"{name}: has no monitor, so nobody notices a relay that moved", MONITOR_ADVICE)
    elif wiring.topology.watchdog:
        problem = interval_problem(watchdog_interval, interval)
        if problem is not None:
            yield Finding(PROBLEM, f"{name}: watchdog_interval: {problem.what}", problem.advice)


def all_well(findings: Sequence[Finding]) -> bool:
    """Whether all is as it should be: no problem, nor a warning that counts."""
    return not any(finding.level == PROBLEM or finding.counts for finding in findings)
