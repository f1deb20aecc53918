"""Logging in over HTTP, by Basic and by Digest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from berofos_ra.errors import BadAnswerError, DeviceError, LoginRefusedError
from tests.support.wire import Reply, TcpServer, all_it_says, always, answer, in_turn
from tests.unit.device.http_devices import (
    PASSWORD,
    PATIENCE,
    REFUSED,
    USER,
    WANTS_BASIC,
    DigestDevice,
    basic,
    client,
    get,
    login_text,
)


def test_no_login_is_sent_before_it_is_asked_for() -> None:
    with TcpServer(always(answer())) as server:
        get(server)
    assert login_text(server.requests[0]) == ""


@pytest.mark.parametrize("password", [PASSWORD, "a:b", "", "päß", "€", "50%=#"])
def test_a_device_that_asks_for_basic_gets_it(password: str) -> None:
    expected = basic(USER, password).decode()

    def device(request: bytes) -> Reply:
        return answer(b"in") if login_text(request) == expected else WANTS_BASIC

    with TcpServer(device) as server, client(server, USER, password) as http:
        assert http.get("/config.txt", PATIENCE).text == "in"
        assert http.get("/config.txt", PATIENCE).text == "in"
    # Asked for once, and then sent at once.
    assert [login_text(request) for request in server.requests] == ["", expected, expected]


@pytest.mark.parametrize("scheme", [b'basic realm="b"', b"Basic", b'BASIC realm="b", charset="UTF-8"'])
def test_basic_may_be_spelled_in_many_ways(scheme: bytes) -> None:
    refusal = answer(b"", REFUSED, b"WWW-Authenticate: " + scheme)
    with TcpServer(in_turn(refusal, answer(b"in"))) as server:
        assert get(server).text == "in"


@pytest.mark.parametrize("password", [PASSWORD, "a:b", "", "päß", "€", "50%=#"])
@pytest.mark.parametrize("challenge", ['qop="auth"', 'qop="auth,auth-int"', 'opaque="o"', "algorithm=SHA-256"])
def test_a_device_that_asks_for_digest_gets_it(password: str, challenge: str) -> None:
    with TcpServer(DigestDevice(password, challenge)) as server, client(server, USER, password) as http:
        assert http.get("/config.txt", PATIENCE).text == "in"
        assert http.get("/?cmd=4&mode=1", PATIENCE).text == "in"
    # Asked for once, and then sent at once.
    assert [login_text(request)[:6] for request in server.requests] == ["", "Digest", "Digest"]


def test_a_nonce_that_has_expired_is_replaced() -> None:
    with TcpServer(DigestDevice(PASSWORD, nonce_lives=1)) as server, client(server) as http:
        for _ in range(3):
            assert http.get("/config.txt", PATIENCE).text == "in"


@pytest.mark.parametrize("realm", ["berofos", "basic", "x, basic y", 'x\\", basic y'])
def test_a_device_that_asks_for_digest_never_sees_the_password(realm: str) -> None:
    challenge = f'WWW-Authenticate: Digest realm="{realm}", nonce="n", qop="auth"'
    with TcpServer(always(answer(b"", REFUSED, challenge.encode()))) as server, client(server) as http:
        for _ in range(2):
            with pytest.raises(LoginRefusedError):
                http.get("/config.txt", PATIENCE)
    assert {login_text(request)[:6] for request in server.requests} == {"", "Digest"}


def test_a_device_that_offers_both_gets_digest() -> None:
    device = DigestDevice(PASSWORD)

    def both(request: bytes) -> Reply:
        reply = device(request)
        assert isinstance(reply, bytes)
        return reply.replace(b"\r\n\r\n", b'\r\nWWW-Authenticate: Basic realm="b"\r\n\r\n', 1)

    with TcpServer(both) as server:
        assert get(server).text == "in"
    assert [login_text(request)[:6] for request in server.requests] == ["", "Digest"]


UNKNOWN = ['qop="auth-int"', 'qop="new"', "algorithm=new", 'algorithm=MD4, qop="auth"']


@pytest.mark.parametrize("challenge", UNKNOWN)
def test_basic_is_taken_where_the_digest_beside_it_isn_t_known(challenge: str) -> None:
    refusal = answer(
        b"", REFUSED, f'WWW-Authenticate: Digest realm="d", nonce="n", {challenge}, Basic realm="b"'.encode()
    )
    expected = basic(USER, PASSWORD).decode()
    with TcpServer(lambda request: answer(b"in") if login_text(request) == expected else refusal) as server:
        assert get(server).text == "in"


@pytest.mark.parametrize("challenge", UNKNOWN)
def test_a_digest_that_isn_t_known_is_told(challenge: str) -> None:
    refusal = answer(b"", REFUSED, f'WWW-Authenticate: Digest realm="d", nonce="n", {challenge}'.encode())
    with TcpServer(always(refusal)) as server, pytest.raises(BadAnswerError) as caught:
        get(server)
    assert str(caught.value) == "login: demands a Digest that isn't supported"


@pytest.mark.parametrize("device", [DigestDevice("another"), always(WANTS_BASIC)], ids=["Digest", "Basic"])
def test_a_wrong_login_is_refused_after_one_try(device: Callable[[bytes], Reply]) -> None:
    with TcpServer(device) as server, client(server) as http:
        for _ in range(2):
            with pytest.raises(LoginRefusedError) as caught:
                http.get("/config.txt", PATIENCE)
            assert str(caught.value) == "login refused"
    logins = [login_text(request) for request in server.requests]
    assert len(list(filter(None, logins))) <= 3


@pytest.mark.parametrize("device", [DigestDevice(PASSWORD), always(WANTS_BASIC)], ids=["Digest", "Basic"])
@pytest.mark.parametrize(("user", "password"), [(None, None), (USER, None)])
def test_a_demanded_login_that_isn_t_configured_is_told(
    device: Callable[[bytes], Reply], user: str | None, password: str | None
) -> None:
    with TcpServer(device) as server, client(server, user, password) as http:
        with pytest.raises(LoginRefusedError) as caught:
            http.get("/config.txt", PATIENCE)
        assert str(caught.value) == "login demanded, none configured"
    assert [login_text(request) for request in server.requests] == [""]


@pytest.mark.parametrize("scheme", ["Digest", "Basic"])
def test_any_user_s_name_is_a_login_or_a_device_error(scheme: str) -> None:
    refusal = answer(b"", REFUSED, f'WWW-Authenticate: {scheme} realm="r", nonce="n"'.encode())
    with TcpServer(always(refusal)) as server, client(server, "ад€мин", PASSWORD) as http:
        with pytest.raises(DeviceError) as caught:
            http.get("/config.txt", PATIENCE)
        assert PASSWORD not in all_it_says(caught.value)


def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with TcpServer(DigestDevice(PASSWORD)) as server:
        get(server)
    with TcpServer(always(WANTS_BASIC)) as server, pytest.raises(LoginRefusedError):
        get(server)
    assert PASSWORD not in caplog.text
    assert basic(USER, PASSWORD).split()[1].decode() not in caplog.text
