"""What the devices of the record answer to the monitor of the node that owns the relay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.agent.call import Call
from berofos_ra.agent.in_effect import InEffect
from berofos_ra.agent.kicks import Kicks
from berofos_ra.agent.known_devices import Answer, KnownDevice
from berofos_ra.agent.takeover import armed_as_shown, error_reason, is_right, result_shown
from berofos_ra.clock import boot_clock
from berofos_ra.device.device import Device
from berofos_ra.device.state import DeviceState
from berofos_ra.errors import BadAnswerError, DeviceError
from berofos_ra.resource.actions import SETTINGS_DEPTH
from berofos_ra.resource.deviations import DesiredState, Kind, deviations, setting_deviations
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.verdict import DeviceFinding, Side


class Observation(NamedTuple):
    """What one device answered, or why it didn't: for the verdict, for its node attribute, for the record.

    ``state`` is None where it couldn't be asked. ``settings`` are those that aren't as provisioned, as the verdict's
    reason shows them.
    """

    finding: DeviceFinding
    shown: str
    record: DeviceRecord
    state: DeviceState | None = None
    settings: str | None = None


def observe(
    call: Call, effect: InEffect, record: Record, known: Mapping[str, KnownDevice], kicks: Kicks
) -> dict[str, Observation]:
    """Ask all devices of the record, by name: at the record's address, else at the file's, where its MAC answers."""
    needed = ("wdog",) if effect.desired.is_armed else ()  # beside the relay's settings
    answers = call.ask_all(
        [one.device for one in known.values()],
        lambda berofos: _ask(berofos, known[berofos.config.name], needed),
        effect.parameters.timeout,
    )
    observed = {}
    for name, answer in answers.items():
        device = known[name].device
        learned = device.mac is not None and not known[name].is_mac_in_file
        before = record.devices[name]._replace(mac=device.mac, mac_learned=learned)
        kick = kicks.outcome(name) if kicks.is_kicked(name) else None
        if kicks.is_kicked(name) and kick is None:
            before = before._replace(kicked=max(before.kicked, kicks.answered_at(name)))
        if isinstance(answer, DeviceError):
            observed[name] = _unanswered(effect.desired, device.label, answer, before)
            continue
        if answer.host is not None:
            before = before._replace(host=answer.host, address=answer.device.host or "", port=answer.device.port)
        observed[name] = answered(call, effect.desired, answer.device.label, answer.state, before, kick)
    return observed


def _ask(berofos: Device, one: KnownDevice, needed: tuple[str, ...]) -> Answer:
    if one.elsewhere is None and one.is_located:
        return Answer(berofos.read(needed), one.device)
    from berofos_ra.agent.whereabouts import find  # hardly ever needed

    return find(berofos, one, needed)


def answered(
    call: Call, desired: DesiredState, label: str, state: DeviceState, known: DeviceRecord, kick: DeviceError | None
) -> Observation:
    """A device that answered; ``kick`` is why it didn't answer the last kick, None when it did, or isn't kicked."""
    right = is_right(state, desired)
    record = known._replace(
        was_right=right,
        answered=True,
        seen=state.position,
        seen_at=known.seen_at if state.position == known.seen else boot_clock(),
        is_ours=known.is_ours or right,
        seen_right=known.was_seen_right or right,
        told_at=None if right else known.told_at,
    )
    record = armed_as_shown(record, state)
    shown = state.position + _watchdog_shown(state)
    found = deviations(state, desired, settings=False)
    if not right:
        # Where no watchdog guards this node it doesn't matter what became of one.
        grave = [one.text for one in found if one.kind is Kind.RELAY or desired.watchdog]
        return Observation(DeviceFinding(Side.ELSEWHERE, f"{label}: {', '.join(grave)}"), shown, record, state)
    settings = _settings(desired, label, state) if call.check_level >= SETTINGS_DEPTH else None
    unkicked = f"{label}: {kick}" if kick is not None else None
    watchdog_off = next((f"{label}: {one.text}" for one in found if one.kind is Kind.WATCHDOG_OFF), None)
    drift = watchdog_off or unkicked or settings
    return Observation(DeviceFinding(Side.THIS_NODE, drift=drift), shown, record, state, settings)


def _unanswered(desired: DesiredState, label: str, error: DeviceError, known: DeviceRecord) -> Observation:
    """A device that couldn't be asked."""
    due = known.watchdog_left(boot_clock()) == 0
    reason = error_reason(label, error, desired)
    finding = DeviceFinding(Side.UNKNOWN, reason, was_right=known.was_right, watchdog_due=due)
    return Observation(finding, result_shown(error), known._replace(answered=False))


def _settings(desired: DesiredState, label: str, state: DeviceState) -> str | None:
    try:
        found = ", ".join(each.text for each in setting_deviations(state, desired.provisioned))
    except BadAnswerError as error:
        found = str(error)
    return f"{label}: {found}" if found else None


def _watchdog_shown(state: DeviceState) -> str:
    if state.watchdog_ran_out:
        return " (watchdog ran out)"
    if not state.shows_watchdog_on:
        return ""
    left, interval = state.values.get("wdogrtime"), state.values.get("wdogitime")
    # The seconds change all the time, and each change makes Pacemaker think: shown only when they run low.
    if isinstance(left, int) and isinstance(interval, int) and left * 4 < interval:
        return f" (watchdog {left} s)"
    return " (watchdog on)"
