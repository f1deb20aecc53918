"""The story without a cluster: the same agent and devices, each action called as Pacemaker would call it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from berofos_ra.simulator import DeviceSpec, Simulator
from tests.demo import stage as show
from tests.demo.cast import Cast
from tests.demo.outcome import Chapter, DemoFailed, Outcome, changes_by_device, seconds_to_click
from tests.demo.scene import Power, Scene, relay_now
from tests.demo.stage import Stage
from tests.lab.requirements import CHECKOUT

_AGENT = "agents/ocf/berofos"
_PASSWORD = "demo-only"  # of devices that are gone when the demo ends
_TIMEOUT = 60  # s
_MEASURED = "Seconds from the call of start to the relay's click"
_RUNNING, _NOT_RUNNING = 0, 7
_CODES = {_RUNNING: "running", _NOT_RUNNING: "not running"}


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
    names = cast.parameters["devices"].split()
    specs = [
        DeviceSpec(
            name, f"127.0.0.{19 + number}", f"00:19:32:00:12:{number:02X}", port=0, gbl4_port=0, password=_PASSWORD
        )
        for number, name in enumerate(names, start=1)
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


def _tell(story: Play) -> Outcome:
    stage, cast = story.stage, story.cast
    home, other = cast.home, cast.other

    show.headline(stage, 1, "Simulated berofos, and two servers that don't have the lines yet")
    show.say(stage, f"Every line below is a call of {_AGENT} with the environment that Pacemaker would give it.")
    _call(story, "monitor", home, _NOT_RUNNING, "the probe after a boot")
    _call(story, "monitor", other, _NOT_RUNNING, "likewise")
    show.show(stage, _scene(story, ()), more=False)

    show.headline(stage, 2, f"{home} gets the lines")
    first = _give_lines(story, home, "started there", f"go to {home}")

    show.headline(stage, 3, f"{home} dies: power gone, no goodbye")
    _die(story, home)
    show.show(stage, _scene(story, (), dead=home))
    second = _give_lines(story, other, f"{home} dies", f"{home} -> {other}", dead=home)

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

    changes = changes_by_device(story.simulator.events.since(), [device.name for device in story.simulator.devices])
    outcome = Outcome(_MEASURED, (first, second, third, fourth), changes, cast.journey(home, other, home))
    outcome.check()
    return outcome


def _give_lines(story: Play, server: str, what: str, lines: str, dead: str | None = None) -> Chapter:
    """Start on a server, and see that it has the lines then."""
    position = story.cast.relay_for(server)
    since = time.monotonic()
    _call(story, "start", server, 0, f"expected: all relays at {position}")
    _call(story, "monitor", server, _RUNNING, "does it still have the lines?", interval=10)
    for standby in story.cast.groups:
        if standby not in (server, dead):
            _call(
                story, "monitor", standby, _NOT_RUNNING, "could this standby take over?", interval=30, role="Stopped"
            )
    relays = relay_now(story.simulator.events.since())
    if set(relays.values()) != {position}:
        raise DemoFailed(f"all relays at {position} after start on {server}", f"{relays}")
    show.show(story.stage, _scene(story, (server,), dead), more=False)
    return Chapter(what, lines, _clicks(story, since))


def _die(story: Play, server: str) -> None:
    """Lose what a server had in its memory: that is what a reboot does to a run directory."""
    shutil.rmtree(story.directory / server)
    show.say(story.stage, f"{server}'s run directory, and with it its claim to the lines, is gone.")


def _call(
    story: Play, action: str, server: str, expected: int, remark: str, interval: int = 0, role: str = ""
) -> None:
    """Call the agent, tell how it went, and what it logged.

    Raises:
        DemoFailed: it answered otherwise than expected.
    """
    call = f"{action} on {server}"
    environment = _environment(story, server, interval, role)
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
    show.verbatim(story.stage, done.stderr)


def _environment(story: Play, server: str, interval: int, role: str) -> dict[str, str]:
    environment = {
        # Pacemaker's tools stay out of reach: should this machine be in a cluster, this is none of its business.
        "PATH": str(story.directory / "no-programs"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OCF_RESOURCE_INSTANCE": story.cast.relay,
        "OCF_RESOURCE_PROVIDER": "xivo",
        "OCF_RESOURCE_TYPE": "berofos",
        "HA_RSCTMP": str(story.directory / server),
        "OCF_RESKEY_CRM_meta_on_node": server,
        "OCF_RESKEY_CRM_meta_timeout": str(_TIMEOUT * 1000),
        "OCF_RESKEY_config": str(story.directory / "bnfos.conf"),
        **{f"OCF_RESKEY_{name}": value for name, value in story.cast.parameters.items()},
    }
    for name in ("OCF_ROOT", "OCF_FUNCTIONS_DIR"):
        if name in os.environ:
            environment[name] = os.environ[name]
    if interval:
        environment["OCF_RESKEY_CRM_meta_interval"] = str(interval * 1000)
    if role:
        environment["OCF_RESKEY_CRM_meta_role"] = role
    return environment


def _scene(story: Play, answering: Iterable[str], dead: str | None = None) -> Scene:
    addresses = {device.name: device.address for device in story.simulator.devices}
    powers = {server: Power.DEAD if server == dead else Power.ON for server in story.cast.groups}
    return story.cast.scene(addresses, relay_now(story.simulator.events.since()), powers, answering)


def _clicks(story: Play, since: float) -> dict[str, float]:
    return seconds_to_click(story.simulator.events.since(), since)
