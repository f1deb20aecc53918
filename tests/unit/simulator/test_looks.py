"""A simulated device that looks like a certain one: its config.txt, its answers, its connections."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from berofos_ra.errors import ParameterError
from berofos_ra.simulator import DeviceSpec, Simulator
from berofos_ra.simulator.running import RunningDevice
from berofos_ra.simulator.spec import AnswerStyle
from tests.support.devices import specs
from tests.support.waiting import PATIENCE, wait_until
from tests.unit.simulator.test_http import is_refused

LINES = (
    "bnfos_confmap_magic=0.1",
    "4_mode= checked",
    "1_rm=",
    "1_sz=perhaps",
    "9_new=x",
    "odd line",
    "3_ip=192.0.2.1",
)
TEXT = "\r\n".join([*LINES, "6_wstate=2"])


@contextmanager
def one(**options: Any) -> Iterator[RunningDevice]:
    with Simulator(specs(["fos1"], **options)) as simulator:
        yield simulator.device("fos1")


Answer = http.client.HTTPResponse


def ask(device: RunningDevice, method: str = "GET", target: str = "/config.txt") -> tuple[Answer, str]:
    connection = http.client.HTTPConnection(device.address, device.port, timeout=PATIENCE)
    connection.request(method, target)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def connected(device: RunningDevice) -> socket.socket:
    return socket.create_connection((device.address, device.port), timeout=PATIENCE)


def test_a_text_keeps_its_lines_and_shows_the_device_s_own_values() -> None:
    with one(config_txt=TEXT) as device:
        assert device.relay == "A--B"
        assert ask(device)[1] == TEXT.replace("192.0.2.1", device.address)
        ask(device, target="/?cmd=4&mode=0")
        ask(device, target="/?cmd=1&rm=1")
        ask(device, target="/?cmd=1&sz=1")
        shown = ask(device)[1].split("\r\n")
    assert shown[1:4] == ["4_mode= ", "1_rm=checked", "1_sz=perhaps"], "what is no value stays"
    assert device.settings["scenario"] is True


def test_settings_that_are_told_go_before_those_of_the_text() -> None:
    with one(config_txt=TEXT, settings={"mode": 0, "wdog": 0}) as device:
        assert (device.relay, device.settings["wdogstate"]) == ("A--D", 0)


@pytest.mark.parametrize("kind", ["wrong_magic", "no_magic", "wrong"])
def test_faults_of_the_text_are_faults_of_that_text(kind: str) -> None:
    with one(config_txt=TEXT) as device:
        device.add_fault(kind)
        shown = ask(device)[1].split("\r\n")
    changed = {"wrong_magic": "bnfos_confmap_magic=0.2", "no_magic": "4_mode= checked", "wrong": TEXT[:23]}[kind]
    assert shown[0] == changed
    assert ("4_mode= " in shown) == (kind == "wrong")


def test_answers_have_the_style_of_their_kind() -> None:
    headers = (
        ("Server", "lwIP"),
        ("X-Odd", "yes"),
        ("Transfer-Odd", ""),
        ("Content-Length", "other"),
        ("Connection", "close"),
    )
    styles = {
        "head": AnswerStyle(status=200, protocol="HTTP/1.1", headers=headers, has_body=False),
        "wrong-url": AnswerStyle(status=302, headers=(("Location", "/"),)),
        "front-page": AnswerStyle(ending="closed"),
    }
    with one(answers=styles) as device:
        answer, text = ask(device, "HEAD")
        assert (answer.status, answer.version, answer.headers["X-Odd"], text) == (200, 11, "yes", "")
        assert answer.headers["Server"] == "lwIP"
        assert ask(device, target="/nothing")[0].status == 302
        with pytest.raises(http.client.RemoteDisconnected):
            ask(device, target="/")
        assert ask(device)[0].headers["Server"] == "berofos"


def test_every_answer_says_that_the_device_is_simulated() -> None:
    with one(answers={"config": AnswerStyle(headers=(("Content-Length", "body"),))}) as device:
        for target in ("/config.txt", "/nothing", "/"):
            assert ask(device, target=target)[0].headers["X-Berofos-Simulated"] == "yes"


def test_served_connections_are_served_side_by_side() -> None:
    before = set(threading.enumerate())
    with one(connections="served") as device, connected(device) as first:
        assert ask(device)[0].status == 200
        first.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        assert first.recv(8) == b"HTTP/1.0"
    assert set(threading.enumerate()) == before


def test_dropped_connections_are_dropped_while_there_is_one() -> None:
    with one(connections="dropped") as device, connected(device) as first:
        with connected(device) as second:
            assert ended(second)
        first.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        assert first.recv(8) == b"HTTP/1.0"


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_refused_connections_are_refused_while_there_is_one() -> None:
    with one(connections="refused") as device, connected(device):
        wait_until(lambda: is_refused(device), "it has noticed the first")


@pytest.mark.parametrize(
    "wrong",
    [{"connections": "many"}, {"answers": {"other": AnswerStyle()}}, {"answers": {"head": AnswerStyle(ending="x")}}],
)
def test_looks_must_make_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        DeviceSpec("fos1", "127.0.0.1", "00:19:32:00:12:1D", **wrong)
