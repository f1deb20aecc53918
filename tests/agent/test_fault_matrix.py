"""Every action against every way in which a device can be in trouble: what each must answer.

The wiring is the one that asks most of a device: bypass, by HTTP and GBL4, with an armed watchdog. One device has the
trouble; where there are two the other one is well, and must get what the action is for all the same.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from berofos_ra.agent.outcome import exit_reason
from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.clock import boot_clock
from berofos_ra.resource.record import DeviceRecord, Record
from berofos_ra.resource.record_file import create_record, read_record, stamp_kick
from berofos_ra.simulator import Simulator
from tests.agent.site import AGENT, DEGRADED, Done, Node, Site
from tests.support.devices import specs

PATIENCE = 4  # s, with one request; a healthy device must answer within it on the busiest machine
TIMEOUT = 80  # s, of every action; a start asks for a quarter of it, and devices are asked in the first half of it
SHORT_TIMEOUT = 20  # s, of those that wait for as long as they may
SPARE = 0.2  # of the timeout, at least
AT_ONCE = 6  # cells

HERE, AWAY = "A--B C--D", "A--D"
ARMED_FOR = 600  # s, until the watchdogs run out
SHORTER = 500  # s, what reload-agent is to make of it
SETTINGS = {"scenario": 1, "modedef": 1, "wdogdef": 1, "wdogitime": ARMED_FOR, "mode": 1, "wdog": 1}

Fault = tuple[str, Mapping[str, object]]

OK: tuple[int, str] = (0, "")
FALLS_BACK = "; its watchdog makes it fall back by itself within"  # so many seconds


@dataclass(frozen=True)
class Action:
    """How the agent is called. ``owner``: on the node that owns the relay, else on one that doesn't yet."""

    name: str
    owner: bool = True
    level: int | None = None
    interval: int | None = None
    role: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)


ACTIONS = {
    "start": Action("start", owner=False),
    "stop": Action("stop", given={"on_stop": "keep"}),
    "stop with bypass": Action("stop"),
    "monitor": Action("monitor", interval=10),
    "monitor depth 10": Action("monitor", interval=60, level=10),
    "probe": Action("monitor", owner=False),
    "probe of the owner": Action("monitor"),
    "monitor of a standby": Action("monitor", owner=False, interval=30, role="Stopped"),
    "validate-all": Action("validate-all", owner=False, level=10),
    "reload-agent": Action("reload-agent", given={"watchdog_interval": str(SHORTER)}),
}


LOOKS = ("monitor", "monitor depth 10", "probe of the owner")  # at a resource that runs here


@dataclass(frozen=True)
class Trouble:
    """One way for a device to be in trouble, and a row of the table: what the actions then answer.

    ``faults`` are the simulator's; ``like`` what its device is like; ``off``: without power; ``cut_off``: the node
    has no network, so that every device is in trouble. ``mac``: what the config file says instead of the right one.
    ``is_seen``: a start sees it before it clicks, so that it clicks nothing.

    The answers are exit code and reason, without the device's name and address in front. ``standby``: what
    ``berofos-ready`` says, empty for "yes"; ``bypass_warns`` and ``reload_warns``: what is logged, though done.
    """

    name: str
    start: tuple[int, str] = OK
    monitor: tuple[int, str] = OK
    bypass: tuple[int, str] = OK
    standby: str = ""
    bypass_warns: str = ""
    reload_warns: str = ""
    faults: tuple[Fault, ...] = ()
    like: Mapping[str, object] = field(default_factory=dict)
    off: bool = False
    cut_off: bool = False
    mac: str | None = None
    is_seen: bool = False
    only_kicks_fail: bool = False

    def answer(self, action: str, devices: int) -> tuple[int, str]:
        """Exit code and reason. What stop leaves as it is needs no device, nor do a probe and validate-all.

        One of two devices is enough for a start.
        """
        if action == "start":
            return self.start if devices == 1 or self.cut_off else OK
        if action == "stop with bypass":
            return self.bypass
        if action == "probe of the owner" and self.only_kicks_fail:
            return OK  # a probe kicks nobody
        if action in LOOKS:
            code, why = self.monitor
            return (DEGRADED if code and devices > 1 else code), why  # the other one still has its lines here
        return (7, "") if action in ("probe", "monitor of a standby") else OK


