"""Is a device as the cluster and the topology want it? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from berofos_ra.device.relay import joins
from berofos_ra.device.values import wire_value
from berofos_ra.wiring.topology import Wiring

if TYPE_CHECKING:
    from berofos_ra.device.state import DeviceState
    from berofos_ra.resource.parameters import Parameters


class DesiredState(NamedTuple):
    """How every device of a resource should be while ``node`` runs it.

    The relay joins the lines to that node; with ``provision`` the settings are the topology's too.
    ``watchdog_interval`` is in seconds. ``armed`` False: nobody would kick a watchdog, so it is off.
    """

    wiring: Wiring
    node: str
    mode: bool
    watchdog_interval: int
    provision: bool = True
    armed: bool = True

    @property
    def position(self) -> str:
        """The relay position that joins the lines to the node."""
        return self.wiring.position(self.mode)

    @property
    def watchdog(self) -> bool:
        """Whether the devices' watchdogs guard the node."""
        return self.wiring.topology.watchdog

    @property
    def is_armed(self) -> bool:
        """Whether they are to be armed, and kicked."""
        return self.watchdog and self.armed

    @property
    def armed_for(self) -> int | None:
        """The seconds that they are armed for; None: they aren't."""
        return self.watchdog_interval if self.is_armed else None

    @property
    def relay_settings(self) -> dict[str, bool | int]:
        """What puts the relay on the node's side, in order of writing."""
        return self.wiring.relay_settings(self.mode, self.armed)

    @property
    def provisioned(self) -> dict[str, bool | int]:
        """The settings that the topology needs, in order of writing; empty when they aren't ours to set."""
        return self.wiring.settings(self.mode, self.watchdog_interval, self.armed) if self.provision else {}


def desired_state(parameters: Parameters, node: str) -> DesiredState:
    """How the devices of a resource with these parameters should be while it runs on ``node``.

    Raises:
        WiringError: the node isn't wired to the relay.
    """
    mode = parameters.wiring.mode_for(node)
    return DesiredState(parameters.wiring, node, mode, parameters.watchdog_interval, parameters.provision)


class Kind(Enum):
    """What a deviation is about, the gravest first."""

    WATCHDOG_RAN_OUT = "watchdog ran out"
    RELAY = "relay"
    WATCHDOG_OFF = "watchdog off"
    SETTING = "setting"


ELSEWHERE = (Kind.RELAY, Kind.WATCHDOG_RAN_OUT)  # those that take the lines away


class Deviation(NamedTuple):
    """One thing that isn't as it should be; ``text`` names what was seen and what was expected."""

    kind: Kind
    text: str


def deviations(state: DeviceState, desired: DesiredState | None, settings: bool = True) -> tuple[Deviation, ...]:
    """What isn't as it should be, the gravest first.

    Without a desired state only what is wrong in itself counts: a watchdog that ran out. ``settings`` False: without
    those that the topology needs.

    Raises:
        BadAnswerError: the device doesn't show a setting that matters.
    """
    found = [Deviation(Kind.WATCHDOG_RAN_OUT, "watchdog ran out")] if state.watchdog_ran_out else []
    if desired is None:
        return tuple(found)
    if not joins(state.position, desired.position):
        found.append(Deviation(Kind.RELAY, f"relay is {state.position}, expected {desired.position}"))
    if desired.is_armed and not state.watchdog_on and not state.watchdog_ran_out:
        found.append(Deviation(Kind.WATCHDOG_OFF, "watchdog is off, expected on"))
    return (*found, *(setting_deviations(state, desired.provisioned) if settings else ()))


def setting_deviations(state: DeviceState, wanted: Mapping[str, bool | int]) -> tuple[Deviation, ...]:
    """The settings that are others than ``wanted``: ``modedef is 0, expected 1``.

    Raises:
        BadAnswerError: the device doesn't show one of them.
    """
    return tuple(
        Deviation(
            Kind.SETTING, f"{keyword} is {wire_value(state.get(keyword))}, expected {wire_value(wanted[keyword])}"
        )
        for keyword in state.differing(wanted)
    )
