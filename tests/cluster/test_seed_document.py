"""XiVO's own document on berofos devices, followed word for word, from unconfigured ones to ``xivo-berofos master``.

And the same commands where the document doesn't go: on the network of the lab by broadcast alone, as a daemon with
syslog, and beside a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.scenario import FOS1, FOS2, Scenario
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.support import control_client

PASSWORDS = {"fos1": "foo:b%r=#1", "fos2": "barfoo"}
ADDRESSES = {"fos1": "10.34.1.20", "fos2": "10.34.1.21"}
MACS = {"fos1": "00:19:32:00:12:01", "fos2": "00:19:32:00:12:02"}
CONFIG = "/etc/bnfos.conf"
FIRMWARE = bytes(n * 7 % 251 for n in range(3000))


@pytest.fixture
def delivered(new_lab: Callable[..., Lab]) -> Lab:
    """Two devices as they are delivered, and a node without a config file; no cluster manages anything."""
    lab = new_lab(nodes=2, devices=2)
    for name in ADDRESSES:
        lab.devices.set_settings(name, {"pwd": False, "dhcp": True, "wdogdef": True, "wdog": True, "wdogitime": 3600})
    slave = lab.node("xivo-2")
    slave.run(f"rm {CONFIG}")
    return lab


def press_the_button(lab: Lab, name: str) -> None:
    """Into flash mode."""
    lab.devices.call(control_client.power, name, on=True, flash=True)


def reboot(lab: Lab, name: str) -> None:
    """Into operation."""
    lab.devices.power(name, False)
    lab.devices.power(name, True)


def edit_login(slave: Node, name: str, password: str) -> None:
    """What the document has its reader do with an editor."""
    text = slave.run(["cat", CONFIG]).stdout
    before, header, section = text.partition(f"[{name}]")
    slave.write(
        CONFIG, before + header + section.replace("#login = <user>:<password>", f"login = admin:{password}", 1), 0o600
    )


def configure(lab: Lab, slave: Node, name: str) -> None:
    """The document's steps for one device, after the first scan."""
    address = ADDRESSES[name]

    def bnfos(arguments: str) -> str:
        return slave.run(f"bnfos {arguments}").stdout

    press_the_button(lab, name)
    netconf = f"--netconf -f {name} -i {address} -n 255.255.255.0 -g 10.34.1.1 -d 0"
    assert bnfos(netconf) == "Setting network configuration succeeded!\n"
    assert bnfos(f"--flash bnfos_v153.bin -f {name}").endswith("Flashing succeeded!\n")
    reboot(lab, name)
    bnfos(f"--scan -x -h {address}")
    for setting in (f"'apwd={PASSWORDS[name]}'", "pwd=1"):
        assert bnfos(f"--set {setting} -f {name}").endswith(" succeeded!\n")
    edit_login(slave, name, PASSWORDS[name])
    for setting in ("wdog=0", "wdogdef=0", "scenario=0", "mode=1", "modedef=1"):
        assert bnfos(f"--set {setting} -f {name}") == f"Setting {setting.split('=')[0]} succeeded!\n"