def fault(kind: str, **options: object) -> Fault:
    return kind, options


def unknown(name: str, why: str, *faults: Fault, off: bool = False, cut_off: bool = False, kick: str = "") -> Trouble:
    """Nothing can be learned of the device: so nothing of it may move, and nobody may be alarmed about the lines.

    ``kick``: why it can't be kicked, where it can't.
    """
    return Trouble(
        name,
        start=(1, f"{why}, expected {HERE}"),
        monitor=(DEGRADED, f"{why}, expected {HERE}"),
        bypass_warns=f"{why}, expected {AWAY}{FALLS_BACK}",
        standby=why,
        reload_warns=f"watchdog interval not changed to {SHORTER} s: {kick or why}",
        faults=faults,
        off=off,
        cut_off=cut_off,
        is_seen=True,
    )


def deaf(name: str, *faults: Fault, mac: str | None = None) -> Trouble:
    """HTTP is well, but a kick has no answer: the watchdog would run out. So it isn't switched at all."""
    why = "watchdog kick to its mac not answered"
    return Trouble(
        name,
        start=(1, "ping to its mac not answered"),
        monitor=(DEGRADED, why),
        reload_warns=f"watchdog interval not changed to {SHORTER} s: {why}",
        standby="ping to its mac not answered",
        faults=faults,
        mac=mac,
        is_seen=True,
        only_kicks_fail=True,
    )


KNOWN_REQUEST = re.compile(r"GET /config.txt$|GET /\?cmd=|kick$|ping( [0-9]+)?$")

NO_ANSWER = f"no answer within {PATIENCE} s"
NO_CONFIGURATION = "answer isn't a berofos configuration"
STAYS_AWAY = f"relay stays {AWAY}, expected {HERE}"
STAYS_HERE = f"relay stays {HERE}, expected {AWAY}"
UNCHANGED = f"watchdog interval not changed to {SHORTER} s: "

