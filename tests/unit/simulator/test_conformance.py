"""What a client of somebody else's expects of a berofos, over the wire: the vendor's behaviour as it is described.

Nothing here is taken from this project's code: keys, commands and datagrams are spelt out. It holds for a simulated
device as delivered, and for one that behaves like each recording.
"""

from __future__ import annotations

import base64
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest

from berofos_ra.simulator import Simulator
from berofos_ra.simulator.running import RunningDevice
from tests.support.devices import RECORDINGS, as_recorded, specs
from tests.support.waiting import PATIENCE, wait_until

READABLE = {
    *("1_sz", "4_mode", "1_rm", "5_p0", "1_p0", "5_p1", "1_p1", "3_dn", "3_ip", "3_nm", "3_gw", "3_dns", "3_dhcp"),
    *("3_port", "3_pwd", "2_mhost", "2_mfrom", "2_mto", "3_log", "3_loghost", "3_logport", "6_wen", "2_wen"),
    *("6_wstate", "2_wintv", "2_as", "2_men", "0_wretv"),
}
# What is written, under which key it is read back, and values that it takes.
WRITES = [
    ("cmd=1&sz=", "1_sz", "1", "0"),
    ("cmd=4&mode=", "4_mode", "1", "0"),
    ("cmd=1&rm=", "1_rm", "1", "0"),
    ("cmd=5&p=0&s=", "5_p0", "1", "0"),
    ("cmd=1&p0=", "1_p0", "1", "0"),
    ("cmd=5&p=1&s=", "5_p1", "1", "0"),
    ("cmd=1&p1=", "1_p1", "1", "0"),
    ("cmd=3&dn=", "3_dn", "fos-7.example", "a"),
    ("cmd=3&nm=", "3_nm", "255.255.0.0", "255.255.255.0"),
    ("cmd=3&gw=", "3_gw", "10.1.2.3", "0.0.0.0"),
    ("cmd=3&dns=", "3_dns", "10.1.2.4", "0.0.0.0"),
    ("cmd=3&dhcp=", "3_dhcp", "1", "0"),
    ("cmd=2&mhost=", "2_mhost", "mail.example", ""),
    ("cmd=2&mfrom=", "2_mfrom", "a%40b.example", "c"),
    ("cmd=2&mto=", "2_mto", "a%26b%3Dc+d", ""),
    ("cmd=3&syslog=", "3_log", "1", "0"),
    ("cmd=3&slgip=", "3_loghost", "10.1.2.5", "0.0.0.0"),
    ("cmd=3&slgpt=", "3_logport", "65535", "1"),
    ("cmd=6&wen=", "6_wen", "1", "0"),
    ("cmd=2&wen=", "2_wen", "1", "0"),
    ("cmd=2&wintv=", "2_wintv", "65535", "1"),
    ("cmd=2&as=", "2_as", "1", "0"),
    ("cmd=2&men=", "2_men", "1", "0"),
]
BOXES = {
    "1_sz",
    "4_mode",
    "1_rm",
    "5_p0",
    "1_p0",
    "5_p1",
    "1_p1",
    "3_dhcp",
    "3_log",
    "6_wen",
    "2_wen",
    "2_as",
    "2_men",
}


@pytest.fixture(params=[None, *RECORDINGS], ids=lambda file: "delivered" if file is None else file.stem)
def fos1(request: pytest.FixtureRequest) -> Iterator[RunningDevice]:
    file: Path | None = request.param
    with Simulator(specs(["fos1"], **({} if file is None else as_recorded(file)))) as simulator:
        yield simulator.device("fos1")


