"""One call of the agent: what Pacemaker handed over in the environment, and the time that there is for it."""

from __future__ import annotations

import os
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.number import whole_number
from berofos_ra.resource.actions import advised_timeout
from berofos_ra.resource.parameters import Parameters, parse_parameters
from berofos_ra.resource.record import RUN_DIRECTORY, record_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from berofos_ra.device.config import DeviceConfig
    from berofos_ra.device.device import Device
    from berofos_ra.errors import DeviceError
    from berofos_ra.resource.deviations import DesiredState

Result = TypeVar("Result")

_PREFIX = "OCF_RESKEY_"

# The share of an action's timeout after which no device is asked any more. The rest is for what comes after, above
# all for Pacemaker's own tools, should they hang.
_DEVICES_SHARE = 0.5


def _number(text: str) -> int:
    """A whole number that Pacemaker hands over; 0 when it isn't one."""
    return whole_number(text) or 0


class Call:
    """An action with its environment.

    ``timeout`` is in seconds; ``started`` is the monotonic clock at its beginning, which is now.
    """

    def __init__(self, action: str) -> None:
        given = os.environ.get(_PREFIX + "CRM_meta_timeout", "")
        self.action = action
        self.instance = os.environ.get("OCF_RESOURCE_INSTANCE", "") or "default"
        self.started = time.monotonic()
        self.timeout = _number(given) / 1000 or advised_timeout(action)
        self.run_directory = os.environ.get("HA_RSCTMP", "") or RUN_DIRECTORY

    @cached_property
    def parameters(self) -> Parameters:
        """The resource's parameters.

        Raises:
            ParameterError: one makes no sense.
        """
        return parse_parameters(
            {name[len(_PREFIX) :]: value for name, value in os.environ.items() if name.startswith(_PREFIX)}
        )

    @cached_property
    def config(self) -> BnfosConfig:
        """The configuration file that the parameters name.

        Raises:
            ParameterError: one makes no sense.
            ConfigError: the file can't be used.
        """
        return read_config(self.parameters.config)

    @cached_property
    def node(self) -> str:
        """The name of this cluster node."""
        return os.environ.get(_PREFIX + "CRM_meta_on_node", "") or self.pacemaker.node_name()

    @cached_property
    def desired(self) -> DesiredState:
        """How the devices should be while this node runs the resource.

        Raises:
            ParameterError: a parameter makes no sense.
            WiringError: this node isn't wired to the relay.
        """
        from berofos_ra.resource.deviations import desired_state  # a probe can do without, here and below

        return desired_state(self.parameters, self.node)

    @cached_property
    def devices(self) -> tuple[DeviceConfig, ...]:
        """The resource's devices.

        Raises:
            ParameterError: a parameter makes no sense.
            ConfigError: the configuration file doesn't give what is needed.
        """
        from berofos_ra.resource.devices import devices_of

        return devices_of(self.config, self.parameters)

    def ask_all(
        self, devices: Sequence[DeviceConfig], act: Callable[[Device], Result]
    ) -> dict[str, Result | DeviceError]:
        """Run ``act`` with these devices, side by side; see `berofos_ra.device.parallel.ask_all`."""
        from berofos_ra.device.parallel import ask_all

        return ask_all(devices, self.parameters.timeout, self.devices_deadline, act)

    @property
    def is_recurring(self) -> bool:
        """Whether this is a monitor with an interval; one without is a probe."""
        return os.environ.get(_PREFIX + "CRM_meta_interval", "0") not in ("", "0")

    @property
    def expects_stopped(self) -> bool:
        """Whether this monitor watches a node on which the resource doesn't run."""
        return os.environ.get(_PREFIX + "CRM_meta_role", "").lower() == "stopped"

    @property
    def check_level(self) -> int:
        """How thorough a monitor or a validation is to be."""
        return _number(os.environ.get("OCF_CHECK_LEVEL", ""))

    @property
    def record_path(self) -> Path:
        """Where the ownership record of this resource lies."""
        return record_path(self.instance, self.run_directory)

    @property
    def devices_deadline(self) -> float:
        """When to stop asking devices (monotonic clock)."""
        return self.started + self.timeout * _DEVICES_SHARE

    @cached_property
    def pacemaker(self) -> Pacemaker:
        """Pacemaker's own tools, each within a share of this action's time."""
        return Pacemaker(min(3.0, 0.1 * self.timeout))
