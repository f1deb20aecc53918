"""The story on a real cluster."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.demo import stage as show
from tests.demo.cast import PBX, Cast
from tests.demo.observer import Observer
from tests.demo.outcome import Chapter, Comparison, DemoFailed, Outcome, changes_by_device, seconds_to_click
from tests.demo.stage import Stage
from tests.lab import asterisk, cluster, logs
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT

LOGS = CHECKOUT / "build" / "demo-logs"

_PATIENCE = 120.0  # s
_POLL = 0.1  # s
_CLOCK_TICK = 1.0  # s; a device counts whole seconds
_MEASURED = "Seconds from the cause to the relay's click"
_CRM_MON = "crm_mon -1 --include=none,nodes,resources,attributes,failures"

_DRILL = ("berofos", "drill", "--and-back", "--hold", "3", "--yes", "--reason", "demo")

_PACEMAKER = ("pacemakerd", "pacemaker-based", "pacemaker-controld", "pacemaker-execd")

# Follows the same as the relay, so Pacemaker starts both at the same moment: what is slower is the agent's doing.
_DUMMY = "demo-dummy"
_DUMMY_STATE = f"/run/{_DUMMY}.state"
_DUMMY_CONFIG = """
primitive {dummy} ocf:pacemaker:Dummy params state={state} op monitor interval=10s timeout=20s
colocation {dummy}-with-{service} inf: {dummy} {service}
order {dummy}-after-{phones} Mandatory: {phones} {dummy}
"""


@dataclass(frozen=True)
class Play:
    """A running performance."""

    stage: Stage
    cast: Cast
    lab: Lab
    observer: Observer


@dataclass(frozen=True)
class Moment:
    """A point in time, on the devices' clock and on the clock of files."""

    monotonic: float
    wall: float


def play(stage: Stage, cast: Cast) -> Outcome:
    """Tell the whole story.

    Raises:
        DemoFailed: the lines didn't go where they should; the logs are in `LOGS` then.
        LabError: the cluster can't be had.
    """
    nodes, devices = len(cast.groups), len(cast.devices)
    show.headline(
        stage, 1, f"A cluster comes up: {_counted(nodes, 'node', 's')}, {_counted(devices, 'simulated berofos', '')}"
    )
    begun = time.monotonic()
    with show.waiting(stage, f"installing the project into {_counted(nodes, 'fresh node', 's')}, and booting"):
        lab = Lab(nodes, devices, asterisk.files())
    with lab:
        seconds = time.monotonic() - begun
        try:
            return _tell(Play(stage, cast, lab, Observer(lab, cast)), seconds)
        except LabError as error:
            _keep_evidence(stage, lab)
            raise DemoFailed("a cluster that does as it is told", str(error).partition("\n")[0]) from error
        except DemoFailed:
            _keep_evidence(stage, lab)
            raise


def _counted(number: int, what: str, plural: str) -> str:
    return f"{('no', 'one', 'two', 'three')[number]} {what}{plural if number > 1 else ''}"


def _tell(story: Play, seconds_to_boot: float) -> Outcome:
    _introduce(story, seconds_to_boot)
    first, comparison = _configure(story), None
    home, other = story.cast.home, story.cast.other
    stations: tuple[str, ...]  # who has the lines, one after the other
    if story.cast.pbx is not None:
        chapters = _leave_to_watchdog(story)
        stations = (home, PBX, home, PBX, home)  # there and back for each of two troubles
    elif story.cast.front is not None:
        second, comparison = _kill(story)
        third = _kill_other(story)
        fourth, owner = _return_all(story)
        chapters = (second, third, fourth)
        stations = (home, other, PBX, owner)
    else:
        second, comparison = _kill(story)
        chapters = (second, _return(story), *_drill(story))
        stations = (home, other, home, other)
    changes = changes_by_device(story.lab.events(), story.lab.devices.names)
    outcome = Outcome(_MEASURED, (first, *chapters), changes, story.cast.journey(*stations), comparison)
    outcome.check()
    return outcome


def _introduce(story: Play, seconds: float) -> None:
    node = story.lab.node(story.cast.home)
    pacemaker = node.run(["pacemakerd", "--version"]).stdout.partition("\n")[0]
    corosync = node.run(["corosync", "-v"]).stdout.partition("\n")[0].rpartition(" ")[2].strip("'")
    names = " and ".join(story.lab.nodes)
    verb = "are" if len(story.lab.nodes) > 1 else "is"
    show.done(story.stage, f"{names} {verb} online ({seconds:.1f} s): {pacemaker}, corosync {corosync}, both real.")
    show.say(
        story.stage, "Only the asterisk and the berofos are stand-ins. The berofos speak the real ones' protocol."
    )


