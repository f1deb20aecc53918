"""Every way in which a simulated device answers HTTP badly."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from berofos_ra.errors import ParameterError
from berofos_ra.simulator.running import RunningDevice
from tests.unit.simulator.test_http import MAGIC, config, connected, get, one, raw, status


@pytest.fixture
def fos1() -> Iterator[RunningDevice]:
    with one() as device:
        yield device


def test_late_and_counted(fos1: RunningDevice) -> None:
    fos1.add_fault("late", count=2, seconds=0.2)
    for _ in range(2):
        assert fos1.state()["faults"] != []
        begin = time.monotonic()
        get(fos1)
        assert time.monotonic() - begin >= 0.2
    assert fos1.state()["faults"] == []


def test_drip_is_slow_from_the_first_byte(fos1: RunningDevice) -> None:
    fos1.add_fault("drip", count=1, rate=20)
    with connected(fos1) as connection:
        begin = time.monotonic()
        connection.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        received = b""
        while len(received) < 12:
            received += connection.recv(100)
    assert time.monotonic() - begin >= 0.5
    assert received.startswith(b"HTTP/1.0 200")


def test_hang_never_answers_and_does_nothing(fos1: RunningDevice) -> None:
    fos1.add_fault("hang", count=1)
    with pytest.raises(socket.timeout):
        get(fos1, "/?cmd=4&mode=1", timeout=0.2)
    assert config(fos1)["4_mode"] == "0", "and the next client is served"


def test_nothing_hangs_up(fos1: RunningDevice) -> None:
    fos1.add_fault("nothing", count=1)
    assert raw(fos1, b"GET /?cmd=4&mode=1 HTTP/1.0\r\n\r\n") == b""
    assert fos1.relay == "A--B", "only the answer is spoiled"


def test_empty(fos1: RunningDevice) -> None:
    fos1.add_fault("empty", count=1)
    assert get(fos1) == ""


@pytest.mark.parametrize("code", [401, 404, 500, 503])
def test_status_and_no_effect(fos1: RunningDevice, code: int) -> None:
    fos1.add_fault("status", count=1, status=code)
    assert status(fos1, "/?cmd=4&mode=1") == code
    assert fos1.relay == "A--D"
    assert status(fos1, "/?cmd=4&mode=1") == 200


def test_redirect(fos1: RunningDevice) -> None:
    fos1.add_fault("status", count=1, status=302, location="http://192.0.2.1/")
    answer = raw(fos1, b"GET /config.txt HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 302 ")
    assert b"\r\nLocation: http://192.0.2.1/\r\n" in answer


def test_reboot_after_a_write(fos1: RunningDevice) -> None:
    fos1.add_fault("reboot", count=1)
    assert config(fos1)["4_mode"] == "0", "it reads in peace"
    assert status(fos1, "/?cmd=4&mode=1") == 200
    assert (fos1.relay, fos1.settings["mode"]) == ("A--D", False), "its default relay mode"
    assert [event["event"] for event in fos1.events() if event["event"].startswith("power")] == [
        "power off",
        "power on",
    ]
    assert status(fos1, "/?cmd=4&mode=1") == 200
    assert fos1.relay == "A--B"


def test_a_status_of_success_has_no_effect_either(fos1: RunningDevice) -> None:
    fos1.add_fault("status", count=1, status=200)
    assert status(fos1, "/?cmd=4&mode=1") == 200
    assert fos1.relay == "A--D"


@pytest.mark.parametrize("announced", [True, False])
def test_truncated(fos1: RunningDevice, announced: bool) -> None:
    whole = get(fos1)
    fos1.add_fault("truncated", count=2, content_length=announced)
    if announced:
        with pytest.raises(http.client.IncompleteRead):
            get(fos1)
    else:
        assert get(fos1) == whole[: len(whole) // 2]
    fos1.clear_faults()
    fos1.add_fault("truncated", count=1, length=3, content_length=False)
    assert get(fos1) == whole[:3]


def test_garbage(fos1: RunningDevice) -> None:
    fos1.add_fault("garbage", count=1)
    with pytest.raises(http.client.BadStatusLine):
        get(fos1)
    fos1.add_fault("garbage_body", count=1)
    answer = raw(fos1, b"GET /config.txt HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 ")
    assert MAGIC.encode() not in answer


def test_wrong_magic(fos1: RunningDevice) -> None:
    fos1.add_fault("wrong_magic", count=1)
    text = get(fos1)
    assert MAGIC not in text
    assert "bnfos_confmap_magic=" in text


def test_endless(fos1: RunningDevice) -> None:
    fos1.add_fault("endless", count=1)
    with connected(fos1) as connection:
        connection.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        received = 0
        while received < 1_000_000:
            received += len(connection.recv(65536))
    assert MAGIC in get(fos1), "served again as soon as the client has left"


def test_huge_headers(fos1: RunningDevice) -> None:
    fos1.add_fault("huge_headers", count=1)
    head, _, body = raw(fos1, b"GET /config.txt HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert len(head) > 250_000
    assert MAGIC.encode() in body


def test_wrong_shows_another_mode_or_what_it_is_told(fos1: RunningDevice) -> None:
    fos1.add_fault("wrong", count=1)
    fos1.add_fault("wrong", count=1, values={"wdogstate": 2, "hostname": "x"})
    first, second, third = config(fos1), config(fos1), config(fos1)
    assert (first["4_mode"], second["4_mode"], third["4_mode"]) == ("1", "0", "0")
    assert (second["6_wstate"], second["3_dn"], third["6_wstate"]) == ("2", "x", "0")
    assert fos1.relay == "A--D"


def test_ignore_switch_ignores_mode_alone_and_counts_switches_alone(fos1: RunningDevice) -> None:
    fos1.add_fault("ignore_switch", count=1)
    assert status(fos1, "/?cmd=1&rm=1") == 200
    assert status(fos1, "/?cmd=4&mode=1") == 200
    assert (fos1.relay, config(fos1)["1_rm"]) == ("A--D", "1")
    get(fos1, "/?cmd=4&mode=1")
    assert fos1.relay == "A--B"


def test_ignore_writes_until_cleared(fos1: RunningDevice) -> None:
    fos1.add_fault("ignore_writes")
    for target in ("/?cmd=1&rm=1", "/?cmd=4&mode=1"):
        assert status(fos1, target) == 200
    assert (fos1.settings["modedef"], fos1.relay) == (False, "A--D")
    fos1.clear_faults("ignore_writes")
    get(fos1, "/?cmd=1&rm=1")
    assert fos1.settings["modedef"] is True


def test_a_fault_can_be_for_reads_or_writes_alone(fos1: RunningDevice) -> None:
    fos1.add_fault("status", on="write")
    assert [status(fos1), status(fos1, "/?cmd=4&mode=1"), status(fos1)] == [200, 500, 200]
    fos1.clear_faults()
    fos1.add_fault("status", on="read", count=1)
    assert [status(fos1, "/?cmd=4&mode=1"), status(fos1)] == [200, 500]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("tired", {}),
        (None, {}),
        ("late", {"rate": 1}),
        ("late", {"seconds": -1}),
        ("late", {"seconds": "5"}),
        ("late", {"seconds": float("nan")}),
        ("late", {"seconds": 1e300}),
        ("late", {"count": 0}),
        ("late", {"count": True}),
        ("late", {"on": "sundays"}),
        ("late", {"kind": "hang"}),
        ("drip", {"rate": 0}),
        ("drip", {"face": "gbl4"}),
        ("status", {"status": 99}),
        ("status", {"status": "500"}),
        ("status", {"location": "a\r\nb"}),
        ("truncated", {"length": -1}),
        ("truncated", {"content_length": 0}),
        ("refuse", {"count": 1}),
        ("wrong", {"values": []}),
        ("wrong", {"values": {"apwd": "x"}}),
        ("wrong", {"values": {"mode": None}}),
        ("silent", {"face": "http"}),
    ],
)
def test_faults_that_make_no_sense_are_refused(fos1: RunningDevice, kind: object, options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as refused:
        fos1.add_fault(kind, **options)
    assert "\n" not in str(refused.value)
