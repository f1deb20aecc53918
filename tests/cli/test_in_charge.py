"""Every command that can move a relay, beside a cluster that is in charge, or may be: refused, nothing is touched.

Whether a cluster is there is asked with whatever PATH, as whatever user, and whatever state Pacemaker is in.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from berofos_ra.resource.record import DeviceRecord, Record, to_json
from tests.cli.operator_site import QUICK_ACCEPTANCE, OperatorSite
from tests.cli.vendor_site import BEROFOS, BNFOS, PASSWORD, XIVO, Done
from tests.support.checkout import CHECKOUT

COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "switch": (BEROFOS, ("switch", "b")),
    "set": (BEROFOS, ("set", "mode=1")),
    "restore": (BEROFOS, ("restore", "{folder}/settings.json")),
    "acceptance": (BEROFOS, ("acceptance", "--yes", *QUICK_ACCEPTANCE)),
    "power": (BEROFOS, ("power", "fos1", "1", "on")),
    "provision": (BEROFOS, ("provision", "--topology", "two-xivo", "--side", "b", "--timeout", "60")),
    "kick --while": (BEROFOS, ("kick", "--while", "true")),
    "reset": (BEROFOS, ("reset", "--yes")),
    "bnfos, a name": (BNFOS, ("--set", "mode=1", "-f", "fos1", "-t", "60")),
    "bnfos, an address": (
        BNFOS,
        ("--set", "mode=1", "-h", "{address}", "-p", "{port}", "-u", f"admin:{PASSWORD}"),
    ),
    "xivo-berofos": (XIVO, ("master",)),
}
WAY_OUT = {
    "bnfos, a name": "BNFOS_FORCE",
    "bnfos, an address": "BNFOS_FORCE",
    "acceptance": "take the device out of that resource",
}
NO_SBIN = "/usr/bin:/bin"  # cron's own PATH
Situation = Callable[[OperatorSite], tuple[str, ...]]  # makes it so, and gives what the commands are to be run by


def by_shell(script: str, *options: str) -> tuple[str, ...]:
    """Run a command after a script, with mounts and processes of its own."""
    own = ("unshare", "--mount", "--pid", "--fork", "--mount-proc")
    return (*own, "sh", "-c", f'{script} {" ".join(options)} "$@"; exit $?', "sh")


def daemon(site: OperatorSite) -> str:
    """A script that has a process run that is called as one of Pacemaker's daemons."""
    program = site.folder / "pacemaker-based"
    shutil.copy("/bin/cat", program)
    return f"sleep 3600 | {program} &"


def in_charge(site: OperatorSite) -> tuple[str, ...]:
    site.acts_cluster()
    return ()


def path_without_sbin(site: OperatorSite) -> tuple[str, ...]:
    site.acts_cluster()
    site.environment["PATH"] = NO_SBIN
    return by_shell(f"mount --bind {site.tools.folder} /usr/sbin;")


def permission_denied(site: OperatorSite) -> tuple[str, ...]:
    return by_shell(daemon(site))


def another_user(site: OperatorSite) -> tuple[str, ...]:
    site.folder.chmod(0o755)
    os.chown(site.config, 65534, 65534)
    script = f"mount --bind {CHECKOUT} /mnt; export PYTHONPATH=/mnt; {daemon(site)}"
    return by_shell(script, "setpriv --reuid=65534 --regid=65534 --clear-groups")


def hanging(site: OperatorSite) -> tuple[str, ...]:
    site.tools.hang("cibadmin")
    return ()


def tool_missing(site: OperatorSite) -> tuple[str, ...]:
    site.environment["PATH"] = NO_SBIN
    return by_shell(f"mount -t tmpfs none /usr/sbin; {daemon(site)}")


def record(site: OperatorSite) -> tuple[str, ...]:
    device = DeviceRecord(host="berofos.example", address=site.fos1.address, port=site.fos1.port)
    return recorded(site, json.dumps(to_json(Record(True, {"fos1": device}))))


def record_that_makes_no_sense(site: OperatorSite) -> tuple[str, ...]:
    return recorded(site, "{")


def recorded(site: OperatorSite, text: str) -> tuple[str, ...]:
    Path(site.environment["HA_RSCTMP"], "berofos-berofos-relay.json").write_text(text, encoding="utf-8")
    return ()


SITUATIONS: tuple[tuple[Situation, str], ...] = (
    (in_charge, "the cluster's resource berofos-relay is in charge of "),
    (path_without_sbin, "the cluster's resource berofos-relay is in charge of "),
    (permission_denied, "Pacemaker runs here, but can't be asked: cibadmin failed with 102"),
    (another_user, "Pacemaker runs here, but can't be asked as this user: cibadmin failed with 102"),
    (hanging, "the cluster doesn't answer: cibadmin hangs"),
    (tool_missing, "Pacemaker runs here, but can't be asked: cibadmin isn't installed"),
    (record, "no cluster answers here, but by "),
    (record_that_makes_no_sense, "no cluster answers here, but by "),
)


@pytest.fixture
def site(site: OperatorSite) -> OperatorSite:
    """With a file for restore."""
    (site.folder / "settings.json").write_text('{"fos1": {"modedef": true}}')
    return site


