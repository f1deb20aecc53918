"""Which exit code, and which reason, each action gives in each situation: of the node, its config, its parameters.

What a device in trouble makes of them is in test_fault_matrix.py.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from berofos_ra.settings import BY_KEYWORD
from berofos_ra.simulator import Simulator
from tests.agent.conftest import NewSite
from tests.agent.site import AGENT, DEGRADED, NOBODYS_AGENT, D, Done, Node, Site
from tests.support.devices import specs


@dataclass(frozen=True)
class Stage:
    """Two devices for all rows, and what a start on the node at B left: most rows begin there."""

    simulator: Simulator
    delivered: Mapping[str, Mapping[str, object]]
    owners_files: Path

    def set_up(self, folder: Path) -> Site:
        """The devices as delivered again, in a site with nothing else in it."""
        for device in self.simulator.devices:
            device.clear_faults()
            device.power_on()
            device.set_settings(self.delivered[device.name])
        return Site(folder, self.simulator, "two-xivo")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="berofos-") as name, Simulator(specs(("fos1", "fos2"))) as simulator:
        delivered = {
            device.name: {k: v for k, v in device.settings.items() if BY_KEYWORD[k].group is not None}
            for device in simulator.devices
        }
        node = Site(Path(name), simulator, "two-xivo").node()
        node.start()
        yield Stage(simulator, delivered, node.run_directory)


Step = Callable[[Stage, Site, Node], None]
Action = Callable[[Node], Done]


@dataclass(frozen=True)
class Row:
    """One line of the table: two devices, ``fos1`` and ``fos2``, on the node at B unless told otherwise.

    ``before``: what happened until then. ``given``: parameters that are other than usual from then on. In
    ``reason`` and in ``given``, words in braces stand for this site's names.
    """

    action: Action
    situation: str
    code: int
    reason: str = ""
    before: tuple[Step, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)


def action(name: str, level: int | None = None, interval: int | None = None, timeout: float = 120) -> Action:
    def carry_out(node: Node) -> Done:
        return node.begin(name, level=level, interval=interval, timeout=timeout).finish(None)

    carry_out.__name__ = name if level is None else f"{name} {level}"
    return carry_out


hasty_start = action("start", timeout=20)  # one that is to fail: it asks for a quarter of that
start, stop, reload = action("start"), action("stop"), action("reload-agent")
validate, validate_node = action("validate-all"), action("validate-all", level=10)
monitor, deep_monitor = action("monitor", interval=10), action("monitor", level=10, interval=60)
probe = action("monitor")
probe.__name__ = "probe"


def owner(stage: Stage, site: Site, node: Node) -> None:
    shutil.copytree(stage.owners_files, node.run_directory)
    config = stage.owners_files.parent.parent / site.config.name
    node.record.write_text(node.record.read_text().replace(str(config), str(site.config)))
    for device in site:
        device.set_settings({"mode": 1, "modedef": 1})


def off(*names: str) -> Step:
    def do(stage: Stage, site: Site, node: Node) -> None:
        for name in names:
            site.device(name).power_off()

    return do


def at_a_d(*names: str) -> Step:
    def do(stage: Stage, site: Site, node: Node) -> None:
        for name in names:
            site.device(name).set_settings({"mode": 0})

    return do


def set_by_hand(**settings: object) -> Step:
    return lambda stage, site, node: site.fos2.set_settings(settings)


def fault(kind: str) -> Step:
    def do(stage: Stage, site: Site, node: Node) -> None:
        site.fos2.add_fault(kind)

    return do


def without(line: str) -> Step:
    return lambda stage, site, node: site.write_config(without=line)


def empty_config(stage: Stage, site: Site, node: Node) -> None:
    site.config.write_text("")


def no_config(stage: Stage, site: Site, node: Node) -> None:
    site.config.unlink()


def wrong_login(stage: Stage, site: Site, node: Node) -> None:
    site.fos2.set_settings({"pwd": 1, "apwd": "another"})
    site.write_config(login="admin:wrong")


def no_section_fos2(stage: Stage, site: Site, node: Node) -> None:
    site.config.write_text(site.section(site.fos1))


def elsewhere(stage: Stage, site: Site, node: Node) -> None:
    node.name = "xivo-3"


def reloaded(**given: str) -> Step:
    """A monitor goes by what the record says, not by what it is given."""

    def do(stage: Stage, site: Site, node: Node) -> None:
        node.parameters.update(given)
        node.reload()

    return do


def on_d(stage: Stage, site: Site, node: Node) -> None:
    node.name = D


def as_nobody(stage: Stage, site: Site, node: Node) -> None:
    """A user who can't read the devices' logins, but can do everything else."""
    site.folder.chmod(0o711)
    node.run_directory.parent.chmod(0o777)
    node.run_directory.mkdir(mode=0o777, exist_ok=True)
    node.command = NOBODYS_AGENT


def no_run_directory(stage: Stage, site: Site, node: Node) -> None:
    node.run_directory.write_text("in the way")


def no_pacemaker(stage: Stage, site: Site, node: Node) -> None:
    (node.tools.folder / "attrd_updater").unlink()
    node.environment["PATH"] = str(node.tools.folder)
    # It would be found in /usr/sbin, whatever the PATH.
    hide = '/usr/bin/mount -t tmpfs none /usr/sbin && exec "$@"'
    node.command = ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", hide, "sh", str(AGENT))


REFUSED_1, REFUSED_2 = "{fos1}: connection refused, expected A--B", "{fos2}: connection refused, expected A--B"
AT_D_1, AT_D_2 = "{fos1}: relay is A--D, expected A--B", "{fos2}: relay is A--D, expected A--B"
LOGIN_2 = "{fos2}: login refused, expected A--B"
NO_FILE = "{config}: no such file; list the berofos devices there"
NO_SECTION = "{config}: no section [fos2]; add it, or take fos2 from devices"
NO_HOST = "{config}: section [fos1] has no host; add host = ADDRESS"
UNREADABLE = "{config}: permission denied; it must be readable by root"
NOT_WIRED = "node xivo-3 isn't wired to the relay (xivo-1 on B, xivo-2 on D); keep the resource off it"
GONE_2 = "fos2 is no longer in {config}; restart the resource to give it up"
NO_HOSTS = "fos1 has no host in {config} any more; fos2 has no host in {config} any more"
NOT_OWNER = "xivo-1 doesn't own the relay: no ownership record there"
NO_ACTION = "expected one of start, stop, monitor, validate-all, reload-agent, meta-data"

NONSENSE: tuple[tuple[dict[str, str], str], ...] = (
    ({"topology": "star"}, "topology: 'star' is none of two-xivo, two-xivo-pbx, xivo-pbx"),
    ({"devices": " , "}, "devices: empty; name at least one, such as fos1"),
    ({"min_devices": "many"}, "min_devices: 'many' isn't a whole number from 0 to 255"),
    ({"min_devices": "3"}, "min_devices: 3 is more than the 2 of devices"),
    ({"on_unreachable": "panic"}, "on_unreachable: 'panic' is none of degrade, fail"),
    ({"port_d_node": "xivo-1"}, "port_b_node and port_d_node: xivo-1 can't be on both B and D"),
    ({"port_d_node": ""}, "port_d_node: two-xivo needs the name of the cluster node on port group D"),
    ({"topology": "xivo-pbx"}, "port_d_node: in xivo-pbx port group D is the PBX, name no node for it"),
)
STAR, STAR_REASON = NONSENSE[0]

TABLE = (
    # start
    Row(start, "every device answers", 0),
    Row(start, "the lines are here already", 0, before=(owner,)),
    Row(start, "one is off", 0, "", (off("fos2"),)),
    Row(hasty_start, "one is off, all are needed", 1, REFUSED_2, (off("fos2"),), {"min_devices": "0"}),
    Row(hasty_start, "all are off", 1, REFUSED_1 + "; " + REFUSED_2, (off("fos1", "fos2"),)),
    Row(start, "one refuses the login", 0, "", (wrong_login,)),
    Row(start, "one refuses the login, all are needed", 1, LOGIN_2, (wrong_login,), {"min_devices": "0"}),
    Row(start, "the device was moved between", 0, "", (owner, at_a_d("fos1"))),
    Row(start, "no config", 5, NO_FILE, (no_config,)),
    Row(start, "no section for a device", 5, NO_SECTION, (no_section_fos2,)),
    Row(start, "no host for a device", 5, NO_HOST, (without("host"),)),
    Row(
        start,
        "all devices of an empty config",
        5,
        "{config}: no device in it; add a section [fos1] with its host",
        (empty_config,),
        {"devices": "all"},
    ),
    Row(start, "config not readable", 4, UNREADABLE, (as_nobody,)),
    Row(start, "node not wired", 5, NOT_WIRED, (elsewhere,)),
    Row(
        start,
        "run directory can't be made",
        1,
        "can't write {run}/berofos-lines.json: File exists",
        (no_run_directory,),
    ),
    Row(start, "nonsense parameters", 6, STAR_REASON, (), STAR),
    # stop
    Row(stop, "never started", 0),
    Row(stop, "started", 0, before=(owner,)),
    Row(stop, "no config", 0, before=(owner, no_config)),
    Row(stop, "config not readable", 0, before=(as_nobody,)),
    Row(stop, "node not wired", 0, before=(elsewhere,)),
    Row(stop, "nonsense parameters", 0, before=(owner,), given=STAR),
    Row(stop, "bypass, as keep", 0, before=(owner,), given={"on_stop": "bypass"}),
    Row(stop, "bypass, never started, no config", 0, before=(no_config,), given={"on_stop": "bypass"}),
    Row(stop, "bypass, never started, devices off", 0, before=(off("fos1", "fos2"),), given={"on_stop": "bypass"}),
    Row(stop, "bypass, as keep, devices off", 0, before=(owner, off("fos1", "fos2")), given={"on_stop": "bypass"}),
    Row(stop, "bypass, as keep, no config any more", 0, before=(owner, no_config), given={"on_stop": "bypass"}),
    Row(stop, "run directory in the way", 0, before=(no_run_directory,)),
    # monitor of the resource where it runs
    Row(monitor, "all is well", 0, before=(owner,)),
    Row(deep_monitor, "all is well", 0, before=(owner,)),
    Row(monitor, "no record", 7, NOT_OWNER),
    Row(monitor, "no record, though the relay is here", 7, NOT_OWNER, (set_by_hand(mode=1),)),
    Row(
        monitor,
        "the other node's turn is over",
        7,
        "xivo-2 doesn't own the relay: no ownership record there",
        (on_d,),
    ),
    Row(monitor, "one relay moved, Pacemaker can't be asked", DEGRADED, AT_D_2, (owner, at_a_d("fos2"))),
    Row(monitor, "every relay moved", 1, AT_D_1 + "; " + AT_D_2, (owner, at_a_d("fos1", "fos2"))),
    Row(
        monitor,
        "one relay moved, all are needed",
        DEGRADED,
        AT_D_2,
        (owner, reloaded(min_devices="0"), at_a_d("fos2")),
    ),
    Row(
        monitor,
        "one is off and that is a failure, all are needed",
        1,
        REFUSED_2,
        (owner, reloaded(on_unreachable="fail", min_devices="0"), off("fos2")),
    ),
    Row(
        monitor,
        "one is off, a failure, one is enough",
        DEGRADED,
        REFUSED_2,
        (owner, reloaded(on_unreachable="fail"), off("fos2")),
    ),
    Row(
        monitor,
        "one moved, the other off",
        DEGRADED,
        AT_D_1 + "; " + REFUSED_2,
        (owner, at_a_d("fos1"), off("fos2")),
    ),
    Row(monitor, "the login is refused", DEGRADED, LOGIN_2, (owner, wrong_login)),
    Row(monitor, "settings drifted", 0, before=(owner, set_by_hand(modedef=0))),
    Row(
        deep_monitor,
        "settings drifted",
        DEGRADED,
        "{fos2}: modedef is 0, expected 1",
        (owner, set_by_hand(modedef=0)),
    ),
    Row(
        deep_monitor,
        "settings drifted that aren't ours",
        0,
        "",
        (owner, reloaded(provision="false"), set_by_hand(modedef=0)),
    ),
    Row(monitor, "no config any more", DEGRADED, NO_FILE, (owner, no_config)),
    Row(monitor, "no section any more", DEGRADED, GONE_2, (owner, no_section_fos2)),
    Row(monitor, "no host any more", DEGRADED, NO_HOSTS, (owner, without("host"))),
    Row(monitor, "nonsense parameters", DEGRADED, STAR_REASON, (owner,), STAR),
    # probe
    Row(probe, "running here", 0, before=(owner,)),
    Row(probe, "running here, relay moved", DEGRADED, AT_D_2, (owner, at_a_d("fos2"))),
    Row(probe, "running here, every relay moved", 1, AT_D_1 + "; " + AT_D_2, (owner, at_a_d("fos1", "fos2"))),
    Row(probe, "no record", 7),
    Row(probe, "no record, though the relay is here", 7, before=(set_by_hand(mode=1),)),
    Row(probe, "no config", 7, before=(no_config,)),
    Row(probe, "no section for a device", 7, before=(no_section_fos2,)),
    Row(probe, "config not readable", 7, before=(as_nobody,)),
    Row(probe, "node not wired", 7, before=(elsewhere,)),
    Row(probe, "run directory can't be made", 7, before=(no_run_directory,)),
    Row(probe, "nonsense parameters", 7, given=STAR),
    Row(probe, "nonsense parameters since it runs here", DEGRADED, STAR_REASON, (owner,), STAR),
    # validate-all
    Row(validate, "all is well", 0),
    Row(validate, "no config", 0, before=(no_config,)),
    Row(validate, "node not wired", 0, before=(elsewhere,)),
    *(Row(validate, f"nonsense {given}", 6, reason, (), given) for given, reason in NONSENSE),
    Row(validate_node, "all is well", 0),
    Row(validate_node, "nonsense parameters", 6, STAR_REASON, (), STAR),
    Row(validate_node, "no config", 5, NO_FILE, (no_config,)),
    Row(validate_node, "no section for a device", 5, NO_SECTION, (no_section_fos2,)),
    Row(validate_node, "no host for a device", 5, NO_HOST, (without("host"),)),
    Row(
        validate_node,
        "more needed than there are",
        5,
        "{config}: 2 devices, but min_devices is 3; add the missing",
        (),
        {"devices": "all", "min_devices": "3"},
    ),
    Row(validate_node, "config not readable", 4, UNREADABLE, (as_nobody,)),
    Row(validate_node, "node not wired", 5, NOT_WIRED, (elsewhere,)),
    Row(validate_node, "no Pacemaker", 5, "attrd_updater isn't installed; install pacemaker", (no_pacemaker,)),
    # reload-agent
    Row(reload, "running here", 0, before=(owner,)),
    Row(reload, "not running here", 7, "xivo-1 doesn't own the relay: nothing to reload"),
    Row(reload, "nonsense parameters", 0, before=(owner,), given=STAR),
    # others
    Row(action("promote"), "not an action", 3, f"no action 'promote', {NO_ACTION}"),
    Row(action(""), "no action named", 3, f"no action '', {NO_ACTION}"),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.action.__name__}, {row.situation}")
def test_exit_code(row: Row, stage: Stage, folder: Path) -> None:
    site = stage.set_up(folder)
    node = site.node()
    for step in row.before:
        step(stage, site, node)
    node.parameters.update(row.given)
    done = row.action(node)
    names = {"fos1": site.label("fos1"), "fos2": site.label("fos2"), "config": site.config, "run": node.run_directory}
    assert (done.code, done.reason) == (row.code, row.reason.format(**names))
    if done.code == 0 and done.action == "monitor":
        assert done.stderr == ""


def test_reason_of_many_devices_is_counted_when_it_gets_long(new_site: NewSite) -> None:
    site = new_site([f"fos{number}" for number in range(1, 6)])
    node = site.node()
    for device in site:
        device.power_off()
    done = node.start(expected=1, timeout=20)
    first, second = (f"{site.label(name)}: connection refused, expected A--B" for name in ("fos1", "fos2"))
    assert done.reason in (f"{first}; {second}; and 3 more", f"{first}; and 4 more")
    assert all(site.label(device.name) in "".join(done.log) for device in site)


def test_start_never_blames_the_configuration_for_a_device(new_site: NewSite) -> None:
    """Exit code 6 would make Pacemaker stop a healthy owner on the other node."""
    site = new_site()
    for kind in ("hang", "nothing", "empty", "truncated", "garbage_body", "huge_headers", "endless", "ignore_writes"):
        site.fos1.clear_faults()
        site.fos1.add_fault(kind)
        done = site.node(timeout="1" if kind == "hang" else "10").start(expected=1, timeout=20)
        assert done.reason.startswith(site.label("fos1")), kind
        assert done.reason.endswith("expected A--B"), kind
