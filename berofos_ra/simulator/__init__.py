"""Simulated berofos devices, for tests, demonstrations and trying things out without hardware.

Shares the settings table and the error tree with the library and nothing else, so that a misunderstanding of
the protocol in one can't be mirrored in the other.
"""

from berofos_ra.simulator.simulator import Simulator
from berofos_ra.simulator.spec import DeviceSpec, SimulatorError

__all__ = ["DeviceSpec", "Simulator", "SimulatorError"]