def _configure(story: Play) -> Chapter:
    stage, cast = story.stage, story.cast
    show.headline(stage, 2, f"{cast.home} gets the lines")
    show.shell(stage, cast.home, f"crm configure load update {cast.example}")
    if cast.pbx is None:
        show.say(stage, "(and an ocf:pacemaker:Dummy beside the relay, to compare with)", "dim")
    example = Path(CHECKOUT, cast.example).read_text(encoding="utf-8")
    dummy = _DUMMY_CONFIG.format(dummy=_DUMMY, state=_DUMMY_STATE, service=cast.service, phones=cast.phones)
    if cast.pbx is not None:
        dummy = ""  # here the device acts, and no resource agent
    since = _now()
    with show.waiting(stage, "loading the configuration", story.observer.scene()):
        story.lab.configure(example + dummy, cast.home)
    _wait_for_lines(story, cast.home, since)
    show.show(stage, story.observer.scene(0), more=not stage.brief)
    if not stage.brief:
        _crm_mon(story, cast.home)
    return Chapter("configuration loaded", f"go to {cast.home}", _clicks(story, since))


def _kill(story: Play) -> tuple[Chapter, Comparison]:
    stage, cast = story.stage, story.cast
    show.headline(stage, 3, f"{cast.home} dies: power gone, no goodbye")
    since = _now()
    story.lab.node(cast.home).kill()
    if stage.live:
        show.say(stage, f"{cast.home} is dead. Its lines end nowhere until Pacemaker has noticed.")
    else:
        show.show(stage, story.observer.scene())
    _wait_for_lines(story, cast.other, since)
    _wait_until(story, lambda: _has(story, _DUMMY, cast.other), f"{_DUMMY} started on {cast.other}")
    show.show(stage, story.observer.scene(0))
    clicks = _clicks(story, since)
    comparison = Comparison(max(clicks.values()), _dummy_started(story) - since.wall)
    _show_log(story, cast.other)
    if cast.front is not None:
        if cast.front.device in clicks:
            raise DemoFailed(f"{cast.front.device} stays as it is", "it clicked")
        show.done(stage, f"{cast.front.device} didn't move: the lines made no detour through the PBX.")
    _crm_mon(story, cast.other)
    return Chapter(f"{cast.home} dies", f"{cast.home} -> {cast.other}", clicks), comparison


def _return(story: Play) -> Chapter:
    stage, cast = story.stage, story.cast
    show.headline(stage, 4, f"{cast.home} comes back, and nothing moves: that would drop calls")
    since = _now()
    story.lab.node(cast.home).start()
    everybody = set(cast.groups)

    def all_online() -> bool:
        status = story.observer.status(0.2)
        return status is not None and everybody <= cluster.online_nodes(status)

    _wait_until(story, all_online, f"{cast.home} online again")
    _wait_quiet(story)
    clicks = _clicks(story, since)
    if clicks or not story.observer.started_on(cast.other):
        raise DemoFailed(f"the lines stay on {cast.other}", f"{cast.relay} moved: {sorted(clicks) or 'no click'}")
    show.done(stage, f"{cast.home} is back as the standby, the lines stayed on {cast.other}.")
    return Chapter(f"{cast.home} comes back", f"stay on {cast.other}", clicks)


def _drill(story: Play) -> tuple[Chapter, Chapter]:
    """A planned switch-over, to the one that was away and back again."""
    stage, home, other = story.stage, story.cast.home, story.cast.other
    show.headline(stage, 5, f"The administrator practises: to {home}, and back")
    node = story.lab.node(other)

    def is_ready() -> bool:
        return story.lab.node_attributes(home).get("berofos-ready") == "yes"

    _wait_until(story, is_ready, f"{home} tells that it is ready")
    show.shell(stage, other, " ".join(_DRILL))
    since = _now()
    with ThreadPoolExecutor(1) as beside:
        drilling = beside.submit(node.run, _DRILL, check=False, timeout=_PATIENCE)
        _wait_until(story, drilling.done, f"{home} has the lines, then {other} again", since)
        done = drilling.result()
    show.verbatim(stage, done.stdout + done.stderr)
    if done.returncode or not story.observer.lines_at(other):
        raise DemoFailed(f"the lines go to {home} and back", f"exit status {done.returncode}")
    _wait_quiet(story)
    show.show(stage, story.observer.scene(0))
    there, back = _asked_to_move(story, other)
    clicks = [event for event in story.lab.events() if event["event"] == "relay" and event["time"] >= there]
    first = {one["device"]: one["time"] - there for one in clicks if one["time"] < back}
    second = {one["device"]: one["time"] - back for one in clicks if one["time"] >= back}
    return Chapter("berofos drill", f"{other} -> {home}", first), Chapter("and back", f"{home} -> {other}", second)


