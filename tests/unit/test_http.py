"""HTTP to one device, against a server that sends raw bytes."""

from __future__ import annotations

import base64
import contextlib
import errno
import gzip
import hashlib
import re
import socket
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from berofos_ra.errors import (
    BadAnswerError,
    DeviceError,
    DeviceTimeoutError,
    LoginRefusedError,
    UnreachableError,
)
from berofos_ra.http import Answer, HttpClient
from tests.unit.wire import (
    Reply,
    TcpServer,
    all_it_says,
    always,
    answer,
    drip,
    free_port,
    hang,
    header,
    in_turn,
    target,
    then_close,
)

USER, PASSWORD = "admin", "Geheim7"
PATIENCE = 10.0  # far more than an answer takes
IMPATIENCE = 0.2
WANTS_BASIC = answer(b"", b"401 Unauthorized", b'WWW-Authenticate: Basic realm="berofos"')


def client(server: TcpServer, user: str | None = USER, password: str | None = PASSWORD) -> HttpClient:
    return HttpClient("127.0.0.1", server.port, user, password)


def get(server: TcpServer, path: str = "/config.txt", timeout: float = PATIENCE) -> Answer:
    with client(server) as http:
        return http.get(path, timeout)


def basic(user: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


# Answers


def test_an_answer_s_body_is_returned() -> None:
    with TcpServer(always(answer(b"4_mode=1\n"))) as server:
        assert get(server, "/config.txt") == Answer("4_mode=1\n", complete=True)
    assert server.requests[0].startswith(b"GET /config.txt HTTP/1.1\r\n")


def test_a_query_arrives_as_it_was_given() -> None:
    with TcpServer(always(answer())) as server:
        get(server, "/?cmd=3&dn=a%26b%3D%25%2B%20c%23")
    assert target(server.requests[0]) == "/?cmd=3&dn=a%26b%3D%25%2B%20c%23"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (answer(b""), Answer("", complete=True)),
        (answer(b"x", b"202 Accepted"), Answer("x", complete=True)),
        (answer(b"\xff\x00"), Answer("\xff\x00", complete=True)),
        (then_close(b"HTTP/1.1 200 OK\r\n\r\ntext"), Answer("text", complete=False)),
        (then_close(b"HTTP/1.0 200 OK\r\n\r\ntext"), Answer("text", complete=False)),
        (then_close(b"HTTP/1.0 200 OK\n\ntext"), Answer("text", complete=False)),
        (then_close(b"HTTP/1.1 200 OK\r\nContent-Le"), Answer("", complete=False)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answer("", complete=False)),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"text"), Answer("text", complete=True)),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            Answer("abcde", complete=True),
        ),
        (answer(b"plain", b"200 OK", b"Content-Encoding: gzip"), Answer("plain", complete=True)),
        (answer(b"x" * 60000), Answer("x" * 60000, complete=True)),
    ],
)
def test_answers_of_all_kinds_are_read(reply: Reply, expected: Answer) -> None:
    with TcpServer(always(reply)) as server:
        assert get(server) == expected


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
REFUSED = b"401 Unauthorized"
MEGABYTE = b"x" * 2**20

