"""Many devices side by side: the time of the slowest, not the sum."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import DeviceError, DeviceTimeoutError

Result = TypeVar("Result")


def side_by_side(
    devices: Sequence[DeviceConfig], act: Callable[[DeviceConfig], Result], deadline: float
) -> dict[str, Result | DeviceError]:
    """Run ``act`` on every device at once; its result, or the error it raised, by the device's name.

    Whatever hasn't ended by ``deadline`` (monotonic clock) is left behind and counts as a timeout: a name
    lookup, for one, can't be interrupted.
    """
    outcomes: dict[str, Result | BaseException] = {}

    def run(device: DeviceConfig) -> None:
        try:
            outcome: Result | BaseException = act(device)
        except BaseException as error:  # raised again below, in the caller's thread
            outcome = error
        outcomes[device.name] = outcome

    # Daemons, so that a thread left behind doesn't keep the process alive.
    threads = [threading.Thread(target=run, args=(device,), daemon=True) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))

    results: dict[str, Result | DeviceError] = {}
    for device in devices:
        outcome = outcomes.get(device.name, DeviceTimeoutError("no answer in time"))
        if isinstance(outcome, BaseException) and not isinstance(outcome, DeviceError):
            raise outcome
        results[device.name] = outcome
    return results