def _asked_to_move(story: Play, node: str) -> tuple[float, float]:
    """When the drill asked Pacemaker, by its lines in syslog."""
    asked = re.compile(r"^(\S+) .*berofos drill: asked to move", re.MULTILINE)

    def times_logged() -> list[datetime]:
        found = asked.findall(story.lab.node(node).read("/var/log/syslog"))
        return [datetime.fromisoformat(time) for time in found] if len(found) == 2 else []

    times = story.lab.wait_for(times_logged, 10, f"the drill's lines in {node}'s syslog")
    there, back = times
    return there.timestamp(), back.timestamp()


def _kill_other(story: Play) -> Chapter:
    other = story.cast.other
    show.headline(story.stage, 4, f"{other} dies too: no XiVO is left")
    return Chapter(f"{other} dies too", f"{other} -> {PBX}", _kill_last(story, other))


def _return_all(story: Play) -> tuple[Chapter, str]:
    """Both come back; gives the one that Pacemaker chose, too."""
    stage, cast = story.stage, story.cast
    show.headline(stage, 5, f"{' and '.join(cast.groups)} come back: one of them fetches the lines")
    since = _now()
    for name in cast.groups:
        story.lab.node(name).start()

    def owners() -> list[str]:
        return [name for name in cast.groups if story.observer.lines_at(name) and story.observer.started_on(name)]

    _wait_until(story, lambda: bool(owners()), "the lines on a XiVO again", since)
    _wait_quiet(story)
    found = owners()
    if not found:
        raise DemoFailed("the lines stay where they came back to", "they moved")
    show.show(stage, story.observer.scene(0))
    _crm_mon(story, found[0])
    return Chapter("both come back", f"{PBX} -> {found[0]}", _clicks(story, since)), found[0]


def _kill_last(story: Play, server: str) -> dict[str, float]:
    """Kill the only server that there is: the watchdog of the first device has to act. Gives the seconds to that.

    Raises:
        DemoFailed: it was late.
    """
    device = story.cast.devices[0]
    interval = story.lab.devices.state(device)["settings"]["wdogitime"]
    show.say(
        story.stage, f"Nobody kicks {device}'s watchdog any more. {interval} s after the last kick it acts by itself."
    )
    since = _now()
    story.lab.node(server).kill()
    _wait_for_pbx(story, since)
    clicks = _clicks(story, since)
    if clicks[device] > interval + _CLOCK_TICK:
        raise DemoFailed(f"{device}'s watchdog acts within {interval} s", f"it took {clicks[device]:.2f} s")
    return clicks


def _leave_to_watchdog(story: Play) -> tuple[Chapter, ...]:
    """Two troubles in which nobody can switch any more: the device's own watchdog does."""
    stage, home, node = story.stage, story.cast.home, story.lab.node(story.cast.home)

    show.headline(stage, 3, f"{home} dies: power gone, no goodbye")
    died = Chapter(f"{home} dies", f"{home} -> {PBX}", _kill_last(story, home))

    show.headline(stage, 4, f"{home} comes back, and fetches the lines")
    since = _now()
    node.start()
    _wait_for_lines(story, home, since)
    show.show(stage, story.observer.scene(0))
    _show_log(story, home)
    back = Chapter(f"{home} comes back", f"{PBX} -> {home}", _clicks(story, since))

    show.headline(stage, 5, f"Pacemaker on {home} hangs")
    show.shell(stage, home, f"kill -STOP $(pidof {' '.join(_PACEMAKER)})")
    since = _now()
    node.freeze(*_PACEMAKER)
    _wait_for_pbx(story, since)
    hung = Chapter("Pacemaker hangs", f"{home} -> {PBX}", _clicks(story, since))

    show.headline(stage, 6, "Pacemaker goes on, finds that the watchdog ran out, and puts it right")
    show.shell(stage, home, f"kill -CONT $(pidof {' '.join(_PACEMAKER)})")
    since = _now()
    node.thaw(*_PACEMAKER)
    story.observer.forgive()
    _wait_for_lines(story, home, since)
    _wait_quiet(story)
    show.show(stage, story.observer.scene(0))
    _crm_mon(story, home)
    return died, back, hung, Chapter("Pacemaker goes on", f"{PBX} -> {home}", _clicks(story, since))


