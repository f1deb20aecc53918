"""Recording a device, and simulating one like it: the two can't be told apart."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from berofos_ra.cli.replay import spec_options
from berofos_ra.device import gbl4
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.recording import RESET, Recording, Reply, parse_recording, render_recording
from berofos_ra.device.traits import SIMULATOR, differences, traits
from berofos_ra.errors import BadAnswerError, DeviceError, InFlashModeError, LoginRefusedError, UnreachableError
from berofos_ra.operations import record_device as recorder
from berofos_ra.simulator import Simulator
from berofos_ra.simulator.running import RunningDevice
from tests.support.addresses import closed_port
from tests.support.devices import specs
from tests.support.markers import found

TODAY = "2026-11-27"
PASSWORD = "Pw7%mark:er=9"
LOGIN = {"password": PASSWORD}
# As somebody may have set it up. Unmistakable, so that it can be searched for.
OWN: dict[str, str] = {
    "hostname": "kanzlei-mueller",
    "gateway": "10.34.1.254",
    "dns": "10.99.7.3",
    "slgip": "10.34.9.8",
    "smtpserv": "mx.mueller.example.net",
    "smtpfrom": "fos@mueller.example.net",
    "smtpto": "anna@mueller.example.net",
}
# What answers come after decides nothing here, so that waiting in vain may be short.
QUICK = {"_SERVED_WITHIN": 0.2, "_FOREIGN_PING": 0.2}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in QUICK.items():
        monkeypatch.setattr(recorder, name, seconds)


@contextmanager
def one(**options: Any) -> Iterator[RunningDevice]:
    with Simulator(specs(["fos1"], **options)) as simulator:
        yield simulator.device("fos1")


def record(device: RunningDevice, user: str | None = "admin", password: str | None = PASSWORD) -> Recording:
    config = DeviceConfig("fos1", device.address, device.port, device.spec.mac, user, password)
    return recorder.record_device(config, 60, TODAY)


def lasting(recording: Recording) -> dict[str, Any]:
    """What is in the file, without what is about that one recording."""
    content: dict[str, Any] = json.loads(render_recording(recording))
    return {name: value for name, value in content.items() if name not in ("taken", "sha256")}


ODD: Mapping[str, Mapping[str, Any]] = {
    "spelling": {"bool_style": "checked", "settings": {"mode": 1, "scenario": 1, "wdog": 1, "wdogdef": 1, **OWN}},
    "form-like": {"form_like": True, "settings": {"modedef": 1}},
    "one connection": {"connections": "refused"},
    "slow": {"latency": 0.5},
    "login": {"auth": "digest", **LOGIN},
    "kept connections": {"keep_alive": True, "settings": {"power1": 1, "power2def": 1}},
}


@pytest.mark.parametrize("name", ODD)
def test_a_simulation_of_a_recording_is_recorded_as_the_same(name: str) -> None:
    options = ODD[name]
    with one(**options) as device:
        first = record(device)
    with one(**spec_options(first, "fos1.json"), **(LOGIN if "password" in options else {})) as device:
        second = record(device)
    assert lasting(second) == lasting(first)
    assert parse_recording(render_recording(second), "fos1.json") == second


def test_a_device_of_another_look_is_recorded_as_the_same() -> None:
    """Whatever is odd about it: it was written by hand, and not by the simulator."""
    with one() as device:
        plain = record(device)
    config = plain.config.replace("\n", "\r\n").replace("1_sz=0", "1_sz= \r\n9_new=masked").replace("2_men=0\r\n", "")
    answers = plain.http.exchanges
    odd = ("Server", "lwIP/1.3.1 (masked)"), ("Content-Type", "text/plain"), ("X-Odd", "masked")
    chunked = answers["config"]._replace(protocol="HTTP/1.1", headers=(*odd, ("Transfer-Encoding", "chunked")))
    exchanges = {
        **answers,
        **dict.fromkeys(("config", "no-login", "wrong-login"), chunked),
        "head": answers["head"]._replace(
            status=200, protocol="HTTP/1.1", headers=(*odd, ("Content-Length", "other")), has_body=False
        ),
        "wrong-url": answers["wrong-url"]._replace(status=302, headers=(*odd, ("Location", "masked"))),
        "front-page": Reply(RESET),
    }
    # A ping's answer that has no more than the MAC.
    ping = gbl4.encode(gbl4.Command.PING, gbl4.mac_bytes("00:19:32:FA:CE:01"))
    first = plain._replace(
        config=config,
        http=plain.http._replace(exchanges=exchanges),
        datagrams=plain.datagrams._replace(ping=ping),
    )
    with one(**spec_options(parse_recording(render_recording(first), "odd.json"), "odd.json")) as device:
        second = record(device)
    assert lasting(second) == lasting(first)
    assert len(differences(second)) > 5


def test_a_simulated_device_says_so_and_is_what_differences_are_told_from() -> None:
    with one() as device:
        recording = record(device)
    assert recording.taken.simulated
    assert traits(recording) == SIMULATOR
    assert differences(recording) == ()


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_a_recording_reads_only_and_tells_nothing_of_its_owner(auth: str) -> None:
    with one(auth=auth, settings=OWN, **LOGIN) as device:
        before, since = device.settings, len(device.events())
        text = render_recording(record(device)).encode()
        assert device.settings == before
        assert device.events()[since:] == []
        assert not any(request.write for request in device.requests)
        assert {request.what.split()[0] for request in device.requests} == {"GET", "HEAD", "scan", "ping"}
        mac = bytes.fromhex(device.spec.mac.replace(":", ""))
        own: list[str | bytes] = [
            *OWN.values(),
            PASSWORD,
            device.address,
            device.spec.mac,
            mac[3:],
            "kanzlei",
            "mueller",
        ]
        packed = [bytes(map(int, text.split("."))) for text in (device.address, OWN["gateway"])]
        assert found(text, [*own, *packed, f":{device.port}"]) == []


def test_the_search_for_markers_finds_them() -> None:
    for before in ("", "a", "ab", "abc"):
        text = f"{before}Mueller, Kanzlei".encode()
        for form in (text, text.hex().encode(), base64.b64encode(text)):
            assert found(b'{"x": "' + form + b'"}', ["mueller" if form == text else "Mueller"]), form
    assert found(b"Moeller", ["Mueller"]) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "refuse"}, UnreachableError),
        ({"kind": "nothing"}, DeviceError),
        ({"kind": "garbage"}, DeviceError),
        ({"kind": "garbage_body"}, BadAnswerError),
        ({"kind": "no_magic"}, BadAnswerError),
        ({"kind": "status", "status": 500}, BadAnswerError),
        ({"kind": "status", "status": 401}, LoginRefusedError),
        ({"kind": "huge_headers"}, DeviceError),
        ({"kind": "endless"}, DeviceError),
        ({"kind": "empty"}, BadAnswerError),
        ({"kind": "reset"}, DeviceError),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_a_device_that_can_t_be_recorded_is_an_error(fault: dict[str, Any], error: type[DeviceError]) -> None:
    with one() as device:
        device.add_fault(fault["kind"], **{name: value for name, value in fault.items() if name != "kind"})
        config = DeviceConfig("fos1", device.address, device.port)
        with pytest.raises(error):
            recorder.record_device(config, 1, TODAY)


def test_without_a_login_there_is_no_recording() -> None:
    with one(**LOGIN) as device, pytest.raises(LoginRefusedError):
        record(device, None, None)
    with one(**LOGIN) as device, pytest.raises(LoginRefusedError):
        record(device, password="another")


def test_nobody_there() -> None:
    with pytest.raises(UnreachableError):
        recorder.record_device(DeviceConfig("fos1", *closed_port()), 1, TODAY)


def test_in_flash_mode_there_is_no_recording() -> None:
    with one() as device:
        device.power_on(flash=True)
        with pytest.raises(InFlashModeError):
            record(device)


def test_another_product_is_none() -> None:
    with one(hardware_magic=0x1234) as device, pytest.raises(BadAnswerError, match="0x1234"):
        record(device)


def test_without_gbl4_the_rest_is_recorded() -> None:
    with one() as device:
        device.add_fault("silent")
        config = DeviceConfig("fos1", device.address, device.port, device.spec.mac)
        recording = recorder.record_device(config, 1.5, TODAY)
    assert recording.datagrams == (None, None, None)
    assert "scan: not answered (simulator: answered by a berofos)" in differences(recording)
    assert parse_recording(render_recording(recording), "fos1.json") == recording


def test_settings_that_change_meanwhile_make_no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    with one() as device:
        second_connection = recorder._second_connection

        def changing(talk: recorder._Talk, within: float) -> str:
            device.set_settings({"mode": 1})
            return second_connection(talk, within)

        monkeypatch.setattr(recorder, "_second_connection", changing)
        with pytest.raises(BadAnswerError):
            record(device)
