"""HTTP with nothing hidden: what a hostile device sends stays within bounds, and ends in one of our errors."""

from __future__ import annotations

import socket
import time

import pytest

from berofos_ra.device.raw_http import MAX_BYTES, RawReply, authorization, read_reply
from berofos_ra.errors import LoginRefusedError

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def read(sent: bytes) -> RawReply:
    here, there = socket.socketpair()
    with here, there:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MAX_BYTES)
        there.sendall(sent)
        there.shutdown(socket.SHUT_WR)
        begin = time.monotonic()
        return read_reply(here, "GET", begin, begin + 5)


def test_chunks_are_put_together() -> None:
    assert read(CHUNKED + b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n").body == b"abc0123456789"


@pytest.mark.parametrize("size", [b"-1", b"-2", b"\n-1"])
def test_chunks_of_a_negative_size_do_not_multiply(size: bytes) -> None:
    reply = read(CHUNKED + (size + b"\r\n") * 500)
    assert len(reply.body) <= MAX_BYTES
    assert reply.body == b""


@pytest.mark.parametrize("challenge", ["Digest realm=", "Digest realm=,nonce=", "Digest", "Digest x", ""])
def test_a_demand_for_a_login_that_makes_no_sense_is_refused(challenge: str) -> None:
    with pytest.raises(LoginRefusedError):
        authorization(challenge, "admin", "secret", "GET", "http://10.34.1.20/config.txt")