def _wait_for_pbx(story: Play, since: Moment) -> None:
    _wait_until(story, lambda: story.observer.lines_at(PBX), _relays(story.cast, PBX), since)
    show.show(story.stage, story.observer.scene(0))


def _wait_for_lines(story: Play, server: str, since: Moment) -> None:
    """Wait until the relays and Pacemaker agree that a server has the lines, telling each click."""

    def arrived() -> bool:
        return story.observer.lines_at(server) and story.observer.started_on(server)

    started = " and ".join(story.cast.resources)
    _wait_until(story, arrived, f"{_relays(story.cast, server)}, {started} started on {server}", since)


def _relays(cast: Cast, server: str) -> str:
    """Where the relays have to be for a server to have the lines, in words."""
    relays = cast.relays_for(server)
    if set(relays) == set(cast.devices) and len(set(relays.values())) == 1:
        return f"all relays at {cast.relay_for(server)}"
    return ", ".join(f"{name} at {position}" for name, position in relays.items())


def _wait_until(story: Play, condition: Callable[[], bool], what: str, since: Moment | None = None) -> None:
    """Wait, with the picture kept up to date.

    Raises:
        DemoFailed: an action failed, or it took too long.
    """
    deadline = time.monotonic() + _PATIENCE
    with show.waiting(story.stage, f"waiting: {what}", story.observer.scene()) as change:
        while True:
            arrived = condition()
            change(story.observer.scene())
            for click in story.observer.new_clicks():
                late = "" if since is None else f"{click['monotonic'] - since.monotonic:6.2f} s  "
                show.say(story.stage, f"{late}{click['device']} clicks: {click['from']} -> {click['to']}")
            if arrived:
                return
            story.observer.complain(what)
            if time.monotonic() > deadline:
                raise DemoFailed(what, f"not so after {_PATIENCE:.0f} s")
            time.sleep(_POLL)


def _wait_quiet(story: Play) -> None:
    with show.waiting(story.stage, "waiting: Pacemaker has nothing left to do", story.observer.scene()):
        story.lab.wait_quiet()


def _has(story: Play, resource: str, server: str) -> bool:
    return story.lab.resource_state(resource).node == server


def _clicks(story: Play, since: Moment) -> dict[str, float]:
    return seconds_to_click(story.lab.events(), since.monotonic)


def _now() -> Moment:
    return Moment(time.monotonic(), time.time())


def _dummy_started(story: Play) -> float:
    """When the Dummy was started. Pacemaker itself only tells whole seconds."""
    return float(story.lab.node(story.cast.other).run(["stat", "-c", "%.9Y", _DUMMY_STATE]).stdout)


def _crm_mon(story: Play, node: str) -> None:
    show.shell(story.stage, node, _CRM_MON)
    show.verbatim(story.stage, story.lab.node(node).run(_CRM_MON.split()).stdout)
    show.pause(story.stage)


def _show_log(story: Play, node: str) -> None:
    """What the switch has left in syslog."""
    switches = r"berofos fos.*: relay .* -> "
    command = ["grep", switches, "/var/log/syslog"]
    show.shell(story.stage, node, f"grep '{switches}' /var/log/syslog")
    with show.waiting(story.stage, "waiting: the line in syslog", story.observer.scene()):
        found = story.lab.wait_for(
            lambda: story.lab.node(node).run(command, check=False).stdout,
            10,
            f"a line on the switch in {node}'s syslog",
        )
    show.verbatim(story.stage, found)


def _keep_evidence(stage: Stage, lab: Lab) -> None:
    """Show what Pacemaker says, and put the logs where they can be read later."""
    show.say(stage, "crm_mon says:")
    show.verbatim(stage, lab.crm_mon_text())
    try:
        shutil.rmtree(LOGS, ignore_errors=True)
        logs.collect(lab, LOGS)
        show.say(stage, f"Logs: {os.path.relpath(LOGS)}")
    except OSError as error:
        show.say(stage, f"The logs can't be collected: {error}")
