"""The story without a cluster: the same agent and devices, each action called as Pacemaker would call it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from berofos_ra.simulator import DeviceSpec, Simulator
from tests.demo import stage as show
from tests.demo.cast import PBX, Cast
from tests.demo.outcome import Chapter, DemoFailed, Outcome, changes_by_device, seconds_to_click
from tests.demo.scene import Power, Scene, relay_now
from tests.demo.stage import Stage
from tests.support.checkout import CHECKOUT

_AGENT = "agents/ocf/berofos"
_PASSWORD = "demo-only"  # of devices that are gone when the demo ends
_TIMEOUT = 60  # s
_MEASURED = "Seconds from the cause to the relay's click"
_RUNNING, _NOT_RUNNING = 0, 7
_CODES = {_RUNNING: "running", _NOT_RUNNING: "not running"}


Rest = tuple[tuple[Chapter, ...], tuple[str, ...]]  # further chapters, and who has the lines, one after the other


@dataclass(frozen=True)
class Play:
    """A performance. ``directory`` holds the devices' config file, and each server's run directory."""

    stage: Stage
    cast: Cast
    simulator: Simulator
    directory: Path


def play(stage: Stage, cast: Cast) -> Outcome:
    """Tell the whole story.

    Raises:
        DemoFailed: the lines didn't go where they should.
        SimulatorError: the simulated devices can't be had.
    """
    specs = [
        DeviceSpec(name, _address(number), f"00:19:32:00:12:{number:02X}", port=0, password=_PASSWORD)
        for number, name in enumerate(cast.devices, start=1)
    ]
    with tempfile.TemporaryDirectory(prefix="berofos-demo-") as directory, Simulator(specs) as simulator:
        sections = [
            f"[{device.name}]\nmac = {device.spec.mac}\nhost = {device.address}:{device.port}\n"
            f"login = admin:{_PASSWORD}\n"
            for device in simulator.devices
        ]
        config = Path(directory, "bnfos.conf")
        config.touch(mode=0o600)
        config.write_text("\n".join(sections), encoding="utf-8")
        return _tell(Play(stage, cast, simulator, Path(directory)))


def _address(number: int) -> str:
    """A loopback address that no other demo on this machine uses: the devices' UDP port is always the same."""
    return f"127.{os.getpid() >> 8 & 0xFF}.{os.getpid() & 0xFF}.{19 + number}"


def _tell(story: Play) -> Outcome:
    stage, cast = story.stage, story.cast
    servers = tuple(cast.groups)
    theirs = "two servers that don't have" if len(servers) > 1 else "a server that doesn't have"
    show.headline(stage, 1, f"Simulated berofos, and {theirs} the lines yet")
    show.say(stage, f"Every line below is a call of {_AGENT} with the environment that Pacemaker would give it.")
    for server in servers:
        _call(story, "monitor", server, _NOT_RUNNING, "the probe after a boot")
    show.show(stage, _scene(story, ()), more=False)

    show.headline(stage, 2, f"{cast.home} gets the lines")
    first = _give_lines(story, cast.home, "started there", f"go to {cast.home}")
    if cast.pbx is not None:
        rest, stations = _leave_to_watchdog(story)
    elif cast.front is not None:
        rest, stations = _lose_both(story)
    else:
        rest, stations = _there_and_back(story)
    changes = changes_by_device(story.simulator.events.since(), cast.devices)
    outcome = Outcome(_MEASURED, (first, *rest), changes, cast.journey(cast.home, *stations))
    outcome.check()
    return outcome


def _there_and_back(story: Play) -> Rest:
    stage, home, other = story.stage, story.cast.home, story.cast.other
    show.headline(stage, 3, f"{home} dies: power gone, no goodbye")
    _die(story, home)
    second = _give_lines(story, other, f"{home} dies", f"{home} -> {other}", dead=(home,))

    show.headline(stage, 4, f"{home} comes back, and nothing moves: that would drop calls")
    since = time.monotonic()
    _call(story, "monitor", home, _NOT_RUNNING, "the probe after a boot: it no longer claims the lines")
    _call(story, "monitor", other, _RUNNING, "unmoved", interval=10)
    third = Chapter(f"{home} comes back", f"stay on {other}", _clicks(story, since))
    if third.seconds:
        raise DemoFailed(f"the lines stay on {other}", "a relay clicked")

    show.headline(stage, 5, "The administrator moves the lines back")
    _call(story, "stop", other, 0, "touches no relay: the next start does")
    fourth = _give_lines(story, home, "moved back by hand", f"{other} -> {home}")
    return (second, third, fourth), (other, home)