def test_the_document_word_for_word(delivered: Lab) -> None:
    lab, slave = delivered, delivered.node("xivo-2")
    assert slave.run("xivo-berofos master").stderr == "berofos is not configured -- doing nothing\n"

    scan = slave.run("bnfos --scan -x").stdout
    assert re.findall(r"^(#\d:)$|^ mac: (.*)$|^ address: (.*)$", scan, re.MULTILINE) == [
        group
        for number, name in enumerate(ADDRESSES, start=1)
        for group in ((f"#{number}:", "", ""), ("", MACS[name], ""), ("", "", ADDRESSES[name]))
    ]
    assert scan.endswith("2 devices found.\n\n")
    assert slave.run(["cat", CONFIG]).stdout == "\n".join(
        f"[{name}]\nmac = {MACS[name]}\nhost = {ADDRESSES[name]}\n#login = <user>:<password>\n" for name in ADDRESSES
    )
    assert slave.run(f"stat -c '%a %U' {CONFIG}").stdout == "600 root\n"
    slave.run(f"bnfos --scan -x -h {ADDRESSES['fos1']}")

    slave.write("/tmp/image", FIRMWARE.decode("latin-1"))
    slave.run("iconv -f utf-8 -t latin1 /tmp/image >bnfos_v153.bin")
    for name in ADDRESSES:
        configure(lab, slave, name)
    lab.devices.set_settings("fos2", {"mode": False})

    done = slave.run("xivo-berofos --syslog master")
    assert f"{FOS2}: relay A--D -> A--B" in done.stderr
    assert {name: lab.devices.relay(name) for name in ADDRESSES} == {"fos1": "A--B", "fos2": "A--B"}
    for name in ADDRESSES:
        settings = lab.devices.state(name)["settings"]
        wanted: dict[str, Any] = {"wdog": 0, "wdogdef": False, "scenario": False, "modedef": True, "pwd": True}
        wanted |= {"dhcp": False, "address": ADDRESSES[name], "gateway": "10.34.1.1", "netmask": "255.255.255.0"}
        assert {keyword: settings[keyword] for keyword in wanted} == wanted
        assert lab.events(event="flashed", device=name)[-1]["bytes"] == 3072
    lab.wait_for(
        lambda: f"{FOS2}: relay A--D -> A--B" in slave.read("/var/log/syslog"), 20, "the switch is in syslog"
    )

    slave.run("xivo-berofos slave")
    assert {name: lab.devices.relay(name) for name in ADDRESSES} == {"fos1": "A--D", "fos2": "A--D"}
    for secret in PASSWORDS.values():
        assert secret not in slave.read("/var/log/syslog")


def test_by_broadcast_alone(delivered: Lab) -> None:
    """Without any route, by MAC, also for a device whose address nobody knows."""
    slave = delivered.node("xivo-2")
    slave.write(CONFIG, f"[fos1]\nmac = {MACS['fos1']}\n", 0o600)
    slave.run("ip route flush table main")
    assert "2 devices found." in slave.run("bnfos --scan").stdout
    assert slave.run("bnfos --ping -f fos1").stdout == "Ping succeeded!\n"
    assert slave.run(f"bnfos --kick -m {MACS['fos2']}").stdout == "Watchdog successfully kicked!\n"
    press_the_button(delivered, "fos1")
    slave.run("bnfos --netconf -f fos1 -i 10.34.1.20 -d 0")
    assert delivered.devices.state("fos1")["settings"]["dhcp"] is False
    slave.run("head -c 1300 /bin/true >image && bnfos --flash image -f fos1")
    assert delivered.events(device="fos1", event="flashed")
    slave.run("bnfos --reset -f fos1")
    assert len(delivered.events(device="fos1", event="reset")) == 1
    assert not delivered.events(device="fos2", event="reset")


def test_the_daemon_kicks_and_tells_syslog_of_changes(delivered: Lab) -> None:
    lab, slave = delivered, delivered.node("xivo-2")
    slave.write(CONFIG, f"[fos1]\nmac = {MACS['fos1']}\nhost = {ADDRESSES['fos1']}\n", 0o600)
    slave.run("bnfos --kick -b -c -w 0.1 -t 1 -f fos1")

    def kicks() -> int:
        return sum(request["what"] == "kick" for request in lab.devices.requests("fos1"))

    def told(words: str) -> int:
        return len(re.findall(rf"bnfos\[\d+\]: {words}", slave.read("/var/log/syslog")))

    lab.wait_for(lambda: kicks() > 10, 20, "ten kicks")
    assert told("Watchdog successfully kicked!") == 1
    lab.devices.unplug("fos1")
    lab.wait_for(
        lambda: told(r"Watchdog did not response! fos1 \(10.34.1.20\): ") == 1, 20, "the failure is in syslog"
    )
    lab.devices.plug_in("fos1")
    lab.wait_for(lambda: told("Watchdog successfully kicked!") == 2, 20, "the recovery is in syslog")
    slave.run("kill $(cat /run/bnfos-fos1.pid)")
    lab.wait_for(lambda: slave.run("ls /run/bnfos-fos1.pid", check=False).returncode != 0, 20, "it has ended")


def test_a_running_cluster_is_not_meddled_with(running: Scenario) -> None:
    done = running.lab.node("xivo-2").run("xivo-berofos --syslog slave", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("refused: the cluster's resource berofos-relay is in charge of fos1, fos2; ")
    assert running.relay_changes() == {}
    assert FOS1 not in done.stderr