BROKEN: dict[str, tuple[Reply, type[DeviceError], str]] = {
    "status 500": (answer(b"oops", b"500 Internal Server Error"), BadAnswerError, "HTTP status 500"),
    "status 404": (answer(b"", b"404 Not Found"), BadAnswerError, "HTTP status 404"),
    "status 304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", BadAnswerError, "HTTP status 304"),
    "a status that isn't a number": (then_close(b"HTTP/1.1 OK\r\n\r\n"), BadAnswerError, "isn't HTTP"),
    "a status out of range": (then_close(b"HTTP/1.1 99999 OK\r\n\r\n"), BadAnswerError, "isn't HTTP"),
    "an unknown version": (then_close(b"HTTP/9.9 200 OK\r\n\r\n"), BadAnswerError, ""),
    "garbage": (then_close(b"\x00\xff\x1b[2J\r\n\r\n"), BadAnswerError, "isn't HTTP"),
    "another protocol": (then_close(b"SSH-2.0-dropbear\r\n"), BadAnswerError, "isn't HTTP"),
    "nothing": (then_close(b""), BadAnswerError, "connection lost in the middle of an answer"),
    "a body that ends too soon": (
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n4_mode=1\n"),
        BadAnswerError,
        "",
    ),
    "a length that isn't one": (
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n4_mode=1\n"),
        BadAnswerError,
        "cut short",
    ),
    "a length below zero": (
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: -9\r\n\r\n4_mode=1\n"),
        BadAnswerError,
        "cut short",
    ),
    "an endless length": (
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n" + MEGABYTE),
        BadAnswerError,
        "more than 64 KiB",
    ),
    "an endless body": (then_close(b"HTTP/1.1 200 OK\r\n\r\n" + MEGABYTE), BadAnswerError, "more than 64 KiB"),
    "an endless chunk": (then_close(CHUNKED + b"fffffff\r\n" + MEGABYTE), BadAnswerError, "more than 64 KiB"),
    "endless chunks": (then_close(CHUNKED + b"1\r\nx\r\n" * 200000), BadAnswerError, "more than 64 KiB"),
    "endless headers": (then_close(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200000), BadAnswerError, ""),
    "an endless header": (then_close(b"HTTP/1.1 200 OK\r\nX: " + MEGABYTE), BadAnswerError, ""),
    "an endless status": (then_close(b"HTTP/1.1 200 " + MEGABYTE), BadAnswerError, ""),
    "100 Continue for ever": (then_close(b"HTTP/1.1 100 Continue\r\n\r\n" * 50000), BadAnswerError, "64 KiB"),
    "a chunk that isn't one": (then_close(CHUNKED + b"xyz\r\nabc\r\n"), BadAnswerError, ""),
    "a chunk below zero": (then_close(CHUNKED + b"-5\r\nabc\r\n"), BadAnswerError, ""),
    "chunks that end too soon": (then_close(CHUNKED + b"5\r\nabcde\r\n"), BadAnswerError, ""),
    "a chunk that ends too soon": (then_close(CHUNKED + b"ff\r\nabcde"), BadAnswerError, ""),
    "a redirect": (answer(b"", b"302 Found", b"Location: /elsewhere"), BadAnswerError, "HTTP status 302"),
    "a redirect to nowhere": (answer(b"", b"302 Found", b"Location: http://[::"), BadAnswerError, ""),
    "a redirect to garbage": (answer(b"", b"302 Found", b"Location: http://\xff:x/%"), BadAnswerError, ""),
    "a redirect with an endless body": (
        then_close(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n" + MEGABYTE),
        BadAnswerError,
        "64 KiB",
    ),
    "a redirect with a body that isn't gzip": (
        answer(b"junk", b"302 Found", b"Location: /elsewhere", b"Content-Encoding: gzip"),
        BadAnswerError,
        "",
    ),
    "a refusal without a scheme": (answer(b"", REFUSED), LoginRefusedError, "login refused"),
    "a refusal with an unknown scheme": (
        answer(b"", REFUSED, b'WWW-Authenticate: Bearer realm="basic"'),
        LoginRefusedError,
        "login refused",
    ),
    "a refusal for Basic": (WANTS_BASIC, LoginRefusedError, "login refused"),
    "a refusal for Digest": (
        answer(b"", REFUSED, b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'),
        LoginRefusedError,
        "login refused",
    ),
    "a refusal for Digest without a nonce": (
        answer(b"", REFUSED, b'WWW-Authenticate: Digest realm="r"'),
        BadAnswerError,
        "",
    ),
    "a refusal for Digest without values": (
        answer(b"", REFUSED, b"WWW-Authenticate: Digest realm, nonce, qop"),
        BadAnswerError,
        "",
    ),
    "a refusal for an unknown Digest": (
        answer(b"", REFUSED, b'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=ROT13'),
        BadAnswerError,
        "",
    ),
    "a refusal with a body that isn't gzip": (
        answer(b"junk", REFUSED, b'WWW-Authenticate: Digest realm="r", nonce="n"', b"Content-Encoding: gzip"),
        DeviceError,
        "",
    ),
    "a refusal with an endless body": (
        then_close(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n' + MEGABYTE),
        BadAnswerError,
        "64 KiB",
    ),
}


@pytest.mark.parametrize(("reply", "kind", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_an_error_without_secrets(reply: Reply, kind: type[DeviceError], complaint: str) -> None:
    path = "/?cmd=3&apwd=AuchGeheim"
    with TcpServer(always(reply)) as server, client(server) as http, pytest.raises(kind) as caught:
        http.get(path, PATIENCE)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    said = all_it_says(caught.value)
    assert PASSWORD not in said
    assert basic(USER, PASSWORD).split()[1].decode() not in said
    assert "AuchGeheim" not in said


TWICE = b"Content-Encoding: gzip, gzip"
BOMB = gzip.compress(gzip.compress(bytes(100 * 2**20)))  # less than a kilobyte


@pytest.mark.parametrize(
    "reply",
    [
        answer(BOMB, b"200 OK", TWICE),
        answer(BOMB, b"302 Found", b"Location: /elsewhere", TWICE),
        answer(BOMB, REFUSED, b'WWW-Authenticate: Digest realm="r", nonce="n"', TWICE),
        answer(BOMB, REFUSED, b'WWW-Authenticate: Basic realm="r"', TWICE),
    ],
    ids=["answer", "redirect", "Digest", "Basic"],
)
def test_what_is_compressed_unasked_is_left_compressed(reply: Reply) -> None:
    tracemalloc.start()
    try:
        with TcpServer(always(reply)) as server, client(server) as http, contextlib.suppress(DeviceError):
            http.get("/config.txt", 10)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_redirect_isn_t_followed() -> None:
    with TcpServer(always(answer())) as other:
        location = b"Location: http://127.0.0.1:%d/config.txt" % other.port
        with TcpServer(always(answer(b"", b"301 Moved Permanently", location))) as server:
            with pytest.raises(BadAnswerError):
                get(server)
            assert len(server.requests) == 1
    assert other.requests == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.binary(max_size=80)
    | st.binary(max_size=80).map(lambda junk: b"HTTP/1.1 200 OK\r\n" + junk)
    | st.binary(max_size=80).map(lambda junk: b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest " + junk + b"\r\n\r\n")
    | st.lists(st.sampled_from([b"realm", b"nonce", b"qop", b"algorithm", b"=", b",", b'"', b" ", b"MD5", b"x"])).map(
        lambda parts: answer(b"", REFUSED, b"WWW-Authenticate: Digest " + b"".join(parts))
    )
)
def test_garbage_is_a_device_error_and_nothing_else(garbage: bytes) -> None:
    with TcpServer(always(then_close(garbage))) as server:
        try:
            get(server, timeout=PATIENCE)
        except DeviceError as error:
            said = all_it_says(error)
        else:
            said = ""
    assert PASSWORD not in said


# Time


@pytest.mark.parametrize(
    "reply",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n", b"x", 60),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 60),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 60),
        drip(b"HTTP/1.1 200 ", b"x", 60),
        drip(b"", b"H", 60),
        drip(CHUNKED, b"1\r\nx\r\n", 60),
        drip(b"HTTP/1.1 401 No\r\n", b"X: y\r\n", 60),
        drip(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"x", 60),
    ],
    ids=["sized body", "body", "headers", "status", "garbage", "chunks", "refusal", "redirect"],
)
def test_a_drip_fed_answer_is_a_timeout(reply: Reply) -> None:
    # It comes to an end three seconds later: with a patience that starts anew at each byte it would be read.
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


def test_a_login_shares_the_patience_of_its_request() -> None:
    # Each answer on its own would come in time.
    refusal = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\nConnection: close\r\n\r\n'
    with TcpServer(in_turn(drip(refusal, b"x", 3), hang)) as server, pytest.raises(DeviceTimeoutError):
        get(server, timeout=4 * IMPATIENCE)
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


# Login


def login_text(request: bytes) -> str:
    return (header(request, b"Authorization") or b"").decode("latin-1")


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


class DigestDevice:
    """Lets in who answers its challenge, RFC 7616; each nonce serves ``nonce_lives`` requests."""

    def __init__(self, password: str, challenge: str = 'qop="auth"', nonce_lives: int = 100) -> None:
        self._password = password
        self._challenge = challenge
        self._nonce_lives = nonce_lives
        self._nonces = 0
        self._lives = 0
        self._counts: set[str] = set()

    def __call__(self, request: bytes) -> Reply:
        if self._lives > 0 and self._is_right(request):
            self._lives -= 1
            return answer(b"in")
        self._nonces += 1
        self._lives = self._nonce_lives
        challenge = f'WWW-Authenticate: Digest realm="be:ro, fos", nonce="n{self._nonces}", {self._challenge}'
        return answer(b"who?", REFUSED, challenge.encode())

    def _is_right(self, request: bytes) -> bool:
        scheme, _, rest = login_text(request).partition(" ")
        given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', rest)}
        if scheme != "Digest" or given["nonce"] != f"n{self._nonces}" or given["uri"] != target(request):
            return False
        hashed = hashlib.sha256 if "SHA-256" in self._challenge else hashlib.md5

        def h(*parts: str) -> str:
            return hashed(":".join(parts).encode()).hexdigest()

        ha1, ha2 = h(USER, "be:ro, fos", self._password), h("GET", given["uri"])
        if "qop" not in self._challenge:
            return bool(given["response"] == h(ha1, given["nonce"], ha2))
        fresh = given["nc"] not in self._counts if self._lives < self._nonce_lives else True
        self._counts = {given["nc"]} if self._lives == self._nonce_lives else self._counts | {given["nc"]}
        return fresh and bool(given["response"] == h(ha1, given["nonce"], given["nc"], given["cnonce"], "auth", ha2))


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


# Connections


def test_requests_share_a_connection() -> None:
    with TcpServer(DigestDevice(PASSWORD)) as server, client(server) as http:
        for _ in range(5):
            http.get("/config.txt", PATIENCE)
    assert server.connections == 1


def test_a_chunked_answer_keeps_the_connection() -> None:
    with TcpServer(always(CHUNKED + b"2\r\nab\r\n0\r\n\r\n")) as server, client(server) as http:
        assert [http.get("/config.txt", PATIENCE).text for _ in range(3)] == ["ab"] * 3
    assert server.connections == 1


@pytest.mark.parametrize("status", [b"404 Not Found", b"500 Internal Server Error"])
def test_an_error_status_does_no_harm_to_the_next_request(status: bytes) -> None:
    with TcpServer(in_turn(answer(b"no", status), answer(b"yes"))) as server, client(server) as http:
        with pytest.raises(BadAnswerError):
            http.get("/config.txt", PATIENCE)
        assert http.get("/config.txt", PATIENCE).text == "yes"


@pytest.mark.parametrize(
    "reply",
    [
        then_close(answer(b"yes")),
        then_close(answer(b"yes", b"200 OK", b"Connection: close")),
        then_close(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes"),
        then_close(b"HTTP/1.1 200 OK\r\n\r\nyes"),
    ],
)
def test_a_device_that_hangs_up_after_each_answer_is_called_again(reply: Reply) -> None:
    with TcpServer(always(reply)) as server, client(server) as http:
        for _ in range(3):
            # A hang-up that arrives only after the next request has gone out is a bad answer, worth another try.
            text = None
            while text is None:
                with contextlib.suppress(BadAnswerError):
                    text = http.get("/config.txt", PATIENCE).text
            assert text == "yes"
    assert server.connections >= 3


def test_what_an_answer_has_beyond_its_length_is_no_part_of_the_next() -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyesHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"
    with TcpServer(in_turn(first, answer(b"yes"))) as server, client(server) as http:
        assert http.get("/config.txt", PATIENCE).text == "yes"
        assert http.get("/config.txt", PATIENCE).text == "yes"


def test_a_client_that_is_left_hangs_up() -> None:
    gone = threading.Event()

    def until_gone(connection: socket.socket) -> bool:
        connection.sendall(answer(b"yes"))
        if not connection.recv(1):
            gone.set()
        return False

    with TcpServer(always(until_gone)) as server:
        http = client(server)
        with http:
            http.get("/config.txt", PATIENCE)
        assert gone.wait(PATIENCE)


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with TcpServer(always(answer(b"proxy"))) as proxy, TcpServer(always(answer(b"device"))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert get(server).text == "device"
    assert proxy.requests == []


def test_a_netrc_in_the_home_directory_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login root password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with TcpServer(always(answer())) as server, client(server, None, None) as http:
        http.get("/config.txt", PATIENCE)
    assert login_text(server.requests[0]) == ""


# No connection


def no_connection(host: str, port: int) -> UnreachableError:
    with HttpClient(host, port, USER, PASSWORD) as http, pytest.raises(UnreachableError) as caught:
        http.get("/?cmd=3&apwd=AuchGeheim", PATIENCE)
    said = all_it_says(caught.value)
    assert PASSWORD not in said
    assert "AuchGeheim" not in said
    return caught.value


def test_a_refused_connection_is_unreachable() -> None:
    assert str(no_connection("127.0.0.1", free_port(socket.SOCK_STREAM))) == "connection refused"


@pytest.mark.parametrize("host", ["nosuch.invalid", "a..b", "x" * 64 + ".example", "x" * 300])
def test_a_name_that_can_t_be_resolved_is_unreachable(host: str) -> None:
    assert str(no_connection(host, 80)) == "host name can't be resolved"


@pytest.mark.parametrize(
    "number", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EPERM, errno.EINVAL]
)
def test_no_way_to_a_device_is_unreachable(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise OSError(number, "no way")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert str(no_connection("127.0.0.1", 80)) == "no route to it"


def test_a_connection_that_isn_t_accepted_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise socket.timeout("timed out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with HttpClient("127.0.0.1", 80, USER, PASSWORD) as http, pytest.raises(DeviceTimeoutError) as caught:
        http.get("/?cmd=3&apwd=AuchGeheim", PATIENCE)
    assert str(caught.value) == "no answer within 10 s"
    assert "AuchGeheim" not in all_it_says(caught.value)