TABLE = (
    unknown("is off", "connection refused", off=True, kick="watchdog kick to its mac not answered"),
    unknown("can't be reached", "no route to it", cut_off=True),
    unknown("is unplugged", NO_ANSWER, fault("unplugged"), kick="watchdog kick to its mac not answered"),
    unknown("refuses connections", "connection refused", fault("refuse")),
    Trouble("is slow", faults=(fault("late", seconds=0.3), fault("late", seconds=0.3, face="gbl4"))),
    unknown("drips", NO_ANSWER, fault("drip", rate=20)),
    unknown("hangs after accept", NO_ANSWER, fault("hang")),
    unknown("says 401", "login demanded, none configured", fault("status", status=401)),
    unknown("says 500", "HTTP status 500", fault("status", status=500)),
    unknown("redirects", "HTTP status 302", fault("status", status=302, location="/config.txt?elsewhere")),
    unknown("answers nothing", "connection lost in the middle of an answer", fault("nothing")),
    unknown("answers with an empty body", NO_CONFIGURATION, fault("empty")),
    unknown("cuts answers short", "answer cut short: 80 of N bytes", fault("truncated", length=80)),
    unknown(
        "cuts answers short unannounced",
        "its configuration lacks K",
        fault("truncated", length=80, content_length=False),
    ),
    unknown("has no magic", NO_CONFIGURATION, fault("no_magic")),
    unknown("answers binary garbage", "answer isn't HTTP", fault("garbage")),
    unknown("has binary garbage for a configuration", NO_CONFIGURATION, fault("garbage_body")),
    unknown("answers without end", "answer of more than 64 KiB", fault("endless")),
    unknown("answers headers without end", "answer of more than 64 KiB", fault("huge_headers")),
    Trouble(
        "shows the relay at A--D",
        start=(1, STAYS_AWAY),
        monitor=(1, f"relay is {AWAY}, expected {HERE}"),
        faults=(fault("wrong", values={"mode": 0}),),
    ),
    Trouble(
        "shows the relay at A--B C--D",
        bypass_warns=f"{STAYS_HERE}{FALLS_BACK}",
        faults=(fault("wrong", values={"mode": 1}),),
    ),
    Trouble(
        "shows that its watchdog ran out",
        start=(1, "watchdog stays off, expected on"),
        monitor=(1, "watchdog ran out"),
        bypass=OK,
        faults=(fault("wrong", values={"wdogstate": 2}),),
    ),
    Trouble(
        "ignores the switch",
        start=(1, STAYS_AWAY),
        bypass_warns=f"{STAYS_HERE}{FALLS_BACK}",
        faults=(fault("ignore_switch"),),
    ),
    Trouble(
        "ignores writes",
        start=(1, STAYS_AWAY),
        bypass_warns=f"{STAYS_HERE}{FALLS_BACK}",
        reload_warns=f"{UNCHANGED}wdogitime stays {ARMED_FOR}, expected {SHORTER}",
        faults=(fault("ignore_writes"),),
    ),
    Trouble("takes writes as forms", like={"form_like": True}),
    Trouble("reboots at once after a write", faults=(fault("reboot", count=1),)),
    Trouble(
        "reboots slowly after a write",
        start=(1, f"connection refused, expected {HERE}"),
        bypass_warns=f"connection refused, expected {AWAY}{FALLS_BACK}",
        reload_warns=f"{UNCHANGED}connection refused",
        faults=(fault("reboot", count=1),),
        like={"boot_time": 3600},
    ),
    *(
        Trouble(
            f"moves its relay after {seconds:g} s", faults=(fault("late_effect", seconds=seconds, settings=["mode"]),)
        )
        for seconds in (0.3, 1, 3)
    ),
    Trouble("does everything after 1 s", faults=(fault("late_effect", seconds=1),)),
    Trouble("refuses connections for 2 s", faults=(fault("refuse", duration=2),)),
    Trouble("resets connections for 2 s", faults=(fault("reset", duration=2),)),
    Trouble("takes one connection only", faults=(fault("one_connection"),)),
    deaf("answers with another's MAC", fault("other_mac", face="gbl4")),
    deaf("was replaced by one with another MAC", fault("new_mac", face="gbl4")),
    deaf("has another MAC than the config file", mac="00:19:32:FF:FF:FF"),
    deaf("doesn't hear kicks", fault("silent", face="gbl4")),
    deaf("answers kicks with a wrong checksum", fault("bad_checksum", face="gbl4")),
    deaf("answers kicks with garbage", fault("garbage", face="gbl4")),
    Trouble("answers kicks twice", faults=(fault("duplicate", face="gbl4"),)),
)


@dataclass(frozen=True)
class Cell:
    """An action, a trouble, and one or two devices, the last of which is in trouble."""

    action: str
    trouble: Trouble
    devices: int

    def __str__(self) -> str:
        return f"{self.action}, {'one' if self.devices == 1 else 'one of two'} {self.trouble.name}"

    @property
    def names(self) -> list[str]:
        return [f"fos{number}" for number in range(1, self.devices + 1)]


CELLS = [Cell(action, trouble, devices) for action in ACTIONS for trouble in TABLE for devices in (1, 2)]


@dataclass(frozen=True)
class Result:
    """What a cell's action ended with, and what it left; by the devices' names."""

    done: Done
    seconds: float
    ready: str | None  # the node attribute
    owned: bool
    labels: Mapping[str, str]
    relays: Mapping[str, str]
    kicks: Mapping[str, int]
    writes: Mapping[str, Sequence[str]]
    strays: Sequence[str]  # requests that no action has reason for