def _leave_to_watchdog(story: Play) -> Rest:
    """One server and a PBX: the device acts by itself when nobody can act any more."""
    stage, home = story.stage, story.cast.home
    show.headline(stage, 3, f"{home} dies: power gone, no goodbye")
    second = _die_as_the_last(story, home)

    show.headline(stage, 4, f"{home} comes back, and fetches the lines")
    third = _come_back(story, home)

    show.headline(stage, 5, "asterisk is to be stopped: first the lines go to the PBX")
    since = time.monotonic()
    _call(story, "stop", home, 0, "turns the watchdog off, and switches")
    fourth = Chapter("asterisk is stopped", f"{home} -> {PBX}", _clicks(story, since))
    show.show(stage, _scene(story, ()), more=False)

    show.headline(stage, 6, "asterisk is started again")
    fifth = _give_lines(story, home, "asterisk is started", f"{PBX} -> {home}")
    return (second, third, fourth, fifth), (PBX, home, PBX, home)


def _lose_both(story: Play) -> Rest:
    """Two servers, and a device in front that gives the lines to a PBX when none is left."""
    stage, home, other = story.stage, story.cast.home, story.cast.other
    show.headline(stage, 3, f"{home} dies: power gone, no goodbye")
    _die(story, home)
    second = _give_lines(story, other, f"{home} dies", f"{home} -> {other}", dead=(home,))

    show.headline(stage, 4, f"{other} dies too: no XiVO is left")
    third = _die_as_the_last(story, other)

    show.headline(stage, 5, f"{home} comes back, and fetches the lines")
    return (second, third, _come_back(story, home, dead=(other,))), (other, PBX, home)


def _give_lines(story: Play, server: str, what: str, lines: str, dead: tuple[str, ...] = ()) -> Chapter:
    """Start on a server, and see that it has the lines then."""
    positions = story.cast.relays_for(server)
    since = time.monotonic()
    _call(story, "start", server, 0, f"expected: {_in_words(positions)}")
    _call(story, "monitor", server, _RUNNING, "does it still have the lines?", interval=10)
    for standby in story.cast.groups:
        if standby not in (server, *dead):
            _call(
                story, "monitor", standby, _NOT_RUNNING, "could this standby take over?", interval=30, role="Stopped"
            )
    _check_relays(story, positions, f"start on {server}")
    show.show(story.stage, _scene(story, (server,), dead), more=False)
    return Chapter(what, lines, _clicks(story, since))


def _die(story: Play, *dead: str) -> None:
    """Lose what a server, the last one of the dead, had in its memory: a reboot does that to a run directory."""
    shutil.rmtree(story.directory / dead[-1])
    show.say(story.stage, f"{dead[-1]}'s run directory, and with it its claim to the lines, is gone.")
    show.show(story.stage, _scene(story, (), dead))


def _die_as_the_last(story: Play, server: str) -> Chapter:
    """Die with nobody left to take over, and wait for the watchdog of the first device."""
    device = story.cast.devices[0]
    since = time.monotonic()
    seen = len(story.simulator.events.since())
    _die(story, *(name for name in story.cast.groups if name != server), server)
    show.say(story.stage, f"Nobody kicks {device}'s watchdog any more.")
    with show.waiting(story.stage, f"waiting: {device}'s watchdog acts by itself"):
        try:
            story.simulator.events.wait(_TIMEOUT, since=seen, device=device, event="relay", cause="watchdog")
        except TimeoutError:
            raise DemoFailed(f"{device}'s watchdog acts", f"it didn't within {_TIMEOUT} s") from None
    _check_relays(story, story.cast.relays_for(PBX), "the watchdog has acted")
    show.done(story.stage, f"{device}'s watchdog has run out: the lines are on the PBX.")
    show.show(story.stage, _scene(story, (), tuple(story.cast.groups)), more=False)
    return Chapter(f"{server} dies", f"{server} -> {PBX}", _clicks(story, since))


