"""The lab itself: does it make a cluster, break it as asked, and leave the host alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import cluster, requirements
from tests.lab.errors import CommandFailed, LabError, NodeEnded, NotYet
from tests.lab.lab import PATIENCE, Lab
from tests.lab.layout import DEVICE_PASSWORD, Spec
from tests.lab.link import start_time
from tests.lab.nodefiles import corosync_conf
from tests.support.checkout import CHECKOUT
from tests.support.waiting import wait_until

DUMMY = """\
property stonith-enabled=false
primitive dummy ocf:pacemaker:Dummy op monitor interval=1s
location prefer-1 dummy 10: xivo-1
"""

NO_STATE_DIRECTORY = corosync_conf(Spec("", nodes=1)).replace("system {\n", "system {\n    state_dir: /nowhere\n")

_CLUSTER_DIRECTORIES = ("/var/lib/pacemaker", "/var/lib/corosync", "/var/log/pacemaker", "/var/log/corosync")

# A program that holds a lab, says where, and waits to be ended.
HOLDER = """\
import sys, time
from tests.lab.lab import Lab
with Lab(nodes=1, devices=0) as lab:
    print(lab.link.pid, flush=True)
    time.sleep(600)
"""


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    return children


def _family(pid: int) -> dict[int, str | None]:
    """Process `pid` and everything below it, with start times."""
    children = _children()
    family, new = [pid], [pid]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        family += new
    return {member: start_time(member) for member in family}


def _alive(family: dict[int, str | None]) -> list[int]:
    return [pid for pid, born in family.items() if born is not None and start_time(pid) == born]


def _traces() -> dict[str, object]:
    """What a lab could leave on the host."""
    return {
        "links": subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout,
        "namespaces": subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout,
        "mounts": Path("/proc/self/mounts").read_text(encoding="utf-8"),
        "hostname": os.uname().nodename,
        # Labs of the command line have a record there, and one may be started at this moment.
        "run": {path for path in Path("/run").iterdir() if path.name != "berofos-lab"},
        "shared memory": set(Path("/dev/shm").glob("qb-*")),
        "cluster": {path for place in _CLUSTER_DIRECTORIES for path in Path(place).rglob("*")},
    }


def _reach(lab: Lab, node: str, device: str, seconds: float = 60) -> bool:
    """Whether a node gets a connection to a device."""
    address = next(state["address"] for state in lab.devices.states() if state["name"] == device)
    connect = f"timeout {seconds} bash -c '</dev/tcp/{address}/80'"
    return lab.node(node).run(connect, check=False).returncode == 0


def _out_of_reach(lab: Lab, node: str, device: str) -> bool:
    return not _reach(lab, node, device, 1)


def test_a_cluster_comes_up_and_runs_resources(lab: Lab) -> None:
    lab.configure(DUMMY)
    assert lab.wait_started("dummy") == "xivo-1"
    lab.wait_quiet()
    assert lab.resource_state("dummy").managed
    assert cluster.online_nodes(lab.crm_mon("xivo-2")) == {"xivo-1", "xivo-2"}


def test_the_project_is_installed_and_not_run_from_the_checkout(lab: Lab) -> None:
    node = lab.node("xivo-1")
    place = node.run(["python3", "-c", "import berofos_ra; print(berofos_ra.__file__)"]).stdout
    assert "/dist-packages/berofos_ra/" in place
    assert not node.run(["ls", str(CHECKOUT)], check=False).stdout
    assert "port_b_node" in node.run("crm ra info ocf:xivo:berofos").stdout
    assert DEVICE_PASSWORD in node.read("/etc/bnfos.conf")


def test_every_node_has_a_syslog_of_its_own(lab: Lab) -> None:
    lab.node("xivo-1").run("logger -p daemon.notice hello from here")
    wait_until(lambda: "hello from here" in lab.node("xivo-1").read("/var/log/syslog"), "the line in syslog")
    assert "hello from here" not in lab.node("xivo-2").read("/var/log/syslog")


def test_a_killed_node_is_missed_and_comes_back_with_its_disk(lab: Lab) -> None:
    lab.configure(DUMMY)
    node = lab.node("xivo-1")
    lab.wait_started("dummy", "xivo-1")
    node.run("echo kept > /root/on-disk; echo lost > /run/in-memory")
    node.kill()
    assert not node.running()
    with pytest.raises(LabError, match="xivo-1 is switched off"):
        node.run("true")
    lab.wait_started("dummy", "xivo-2")
    node.start()
    lab.wait_online()
    assert node.run("cat /root/on-disk").stdout == "kept\n"
    assert node.run("test -e /run/in-memory", check=False).returncode == 1


def test_a_split_leaves_the_devices_in_reach_of_both(lab: Lab) -> None:
    lab.node("xivo-1").cut("nodes")
    for own in ("xivo-1", "xivo-2"):

        def alone(name: str = own) -> bool:
            return cluster.online_nodes(lab.crm_mon(name)) == {name}

        lab.wait_for(alone, PATIENCE, f"{own} alone")
        assert _reach(lab, own, "fos1")
    lab.heal()
    lab.wait_online()


def test_devices_can_be_cut_off_from_one_node_or_from_all(lab: Lab) -> None:
    lab.node("xivo-1").cut("fos1")
    assert _out_of_reach(lab, "xivo-1", "fos1")
    assert _reach(lab, "xivo-2", "fos1")
    assert _reach(lab, "xivo-1", "fos2")
    lab.devices.unplug("fos2")
    assert _out_of_reach(lab, "xivo-1", "fos2")
    assert _out_of_reach(lab, "xivo-2", "fos2")
    lab.devices.plug_in("fos2")
    lab.node("xivo-1").heal("fos1")
    assert _reach(lab, "xivo-1", "fos2")
    assert _reach(lab, "xivo-1", "fos1")


def test_services_can_be_stopped_started_and_frozen(lab: Lab) -> None:
    node = lab.node("xivo-1")
    node.freeze("pacemaker-attrd")
    with pytest.raises(CommandFailed, match="not done after"):
        node.run("attrd_updater -Q -n nothing", timeout=0.5)
    node.thaw("pacemaker-attrd")
    node.stop_service("pacemaker")
    assert node.run("pidof pacemakerd", check=False).returncode == 1
    node.run("corosync-cfgtool -s")
    node.start_service("pacemaker")
    lab.wait_online()


def test_a_node_that_is_left_out_at_the_beginning_begins_anew(lab: Lab) -> None:
    lab.node("xivo-2").stop_service("pacemaker")
    lab.come_up(let_in=1)
    lab.wait_online()


def test_a_reset_removes_what_a_test_has_left(lab: Lab) -> None:
    node = lab.node("xivo-1")
    lab.configure(DUMMY + "rsc_defaults failure-timeout=30s\n")
    lab.wait_started("dummy")
    node.run("crm_resource --ban -r dummy; attrd_updater -n berofos-fos1 -U A--B; echo > /etc/bnfos.conf")
    lab.devices.set_settings("fos1", {"mode": 1})
    lab.devices.power("fos2", False)
    lab.devices.add_fault("fos1", "hang")
    lab.reset()
    configuration = node.run("crm configure show").stdout
    assert "dummy" not in configuration
    assert "failure-timeout" not in configuration
    assert "berofos-fos1" not in lab.node_attributes("xivo-1")
    assert [(device["relay"], device["powered"], device["faults"]) for device in lab.devices.states()] == [
        ("A--D", True, [])
    ] * 2
    assert DEVICE_PASSWORD in node.read("/etc/bnfos.conf")


def test_events_and_logs_can_be_had(lab: Lab, tmp_path: Path) -> None:
    before = len(lab.events())
    lab.devices.set_settings("fos2", {"mode": 1})
    wait_until(lambda: lab.events(before, device="fos2", event="relay", to="A--B"), "the event")
    lab.node("xivo-2").kill()
    lab.collect_logs(tmp_path)
    for name in ("xivo-1", "xivo-2"):
        assert "pacemaker-controld" in (tmp_path / name / "syslog").read_text(encoding="utf-8")
        assert (tmp_path / name / "pacemaker.log").stat().st_size
        assert (tmp_path / name / "corosync.log").stat().st_size
    assert "fos2" in (tmp_path / "device-events.jsonl").read_text(encoding="utf-8")


def test_waiting_in_vain_shows_the_cluster(lab: Lab) -> None:
    with pytest.raises(NotYet, match=r"not within 0.1 s: pigs fly(?s:.*)Online: \[ xivo-1 xivo-2 \]"):
        lab.wait_for(lambda: False, 0.1, "pigs fly")


def test_a_second_lab_beside_the_first_and_no_trace_of_it(shared_lab: Lab) -> None:
    before = _traces()
    with Lab(nodes=1, devices=1) as second:
        assert _traces() == before
        family = _family(second.link.pid)
        assert len(_alive(family)) > 10
        second.devices.set_settings("fos1", {"mode": 1})
        assert second.devices.relay("fos1") == "A--B"
        assert shared_lab.devices.relay("fos1") == "A--D"
    assert not _alive(family)
    assert _traces() == before


@pytest.mark.parametrize(
    ("service", "path", "content", "says"),
    [
        ("corosync", "/etc/corosync/corosync.conf", NO_STATE_DIRECTORY, "/nowhere"),
        ("pacemaker", "/usr/sbin/pacemakerd", "#!/bin/sh\nexit 70\n", "exit status 70"),
    ],
)
def test_a_daemon_that_dies_at_once_is_told_of_with_its_log(service: str, path: str, content: str, says: str) -> None:
    with pytest.raises(NodeEnded, match=f"boot of xivo-1: {service} ended with exit status") as told:
        Lab(1, 0, {path: (content, 0o755)})
    assert says in str(told.value)


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Another program that has started a lab, in a process group of its own as a shell would put it."""
    if Lab.missing():
        pytest.skip("no lab can be set up on this machine")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        yield program
        program.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_lab_goes_with_the_program_that_holds_it(holder: subprocess.Popen[str], how: signal.Signals) -> None:
    assert holder.stdout is not None
    site = int(holder.stdout.readline())
    family = {**_family(holder.pid), **_family(site)}
    os.killpg(holder.pid, how)
    del family[holder.pid]
    wait_until(lambda: not _alive(family), "everything in the lab has ended")


