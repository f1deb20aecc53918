"""A simulated device's GBL4, driven with plain UDP sockets. Datagrams are spelt out here, not taken from the code."""

from __future__ import annotations

import ast
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from berofos_ra.simulator import DeviceSpec, Simulator
from berofos_ra.simulator.running import RunningDevice
from tests.support.waiting import PATIENCE

MAC = bytes.fromhex("00193200121d")
OTHER_MAC = bytes.fromhex("00193200121e")


def spec(name: str = "fos1", mac: str = "00:19:32:00:12:1D", **options: Any) -> DeviceSpec:
    return DeviceSpec(**{"name": name, "address": "127.0.0.2", "mac": mac, "port": 0, "gbl4_port": 0, **options})


@pytest.fixture
def fos1() -> Iterator[RunningDevice]:
    with Simulator([spec()]) as simulator:
        yield simulator.device("fos1")


def datagram(command: int, payload: bytes = b"") -> bytes:
    body = b"GBL\x04" + bytes([command]) + payload
    return body + bytes([reduce(lambda a, b: a ^ b, body)])


def ask(device: RunningDevice, *requests: bytes, answers: int = 1, patience: float = PATIENCE) -> list[bytes]:
    """The first so many answers; each must come from the device's own address."""
    received: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(patience)
        for request in requests:
            client.sendto(request, (device.address, device.gbl4_port))
        while len(received) < answers:
            try:
                answer, source = client.recvfrom(65535)
            except TimeoutError:
                break
            assert source == (device.address, device.gbl4_port)
            received.append(answer)
    return received


PING = datagram(9, MAC + b"\x00\x07")
KICK = datagram(11, MAC + b"\x00")


def payload_of(answers: list[bytes], command: int) -> bytes:
    (answer,) = answers
    assert answer == datagram(command, answer[5:-1])
    return answer[5:-1]


def is_silent(device: RunningDevice, request: bytes) -> bool:
    return ask(device, request, patience=0.1) == []


def test_scan(fos1: RunningDevice) -> None:
    fos1.set_settings({"gateway": "10.1.2.3", "pwd": 1})
    payload = payload_of(ask(fos1, datagram(1)), 1)
    assert len(payload) == 30
    assert payload[:6] == MAC
    assert payload[6:8] == b"\x00\x50"
    assert payload[10:12] == bytes([1, 53])
    assert payload[12] == 0
    assert payload[13:25] == socket.inet_aton("127.0.0.2") + socket.inet_aton("255.255.255.0") + bytes([10, 1, 2, 3])
    assert payload[25:28] == bytes([0x03, 0x07, 0x03])
    assert int.from_bytes(payload[28:], "big") == fos1.port


def test_ping_and_the_log(fos1: RunningDevice) -> None:
    payload_of(ask(fos1, datagram(9, MAC + b"\x01\x02")), 9)
    assert [(r.kind, r.what, r.source, r.write) for r in fos1.requests] == [("gbl4", "ping 258", "127.0.0.1", False)]


def test_kick_restarts_the_countdown(fos1: RunningDevice) -> None:
    fos1.set_settings({"wdogitime": 500, "wdog": 1})
    fos1.set_settings({"wdogitime": 600})
    assert int(fos1.settings["wdogrtime"]) <= 500
    payload_of(ask(fos1, KICK), 11)
    assert int(fos1.settings["wdogrtime"]) > 500


def test_every_kick_that_is_heard_is_an_event_with_its_source(fos1: RunningDevice) -> None:
    fos1.add_fault("bad_checksum")
    for _ in range(2):
        ask(fos1, KICK)
    ask(fos1, PING)
    assert [event["cause"] for event in fos1.events(event="kick")] == ["gbl4 127.0.0.1"] * 2


@pytest.mark.parametrize(
    "request_bytes",
    [
        datagram(9, OTHER_MAC + b"\x00\x00"),
        datagram(11, OTHER_MAC + b"\x00"),
        datagram(9, MAC + b"\x00\x00")[:-1] + b"\x00",
        datagram(9, MAC),
        datagram(1, MAC),
        datagram(11, MAC),
        datagram(77, MAC),
        b"GBL\x03\x01" + datagram(1)[-1:],
        b"",
        b"GBL\x04",
    ],
)
def test_what_is_for_another_or_unsound_is_ignored(fos1: RunningDevice, request_bytes: bytes) -> None:
    assert is_silent(fos1, request_bytes)


def test_several_devices_at_one_address_take_what_is_theirs() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    with Simulator([spec(gbl4_port=port), spec("fos2", "00:19:32:00:12:1E", gbl4_port=port)]) as simulator:
        fos1, fos2 = simulator.devices
        macs = {answer[5:11] for answer in ask(fos1, datagram(1), answers=2)}
        assert macs == {MAC, OTHER_MAC}
        answers = ask(fos2, datagram(9, OTHER_MAC + b"\x00\x00"), datagram(1), answers=3)
        assert [answer[4] for answer in answers] == [9, 1, 1]
        assert [[request.what for request in device.requests] for device in (fos1, fos2)] == [
            ["scan", "scan"],
            ["scan", "ping 0", "scan"],
        ]


