"""Which of the chosen devices a resource of the running cluster is in charge of."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from berofos_ra.cluster import pacemaker
from berofos_ra.cluster.view import ClusterSilentError, ClusterView, RelayResource
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import BerofosError, ConfigError, ParameterError
from berofos_ra.resource.deviations import Expectation
from berofos_ra.resource.devices import covered, listed_elsewhere
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
    def expectation(self) -> Expectation | None:
        """How its devices should be; None while it isn't active on one node."""
        if self.node is None:
            return None
        return Expectation(
            self.parameters.wiring, self.node, self.parameters.watchdog_interval, self.parameters.provision
        )


def find_claims(view: ClusterView, config: str, devices: Sequence[DeviceConfig]) -> dict[str, Claim]:
    """Who is in charge of each device, by the device's name. ``config`` is the file that the devices are from."""
    found: dict[str, Claim] = {}
    for resource in view.relays:
        try:
            parameters = parse_parameters(resource.parameters)
        except ParameterError:
            continue  # it can't run anywhere
        for device in _covered(parameters, config, devices):
            found.setdefault(device.name, Claim(resource, parameters))
    return found


def refuse_if_managed(config: str, devices: Sequence[DeviceConfig]) -> None:
    """Keep hands off devices that a running cluster switches.

    Raises:
        ManagedError: it does; the message says what to do.
    """
    try:
        view = pacemaker.view()
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


def _covered(parameters: Parameters, config: str, devices: Sequence[DeviceConfig]) -> list[DeviceConfig]:
    listed = None
    with contextlib.suppress(ConfigError):  # then the names have to do: better to refuse once too often
        listed = listed_elsewhere(parameters.config, parameters.devices, config)
    return covered(parameters.devices, listed, devices)
