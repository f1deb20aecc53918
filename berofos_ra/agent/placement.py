"""What an action needs to know of this node before it touches a device: its place and its devices."""

from __future__ import annotations

from typing import NamedTuple

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError
from berofos_ra.resource.parameters import Parameters


class Placement(NamedTuple):
    """The devices of the resource, and the relay mode that joins the lines to this node."""

    node: str
    devices: tuple[DeviceConfig, ...]
    mode: bool
    parameters: Parameters

    @property
    def expected(self) -> str:
        """The relay position that joins the lines to this node."""
        return self.parameters.wiring.position(self.mode)

    @property
    def watchdog(self) -> bool:
        """Whether the devices' watchdogs guard this node."""
        return self.parameters.wiring.topology.watchdog

    @property
    def relay_settings(self) -> dict[str, bool | int]:
        """What puts the relay on this node's side, in order of writing."""
        return self.parameters.wiring.relay_settings(self.mode)

    @property
    def provisioned(self) -> dict[str, bool | int]:
        """The device settings that the topology needs, empty when they aren't ours to set."""
        if not self.parameters.provision:
            return {}
        return self.parameters.wiring.settings(self.mode, self.parameters.watchdog_interval)


def look_up(call: Call, report_readers: bool = False) -> Placement:
    """Find this node's place and devices.

    ``report_readers``: log that others can read the passwords. Not for what is done again and again.

    Raises:
        ParameterError: a parameter makes no sense.
        WiringError: this node isn't wired.
        ConfigError: the configuration file doesn't give what is needed.
    """
    parameters = call.parameters
    mode = parameters.wiring.mode_for(call.node)
    config = call.config
    devices = config.select(parameters.devices, kicked=parameters.wiring.topology.watchdog)
    if config.readable_by_others and report_readers:
        journal.warning(f"{config.path} holds passwords and others can read it; chmod 0600 {config.path}")
    if parameters.min_devices > len(devices):
        raise ConfigError(
            f"{config.path}: {len(devices)} devices, but min_devices is {parameters.min_devices}; add the missing"
        )
    return Placement(call.node, devices, mode, parameters)
