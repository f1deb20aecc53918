"""A ``bnfos.conf`` with everything odd at once, as it may have grown in ten years: who has an address is reached."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import QUICK_ACCEPTANCE, OperatorSite
from tests.cli.vendor_site import BNFOS, PASSWORD, XIVO

NAMES = ("fos1", "fos3", "fos10")  # what the file calls the devices


@pytest.fixture
def odd(new_site: NewSite) -> OperatorSite:
    """Three devices, and sections that lead nowhere."""
    site = new_site(3)
    first, second, third = (f"{device.address}:{device.port}" for device in site)
    text = f"""\
host = 192.0.2.1
what is this?
[asterisk]
host = 192.0.2.2
login = nobody
[FOS1] ground floor
  MAC = 00-19-32-00-12-01   (as printed)
  host = 192.0.2.3
  host = {first}   ; rack 4
  place = B\udcfcro
  login = admin:{PASSWORD}
[fos2]
# was taken out in 2015
[fos3]
\thost {second}
mac=0019.3200.1202
= = =
login = admin:{PASSWORD}
[fos:] # the tenth
mac = {site.device("fos3").spec.mac}
host = {third}
login = admin:{PASSWORD}
[fos4]
host = 192.0.2.020
mac = 00:19:32:00:12
[fos5]
host = 255.255.255.255
[fos3]
host = 192.0.2.5
[fos 6
host = 192.0.2.6
"""
    site.config.write_bytes(os.fsencode(text))
    return site


DEVICES = tuple(word for name in NAMES for word in ("--device", name))
COMMANDS = {
    "status": (),
    "show": (),
    "get": ("mode",),
    "set": ("modedef=1",),
    "switch": ("b",),
    "provision": ("--topology", "two-xivo"),
    "ping": (),
    "kick": (),
    "wiring": ("--topology", "two-xivo"),
    "crm-config": ("--topology", "xivo-pbx", "--port-b-node", "a"),
    "password": (),
    "record": (),
    "restore": ("settings.json",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_works_on_devices_with_an_address(odd: OperatorSite, command: str) -> None:
    (odd.folder / "settings.json").write_text(json.dumps({name: {"modedef": True} for name in NAMES}))
    done = odd.berofos(command, *COMMANDS[command], *DEVICES, text="n3w-Secret\n")
    done.check_manners()
    assert done.status == 0, done
    assert all(name in done.out for name in NAMES)


def test_so_do_those_for_one_device_and_those_for_all(odd: OperatorSite) -> None:
    commands: list[tuple[str, ...]] = [("report", "--timeout", "20"), ("metrics", "--timeout", "20")]
    for name in NAMES:
        commands += [("power", name, "1", "on"), ("acceptance", "--yes", "--device", name, *QUICK_ACCEPTANCE)]
    begun = [odd.begin(odd.command, *command) for command in commands]
    done = [running.finish() for running in begun]
    assert [(one.status, one.err) for one in done] == [(0, "")] * len(commands), done
    checked = odd.berofos("check", "-t", "60").out
    for name in NAMES:
        assert f'berofos_up{{device="{name}"}} 1' in done[1].out
        assert f"{name}_time" in checked


def test_what_is_done_to_all_is_done_to_those_and_told_of_the_others(odd: OperatorSite) -> None:
    done = odd.berofos("switch", "b")
    assert done.status == 1
    assert [device.relay for device in odd] == ["A--B"] * 3
    assert [line.split()[1] for line in done.err.splitlines()] == ["fos4", "fos5"]
    done = odd.run(XIVO, "slave")
    assert done.status == 1
    assert [device.relay for device in odd] == ["A--D"] * 3


def test_the_drop_in_works_by_whatever_name_the_file_has(odd: OperatorSite) -> None:
    for name in (*NAMES, "fos:"):
        for mode in (("--set", "mode=1"), ("--get", "mode"), ("--kick",)):
            done = odd.run(BNFOS, *mode, "-f", name)
            assert (done.status, done.err) == (0, "")
    assert [device.relay for device in odd] == ["A--B"] * 3
    for name in ("fos2", "fos4", "fos5", "fos6"):
        assert odd.run(BNFOS, "--set", "mode=0", "-f", name).status == 1


def test_doctor_lists_it_by_lines(odd: OperatorSite) -> None:
    said = odd.berofos("doctor").out
    for line in (1, 2, 3, 6, 7, 9, 12, 15, 16, 17, 19, 24, 25, 27, 28, 30):
        assert f"{odd.config}: line {line}: " in said, line


PROGRAMS = {"bnfos": (BNFOS, ("--scan", "-x", "-h")), "berofos": ((), ("scan", "--write", "--host"))}
REWRITTEN = {b"[FOS1]", b"[fos:]", b"MAC", b"mac=0019.3200.1202", b"00-19-32-00-12-01"}


@pytest.mark.parametrize("tool", PROGRAMS)
def test_a_scan_repairs_it_and_keeps_it_all(odd: OperatorSite, tool: str) -> None:
    odd.config.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(odd.config, 0, 12345)
    before, status = odd.config.read_bytes(), odd.config.stat()
    for device in odd:
        program, arguments = PROGRAMS[tool]
        done = odd.run(program or odd.command, *arguments, device.address)
        assert done.status == 0, done
    after = odd.config.read_bytes()
    kept = odd.config.stat()
    assert (kept.st_mode, kept.st_uid, kept.st_gid) == (status.st_mode, status.st_uid, status.st_gid)
    assert {word for word in before.split() if word not in after} == REWRITTEN
    _, second, third = (f"{device.address}:{device.port}" for device in odd)
    for section in (
        "[fos1] # ground floor\n# (as printed)\nmac = 00:19:32:00:12:01\n;host = 192.0.2.3\n; rack 4\nhost = ",
        f"[fos3]\nhost = {second}\nmac = 00:19:32:00:12:02\n# = = =\nlogin = admin:{PASSWORD}\n",
        f"[fos10] # the tenth\nmac = 00:19:32:00:12:03\nhost = {third}\nlogin = admin:{PASSWORD}\n[fos4]\n",
    ):
        assert section.encode() in after
    assert odd.berofos("get", "mode", *DEVICES).status == 0


@pytest.mark.parametrize("tool", PROGRAMS)
def test_nobody_guesses_an_address_on_a_command_line_either(odd: OperatorSite, tool: str) -> None:
    program, arguments = PROGRAMS[tool]
    done = odd.run(program or odd.command, *arguments, "127.0.0.010", "--timeout=0.1" if tool == "berofos" else "-t1")
    assert done.status != 0
    assert (done.out, done.err.count("\n")) == ("", 1)
