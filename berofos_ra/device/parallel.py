"""Many devices side by side: the time of the slowest, not the sum."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import DeviceError, DeviceTimeoutError, NameServerSlowError

if TYPE_CHECKING:
    from berofos_ra.device.device import Device

Result = TypeVar("Result")
_GRACE = 0.5  # s, beyond the deadline: what a device's own request says is better than "no answer in time"


def ask_all(
    devices: Sequence[DeviceConfig], timeout: float, deadline: float, act: Callable[[Device], Result]
) -> dict[str, Result | DeviceError]:
    """Run ``act`` with every device, open to be asked; its result, or the error it raised, by the device's name.

    ``timeout`` is for one request, in seconds; no request begins or lasts after ``deadline`` (monotonic clock). An
    error tells in ``nothing_written`` whether the device is surely as it was. Another exception than a DeviceError
    is raised here.
    """
    from berofos_ra.device.device import Device  # it brings requests along, which many a call can do without

    asked: dict[str, Device] = {}

    def ask(config: DeviceConfig) -> Result:
        with Device(config, timeout, deadline) as berofos:
            asked[config.name] = berofos
            return act(berofos)

    results = side_by_side(devices, ask, deadline + _GRACE)
    for name, result in results.items():
        if isinstance(result, DeviceError):
            if type(result) is DeviceTimeoutError and name in asked and asked[name].is_naming:
                result = results[name] = NameServerSlowError()
            result.nothing_written = name not in asked or not asked[name].has_written
    return results


def side_by_side(
    devices: Sequence[DeviceConfig], act: Callable[[DeviceConfig], Result], deadline: float
) -> dict[str, Result | DeviceError]:
    """The same for what needs no HTTP: ``act`` is given how to reach the device.

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
