"""Handing the lines to D on stop: the relay to mode 0 first, and then the watchdog off."""

from __future__ import annotations

import contextlib
import time
from typing import NamedTuple

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.known_devices import known_devices
from berofos_ra.agent.takeover import armed_as_shown
from berofos_ra.clock import boot_clock
from berofos_ra.device.device import Device
from berofos_ra.device.relay import joins
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import BerofosError, DeviceError
from berofos_ra.resource.deviations import DesiredState, desired_state
from berofos_ra.resource.devices import is_same_device
from berofos_ra.resource.parameters import Parameters
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import all_records
from berofos_ra.resource.stop_rule import Leaving, disarms, gives_away, is_unsafe
from berofos_ra.resource.verdict import Side

_SCAN_TIMEOUT = 1.0  # seconds in which a box tells its MAC


class _Handed(NamedTuple):
    """What became of a device: where it is now, and whether its watchdog may still be armed by us."""

    leaving: Leaving
    error: str = ""


def bypass(call: Call, record: Record, parameters: Parameters) -> tuple[str, ...]:
    """Give away what is ours and disarm what we armed; the devices that this leaves unsafe, and why."""
    try:
        desired = desired_state(parameters, record.node or call.node)
    except BerofosError as error:
        journal.warning(f"stop leaves the relays as they are: {error}")
        return ()
    known = known_devices(record, parameters).devices
    reachable = [known[name].device for name in record.devices if known[name].device.host]
    results = call.ask_all(reachable, lambda berofos: _hand_over(call, berofos, desired, record), parameters.timeout)
    unsafe = {}
    for name, device_record in record.devices.items():
        result = results.get(name, "it has no address")
        if not isinstance(result, _Handed):
            held_elsewhere = _is_held_elsewhere(call, record, device_record)
            leaving = _leaving(device_record, Side.UNKNOWN, held_elsewhere)
            result = _Handed(leaving, f"{known[name].device.label}: {result}, expected A--D")
        if is_unsafe(result.leaving):
            unsafe[name] = result.error
        elif result.error:
            left = result.leaving.watchdog_left
            if left is None:
                journal.warning(result.error)
            else:
                journal.warning(f"{result.error}; its watchdog makes it fall back by itself within {left:.0f} s")
    return tuple(unsafe.values())


def _hand_over(call: Call, berofos: Device, desired: DesiredState, record: Record) -> _Handed:
    known = record.devices[berofos.config.name]
    held_elsewhere = _is_held_elsewhere(call, record, known)
    # What we told it last may still be on its way, and would arrive after what we tell it now.
    time.sleep(min(known.write_left(boot_clock()), max(0.0, call.devices_deadline - time.monotonic())))
    label = berofos.config.label
    state = berofos.read(("wdog",))
    known = armed_as_shown(known, state)
    foreign = held_elsewhere or _is_kicked_by_another(state, known) or _is_another_box(berofos, known)
    leaving = _leaving(known, _side(state, desired), foreign)._replace(watchdog_left=_watchdog_left(state, known))
    error = ""
    if gives_away(leaving):
        if leaving.side is Side.ELSEWHERE:  # what we told it last hasn't arrived: this is to come after it
            berofos.write("mode", False)
            state = berofos.read()
        applied = berofos.attempt({"mode": False}, state)
        leaving = leaving._replace(side=_side(applied.after, desired), pending=False)
        if applied.moved:
            lines_on = desired.wiring.lines_on(mode=False)
            journal.switched(label, applied.before.position, applied.after.position, lines_on)
        if applied.stuck:
            error = f"{label}: {', '.join(applied.stuck)}"
    if disarms(leaving):
        with contextlib.suppress(DeviceError):  # the lines are safe already, and it runs out harmlessly
            berofos.attempt({"wdog": False})
    return _Handed(leaving, error)


def _leaving(known: DeviceRecord, side: Side, foreign: bool) -> Leaving:
    return Leaving(
        ours=known.is_ours,
        side=side,
        was_ours=known.was_right,
        pending=known.told_at is not None,
        watchdog_left=known.watchdog_left(boot_clock()),
        foreign=foreign,
    )


def _watchdog_left(state: DeviceState, known: DeviceRecord) -> float | None:
    """What is left of the watchdog that we armed, as the device has it."""
    left = known.watchdog_left(boot_clock())
    if left is None or state.watchdog_on:
        return left
    return 0.0 if state.watchdog_ran_out else None


def _side(state: DeviceState, desired: DesiredState) -> Side:
    return Side.THIS_NODE if joins(state.position, desired.position) else Side.ELSEWHERE


def _is_kicked_by_another(state: DeviceState, known: DeviceRecord) -> bool:
    """Whether its countdown is further from its end than our own last kick allows."""
    left = state.values.get("wdogrtime")
    return state.watchdog_on and isinstance(left, int) and known.may_be_kicked_by_another(left, boot_clock())


def _is_another_box(berofos: Device, known: DeviceRecord) -> bool:
    """Whether a box with another MAC answers at its address; that is asked where our last kick wasn't answered."""
    if known.mac is None or known.kick_sent <= known.kicked:
        return False
    from berofos_ra.device import gbl4_client  # hardly ever needed

    try:
        found = gbl4_client.scan(berofos.config.host, _SCAN_TIMEOUT)
    except DeviceError:
        return False
    return bool(found) and all(answer.mac != known.mac for answer in found)


def _is_held_elsewhere(call: Call, record: Record, known: DeviceRecord) -> bool:
    """Whether an older record on this node has the device too."""
    return any(
        is_same_device(known, held)
        for instance, other in all_records(call.record_path.parent)
        if instance != call.instance and other.since < record.since
        for held in other.devices.values()
    )
