"""What ``berofos pause`` and ``berofos resume`` look at: the cluster, its relays, and their devices."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cluster.situation import Situation
from berofos_ra.cluster.tools import find_situation
from berofos_ra.cluster.view import ClusterSilentError
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import READ_REQUESTS
from berofos_ra.device.parallel import ask_all
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import BerofosError, DeviceError
from berofos_ra.resource.claims import Claim, find_claims

SETTLED_WITHIN = 90.0  # s, for the cluster to have done what it was told
_LOOK = 0.5  # s


class RefusedError(BerofosError):
    """It isn't done, and nothing was changed."""


class Site(NamedTuple):
    """The cluster, its ``relays`` (names of resources), and their devices with what they show or why they don't."""

    situation: Situation
    relays: tuple[str, ...]
    devices: tuple[DeviceConfig, ...]
    claims: Mapping[str, Claim]
    states: Mapping[str, DeviceState | DeviceError]

    def is_guarded(self, device: DeviceConfig) -> bool:
        """Whether a watchdog is to guard the device's lines."""
        return self.claims[device.name].parameters.wiring.topology.watchdog


def find_site(config: str, timeout: float) -> Site:
    """Look at everything.

    Raises:
        RefusedError: this user, or this machine, can't do it.
        ClusterSilentError: there is no cluster that could be asked.
        ConfigError: the file of the devices can't be used.
    """
    if os.geteuid() != 0:
        raise RefusedError("refused: only root may tell the cluster what to leave alone", "use sudo")
    situation = find_situation()
    relays = tuple(relay.name for relay in situation.relays)
    if not relays:
        raise RefusedError("refused: the cluster has no berofos resource that runs", "berofos crm-config makes one")
    listed = read_config(config).select(("all",))
    claims = find_claims(situation.view, config, listed)
    devices = tuple(device for device in listed if device.name in claims)
    deadline = time.monotonic() + READ_REQUESTS * timeout
    states = ask_all(devices, timeout, deadline, lambda berofos: berofos.read(("wdog",)))
    return Site(situation, relays, devices, claims, states)


def wait_until(condition: Callable[[Situation], bool]) -> bool:
    """Wait until the cluster is so, for some time; whether it came to that."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while True:
        with contextlib.suppress(ClusterSilentError):
            if condition(find_situation()):
                return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
