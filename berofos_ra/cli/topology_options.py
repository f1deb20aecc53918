"""The options that describe a wiring, spelled like the agent's parameters; what isn't given the cluster may know."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from berofos_ra.cluster.view import ClusterSilentError, ClusterView
from berofos_ra.errors import ParameterError
from berofos_ra.number import whole_number
from berofos_ra.wiring.topology import TOPOLOGIES, Wiring, wiring

_DEFAULT = "two-xivo"
_INTERVAL = 60  # seconds
_B, _D = "xivo-1", "xivo-2"  # as in every example
_NO_CLUSTER = ClusterView((), (), {})


def add_topology(
    parser: argparse.ArgumentParser, required: bool = True, more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """``--topology``; ``more`` are choices beside the topologies, with their meanings."""
    meanings = {**{topology.name: topology.meaning for topology in TOPOLOGIES.values()}, **more}
    parser.add_argument(
        "--topology",
        choices=tuple(meanings),
        required=required,
        help="; ".join(f"{name}: {meaning}" for name, meaning in meanings.items())
        + ("" if required else " (default: as the cluster has it)"),
    )


def topologies_of_cluster() -> frozenset[str]:
    """The topologies of the running cluster's resources."""
    return frozenset(relay.parameters.get("topology", _DEFAULT) for relay in _view().relays)


def interval_of_cluster(topology: str) -> int:
    """The watchdog's interval, in seconds, of the running cluster's resource with this topology; else 60."""
    given = (relay.parameters for relay in _view().relays if relay.parameters.get("topology", _DEFAULT) == topology)
    known = (whole_number(one.get("watchdog_interval", ""), 1, 65535) for one in given)
    return next((number for number in known if number is not None), _INTERVAL)


def the_one(topologies: frozenset[str]) -> str:
    """The topology that was not given, but the cluster has.

    Raises:
        ParameterError: it has none that is known, or several.
    """
    if len(topologies) != 1 or not topologies <= TOPOLOGIES.keys():
        told = f"the cluster has {', '.join(sorted(topologies))}" if topologies else "no cluster here tells"
        raise ParameterError(f"--topology: give it, {told}")
    return next(iter(topologies))


def add_nodes(parser: argparse.ArgumentParser) -> None:
    """``--port-b-node`` and ``--port-d-node``."""
    for group in "bd":
        parser.add_argument(
            f"--port-{group}-node",
            metavar="NODE",
            help=f"name of the cluster node on port group {group.upper()} (default: as the cluster has it)",
        )


def add_watchdog_interval(parser: argparse.ArgumentParser) -> None:
    """``--watchdog-interval``."""
    parser.add_argument(
        "--watchdog-interval",
        metavar="SECONDS",
        type=whole_seconds,
        default=_INTERVAL,
        help=f"xivo-pbx: after so long without a kick the device gives the lines to the PBX (default {_INTERVAL})",
    )


def whole_seconds(text: str) -> int:
    """An interval as a device takes it."""
    number = whole_number(text, 1, 65535)
    if number is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds from 1 to 65535")
    return number


def find_wiring(topology: str, args: argparse.Namespace) -> tuple[Wiring, bool]:
    """A topology with its nodes: those given, else as a resource of the running cluster has them, else its members.

    And whether they are certain: given or known, not merely those of the examples.

    Raises:
        ParameterError: they make no sense.
    """
    port_b, port_d, pbx_on_d = args.port_b_node, args.port_d_node, TOPOLOGIES[topology].pbx_on_d
    if not port_b or not (port_d or pbx_on_d):
        view = _view()
        known = next(
            (one.parameters for one in view.relays if one.parameters.get("topology", _DEFAULT) == topology), {}
        )
        port_b = port_b or known.get("port_b_node")
        port_d = port_d or (None if pbx_on_d else known.get("port_d_node"))
        others = iter(sorted({*view.nodes} - {port_b, port_d}))
        port_b = port_b or next(others, None)
        port_d = port_d or (None if pbx_on_d else next(others, None))
    certain = bool(port_b and (pbx_on_d or port_d))
    port_b, port_d = port_b or _B, port_d if pbx_on_d else port_d or _D
    _check_names(name for name in (port_b, port_d) if name is not None)
    return wiring(topology, port_b, port_d), certain


def find_unwired(wired: Collection[str], args: argparse.Namespace) -> tuple[str, ...]:
    """The nodes that no device is wired to: those given, else the members of the running cluster but those ``wired``.

    Raises:
        ParameterError: they make no sense.
    """
    if not args.unwired:
        return tuple(node for node in sorted(_view().nodes) if node not in wired)
    _check_names(args.unwired)
    for name in args.unwired:
        if name in wired:
            raise ParameterError(f"--node: {name} is wired to the devices")
    return tuple(args.unwired)


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not re.fullmatch("[A-Za-z0-9_.-]+", name):
            raise ParameterError(f"{name!r} isn't the name of a node")


def _view() -> ClusterView:
    """What the cluster says; nothing where none answers."""
    from berofos_ra.cluster.pacemaker import Pacemaker

    with contextlib.suppress(ClusterSilentError):
        return Pacemaker().view() or _NO_CLUSTER
    return _NO_CLUSTER


def device_wiring(topology: str) -> Wiring:
    """A wiring for what is set on the devices, where it doesn't matter what the nodes are called."""
    return Wiring(TOPOLOGIES[topology], None, None)