@pytest.fixture
def run_all(site: OperatorSite) -> Callable[[Situation], dict[str, Done]]:
    """Have every command run in a situation, all at once: what each ended with."""
    (site.folder / "run").mkdir()
    site.environment["HA_RSCTMP"] = str(site.folder / "run")

    def run(situation: Situation) -> dict[str, Done]:
        prefix = situation(site)
        begun = {name: site.begin((*prefix, *command_line(site, name))) for name in COMMANDS}
        return {name: running.finish() for name, running in begun.items()}

    return run


def command_line(site: OperatorSite, name: str) -> Sequence[str]:
    """With the system's own Python, which whoever runs it can run."""
    program, arguments = COMMANDS[name]
    config = ("--config", str(site.config)) if program == BEROFOS else ()
    here = {"address": site.fos1.address, "port": site.fos1.port, "folder": site.folder}
    given = [word.format(**here) for word in arguments]
    # One that isn't refused may go on for ever.
    return ("timeout", "200", "/usr/bin/python3", *program[1:], *config, *given)


@pytest.mark.parametrize(("situation", "reason"), SITUATIONS, ids=[one.__name__ for one, _ in SITUATIONS])
def test_every_command_is_refused(
    site: OperatorSite, run_all: Callable[[Situation], dict[str, Done]], situation: Situation, reason: str
) -> None:
    site.fos1.set_settings({"wdogdef": 1})
    for name, done in run_all(situation).items():
        assert (name, done.status) == (name, 1)
        assert f"refused: {reason}" in done.err, name
        assert len(done.err.splitlines()) == 1, name
        assert "maintenance" not in done.err
        assert WAY_OUT.get(name, "--force") in done.err
    assert site.writes() == []


def test_a_daemon_of_another_machine_s_cluster_is_no_obstacle(
    site: OperatorSite, run_all: Callable[[Situation], dict[str, Done]]
) -> None:
    """One in a container runs on this machine, too, and is to be seen here."""

    def elsewhere(site: OperatorSite) -> tuple[str, ...]:
        inner = daemon(site).replace("| ", "| unshare --pid --fork --mount-proc ")
        return by_shell(f"{inner} until grep -q pacemaker-based /proc/[0-9]*/comm; do sleep 0.1; done;")

    done = site.run((*elsewhere(site), *command_line(site, "switch")))
    assert (done.status, done.err) == (0, "")
    assert site.fos1.relay == "A--B"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("reset", "kick --while")])
def test_without_a_cluster_it_works_with_crons_path(site: OperatorSite, name: str) -> None:
    site.environment.update(PATH=NO_SBIN, HA_RSCTMP=str(site.folder))
    done = site.run(command_line(site, name))
    assert done.status == 0, done
    assert len(site.writes()) >= 1


def test_the_record_of_other_devices_is_no_obstacle(site: OperatorSite) -> None:
    site.environment["HA_RSCTMP"] = str(site.folder)
    other = Record(True, {"fos1": DeviceRecord(host="10.99.99.99", mac="00:19:32:00:99:99")})
    recorded(site, json.dumps(to_json(other)))
    assert site.berofos("switch", "b").status == 0


def test_a_record_tells_of_devices_that_the_configuration_no_longer_does(two: OperatorSite) -> None:
    """A section was renamed, or the parameters got a typo: what runs has the device all the same."""
    two.environment["HA_RSCTMP"] = str(two.folder)
    two.acts_cluster(devices="fos2")
    owned = Record(True, {"fos1": DeviceRecord(host=two.fos1.address, port=two.fos1.port)})
    recorded(two, json.dumps(to_json(owned)))
    done = two.berofos("switch", "b", "--device", "fos1")
    assert "is in charge of fos1" in done.err
    two.acts_cluster(devices="fos2", min_devices="many")
    assert "is in charge of fos1, fos2" in two.berofos("switch", "b").err
    assert two.writes("fos1") == two.writes("fos2") == []


# What the vendor's tool may do beside a cluster.


@pytest.mark.parametrize(
    ("setting", "written"),
    [
        ("mode=1", []),  # it is
        ("wdog=1", ["cmd=6&wen=1"]),  # its countdown begins anew
        ("power1=0", ["cmd=5&p=0&s=0"]),
        ("syslog=1", ["cmd=3&syslog=1"]),
    ],
)
def test_bnfos_may_set_what_moves_nothing(site: OperatorSite, setting: str, written: list[str]) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "wdog": 1, "power1": 1})
    site.acts_cluster(topology="xivo-pbx")
    done = site.bnfos("--set", setting, "-f", "fos1")
    assert (done.status, site.writes()) == (0, written), done


@pytest.mark.parametrize("setting", ["mode=0", "scenario=0", "modedef=1", "wdog=0", "wdogdef=1", "wdogitime=5"])
def test_bnfos_may_not_set_what_moves_a_relay_now_or_later(site: OperatorSite, setting: str) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "wdog": 1})
    site.acts_cluster(topology="xivo-pbx")
    done = site.bnfos("--set", setting, "-f", "fos1")
    keyword = setting.partition("=")[0]
    assert (done.status, site.writes()) == (1, [])
    assert done.err.startswith(
        f"Setting {keyword} failed! refused: the cluster's resource berofos-relay is in charge"
    )
    site.environment["BNFOS_FORCE"] = "1"
    assert site.bnfos("--set", setting, "-f", "fos1").status == 0
    assert site.writes()


def test_a_device_that_can_t_be_read_is_left_to_the_cluster(site: OperatorSite) -> None:
    site.acts_cluster()
    site.fos1.add_fault("garbage_body")
    assert site.bnfos("--set", "mode=1", "-f", "fos1").status == 1
    assert site.writes() == []
