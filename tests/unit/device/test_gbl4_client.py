"""GBL4 to one device, against a socket that answers as told."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.gbl4 import Command
from berofos_ra.errors import DeviceTimeoutError, UnreachableError
from tests.support.addresses import closed_port
from tests.support.wire import UdpServer

MAC = "00:19:32:00:12:1D"
KICKED = gbl4.encode(Command.KICK, b"done")
PATIENCE = 10.0  # far more than an answer takes
IMPATIENCE = 0.1


@pytest.fixture(autouse=True)
def _resend_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gbl4_client, "_RESEND_EVERY", 0.02)


def ask(port: int, timeout: float = PATIENCE) -> bytes:
    return gbl4_client.exchange("127.0.0.1", Command.KICK, gbl4.kick_request(MAC), timeout, port)


def test_a_kick_sends_the_request_and_is_content_with_an_answer() -> None:
    with UdpServer(lambda request: [KICKED]) as device:
        gbl4_client.kick("127.0.0.1", MAC, PATIENCE, device.port)
    assert device.requests[0] == gbl4.kick_request(MAC)


def test_the_answer_s_payload_is_returned() -> None:
    with UdpServer(lambda request: [KICKED]) as device:
        assert ask(device.port) == b"done"


def test_a_device_may_be_named() -> None:
    with UdpServer(lambda request: [KICKED]) as device:
        gbl4_client.kick("localhost", MAC, PATIENCE, device.port)


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"garbage",
        gbl4.encode(Command.PING, b"other command"),
        gbl4.encode(Command.KICK, b"wrong checksum")[:-1] + b"\0",
        bytes(2100),
    ],
)
def test_anything_but_the_answer_is_dropped(other: bytes) -> None:
    with UdpServer(lambda request: [other, other, KICKED]) as device:
        assert ask(device.port) == b"done"
    with UdpServer(lambda request: [other]) as device, pytest.raises(DeviceTimeoutError):
        ask(device.port, IMPATIENCE)


def test_an_answer_from_elsewhere_is_dropped() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:

        def by_a_stranger(request: bytes) -> list[bytes]:
            stranger.sendto(gbl4.encode(Command.KICK, b"stranger"), device.senders[-1])
            return [KICKED]

        with UdpServer(by_a_stranger) as device:
            assert ask(device.port) == b"done"


@pytest.fixture
def deaf_at_first() -> Iterator[UdpServer]:
    """A device that hears nothing before the third request."""
    heard: list[bytes] = []

    def third_time(request: bytes) -> list[bytes]:
        heard.append(request)
        return [KICKED] if len(heard) >= 3 else []

    with UdpServer(third_time) as device:
        yield device


def test_a_lost_request_is_sent_again(deaf_at_first: UdpServer) -> None:
    assert ask(deaf_at_first.port) == b"done"
    assert set(deaf_at_first.requests) == {gbl4.kick_request(MAC)}


def test_a_silent_device_is_a_timeout() -> None:
    with UdpServer(lambda request: []) as device, pytest.raises(DeviceTimeoutError) as caught:
        ask(device.port, IMPATIENCE)
    assert str(caught.value) == "no GBL4 answer within 0.1 s"


def test_a_chattering_device_is_a_timeout_too() -> None:
    with UdpServer(lambda request: [b"chatter"] * 50) as device, pytest.raises(DeviceTimeoutError):
        ask(device.port, IMPATIENCE)


def test_no_time_at_all_is_a_timeout() -> None:
    with UdpServer(lambda request: []) as device, pytest.raises(DeviceTimeoutError):
        ask(device.port, 0)


def test_a_closed_port_is_unreachable_without_waiting() -> None:
    address, port = closed_port(socket.SOCK_DGRAM)
    with pytest.raises(UnreachableError) as caught:
        gbl4_client.kick(address, MAC, 3600, port)
    assert str(caught.value) == "GBL4 port closed"


@pytest.mark.parametrize("host", ["nosuch.invalid", "a..b", "x" * 64 + ".example"])
def test_a_name_that_can_t_be_resolved_is_unreachable(host: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        gbl4_client.kick(host, MAC, PATIENCE)
    assert str(caught.value) == "host name can't be resolved"


def test_no_route_is_unreachable() -> None:
    with pytest.raises(UnreachableError) as caught:
        gbl4_client.kick("255.255.255.255", MAC, PATIENCE)  # needs a permission that isn't asked for
    assert str(caught.value) == "no route to it"


BROADCASTS = """
import contextlib, socket, subprocess
from berofos_ra.device import gbl4, gbl4_client

for command in '''
    link set lo up
    addr add 10.1.0.1/32 dev lo label lo:1
    link add plain type bridge
    addr add 10.1.1.1/24 dev plain
    addr add 10.1.1.2/24 dev plain label plain:1
    link set plain up
    link add labelled type bridge
    addr add 10.1.2.1/24 dev labelled label labelled:1
    link set labelled up
    link add without type bridge
    link set without up
'''.strip().splitlines():
    subprocess.run(["ip", *command.split()], check=True)
heard = []
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
    device.bind(("", gbl4.PORT))
    device.settimeout(0.1)
    while not {"10.1.1.1", "10.1.2.1"} <= set(heard):  # an interface that was just set up takes a moment
        heard.clear()
        gbl4_client.scan(None, 0.1)
        with contextlib.suppress(socket.timeout):
            while True:
                heard.append(device.recvfrom(99)[1][0])
print(*sorted(heard))
"""


def test_a_broadcast_leaves_once_by_every_interface_that_has_an_address() -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*alone, "ip", "link", "add", "x", "type", "bridge"], check=False).returncode != 0:
        pytest.skip("no network namespaces here")
    done = subprocess.run(
        [*alone, sys.executable, "-c", BROADCASTS], capture_output=True, text=True, timeout=600, check=False
    )
    assert (done.stdout, done.stderr) == ("10.1.1.1 10.1.2.1\n", "")