def get(device: RunningDevice, target: str, login: str | None = None) -> tuple[int, bytes]:
    headers = {} if login is None else {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    request = urllib.request.Request(f"http://{device.address}:{device.port}{target}", headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b""


def config(device: RunningDevice) -> dict[str, str]:
    status, body = get(device, "/config.txt")
    assert status == 200
    first, *rest = body.decode("ascii").replace("\r\n", "\n").splitlines()
    assert first == "bnfos_confmap_magic=0.1", "nothing stands before the magic"
    return dict(line.split("=", 1) for line in rest)


def write(device: RunningDevice, query: str) -> None:
    assert 200 <= get(device, f"/?{query}")[0] < 300


def seconds_left(device: RunningDevice) -> int:
    return int(config(device)["0_wretv"])


def is_true(shown: str) -> bool:
    return shown in ("1", "checked")


def datagram(command: int, payload: bytes = b"") -> bytes:
    body = b"GBL\x04" + bytes([command]) + payload
    return body + bytes([reduce(lambda a, b: a ^ b, body)])


def ask(device: RunningDevice, request: bytes, patience: float = PATIENCE) -> bytes | None:
    """The payload of the answer; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(patience)
        client.sendto(request, (device.address, 50123))
        try:
            answer, source = client.recvfrom(65535)
        except TimeoutError:
            return None
    assert source == (device.address, 50123)
    assert answer == datagram(request[4], answer[5:-1]), "its command, and a sound checksum"
    return answer[5:-1]


def mac(device: RunningDevice) -> bytes:
    return bytes.fromhex(device.spec.mac.replace(":", ""))


def test_every_setting_can_be_read_and_no_password(fos1: RunningDevice) -> None:
    shown = config(fos1)
    assert shown.keys() >= READABLE
    assert "3_apwd" not in shown
    assert {is_true(shown[key]) for key in ("4_mode", "1_rm", "6_wen", "2_wen")} == {False}
    assert shown["6_wstate"] == "0"


@pytest.mark.parametrize(("query", "key", "first", "second"), WRITES, ids=[write[0] for write in WRITES])
def test_what_is_written_is_read_back(fos1: RunningDevice, query: str, key: str, first: str, second: str) -> None:
    for value in (first, second):
        write(fos1, query + value)
        shown = config(fos1)[key]
        if key in BOXES:
            assert is_true(shown) == (value == "1")
        else:
            assert shown == urllib.parse.unquote_plus(value)


def test_a_password_is_at_most_15_characters_and_demanded_when_told(fos1: RunningDevice) -> None:
    write(fos1, "cmd=3&apwd=" + "x" * 16)
    write(fos1, "cmd=3&apwd=secret")
    write(fos1, "cmd=3&pwd=1")
    assert get(fos1, "/config.txt")[0] == 401
    assert get(fos1, "/?cmd=4&mode=1")[0] == 401
    assert fos1.relay == "A--D"
    if fos1.spec.auth == "basic":
        assert get(fos1, "/config.txt", "admin:another")[0] == 401
        assert get(fos1, "/config.txt", "admin:secret")[0] == 200


@pytest.mark.parametrize(
    ("scenario", "mode", "joined"), [(0, 0, "A--D"), (0, 1, "A--B"), (1, 0, "A--D"), (1, 1, "A--B C--D")]
)
def test_the_relay_joins_what_scenario_and_mode_say(
    fos1: RunningDevice, scenario: int, mode: int, joined: str
) -> None:
    write(fos1, f"cmd=1&sz={scenario}")
    write(fos1, f"cmd=4&mode={mode}")
    assert fos1.relay == joined


def test_power_takes_the_defaults_and_without_it_a_and_d_are_joined(fos1: RunningDevice) -> None:
    for query in ("cmd=1&rm=1&sz=1&p0=0&p1=1", "cmd=4&mode=0", "cmd=2&wen=1&wintv=30"):
        write(fos1, query)
    fos1.power_off()
    assert fos1.relay == "A--D"
    fos1.power_on()
    shown = config(fos1)
    assert fos1.relay == "A--B C--D"
    assert [is_true(shown[key]) for key in ("4_mode", "5_p0", "5_p1", "6_wen")] == [True, False, True, True]
    assert 0 < int(shown["0_wretv"]) <= 30


def test_a_watchdog_that_is_enabled_again_counts_anew(fos1: RunningDevice) -> None:
    write(fos1, "cmd=2&wintv=60&wen=0")
    write(fos1, "cmd=6&wen=1")
    wait_until(lambda: seconds_left(fos1) < 60, "it counts down")
    before = seconds_left(fos1)

    def enabled_again() -> bool:
        write(fos1, "cmd=6&wen=1")
        return seconds_left(fos1) > before

    wait_until(enabled_again, "it counts from the beginning")
    assert config(fos1)["6_wstate"] == "1"
    assert fos1.events(event="watchdog disarmed") == []


def test_a_watchdog_that_is_not_kicked_drops_the_relay(fos1: RunningDevice) -> None:
    for query in ("cmd=4&mode=1", "cmd=2&wintv=1", "cmd=6&wen=1"):
        write(fos1, query)
    fos1.wait_for_event(event="watchdog ran out")
    shown = config(fos1)
    assert (fos1.relay, is_true(shown["4_mode"]), shown["6_wstate"], shown["6_wen"]) == ("A--D", False, "2", "2")
    assert shown["0_wretv"] == "0"
    assert ask(fos1, datagram(11, mac(fos1) + b"\0")) is not None
    assert config(fos1)["6_wstate"] == "2", "a kick clears no failure"
    write(fos1, "cmd=2&wintv=60")
    write(fos1, "cmd=6&wen=1")
    assert config(fos1)["6_wstate"] == "1"


def test_unknown_values_and_commands_are_accepted_and_do_nothing(fos1: RunningDevice) -> None:
    before = config(fos1)
    for query in ("cmd=4&mode=7", "cmd=99&x=1", "x=1", "cmd=2&wintv=0", "cmd=3&ip=nowhere"):
        write(fos1, query)
    boxes_stay = not fos1.spec.form_like
    assert config(fos1) == before or not boxes_stay


def test_a_scan_needs_no_mac_and_tells_all(fos1: RunningDevice) -> None:
    write(fos1, "cmd=3&gw=10.1.2.3&dhcp=1")
    payload = ask(fos1, datagram(1))
    assert payload is not None
    assert len(payload) == 30
    assert payload[:6] == mac(fos1)
    assert payload[6:8] in (b"\x00\x50", b"\x00\xbb")
    assert payload[12] == 0, "operational"
    assert payload[13:25] == socket.inet_aton(fos1.address) + b"\xff\xff\xff\x00" + b"\x0a\x01\x02\x03"
    assert payload[27] & 0b11 == 0b01, "DHCP, no login"
    assert int.from_bytes(payload[28:], "big") == fos1.port


def test_ping_and_kick_are_for_one_mac_alone(fos1: RunningDevice) -> None:
    other = bytes([*mac(fos1)[:5], mac(fos1)[5] ^ 1])
    for command, rest in ((9, b"\x00\x07"), (11, b"\0")):
        assert ask(fos1, datagram(command, mac(fos1) + rest)) is not None
        assert ask(fos1, datagram(command, other + rest), 0.2) is None
        broken = bytearray(datagram(command, mac(fos1) + rest))
        broken[-1] ^= 1
        assert ask(fos1, bytes(broken), 0.2) is None


def test_a_kick_restarts_the_countdown(fos1: RunningDevice) -> None:
    for query in ("cmd=2&wintv=3600", "cmd=6&wen=1"):
        write(fos1, query)
    wait_until(lambda: seconds_left(fos1) < 3600, "it counts down")
    before = seconds_left(fos1)

    def kicked() -> bool:
        assert ask(fos1, datagram(11, mac(fos1) + b"\0")) is not None
        return seconds_left(fos1) > before

    wait_until(kicked, "it counts from the beginning")


def test_flash_mode_takes_network_settings_and_a_reset_and_no_http(fos1: RunningDevice) -> None:
    netconf = (
        socket.inet_aton(fos1.address) + b"\xff\xff\x00\x00" + bytes(4) + b"\x03\x00" + fos1.port.to_bytes(2, "big")
    )
    refused = ask(fos1, datagram(2, mac(fos1) + netconf))
    assert refused is not None
    assert refused[:6] == mac(fos1)
    assert refused[6] != 0, "it is in operation"
    fos1.power_on(flash=True)
    scan = ask(fos1, datagram(1))
    assert scan is not None
    assert scan[12] != 0
    assert fos1.relay == "A--D"
    with pytest.raises(urllib.error.URLError):
        get(fos1, "/config.txt")
    assert ask(fos1, datagram(2, mac(fos1) + netconf)) == mac(fos1) + b"\0"
    assert ask(fos1, datagram(5, mac(fos1))) == mac(fos1) + b"\0"
    assert config(fos1)["3_nm"] == "255.255.0.0"


def test_firmware_is_taken_page_by_page(fos1: RunningDevice) -> None:
    fos1.power_on(flash=True)
    image = bytes(range(256)) * 3
    pages = [image[start : start + 512].ljust(512, b"\0") for start in range(0, len(image), 512)]
    checksum = reduce(lambda a, b: a ^ b, image)
    assert ask(fos1, datagram(3, mac(fos1) + len(pages).to_bytes(2, "big") + bytes([checksum]))) is not None
    for number, page in enumerate(pages):
        assert ask(fos1, datagram(4, mac(fos1) + number.to_bytes(2, "big") + page)) is not None
    assert fos1.flashed_image == b"".join(pages)
