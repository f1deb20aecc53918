"""Reading one berofos: its relay, its watchdog, and answers that are late or broken."""

from __future__ import annotations

import time

import pytest

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import Device
from berofos_ra.errors import (
    AddressMissingError,
    BadAnswerError,
    ConnectionLostError,
    DeviceTimeoutError,
    LoginRefusedError,
    UnreachableError,
)
from tests.support.wire import Clock, Reply, TcpServer, always, answer, hang, then_close
from tests.unit.device.device_server import IMPATIENCE, MAC, PATIENCE, Berofos, config, device, read, reading_fails


@pytest.mark.parametrize(
    ("scenario", "mode", "position"),
    [("0", "0", "A--D"), ("0", "1", "A--B"), ("1", "0", "A--D"), ("1", "checked", "A--B C--D")],
)
def test_the_relay_s_position_is_read(scenario: str, mode: str, position: str) -> None:
    state, _ = read(Berofos(**{"1_sz": scenario, "4_mode": mode}))
    assert state.position == position
    assert state.mode is (mode != "0")


@pytest.mark.parametrize(
    ("shown", "on", "ran_out"), [(("0", "0"), False, False), (("1", "1"), True, False), (("2", "2"), False, True)]
)
def test_the_watchdog_s_state_is_read(shown: tuple[str, str], on: bool, ran_out: bool) -> None:
    state, _ = read(Berofos(**{"6_wen": shown[0], "6_wstate": shown[1]}))
    assert (state.watchdog_on, state.watchdog_ran_out) == (on, ran_out)


def test_the_watchdog_s_state_counts_where_its_box_says_otherwise() -> None:
    state, _ = read(Berofos(**{"6_wen": "1", "6_wstate": "2"}))
    assert (state.watchdog_on, state.watchdog_ran_out) == (False, True)
    assert state.differing({"wdog": True}) == ["wdog"]


def test_a_watchdog_without_a_state_is_what_its_box_says() -> None:
    berofos = Berofos(**{"6_wen": "1"})
    del berofos.values["6_wstate"]
    state, _ = read(berofos)
    assert state.watchdog_on
    assert not state.watchdog_ran_out


def test_a_watchdog_that_isn_t_shown_isn_t_known_to_be_on() -> None:
    berofos = Berofos(**{"6_wen": "1", "6_wstate": "1"})
    state, _ = read(berofos)
    assert state.shows_watchdog_on
    del berofos.values["6_wstate"], berofos.values["6_wen"]
    state, _ = read(berofos)
    assert not state.shows_watchdog_on


def test_a_setting_that_the_device_doesn_t_show_is_told() -> None:
    state, _ = read(Berofos())
    with pytest.raises(BadAnswerError) as caught:
        state.get("smtpserv")
    assert str(caught.value) == "its configuration lacks 2_mhost (smtpserv)"


BROKEN: list[Reply] = [
    then_close(b""),
    answer(b"<html>"),
    answer(b"", b"500 Internal Server Error"),
    answer(b"bnfos_confmap_magic=0.1\n1_sz=0\n"),
    answer(b"bnfos_confmap_magic=0.1\n4_mode=0\n"),
    then_close(b"HTTP/1.1 200 OK\r\n\r\nbnfos_confmap_magic=0.1\n1_sz=0\n4_mode=1"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_answer_is_asked_for_once_more(broken: Reply) -> None:
    berofos = Berofos(**{"4_mode": "1"})
    replies = iter([broken])
    state, asked = read(lambda request: next(replies, None) or berofos(request))
    assert state.mode
    assert asked == 2


@pytest.mark.parametrize("broken", BROKEN[1:])
def test_an_answer_broken_twice_is_an_error(broken: Reply) -> None:
    assert reading_fails(always(broken), BadAnswerError) == 2


def test_a_device_that_drops_connections_is_asked_again_for_the_time_of_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    begun = clock.monotonic()
    asked = reading_fails(always(then_close(b"")), ConnectionLostError)
    assert 2 < asked < 10 * PATIENCE
    assert PATIENCE - 1 < clock.monotonic() - begun <= PATIENCE


def test_a_device_that_serves_somebody_else_first_is_read_then(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    berofos = Berofos(**{"4_mode": "1"})
    replies = iter([then_close(b"")] * 3)
    state, asked = read(lambda request: next(replies, None) or berofos(request))
    assert state.mode
    assert asked == 4


def test_a_late_answer_is_asked_for_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    berofos = Berofos()
    replies = iter([Clock(monkeypatch).too_late(PATIENCE)])
    state, asked = read(lambda request: next(replies, None) or berofos(request))
    assert state.values["mode"] is False
    assert asked == 2


def test_no_answer_twice_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading_fails(always(Clock(monkeypatch).too_late(PATIENCE)), DeviceTimeoutError) == 2


def test_a_refused_login_is_not_tried_again() -> None:
    assert reading_fails(always(answer(b"", b"401 Unauthorized")), LoginRefusedError) == 1


def test_a_refused_connection_is_unreachable() -> None:
    with TcpServer(Berofos()) as server:
        gone = config(server)
    with Device(gone, PATIENCE, time.monotonic() + 60) as one, pytest.raises(UnreachableError):
        one.read()


def test_nothing_is_asked_when_no_time_is_left() -> None:
    with TcpServer(Berofos()) as server, device(server, time_left=-1) as one:
        with pytest.raises(DeviceTimeoutError) as caught:
            one.read()
        assert str(caught.value) == "no time left to ask it"
    assert server.requests == []


def test_the_deadline_ends_what_the_patience_would_not() -> None:
    with TcpServer(always(hang)) as server, device(server, timeout=3600, time_left=IMPATIENCE) as one:
        with pytest.raises(DeviceTimeoutError):
            one.read()
        assert len(server.requests) <= 1  # on a busy machine the server may not have noticed even that one


def test_a_device_without_a_host_can_t_be_asked() -> None:
    with pytest.raises(AddressMissingError, match="no host"):
        Device(DeviceConfig("fos1", mac=MAC), 3, 0)
