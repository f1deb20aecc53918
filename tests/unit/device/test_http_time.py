"""Requests over HTTP end when their time is up, whatever the device does."""

from __future__ import annotations

import socket

import pytest

from berofos_ra.errors import DeviceTimeoutError
from tests.support.wire import (
    Clock,
    Reply,
    TcpServer,
    all_it_says,
    always,
    answer,
    drip,
    hang,
    in_turn,
    then_close,
)
from tests.unit.device.http_devices import CHUNKED, IMPATIENCE, PATIENCE, REFUSED, client, get

PIECES = 600
LONG = 3600.0  # s


@pytest.mark.parametrize(
    "reply",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n", b"x", PIECES),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", PIECES),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", PIECES),
        drip(b"HTTP/1.1 200 ", b"x", PIECES),
        drip(b"", b"H", PIECES),
        drip(CHUNKED, b"1\r\nx\r\n", PIECES),
        drip(b"HTTP/1.1 401 No\r\n", b"X: y\r\n", PIECES),
        drip(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"x", PIECES),
    ],
    ids=["sized body", "body", "headers", "status", "garbage", "chunks", "refusal", "redirect"],
)
def test_a_drip_fed_answer_is_a_timeout(reply: Reply) -> None:
    # It comes to an end half a minute later: with a patience that starts anew at each byte it would be read.
    with TcpServer(always(reply)) as server, pytest.raises(DeviceTimeoutError) as caught:
        get(server, timeout=IMPATIENCE)
    assert str(caught.value) == "no answer within 0.2 s"


def test_no_answer_is_a_timeout() -> None:
    with TcpServer(always(hang)) as server, pytest.raises(DeviceTimeoutError) as caught:
        get(server, path="/?cmd=3&apwd=AuchGeheim", timeout=IMPATIENCE)
    assert str(caught.value) == "no answer within 0.2 s"
    assert "AuchGeheim" not in all_it_says(caught.value)


def test_half_an_answer_is_a_timeout() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with TcpServer(always(half)) as server, pytest.raises(DeviceTimeoutError):
        get(server, timeout=IMPATIENCE)


def test_no_time_at_all_is_a_timeout() -> None:
    with TcpServer(always(answer())) as server, pytest.raises(DeviceTimeoutError):
        get(server, timeout=0)


def test_a_login_shares_the_patience_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each answer on its own would come in time.
    clock = Clock(monkeypatch)
    refusal = answer(b"", REFUSED, b"Connection: close", b'WWW-Authenticate: Digest realm="r", nonce="n"')
    replies = in_turn(clock.after(0.6 * LONG, refusal), clock.too_late(0.6 * LONG))
    with TcpServer(replies) as server, pytest.raises(DeviceTimeoutError):
        get(server, timeout=LONG)
    assert len(server.requests) == 2


def test_a_second_connection_has_what_is_left_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    patience: list[float | None] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: object) -> None:
        patience.append(self.gettimeout())
        connect(self, address)  # type: ignore[arg-type]

    refusal = then_close(answer(b"", REFUSED, b"Connection: close", b'WWW-Authenticate: Digest realm="r", nonce="n"'))
    monkeypatch.setattr(socket.socket, "connect", watched)
    with TcpServer(in_turn(refusal, answer())) as server:
        get(server)
    first, second = patience
    assert first is not None
    assert second is not None
    assert second < first <= PATIENCE


def test_the_patience_is_anew_with_each_request() -> None:
    slow = drip(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x", 2)
    with TcpServer(always(slow)) as server, client(server) as http:
        for _ in range(3):
            assert http.get("/config.txt", PATIENCE).text == "xx"
