"""Answers over HTTP: what is read, what is refused, and what never gets out."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from berofos_ra.device.http import Answer
from berofos_ra.errors import BadAnswerError, DeviceError, LoginRefusedError
from tests.support.wire import Reply, TcpServer, all_it_says, always, answer, target, then_close
from tests.unit.device.http_devices import CHUNKED, PASSWORD, PATIENCE, REFUSED, USER, WANTS_BASIC, basic, client, get


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
    # At 64 KiB, or sooner: Python 3.14 counts them.
    "100 Continue for ever": (then_close(b"HTTP/1.1 100 Continue\r\n\r\n" * 50000), BadAnswerError, ""),
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


def test_a_server_that_compresses_for_those_who_can_read_it_is_understood() -> None:
    def reply(request: bytes) -> bytes:
        if b"gzip" in request.lower():
            return answer(gzip.compress(b"mode=1"), b"200 OK", b"Content-Encoding: gzip")
        return answer(b"mode=1")

    with TcpServer(reply) as server:
        assert get(server) == Answer("mode=1", complete=True)


def test_a_request_whose_answer_is_lost_isn_t_repeated_behind_our_back() -> None:
    with TcpServer(always(then_close(b""))) as server:
        with pytest.raises(BadAnswerError):
            get(server)
        assert len(server.requests) == 1


def test_a_redirect_isn_t_followed() -> None:
    with TcpServer(always(answer())) as other:
        location = b"Location: http://127.0.0.1:%d/config.txt" % other.port
        with TcpServer(always(answer(b"", b"301 Moved Permanently", location))) as server:
            with pytest.raises(BadAnswerError):
                get(server)
            assert len(server.requests) == 1
    assert other.requests == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
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
