"""Putting devices on this node's side, and telling what became of it: what start and monitor share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from berofos_ra.agent import journal
from berofos_ra.clock import boot_clock
from berofos_ra.device.device import Device
from berofos_ra.device.relay import joins
from berofos_ra.device.state import Applied, DeviceState
from berofos_ra.errors import DeviceError, DeviceTimeoutError, NoEffectError, UnreachableError
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.resource.record import DeviceRecord

if TYPE_CHECKING:
    from berofos_ra.agent.call import Call
    from berofos_ra.agent.check import Contact


def take_over(berofos: Device, before: DeviceState, desired: DesiredState) -> Applied:
    """Provision a device, put its relay on this node's side, arm and kick its watchdog, and log what happened.

    ``before`` is how it is now: what is right already isn't written.

    Raises:
        NoEffectError: it doesn't do as told.
        DeviceError: it can't be asked.
    """
    label = berofos.config.label
    wanted: Mapping[str, bool | int] = {**desired.provisioned, **desired.relay_settings}
    if desired.is_armed and before.watchdog_on:
        berofos.kick()  # its countdown goes on, and a shorter interval may have passed already
    applied = berofos.attempt(wanted, before)
    if applied.moved:
        journal.switched(label, applied.before.position, applied.after.position, desired.node)
    if not joins(applied.after.position, desired.position):
        raise NoEffectError(f"relay stays {applied.after.position}, expected {desired.position}")
    if desired.is_armed:
        if not applied.after.watchdog_on:
            raise NoEffectError("watchdog stays off, expected on")
        berofos.kick()
        applied.after.get("wdogitime")  # raises where it isn't shown
    for stuck in applied.stuck:
        # The lines are here all the same. A thorough monitor will find it too, and show it.
        journal.warning(f"{label}: {stuck}")
    return applied


def put_defaults_back(call: Call, contacts: Iterable[Contact]) -> None:
    """Give those of a failed start whose relay wasn't moved their default relay mode again.

    It is what a peer goes by. What can't be done is left.
    """
    told = {one.config.name: one for one in contacts if one.is_told and one.applied is None}

    def put_back(berofos: Device) -> None:
        before = told[berofos.config.name].state
        now = berofos.read(("modedef",))
        if before is not None and now.mode == before.mode:
            berofos.attempt({"modedef": before.get("modedef")}, now)

    call.ask_all([one.config for one in told.values()], put_back)


def error_reason(label: str, error: DeviceError, desired: DesiredState) -> str:
    """A device's error as messages show it: who, where, what was seen, what was expected."""
    if isinstance(error, NoEffectError):
        return f"{label}: {error}"  # says itself what was expected
    return f"{label}: {error}, expected {desired.position}"


def is_right(state: DeviceState, desired: DesiredState) -> bool:
    """Whether a device's relay joins the lines to this node, and its watchdog hasn't run out where it matters."""
    return joins(state.position, desired.position) and not (desired.watchdog and state.watchdog_ran_out)


def is_elsewhere(state: DeviceState, desired: DesiredState) -> bool:
    """Whether a device's relay joins the lines to the other side."""
    return state.mode != desired.mode


def has_moved(state: DeviceState, desired: DesiredState) -> bool:
    """Whether a device's relay or its default relay mode isn't on this node's side: a takeover may be half done."""
    return is_elsewhere(state, desired) or (desired.provision and state.values.get("modedef") != desired.mode)


def is_peers_hand(state: DeviceState, desired: DesiredState) -> bool:
    """Whether a device looks as the peer's takeover leaves it: on the other side, by default too.

    Without provisioning nobody sets the default relay mode, so there the relay alone must tell.
    """
    return is_elsewhere(state, desired) and (not desired.provision or state.values.get("modedef") != desired.mode)


def taken_over(known: DeviceRecord, applied: Applied, desired: DesiredState) -> DeviceRecord:
    """What is known of a device that has just been put on this node's side."""
    now = boot_clock()
    known = known._replace(
        is_ours=True,
        was_right=True,
        seen_right=True,
        answered=True,
        told_at=None,
        seen=applied.after.position,
        seen_at=now,
    )
    if not desired.is_armed:
        return known._replace(watchdog_interval=None, arming=False, turned_off=False)
    interval = int(applied.after.get("wdogitime"))
    return known.seen_armed(now, interval, interval)


def armed_as_shown(known: DeviceRecord, state: DeviceState) -> DeviceRecord:
    """What is known of a device whose watchdog we told to be armed, once it shows whether it is."""
    interval, left = state.values.get("wdogitime"), state.values.get("wdogrtime")
    is_shown = state.shows_watchdog_on or state.shows_watchdog_off
    if known.watchdog_interval is not None and not known.arming and is_shown:
        # When it was kicked last is known from our own kicks alone: somebody else may have armed it again.
        return known._replace(turned_off=state.shows_watchdog_off)
    if not known.arming or not state.shows_watchdog_on or not isinstance(interval, int):
        return known
    return known.seen_armed(boot_clock(), interval, left if isinstance(left, int) else interval)


def result_shown(result: Applied | DeviceError) -> str:
    """What became of a device as its node attribute shows it."""
    if isinstance(result, DeviceError):
        return "unreachable" if is_unreachable(result) else str(result)
    return result.after.position + (" (watchdog on)" if result.after.shows_watchdog_on else "")


def is_unreachable(error: DeviceError) -> bool:
    """Whether nothing is known of the device at all: it may be without power."""
    return isinstance(error, (UnreachableError, DeviceTimeoutError))
