"""A look at the site, once: every device by one read and one search, the cluster by its own tools beside them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cluster import attribute_names
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import ClusterView, RelayResource
from berofos_ra.errors import BerofosError, ParameterError
from berofos_ra.monitoring.site import DeviceSeen, NodeSeen, ResourceSeen, Site
from berofos_ra.operations.survey import DeviceSnapshot, survey
from berofos_ra.resource.claims import Claim, find_claims
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.remarks import watchdog_remark
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
        view, differing = asked.result()
    except BerofosError as error:
        return Site(tuple(_device(one, None) for one in seen), cluster_error=str(error))
    if view is None:
        return Site(tuple(_device(one, None) for one in seen))
    claims = find_claims(view, config, devices)
    return Site(
        tuple(_device(one, claims.get(one.device.name)) for one in seen),
        tuple(map(_resource, view.relays)),
        _nodes(view),
        view.moves,
        view.pauses,
        differing,
    )


def _ask_cluster(pacemaker: Pacemaker) -> tuple[ClusterView | None, tuple[str, ...]]:
    view = pacemaker.view()
    if view is None:
        return None, ()
    return view, tuple(text for relay in view.relays if (text := _differing(pacemaker, view, relay)))


def _differing(pacemaker: Pacemaker, view: ClusterView, relay: RelayResource) -> str:
    """Whether the nodes that are up tell of different devices in their config files; in words."""
    up = {node.casefold() for node in view.nodes} - {node.casefold() for node in view.away}
    told = {
        node: digest
        for node, digest in pacemaker.attribute_on_all_nodes(attribute_names.of_config(relay.name)).items()
        if node.casefold() in up and digest not in ("", attribute_names.NO_CONFIG)
    }
    if len(set(told.values())) < 2:
        return ""
    return f"{_config_of(relay)} lists other devices on {' than on '.join(sorted(told))}"


def _config_of(relay: RelayResource) -> str:
    try:
        return parse_parameters(relay.parameters).config
    except ParameterError:
        return "the config file"


def _device(seen: DeviceSnapshot, claim: Claim | None) -> DeviceSeen:
    device = seen.device
    error = "" if seen.state is not None else str(seen.error or "no answer")
    desired, resource, unkicked = None, None, ""
    if claim is not None and seen.state is not None:
        remark = watchdog_remark(claim.resource, claim.parameters, device.name, seen.state)
        unkicked = "" if remark is None else remark.what
    if claim is not None:
        resource = claim.resource.name
        try:
            desired = claim.desired
        except BerofosError as misplaced:  # it runs where nothing is wired
            error = error or str(misplaced)
    return DeviceSeen(
        device.name, device.label, seen.state, error, seen.seconds, seen.firmware, resource, desired, unkicked
    )


def _resource(relay: RelayResource) -> ResourceSeen:
    seen = ResourceSeen(relay.name, relay.nodes, relay.managed)
    try:
        parameters = parse_parameters(relay.parameters)
        peers = [parameters.wiring.peer_of(node) for node in relay.nodes if len(relay.nodes) == 1]
    except BerofosError as error:
        return seen._replace(problem=str(error))
    standbys = tuple(peer for peer in peers if peer is not None)
    return seen._replace(min_devices=parameters.min_devices, standbys=standbys)


def _nodes(view: ClusterView) -> dict[str, NodeSeen]:
    nodes = {}
    for name in view.nodes:
        ready, spans = view.ready.get(name), view.spans.get(name, "")
        if not any(relay.watches_standby or name in relay.nodes for relay in view.relays):
            ready = None  # it is of old: no monitor looks any more
        nodes[name.casefold()] = NodeSeen(
            name not in view.away,
            None if ready is None else attribute_names.unready_reason(ready) or "",
            "" if spans in _NO_ALARM else spans,
        )
    return nodes
