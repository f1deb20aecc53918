"""Keeping the lines of a berofos in bypass on this machine: relay on B, watchdog armed and kicked.

For one XiVO in front of a PBX without a cluster. While this is done again and again the lines come to the XiVO; after
the watchdog's interval without it the device itself joins them to the PBX.
"""

from __future__ import annotations

from dataclasses import dataclass

from berofos_ra.device.device import Device
from berofos_ra.errors import DeviceError, NoEffectError


@dataclass(frozen=True)
class Kept:
    """One round: the relay's position before and after, whether the watchdog had to be armed, and its interval, s."""

    before: str
    after: str
    armed: bool
    interval: int


def keep_lines(berofos: Device) -> Kept:
    """Kick the watchdog, and put right what isn't: relay in mode 1, watchdog on. Nothing is written that is so.

    Raises:
        NoEffectError: the device's scenario isn't bypass, or it doesn't do as told.
        DeviceError: it couldn't be asked, or doesn't answer kicks.
    """
    try:
        berofos.kick()  # first: whatever is wrong with the rest, the lines are to stay
        refused: DeviceError | None = None
    except DeviceError as error:
        refused = error
    state = berofos.read(("wdog", "wdogitime"))
    if not state.get("scenario"):
        advice = "set it with berofos provision --topology xivo-pbx"
        raise NoEffectError("scenario is fallback, expected bypass", advice)
    applied = berofos.apply({"mode": True, "wdog": True})
    if refused is not None:
        raise refused
    interval = int(state.get("wdogitime"))
    return Kept(applied.before.position, applied.after.position, "wdog" in applied.changed, interval)