@contextmanager
def a_site(cell: Cell) -> Iterator[Site]:
    """The cell's devices, in trouble; the lines are there already where the action is an owner's."""
    owner = ACTIONS[cell.action].owner
    fine = specs(cell.names, settings=SETTINGS if owner else {})
    bad = specs(cell.names[-1:], settings=SETTINGS if owner else {}, **cell.trouble.like)
    with tempfile.TemporaryDirectory(prefix="berofos-") as folder, Simulator([*fine[:-1], *bad]) as simulator:
        site = Site(Path(folder), simulator, "xivo-pbx")
        if cell.trouble.mac is not None:
            text = site.config.read_text()
            site.config.write_text(text.replace(site.device(cell.names[-1]).spec.mac, cell.trouble.mac))
        yield site


def as_owner(site: Site, node: Node) -> None:
    known = {
        device.name: DeviceRecord(
            host=device.address,
            address=device.address,
            port=device.port,
            mac=read_config(str(site.config)).select((device.name,))[0].mac,
            is_ours=True,
            was_right=True,
            answered=True,
            seen=HERE,
            watchdog_interval=ARMED_FOR,
        )
        for device in site
    }
    create_record(node.record, Record(True, known, boot_clock(), node.name, dict(node.parameters)))
    for name in known:
        stamp_kick(node.record, name)


def carry_out(cell: Cell) -> Result:
    action = ACTIONS[cell.action]
    with a_site(cell) as site:
        node = site.node(**{"timeout": str(PATIENCE), "watchdog_interval": str(ARMED_FOR), **action.given})
        if action.owner:
            as_owner(site, node)
        bad = site.device(cell.names[-1])
        for kind, options in cell.trouble.faults:
            bad.add_fault(kind, **options)
        if cell.trouble.off:
            bad.power_off()
        if cell.trouble.cut_off:
            node.command = ("unshare", "--net", str(AGENT))
        begun = time.monotonic()
        running = node.begin(
            action.name, level=action.level, interval=action.interval, role=action.role, timeout=TIMEOUT
        )
        done = running.finish(None)
        seconds = time.monotonic() - begun
        record = read_record(node.record)
        return Result(
            done,
            seconds,
            ready=node.tools.attributes.get("berofos-ready"),
            owned=record is not None and record.owned,
            labels={device.name: site.label(device.name) for device in site},
            relays={device.name: device.relay for device in site},
            kicks={device.name: site.kicks(device.name) for device in site},
            writes={device.name: site.writes(device.name) for device in site},
            strays=[r.what for device in site for r in device.requests if not KNOWN_REQUEST.match(r.what)],
        )


