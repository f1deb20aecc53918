"""Every way in which a simulated device misbehaves that is seen by HTTP."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from berofos_ra.errors import ParameterError
from berofos_ra.settings import BY_KEYWORD
from berofos_ra.simulator import http_face
from berofos_ra.simulator.fault_kinds import KINDS
from berofos_ra.simulator.running import RunningDevice
from tests.support.waiting import PATIENCE, wait_until
from tests.unit.simulator.test_gbl4 import KICK, PING, ask, is_silent
from tests.unit.simulator.test_http import MAGIC, config, connected, get, is_refused, login_status, one, raw, status

FOR_EVER = 3600  # s
SOON = 0.1  # s


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


def test_reset_cuts_the_connection_and_does_nothing(fos1: RunningDevice) -> None:
    fos1.add_fault("reset", count=1, on="write")
    assert status(fos1) == 200
    with pytest.raises(ConnectionResetError):
        raw(fos1, b"GET /?cmd=4&mode=1 HTTP/1.0\r\n\r\n")
    assert fos1.relay == "A--D"
    assert status(fos1, "/?cmd=4&mode=1") == 200


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


def test_reboot_answers_and_is_away_by_http_and_gbl4(fos1: RunningDevice) -> None:
    fos1.set_settings({"mode": 1, "modedef": 1})
    fos1.add_fault("reboot", seconds=FOR_EVER, settings=["wdog"])
    assert status(fos1, "/?cmd=2&wintv=17") == 200
    assert not is_refused(fos1)
    assert MAGIC not in get(fos1, "/?cmd=6&wen=1")
    assert is_refused(fos1)
    assert is_silent(fos1, PING)
    assert (fos1.relay, fos1.state()["booting"]) == ("A--D", True)


def test_reboot_ends_with_the_defaults(fos1: RunningDevice) -> None:
    fos1.set_settings({"modedef": 1})
    fos1.add_fault("reboot", count=1, seconds=SOON)
    get(fos1, "/?cmd=6&wen=1")
    assert fos1.wait_for_event(event="relay")["cause"] == "power on"
    assert (config(fos1)["4_mode"], config(fos1)["6_wstate"]) == ("1", "0")
    assert ask(fos1, PING)


def test_a_reboot_waits_for_an_answer_that_is_late(fos1: RunningDevice) -> None:
    fos1.add_fault("reboot", seconds=FOR_EVER)
    fos1.add_fault("late", count=1, seconds=FOR_EVER)
    with connected(fos1) as connection:
        connection.sendall(b"GET /?cmd=4&mode=1 HTTP/1.0\r\n\r\n")
        wait_until(lambda: fos1.requests, "it is asked")
        assert (fos1.relay, fos1.state()["booting"]) == ("A--B", False)
    fos1.power_off()
    fos1.power_on()
    fos1.add_fault("late", count=1, seconds=SOON)
    assert status(fos1, "/?cmd=4&mode=1") == 200
    wait_until(lambda: fos1.state()["booting"], "it reboots")


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


def test_no_magic(fos1: RunningDevice) -> None:
    fos1.add_fault("no_magic", count=1)
    text = get(fos1)
    assert "bnfos_confmap_magic" not in text
    assert "\n4_mode=0\n" in text


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


@pytest.mark.parametrize("text", ["2", "maybe", " ", "-"])
def test_wrong_shows_texts_that_are_no_values(fos1: RunningDevice, text: str) -> None:
    fos1.add_fault("wrong", values={"mode": text})
    assert config(fos1)["4_mode"] == text


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


def test_a_write_has_its_effect_late(fos1: RunningDevice) -> None:
    fos1.add_fault("late_effect", count=1, seconds=FOR_EVER)
    assert status(fos1, "/?cmd=4&mode=1") == 200
    assert (config(fos1)["4_mode"], fos1.relay, fos1.clicks()) == ("0", "A--D", [])


def test_a_late_write_clicks_when_it_has_its_effect(fos1: RunningDevice) -> None:
    fos1.add_fault("late_effect", count=1, seconds=SOON)
    before = time.monotonic()
    get(fos1, "/?cmd=4&mode=1")
    click = fos1.wait_for_event(event="relay")
    assert click["monotonic"] >= before + SOON
    assert (click["to"], click["cause"]) == ("A--B", "http 127.0.0.1")
    assert fos1.clicks() == [click]
    assert config(fos1)["4_mode"] == "1"


def test_a_late_effect_can_be_of_some_settings_alone_and_counts_their_writes_alone(fos1: RunningDevice) -> None:
    fos1.add_fault("late_effect", count=1, seconds=FOR_EVER, settings=["mode", "modedef"])
    get(fos1, "/?cmd=6&wen=1")
    get(fos1, "/?cmd=1&sz=1&rm=1")
    assert [fos1.settings[keyword] for keyword in ("wdogstate", "scenario", "modedef")] == [1, True, False]
    get(fos1, "/?cmd=4&mode=1")
    assert fos1.relay == "A--B C--D", "used up"


def test_a_write_is_forgotten(fos1: RunningDevice) -> None:
    fos1.add_fault("forgets", count=1, seconds=SOON)
    get(fos1, "/?cmd=4&mode=1")
    assert fos1.wait_for_event(event="relay", cause="forgotten")["to"] == "A--D"
    assert [(click["from"], click["to"]) for click in fos1.clicks()] == [("A--D", "A--B"), ("A--B", "A--D")]
    get(fos1, "/?cmd=4&mode=1")
    assert fos1.relay == "A--B"


@pytest.mark.parametrize("kind", ["ignore_switch", "ignore_writes", "late_effect", "reboot"])
def test_what_is_not_let_in_uses_up_no_fault_of_writes(kind: str) -> None:
    with one(auth="digest", password="secret") as device:
        device.add_fault(kind, count=1)
        assert login_status(device, "digest", "admin", "wrong") == 401
        assert [fault["kind"] for fault in device.state()["faults"]] == [kind]
        assert login_status(device, "digest", "admin", "secret") == 200
        assert (device.state()["faults"], device.relay) == ([], "A--D")


# States of the device and its network.


def test_a_fault_ends_when_its_time_is_up(fos1: RunningDevice) -> None:
    fos1.add_fault("refuse", duration=FOR_EVER)
    assert is_refused(fos1)
    fos1.clear_faults()
    fos1.add_fault("status", duration=FOR_EVER)
    assert status(fos1) == 500
    assert 0 < fos1.state()["faults"][0]["duration"] <= FOR_EVER
    fos1.clear_faults()
    seen = fos1.events()[-1]["number"]
    fos1.add_fault("refuse", duration=SOON)
    fos1.add_fault("status", duration=SOON, count=100)
    for kind in ("refuse", "status"):
        fos1.wait_for_event(since=seen, event="fault ends", kind=kind)
    assert (status(fos1), fos1.state()["faults"]) == (200, [])


def test_begin_and_end_of_a_fault_are_events(fos1: RunningDevice) -> None:
    fos1.add_fault("late", count=2, seconds=0)
    fos1.add_fault("silent")
    get(fos1)
    get(fos1)
    fos1.clear_faults()
    fos1.clear_faults()
    told = [(event["event"], event["kind"]) for event in fos1.events() if "fault" in event["event"]]
    assert told == [
        ("fault begins", "late"),
        ("fault begins", "silent"),
        ("fault ends", "late"),
        ("fault ends", "silent"),
    ]


def test_room_for_one_connection_alone(fos1: RunningDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_face, "_HEAD_TIMEOUT", PATIENCE)
    with connected(fos1) as first:
        fos1.add_fault("one_connection")
        wait_until(lambda: is_refused(fos1), "there is no room")
        first.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := first.recv(65536):
            answer += chunk
        assert MAGIC.encode() in answer
    for _ in range(200):  # one after the other finds room
        get(fos1)
    with connected(fos1):
        wait_until(lambda: is_refused(fos1), "there is no room")
        fos1.clear_faults()
        connected(fos1).close()
    assert MAGIC in get(fos1)


def test_room_for_one_connection_is_free_again_when_it_is_reset_or_left(fos1: RunningDevice) -> None:
    fos1.add_fault("one_connection")
    fos1.add_fault("reset", count=100)
    for _ in range(100):
        with pytest.raises(ConnectionResetError):
            raw(fos1, b"GET / HTTP/1.0\r\n\r\n")
    fos1.add_fault("hang", count=1)
    with pytest.raises(socket.timeout):
        get(fos1, timeout=0.2)
    wait_until(lambda: not is_refused(fos1), "there is room")


def test_http_is_stuck_while_gbl4_answers(fos1: RunningDevice) -> None:
    fos1.set_settings({"wdogitime": 500, "wdog": 1})
    fos1.add_fault("hang")
    with connected(fos1) as connection:
        connection.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        wait_until(lambda: fos1.requests, "it is asked")
        assert ask(fos1, PING)
        assert ask(fos1, KICK)
        connection.settimeout(SOON)
        with pytest.raises(socket.timeout):
            connection.recv(1)


def test_gbl4_is_silent_while_http_answers(fos1: RunningDevice) -> None:
    fos1.add_fault("silent")
    assert is_silent(fos1, PING)
    assert is_silent(fos1, KICK)
    assert config(fos1)["4_mode"] == "0"
    assert fos1.events(event="kick") == []


def test_another_box_as_delivered_in_its_place_and_the_old_one_put_back() -> None:
    with one(password="secret", settings={"mode": 1, "modedef": 1, "hostname": "old"}) as device:
        old_mac, port = device.state()["mac"], device.port
        device.add_fault("replaced")
        assert (device.relay, device.settings["hostname"], device.port) == ("A--D", "berofos", port)
        assert device.state()["mac"] != old_mac
        assert config(device)["1_rm"] == "0", "no login is demanded"
        get(device, "/?cmd=4&mode=1")
        assert device.relay == "A--B"
        device.clear_faults()
        assert (device.relay, device.settings["hostname"], device.state()["mac"]) == ("A--B", "old", old_mac)
        assert status(device) == 401
        moves = [f"{click['to']} {click['cause'].split()[0]}" for click in device.clicks()]
        assert moves == ["A--D power", "A--B http", "A--D power", "A--B power"]


# Faults as such.


def test_no_setting_is_called_like_what_faults_are_about() -> None:
    assert not BY_KEYWORD.keys() & {"read", "write", "effect", "config", "any"}
    assert {kind.only for kind in KINDS.values()} <= {None, "effect", "config", *BY_KEYWORD}


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
        ("late", {"duration": -1}),
        ("late", {"duration": "5"}),
        ("late", {"settings": ["mode"]}),
        ("late_effect", {"settings": "mode"}),
        ("late_effect", {"settings": ["wdogstate"]}),
        ("forgets", {"settings": [["mode"]]}),
        ("new_mac", {"mac": "00:19:32"}),
        ("replaced", {"count": 1}),
        ("refuse", {"count": 1}),
        ("wrong", {"values": []}),
        ("wrong", {"values": {"apwd": "x"}}),
        ("wrong", {"values": {"mode": None}}),
        ("wrong", {"values": {"mode": "0\n1_rm=1"}}),
        ("silent", {"face": "http"}),
    ],
)
def test_faults_that_make_no_sense_are_refused(fos1: RunningDevice, kind: object, options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as refused:
        fos1.add_fault(kind, **options)
    assert "\n" not in str(refused.value)