def test_silent_without_power_and_when_unplugged(fos1: RunningDevice) -> None:
    fos1.power_off()
    assert is_silent(fos1, datagram(1))
    fos1.power_on()
    fos1.add_fault("unplugged")
    assert is_silent(fos1, datagram(1))
    fos1.clear_faults()
    assert ask(fos1, datagram(1))


# On a real network, which takes network namespaces of its own.

_NETWORK_SCRIPT = """
import subprocess, sys, time
from berofos_ra.simulator import DeviceSpec, Simulator

def sh(commands):
    for command in commands.strip().splitlines():
        subprocess.run(command.split(), check=True)

sh("ip link set lo up")
client = subprocess.Popen(["unshare", "--net", "sleep", "600"])
try:
    own = subprocess.check_output(["readlink", "/proc/self/ns/net"])
    while subprocess.check_output(["readlink", f"/proc/{client.pid}/ns/net"]) == own:
        time.sleep(0.01)
    inside = f"nsenter --net --target {client.pid}"
    sh(f'''
{inside} ip link add br0 type bridge
{inside} ip addr add 10.34.1.1/24 brd + dev br0
{inside} ip link set br0 up
{inside} ip route add default dev br0
''')
    for n in (1, 2):
        # Tables and rules: so that answers leave on the device's own interface.
        sh(f'''
ip link add d{n} type veth peer name c{n} netns {client.pid}
ip addr add 10.34.1.2{n}/24 brd + dev d{n}
ip link set d{n} up
{inside} ip link set c{n} master br0 up
ip route add 10.34.1.0/24 dev d{n} table 10{n}
ip rule add from 10.34.1.2{n} lookup 10{n}
''')
        for key, value in (("arp_ignore", 1), ("arp_announce", 2), ("rp_filter", 0)):
            for scope in ("all", f"d{n}"):
                with open(f"/proc/sys/net/ipv4/conf/{scope}/{key}", "w") as file:
                    file.write(str(value))
    sh('''
ip addr add 10.34.1.23/24 dev d2 label d2:1
ip rule add from 10.34.1.23 lookup 102
''')
    with Simulator([DeviceSpec(f"fos{n}", f"10.34.1.2{n}", f"00:19:32:00:12:1{n}") for n in (1, 2, 3)]):
        subprocess.run([*inside.split(), sys.executable, "-c", sys.argv[1]], check=True)
finally:
    client.kill()
"""

_CLIENT_SCRIPT = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    found = {}
    for destination, expected in (("255.255.255.255", 3), ("10.34.1.255", 3), ("10.34.1.22", 1)):
        client.sendto(bytes.fromhex("47424c04014c"), (destination, 50123))
        answers = found[destination] = []
        try:
            while True:
                client.settimeout(60 if len(answers) < expected else 0.2)
                answer, source = client.recvfrom(999)
                answers.append((source[0], answer[5:11].hex()))
        except socket.timeout:
            answers.sort()
    print(found)