Results = Mapping[str, "Future[Result]"]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> Iterator[Results]:
    """All cells that this run asks for, several at once: most of the time is spent waiting."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    wanted: list[Any] = [item.callspec.params["cell"] for item in items if item.function is request.module.test_cell]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {str(cell): pool.submit(carry_out, cell) for cell in wanted}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(cell: Cell, results: Results) -> None:
    result = results[str(cell)].result()
    done, trouble = result.done, cell.trouble
    in_trouble = cell.names if trouble.cut_off else cell.names[-1:]
    fine = [name for name in cell.names if name not in in_trouble]

    code, why = trouble.answer(cell.action, cell.devices)
    assert done.code == code
    assert shown(done.reason) == each(in_trouble, why, result)
    assert result.seconds < TIMEOUT * (1 - SPARE)
    assert result.strays == []

    log = "\n".join(done.log)
    if cell.action == "start":
        assert result.owned == (code == 0)
        assert not trouble.is_seen or result.writes[cell.names[-1]] == []
        assert [result.relays[name] for name in fine] == [HERE] * len(fine)
        assert all(result.kicks[name] for name in fine)
        assert all(f"{result.labels[name]}: relay {AWAY} -> {HERE}, lines now on xivo-1" in log for name in fine)
    elif cell.action == "stop with bypass":
        assert result.owned == (code != 0)
        assert [result.relays[name] for name in fine] == [AWAY] * len(fine)
        assert all(f"{result.labels[name]}: relay {HERE} -> {AWAY}, lines now on the PBX" in log for name in fine)
        assert warned(trouble.bypass_warns, in_trouble, result)
    elif cell.action == "reload-agent":
        assert [result.writes[name] for name in fine] == [[f"cmd=2&wintv={SHORTER}"]] * len(fine)
        assert all(result.kicks[name] for name in fine)
        assert warned(trouble.reload_warns, in_trouble, result)
    else:
        assert list(result.writes.values()) == [[]] * cell.devices
        assert result.owned == (cell.action in LOOKS)
    if cell.action in LOOKS:
        assert all(bool(result.kicks[name]) == (ACTIONS[cell.action].interval is not None) for name in fine)
        assert len(done.log) == (code != 0)
    if cell.action == "monitor of a standby":
        lacks = each(in_trouble, trouble.standby, result)
        assert shown(str(result.ready)) == (f"no: {lacks}" if lacks else "yes")


# Devices and tools that keep one waiting, and a parameter that says to wait for ever.

SLOW = {
    "hangs": fault("hang"),
    "takes its time": fault("late", seconds=4),
    "doesn't hear kicks": fault("silent", face="gbl4"),
}


def wait_as_long_as_it_takes(action: str, trouble: Fault | None) -> float:
    """How long the action took, in seconds. No trouble: the tools don't hang, either."""
    called = ACTIONS[action]
    with a_site(Cell(action, Trouble("", faults=()), 2)) as site:
        node = site.node(**{"timeout": "60", "watchdog_interval": str(ARMED_FOR), **called.given})
        if called.owner:
            as_owner(site, node)
        if trouble is not None:
            kind, options = trouble
            site.fos2.add_fault(kind, **options)
            for tool in ("attrd_updater", "cibadmin", "corosync-quorumtool", "crm_node"):
                node.tools.hang(tool)
        begun = time.monotonic()
        node.begin(
            called.name, level=called.level, interval=called.interval, role=called.role, timeout=SHORT_TIMEOUT
        ).finish(None)
        return time.monotonic() - begun


@pytest.mark.parametrize("trouble", SLOW)
def test_actions_end_in_time_even_if_every_tool_hangs_and_a_device(trouble: str) -> None:
    """What this machine needs for each action anyway, at the same time, doesn't count."""
    with ThreadPoolExecutor(2 * len(ACTIONS)) as pool:
        waited = pool.map(lambda action: wait_as_long_as_it_takes(action, SLOW[trouble]), ACTIONS)
        worked = pool.map(lambda action: wait_as_long_as_it_takes(action, None), ACTIONS)
    seconds = {name: took - anyway for name, took, anyway in zip(ACTIONS, waited, worked, strict=True)}
    assert {name: took for name, took in seconds.items() if took >= SHORT_TIMEOUT * (1 - SPARE)} == {}


def each(names: Sequence[str], why: str, result: Result) -> str:
    """The same trouble of several devices as an exit reason has it."""
    return exit_reason(tuple(f"{result.labels[name]}: {why}" for name in names)) if why else ""


def shown(reason: str) -> str:
    """The reason without what varies: a length, and where an answer was cut."""
    return re.sub(r"lacks \S+ \([a-z]+\)", "lacks K", re.sub("of [0-9]+ bytes", "of N bytes", reason))


def warned(why: str, names: Sequence[str], result: Result) -> bool:
    """Whether the log tells that of these devices, or of none that something is wrong."""
    log = [shown(line) for line in result.done.log]
    if not why:
        return not any("berofos " in line and " -> " not in line and "failed: " not in line for line in log)
    return all(any(line.startswith(f"berofos {result.labels[name]}: {why}") for line in log) for name in names)