def test_a_lab_goes_even_while_it_is_being_set_up(holder: subprocess.Popen[str]) -> None:
    # Process 1 of the site is there as soon as the keeper, the holder's child, has a child.
    wait_until(lambda: len(_family(holder.pid)) > 2, "the site is there")
    family = _family(holder.pid)
    holder.kill()
    del family[holder.pid]
    wait_until(lambda: not _alive(family), "everything has ended")


def _command_line(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.lab", "--name", f"test-{os.getpid()}", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)


def test_the_command_line(tmp_path: Path) -> None:
    if Lab.missing():
        pytest.skip("no lab can be set up on this machine")
    config = tmp_path / "dummy.crm"
    config.write_text(DUMMY, encoding="utf-8")
    assert "is up;" in _command_line("status").stderr
    try:
        up = _command_line("up", "--nodes", "1", "--devices", "1", "--config", str(config))
        assert (up.returncode, up.stderr) == (0, "")
        assert "is up already" in _command_line("up").stderr
        shown = _command_line("exec", "xivo-1", "crm", "configure", "show", "dummy")
        assert "ocf:pacemaker:Dummy" in shown.stdout
        assert _command_line("exec", "xivo-1", "sh", "-c", "exit 7").returncode == 7
        assert _command_line("exec", "xivo-9", "true").stderr.startswith("lab: no node xivo-9 in this lab")
        assert _command_line("cut", "fos1").returncode == 0
        status = _command_line("status").stdout
        assert "cut: fos1 -> xivo-1" in status
        assert "Online: [ xivo-1 ]" in status
        assert _command_line("heal").returncode == 0
        assert "A--D" in _command_line("devices").stdout
        assert _command_line("kill", "xivo-1").returncode == 0
        assert "off" in _command_line("status").stdout
        assert _command_line("logs", str(tmp_path / "logs")).returncode == 0
        assert (tmp_path / "logs/xivo-1/syslog").exists()
    finally:
        down = _command_line("down")
    assert "is down" in down.stdout
    assert not Path(f"/run/berofos-lab/test-{os.getpid()}.json").exists()


def test_a_stale_record_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.lab import state

    monkeypatch.setattr(state, "DIRECTORY", tmp_path / "labs")
    (tmp_path / "labs").mkdir()
    record = {"pid": os.getpid(), "born": "1", "spec": {"checkout": "/"}}
    (tmp_path / "labs/lab.json").write_text(json.dumps(record), encoding="utf-8")
    assert state.find("lab") is None


def test_what_is_missing_is_said_in_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_SEARCHED", "/nonexistent")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    programs, root = Lab.missing()
    assert "apt-get install --no-install-recommends corosync" in programs
    assert "root" in root


def test_a_machine_that_forbids_namespaces_is_told_apart() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be refused namespaces")
    command = [
        "setpriv",
        "--bounding-set=-sys_admin",
        "--inh-caps=-sys_admin",
        sys.executable,
        "-m",
        "tests.lab",
        "up",
    ]
    refused = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "doesn't let root create namespaces" in refused.stderr
    assert "Traceback" not in refused.stderr