"""


def test_a_broadcast_reaches_every_device_once_and_is_answered_from_its_address() -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    tools = all(map(shutil.which, ("unshare", "nsenter", "ip")))
    if not tools or subprocess.run([*alone, "ip", "link", "add", "x", "type", "bridge"], check=False).returncode != 0:
        pytest.skip("no network namespaces here")
    command = [*alone, sys.executable, "-c", _NETWORK_SCRIPT, _CLIENT_SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    each = [(f"10.34.1.2{n}", f"00193200121{n}") for n in (1, 2, 3)]
    assert ast.literal_eval(done.stdout) == {"255.255.255.255": each, "10.34.1.255": each, "10.34.1.22": each[1:2]}


# Flash mode.

NETCONF = bytes([10, 0, 0, 9, 255, 0, 0, 0, 10, 0, 0, 1, 0x01, 0x02]) + (8080).to_bytes(2, "big")


def test_netconf_flash_and_reset_need_flash_mode(fos1: RunningDevice) -> None:
    before = fos1.settings
    assert payload_of(ask(fos1, datagram(2, MAC + NETCONF)), 2) == MAC + b"\x01"
    assert payload_of(ask(fos1, datagram(5, MAC)), 5) == MAC + b"\x01"
    assert is_silent(fos1, datagram(3, MAC + b"\x00\x01\x00"))
    assert is_silent(fos1, datagram(4, MAC + b"\x00\x00" + bytes(512)))
    assert fos1.settings == before
    assert fos1.events(event="power off") == []


def test_netconf_in_flash_mode_counts_after_reset() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    with Simulator([spec()]) as simulator:
        fos1 = simulator.device("fos1")
        fos1.power_on(flash=True)
        assert payload_of(ask(fos1, datagram(1)), 1)[12] != 0
        netconf = NETCONF[:-2] + port.to_bytes(2, "big")
        assert payload_of(ask(fos1, datagram(2, MAC + netconf[:-2] + b"\x00\x00")), 2) == MAC + b"\x01"
        assert payload_of(ask(fos1, datagram(2, MAC + netconf)), 2) == MAC + b"\x00"
        assert payload_of(ask(fos1, datagram(5, MAC)), 5) == MAC + b"\x00"
        scan = payload_of(ask(fos1, datagram(1)), 1)
        assert scan[12:26] == b"\x00" + netconf[:13]
        assert (scan[27], scan[28:]) == (0x02, port.to_bytes(2, "big"))
        shown = fos1.settings
        assert (shown["address"], shown["dhcp"], shown["pwd"]) == ("10.0.0.9", False, True)
        socket.create_connection(("127.0.0.2", port), timeout=PATIENCE).close()


@pytest.mark.parametrize("xor_error", [0, 1])
def test_flashing_records_a_sound_image_only(fos1: RunningDevice, xor_error: int) -> None:
    image = bytes(range(256)) * 3
    pages = [image[:512], image[512:].ljust(512, b"\x00")]
    checksum = reduce(lambda a, b: a ^ b, image) ^ xor_error
    fos1.power_on(flash=True)
    payload_of(ask(fos1, datagram(3, MAC + b"\x00\x02" + bytes([checksum]))), 3)
    for number, page in enumerate(pages):
        payload_of(ask(fos1, datagram(4, MAC + number.to_bytes(2, "big") + page)), 4)
    if xor_error:
        assert fos1.wait_for_event(event="flash failed")
        assert fos1.flashed_image is None
    else:
        assert fos1.wait_for_event(event="flashed")["bytes"] == 1024
        assert fos1.flashed_image == b"".join(pages)


# Faults.


def test_silent_is_not_heard_and_counted(fos1: RunningDevice) -> None:
    fos1.set_settings({"wdogitime": 500, "wdog": 1})
    fos1.set_settings({"wdogitime": 600})
    fos1.add_fault("silent", count=1)
    assert is_silent(fos1, datagram(11, MAC + b"\x00"))
    assert int(fos1.settings["wdogrtime"]) <= 500
    assert ask(fos1, PING)


def test_late_answers_hold_up_nobody(fos1: RunningDevice) -> None:
    for seconds in (3600, 0.3):
        fos1.add_fault("late", face="gbl4", count=1, seconds=seconds)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as slow:
        slow.sendto(PING, (fos1.address, fos1.gbl4_port))
        begin = time.monotonic()
        assert ask(fos1, PING)
        assert time.monotonic() - begin >= 0.3
        assert ask(fos1, PING)
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.recv(100)


@pytest.mark.parametrize("kind", ["bad_checksum", "truncated", "garbage", "empty"])
def test_unsound_answers(fos1: RunningDevice, kind: str) -> None:
    fos1.add_fault(kind, face="gbl4", count=1)
    (bad,) = ask(fos1, PING)
    (good,) = ask(fos1, PING)
    assert bad != good
    assert good == datagram(9, good[5:-1])
    assert not bad.startswith(b"GBL\x04") or reduce(lambda a, b: a ^ b, bad) != 0 or len(bad) < len(good)


def test_other_mac_is_otherwise_sound(fos1: RunningDevice) -> None:
    fos1.add_fault("other_mac", count=1)
    assert payload_of(ask(fos1, PING), 9)[:6] != MAC


@pytest.mark.parametrize("kind", ["new_mac", "replaced"])
def test_another_box_hears_what_is_for_its_own_mac_alone(fos1: RunningDevice, kind: str) -> None:
    fos1.set_settings({"wdog": 1})
    fos1.add_fault(kind, mac="00:19:32:00:12:1E")
    assert payload_of(ask(fos1, datagram(1)), 1)[:6] == OTHER_MAC
    assert is_silent(fos1, PING)
    assert is_silent(fos1, KICK)
    assert payload_of(ask(fos1, datagram(9, OTHER_MAC + b"\x00\x07")), 9)[:6] == OTHER_MAC
    payload_of(ask(fos1, datagram(11, OTHER_MAC + b"\x00")), 11)
    assert fos1.state()["mac"] == "00:19:32:00:12:1E"
    assert fos1.settings["wdogstate"] == (1 if kind == "new_mac" else 0)
    fos1.clear_faults()
    assert payload_of(ask(fos1, PING), 9)[:6] == MAC


def test_a_made_up_mac_is_another_one_of_the_same_vendor(fos1: RunningDevice) -> None:
    fos1.add_fault("new_mac")
    found = payload_of(ask(fos1, datagram(1)), 1)[:6]
    assert found[:3] == MAC[:3]
    assert found != MAC


def test_duplicate(fos1: RunningDevice) -> None:
    fos1.add_fault("duplicate", count=1)
    first, second = ask(fos1, PING, answers=2)
    assert first == second


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    junk=st.one_of(
        st.binary(max_size=600),
        st.builds(datagram, st.integers(0, 255), st.binary(max_size=40)),
        st.builds(lambda command, rest: datagram(command, MAC + rest), st.integers(0, 255), st.binary(max_size=600)),
    ),
    flash=st.booleans(),
)
def test_no_datagram_hurts(fos1: RunningDevice, junk: bytes, flash: bool) -> None:
    if flash:
        fos1.power_on(flash=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(junk, (fos1.address, fos1.gbl4_port))
    assert ask(fos1, PING)
