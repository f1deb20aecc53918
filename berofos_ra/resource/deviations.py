"""Is a device as the cluster and the topology want it?"""

from __future__ import annotations

from dataclasses import dataclass

from berofos_ra.device.device import DeviceState
from berofos_ra.device.relay import joins
from berofos_ra.device.values import wire_value
from berofos_ra.wiring.topology import Wiring


@dataclass(frozen=True)
class Expectation:
    """How a device should be: the relay on the side of ``node``, and with ``provision`` the topology's settings.

    ``watchdog_interval`` is in seconds.
    """

    wiring: Wiring
    node: str
    watchdog_interval: int
    provision: bool = True


def disagreements(state: DeviceState, expectation: Expectation | None) -> tuple[str, ...]:
    """What isn't as it should be, the gravest first, each naming what was seen and what was expected.

    Without an expectation only what is wrong in itself counts: a watchdog that ran out.

    Raises:
        BadAnswerError: the device doesn't show a setting that matters.
        WiringError: the node isn't wired to the relay.
    """
    found = ["its watchdog ran out"] if state.watchdog_ran_out else []
    if expectation is None:
        return tuple(found)
    wiring = expectation.wiring
    mode = wiring.mode_for(expectation.node)
    if not joins(state.position, wiring.position(mode)):
        found.append(f"relay is {state.position}, expected {wiring.position(mode)} ({expectation.node} is active)")
    if wiring.topology.watchdog and not state.watchdog_on and not state.watchdog_ran_out:
        found.append("watchdog is off, expected on")
    if expectation.provision:
        found += setting_troubles(state, wiring.settings(mode, expectation.watchdog_interval))
    return tuple(found)


def setting_troubles(state: DeviceState, wanted: dict[str, bool | int]) -> list[str]:
    """The settings that are others than wanted, as words: ``modedef is 0, expected 1``.

    Raises:
        BadAnswerError: the device doesn't show one of them.
    """
    return [
        f"{keyword} is {wire_value(state.get(keyword))}, expected {wire_value(wanted[keyword])}"
        for keyword in state.differing(wanted)
    ]
