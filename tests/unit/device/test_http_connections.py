"""Connections to devices: shared, renewed, refused, and never by way of a proxy."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from pathlib import Path

import pytest

from berofos_ra.device.http import HttpClient
from berofos_ra.errors import BadAnswerError, DeviceTimeoutError, UnreachableError
from tests.support.addresses import closed_port
from tests.support.wire import Reply, TcpServer, all_it_says, always, answer, in_turn, then_close
from tests.unit.device.http_devices import CHUNKED, PASSWORD, PATIENCE, USER, DigestDevice, client, get, login_text


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


def no_connection(host: str, port: int) -> UnreachableError:
    with HttpClient(host, port, USER, PASSWORD) as http, pytest.raises(UnreachableError) as caught:
        http.get("/?cmd=3&apwd=AuchGeheim", PATIENCE)
    said = all_it_says(caught.value)
    assert PASSWORD not in said
    assert "AuchGeheim" not in said
    return caught.value


def test_a_refused_connection_is_unreachable() -> None:
    assert str(no_connection(*closed_port())) == "connection refused"


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
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with HttpClient("127.0.0.1", 80, USER, PASSWORD) as http, pytest.raises(DeviceTimeoutError) as caught:
        http.get("/?cmd=3&apwd=AuchGeheim", PATIENCE)
    assert str(caught.value) == "no answer within 10 s"
    assert "AuchGeheim" not in all_it_says(caught.value)
