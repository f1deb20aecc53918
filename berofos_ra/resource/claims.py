"""Which of the chosen devices a resource of the running cluster is in charge of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import ClusterSilentError, ClusterView, RelayResource
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import DeviceState
from berofos_ra.errors import BerofosError, ConfigError, ParameterError
from berofos_ra.resource.deviations import DesiredState, Kind, desired_state, deviations
from berofos_ra.resource.devices import devices_in_common, devices_named
from berofos_ra.resource.parameters import Parameters, parse_parameters


class ManagedError(BerofosError):
    """The cluster is in charge: whatever is done by hand, it would undo."""


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
        try:
            claimed = devices_in_common(parameters, devices, config)
        except ConfigError:  # then the names have to do: better to refuse once too often
            claimed = devices_named(parameters.devices, devices)
        for device in claimed:
            found.setdefault(device.name, Claim(resource, parameters))
    return found


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


def refuse_if_managed(config: str, devices: Sequence[DeviceConfig]) -> None:
    """Keep hands off devices that a running cluster switches.

    Raises:
        ManagedError: it does; the message says what to do.
    """
    try:
        view = Pacemaker().view()
    except ClusterSilentError as error:
        raise ManagedError(f"refused: {error}, so it may be in charge; try again, or use --force") from None
    claims = {} if view is None else find_claims(view, config, devices)
    managed = {name: claim.resource.name for name, claim in claims.items() if claim.resource.managed}
    if managed:
        raise ManagedError(
            f"refused: the cluster's resource {', '.join(sorted(set(managed.values())))} is in charge of "
            f"{', '.join(sorted(managed, key=lambda name: int(name[3:])))}; put the cluster into maintenance mode "
            "first (crm_attribute --name maintenance-mode --update true), or use --force"
        )
