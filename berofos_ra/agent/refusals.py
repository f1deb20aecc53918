"""What a start refuses before it asks any device: two owners of one relay would throw it to and fro for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from berofos_ra.agent.call import Call
from berofos_ra.errors import BerofosError
from berofos_ra.resource.devices import devices_in_common, is_same_device
from berofos_ra.resource.parameters import parse_parameters
from berofos_ra.resource.record_file import all_records

if TYPE_CHECKING:
    from berofos_ra.cluster.view import ClusterStatus

_ASK_AGAIN = 1.0  # seconds
CLONED = "runs as a clone, which would throw the relay to and fro; take the clone away: one node has the lines"


def refusal(call: Call, wait_until: float) -> str | None:
    """Why this resource must not take its devices, None when it may.

    On this node the older record keeps a device; one whose resource Pacemaker is stopping, or no longer has, is
    waited for until then (monotonic clock). In the whole cluster the resource that comes first in the configuration
    may have it: so there is one that runs.
    """
    if call.is_clone:
        return CLONED
    status = call.pacemaker.status()
    refused = remote_node(call, status)
    if refused is None and not call.is_pacemakers:
        refused = _active_elsewhere(call, status)
    if refused is not None:
        return refused
    while held := holder(call):
        instance, reason = held
        if time.monotonic() + _ASK_AGAIN > wait_until or not _is_going(call, instance):
            return reason
        time.sleep(_ASK_AGAIN)
    return device_in_common(call, status, earlier_only=True)


def holder(call: Call) -> tuple[str, str] | None:
    """Which other resource has one of our devices on this node, by its record, and what to say of it."""
    for instance, record in all_records(call.record_path.parent):
        if instance == call.instance:
            continue
        for device in call.devices:
            if any(is_same_device(device, held) for held in record.devices.values()):
                return instance, f"{device.label}: the resource {instance} has it on this node; stop that one first"
    return None


def device_in_common(call: Call, status: ClusterStatus | None, earlier_only: bool = False) -> str | None:
    """Which device another resource that may run has as well; None: none, or the cluster can't be asked.

    ``earlier_only``: only resources count that come before this one in the configuration.
    """
    own = call.instance.partition(":")[0]
    for relay in () if status is None else status.relays:
        if relay.name == own:
            if earlier_only:
                return None
            continue
        if not relay.may_run:
            continue
        try:
            parameters = parse_parameters(_parameters(call, relay.name))
            shared = devices_in_common(parameters, call.devices, call.parameters.config)
        except BerofosError:
            continue  # it can't run, anywhere or here
        if shared:
            return f"{shared[0].label}: is a device of the resource {relay.name} as well; take it out of one of them"
    return None


def remote_node(call: Call, status: ClusterStatus | None) -> str | None:
    """Which wired node is a Pacemaker Remote node: it sees no membership, so it couldn't know whom to yield to."""
    wiring = call.parameters.wiring
    if wiring.port_d_node is None or status is None:
        return None
    for node in wiring.nodes:
        if node.casefold() in status.remote_nodes:
            return f"{node} is a Pacemaker Remote node, which can't be wired to the relay; make it a cluster node"
    return None


def _parameters(call: Call, resource: str) -> dict[str, str]:
    """What says which devices a resource has, as Pacemaker computes it."""
    names = ("devices", "config", "topology", "port_b_node", "port_d_node")
    given = {name: call.pacemaker.parameter(resource, name) for name in names}
    return {name: text for name, text in given.items() if text is not None}


def _active_elsewhere(call: Call, status: ClusterStatus | None) -> str | None:
    """A start that isn't Pacemaker's own doesn't take the relay from where Pacemaker has it."""
    for relay in () if status is None else status.relays:
        others = [node for node in relay.nodes if node.casefold() != call.node.casefold()]
        if relay.name == call.instance and others:
            return f"Pacemaker has {relay.name} active on {others[0]}; move it with crm_resource --move, not by hand"
    return None


def _is_going(call: Call, instance: str) -> bool:
    """Whether Pacemaker is stopping a resource here, or no longer has it."""
    status = call.pacemaker.status()  # as it is by now
    if status is None:
        return False
    own = [relay for relay in status.relays if relay.name == instance.partition(":")[0]]
    return not any(relay.may_run and call.node.casefold() in map(str.casefold, relay.nodes) for relay in own)
