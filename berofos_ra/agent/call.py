"""One call of the agent: what Pacemaker handed over in the environment, and the time that there is for it."""

from __future__ import annotations

import os
import time
from functools import cached_property
from pathlib import Path

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.cluster import pacemaker
from berofos_ra.number import whole_number
from berofos_ra.resource.parameters import Parameters, parse_parameters
from berofos_ra.resource.record import RUN_DIRECTORY, record_path

_PREFIX = "OCF_RESKEY_"
_ADVISED_TIMEOUTS = {"start": 60, "stop": 30, "monitor": 20, "validate-all": 10, "reload-agent": 20}

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
        self.timeout = _number(given) / 1000 or _ADVISED_TIMEOUTS.get(action, 20)
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
        return os.environ.get(_PREFIX + "CRM_meta_on_node", "") or pacemaker.node_name(self.tools_patience)

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
        """How thoroughly a monitor or a validation is to look."""
        return _number(os.environ.get("OCF_CHECK_LEVEL", ""))

    @property
    def record(self) -> Path:
        """Where the ownership record of this resource lies."""
        return record_path(self.instance, self.run_directory)

    @property
    def devices_deadline(self) -> float:
        """When to stop asking devices (monotonic clock)."""
        return self.started + self.timeout * _DEVICES_SHARE

    @property
    def tools_patience(self) -> float:
        """How long one of Pacemaker's own tools may take, in seconds; one that hangs isn't asked again."""
        return min(3.0, 0.1 * self.timeout)
