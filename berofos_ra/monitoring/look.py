"""A look at the site, once: every device by one read and one search, the cluster by its own tools beside them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cluster import attribute_names
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.situation import Situation
from berofos_ra.cluster.view import RelayResource
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import BerofosError, ParameterError
from berofos_ra.monitoring.site import DeviceSeen, NodeSeen, ResourceSeen, Site
from berofos_ra.operations.survey import DeviceSnapshot, survey
from berofos_ra.resource.claims import Claim, find_claims
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.verdict import Spans

_NO_ALARM = ("", Spans.CLEAR.value, Spans.NOT_WATCHED.value)


def look(config: str, timeout: float, tool_timeout: float) -> Site:
    """All that there is to know. Seconds: ``timeout`` for one request to a device, ``tool_timeout`` for one tool.

    Raises:
        ConfigError: the file can't be used.
    """
    devices = read_config(config).select(("all",))
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(_ask_cluster, Pacemaker(tool_timeout))
        seen = survey(devices, timeout)
    try:
        situation, differing = asked.result()
    except BerofosError as error:
        return Site(tuple(_device(one, None) for one in seen), cluster_error=str(error))
    if situation is None:
        return Site(tuple(_device(one, None) for one in seen))
    claims = find_claims(situation.view, config, devices)
    return Site(
        tuple(_device(one, claims.get(one.device.name)) for one in seen),
        tuple(map(_resource, situation.view.relays)),
        _nodes(situation),
        situation.view.moves,
        situation.view.pauses,
        differing,
    )


def _ask_cluster(pacemaker: Pacemaker) -> tuple[Situation | None, tuple[str, ...]]:
    situation = pacemaker.situation()
    if situation is None:
        return None, ()
    return situation, tuple(
        text for relay in situation.view.relays if (text := _differing(pacemaker, situation, relay.name))
    )


def _differing(pacemaker: Pacemaker, situation: Situation, resource: str) -> str:
    """Whether the nodes that are up tell of different devices in their config files; in words."""
    told = pacemaker.attribute_on_all_nodes(attribute_names.of_config(resource))
    online = {node.name.casefold() for node in situation.nodes.values() if node.online}
    told = {
        node: digest
        for node, digest in told.items()
        if node.casefold() in online and digest not in ("", attribute_names.NO_CONFIG)
    }
    if len(set(told.values())) < 2:
        return ""
    return f"{_config_of(situation, resource)} lists other devices on {' than on '.join(sorted(told))}"


def _config_of(situation: Situation, resource: str) -> str:
    (relay,) = [relay for relay in situation.view.relays if relay.name == resource]
    try:
        return parse_parameters(relay.parameters).config
    except ParameterError:
        return "the config file"


def _device(seen: DeviceSnapshot, claim: Claim | None) -> DeviceSeen:
    device: DeviceConfig = seen.device
    error = "" if seen.state is not None else str(seen.error or "no answer")
    desired, resource = None, None
    if claim is not None:
        resource = claim.resource.name
        try:
            desired = claim.desired
        except BerofosError as misplaced:  # it runs where nothing is wired
            error = error or str(misplaced)
    return DeviceSeen(device.name, device.label, seen.state, error, seen.seconds, seen.firmware, resource, desired)


def _resource(relay: RelayResource) -> ResourceSeen:
    seen = ResourceSeen(relay.name, relay.nodes, relay.managed)
    try:
        parameters = parse_parameters(relay.parameters)
        peers = [parameters.wiring.peer_of(node) for node in relay.nodes if len(relay.nodes) == 1]
    except BerofosError as error:
        return seen._replace(problem=str(error))
    standbys = tuple(peer for peer in peers if peer is not None)
    return seen._replace(min_devices=parameters.min_devices, standbys=standbys)


def _nodes(situation: Situation) -> dict[str, NodeSeen]:
    nodes = {}
    for node in situation.nodes.values():
        ready = situation.view.ready.get(node.name)
        spans = node.attributes.get(attribute_names.SPANS, "")
        nodes[node.name.casefold()] = NodeSeen(
            node.usable,
            None if ready is None else attribute_names.unready_reason(ready) or "",
            "" if spans in _NO_ALARM else spans,
        )
    return nodes
