"""Which of the chosen devices a resource of the running cluster is in charge of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from berofos_ra.cluster.view import ClusterView, RelayResource
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import ConfigError, ParameterError
from berofos_ra.resource.deviations import DesiredState, Kind, desired_state, deviations
from berofos_ra.resource.devices import devices_in_common, devices_named
from berofos_ra.resource.parameters import Parameters, parse_parameters


@dataclass(frozen=True)
class Claim:
    """A resource and its parameters."""

    resource: RelayResource
    parameters: Parameters

    @property
    def node(self) -> str | None:
        """The node that has the lines, as the cluster sees it; None: none, or more than one."""
        return self.resource.nodes[0] if len(self.resource.nodes) == 1 else None

    @property
    def desired(self) -> DesiredState | None:
        """How its devices should be; None while it isn't active on one node.

        Raises:
            WiringError: that node isn't wired to the relay.
        """
        return None if self.node is None else desired_state(self.parameters, self.node)


def find_claims(view: ClusterView, config: str, devices: Sequence[DeviceConfig]) -> dict[str, Claim]:
    """Who is in charge of each device, by the device's name. ``config`` is the file that the devices are from."""
    found: dict[str, Claim] = {}
    for resource in view.relays:
        try:
            parameters = parse_parameters(resource.parameters)
        except ParameterError:
            continue  # it can't run anywhere
        for device in claimed_devices(parameters, config, devices):
            found.setdefault(device.name, Claim(resource, parameters))
    return found


def claimed_devices(parameters: Parameters, config: str, devices: Sequence[DeviceConfig]) -> tuple[DeviceConfig, ...]:
    """Those of ``devices``, which are from the file ``config``, that a resource with these parameters has."""
    try:
        return devices_in_common(parameters, devices, config)
    except ConfigError:  # then the names have to do: better to refuse once too often
        return devices_named(parameters.devices, devices)


def claimed_deviations(state: DeviceState, claim: Claim | None) -> tuple[str, ...]:
    """What isn't as the cluster wants it, in words, the gravest first; without a claim what is wrong in itself.

    Raises:
        BadAnswerError: the device doesn't show a setting that matters.
        WiringError: the resource runs on a node that isn't wired to the relay.
    """
    desired = None if claim is None else claim.desired
    return tuple(
        f"{found.text} ({desired.node} is active)" if found.kind is Kind.RELAY and desired else found.text
        for found in deviations(state, desired)
    )