def _come_back(story: Play, server: str, dead: tuple[str, ...] = ()) -> Chapter:
    _call(story, "monitor", server, _NOT_RUNNING, "the probe after a boot: it no longer claims the lines")
    return _give_lines(story, server, f"{server} comes back", f"{PBX} -> {server}", dead)


def _check_relays(story: Play, positions: Mapping[str, str], after: str) -> None:
    relays = relay_now(story.simulator.events.since())
    if any(relays[device] != position for device, position in positions.items()):
        raise DemoFailed(f"{_in_words(positions)} after {after}", f"{relays}")


def _in_words(positions: Mapping[str, str]) -> str:
    return ", ".join(f"{device} at {position}" for device, position in positions.items())


def _call(
    story: Play, action: str, server: str, expected: int, remark: str, interval: int = 0, role: str = ""
) -> None:
    """Call the agent for each resource in turn, tell how it went, and what it logged.

    Raises:
        DemoFailed: it answered otherwise than expected.
    """
    resources = list(story.cast.agents)
    for resource in reversed(resources) if action == "stop" else resources:
        environment = _environment(story, resource, server, interval, role)
        _call_one(story, f"{action} of {resource} on {server}", action, expected, remark, environment)


def _call_one(
    story: Play, call: str, action: str, expected: int, remark: str, environment: Mapping[str, str]
) -> None:
    with show.waiting(story.stage, call):
        try:
            done = subprocess.run(
                [sys.executable, str(CHECKOUT / _AGENT), action],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"{call} answers", f"no answer within {_TIMEOUT} s") from None
    meaning = _CODES.get(done.returncode, "error") if action == "monitor" else "done"
    if done.returncode != expected:
        said = done.stderr.strip().splitlines() or ["nothing was said"]
        raise DemoFailed(f"{call} exits {expected}", f"exit {done.returncode}: {said[-1]}")
    show.done(story.stage, f"{call}: {done.returncode} ({meaning}); {remark}")
    if done.stderr:
        show.verbatim(story.stage, done.stderr)


def _environment(story: Play, resource: str, server: str, interval: int, role: str) -> dict[str, str]:
    environment = {
        # Pacemaker's tools stay out of reach: should this machine be in a cluster, this is none of its business.
        "PATH": str(story.directory / "no-programs"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OCF_RESOURCE_INSTANCE": resource,
        "OCF_RESOURCE_PROVIDER": "xivo",
        "OCF_RESOURCE_TYPE": "berofos",
        "HA_RSCTMP": str(story.directory / server),
        "OCF_RESKEY_CRM_meta_on_node": server,
        "OCF_RESKEY_CRM_meta_timeout": str(_TIMEOUT * 1000),
        "OCF_RESKEY_config": str(story.directory / "bnfos.conf"),
        **{f"OCF_RESKEY_{name}": value for name, value in story.cast.agents[resource].items()},
    }
    for name in ("OCF_ROOT", "OCF_FUNCTIONS_DIR"):
        if name in os.environ:
            environment[name] = os.environ[name]
    if interval:
        environment["OCF_RESKEY_CRM_meta_interval"] = str(interval * 1000)
    if role:
        environment["OCF_RESKEY_CRM_meta_role"] = role
    return environment


def _scene(story: Play, answering: Iterable[str], dead: tuple[str, ...] = ()) -> Scene:
    addresses = {device.name: device.address for device in story.simulator.devices}
    powers = {server: Power.DEAD if server in dead else Power.ON for server in story.cast.groups}
    return story.cast.scene(addresses, relay_now(story.simulator.events.since()), powers, answering)


def _clicks(story: Play, since: float) -> dict[str, float]:
    return seconds_to_click(story.simulator.events.since(), since)
