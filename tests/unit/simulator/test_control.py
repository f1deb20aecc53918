"""The simulator's control interface and its client, its log of events, and ``berofos simulate``."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from berofos_ra.errors import ParameterError
from berofos_ra.simulator import DeviceSpec, Simulator, SimulatorError, control
from tests.support import control_client
from tests.support.addresses import closed_port
from tests.support.control_client import ControlError
from tests.support.waiting import PATIENCE

SECRET = "h1dden"
# The environment's proxies are for the internet.
open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    specs = [
        DeviceSpec(f"fos{n}", "127.0.0.1", f"00:19:32:00:12:1{n}", port=0, gbl4_port=0, password=SECRET)
        for n in (1, 2)
    ]
    with Simulator(specs, events=tmp_path / "events.jsonl", control=("127.0.0.1", 0)) as running:
        yield running


@pytest.fixture
def where(simulator: Simulator) -> str:
    return simulator.control_address


def test_devices_and_their_state(simulator: Simulator, where: str) -> None:
    assert [device["name"] for device in control_client.devices(where)] == ["fos1", "fos2"]
    state = control_client.device(where, "fos1")
    assert (state["relay"], state["powered"], state["mac"]) == ("A--D", True, "00:19:32:00:12:11")
    assert state["port"] == simulator.device("fos1").port
    assert state["settings"]["wdogitime"] == 60
    assert SECRET not in json.dumps(state)


def test_by_hand(simulator: Simulator, where: str) -> None:
    control_client.set_settings(where, "fos1", {"mode": 1, "scenario": True, "hostname": "x"})
    assert control_client.device(where, "fos1")["relay"] == "A--B C--D"
    (first, *_) = control_client.events(where, device="fos1", event="relay")
    assert first["cause"] == "by hand"
    assert simulator.device("fos2").relay == "A--D"


def test_settings_by_hand_are_all_or_nothing(simulator: Simulator, where: str) -> None:
    with pytest.raises(ControlError, match="wdogitime"):
        control_client.set_settings(where, "fos1", {"mode": 1, "wdogitime": "soon"})
    assert simulator.device("fos1").relay == "A--D"


def test_power(where: str) -> None:
    control_client.power(where, "fos1", on=False)
    assert not control_client.device(where, "fos1")["powered"]
    with pytest.raises(ControlError, match="fos1 is off"):
        control_client.set_settings(where, "fos1", {"mode": 1})
    control_client.power(where, "fos1", on=True, flash=True)
    assert control_client.device(where, "fos1")["flash_mode"]
    kinds = [event["event"] for event in control_client.events(where, device="fos1")]
    assert kinds == ["start", "power off", "power on"]


def test_a_reset_to_factory_settings(where: str) -> None:
    control_client.set_settings(where, "fos1", {"mode": 1, "modedef": 1})
    control_client.power(where, "fos1", on=True, factory=True)
    state = control_client.device(where, "fos1")
    assert (state["relay"], state["settings"]["modedef"], state["settings"]["pwd"]) == ("A--D", False, False)


def test_clicks_are_relay_changes_of_one_device(where: str) -> None:
    for name, modes in (("fos1", (1, 0, 0)), ("fos2", (1,))):
        for mode in modes:
            control_client.set_settings(where, name, {"mode": mode, "hostname": f"x{mode}"})
    first, second = control_client.clicks(where, "fos1")
    assert (first["to"], second["to"], len(control_client.clicks(where, "fos2"))) == ("A--B", "A--D", 1)
    assert control_client.clicks(where, "fos1", since=first["number"]) == [second]


def test_the_kinds_of_faults_can_be_asked_for(where: str) -> None:
    status, text = call(where, "GET", "/faults")
    kinds = json.loads(text)
    assert (status, kinds["late"]["faces"], kinds["late"]["options"]) == (200, ["http", "gbl4"], {"seconds": 5.0})
    assert kinds["refuse"]["condition"] is True


def test_a_fault_as_the_page_shows_it(where: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "testing.md").read_text(encoding="utf-8")
    shown = re.search(r"curl -d '(.*?)' \\\n *http://127.0.0.1:8900(/\S+)\n", page)
    assert shown is not None
    code, _ = call(where, "POST", shown[2], shown[1].encode())
    (fault,) = control_client.faults(where, "fos1")
    assert (code, fault["seconds"], fault["settings"]) == (200, 3, ["mode"])


def test_another_box_is_put_in_the_place_of_one(where: str) -> None:
    control_client.add_fault(where, "fos1", "replaced", mac="00:19:32:00:12:99")
    assert control_client.device(where, "fos1")["mac"] == "00:19:32:00:12:99"
    control_client.clear_faults(where, "fos1", "replaced")
    assert control_client.device(where, "fos1")["mac"] == "00:19:32:00:12:11"


def test_faults(where: str) -> None:
    control_client.add_fault(where, "fos1", "late", count=2, seconds=5)
    control_client.add_fault(where, "fos1", "hang")
    late, hang = control_client.faults(where, "fos1")
    assert late == {"kind": "late", "face": "http", "count": 2, "duration": None, "on": "any", "seconds": 5}
    assert hang == {"kind": "hang", "face": "http", "count": None, "duration": None, "on": "any"}
    control_client.clear_faults(where, "fos1", "late")
    assert control_client.faults(where, "fos1") == [hang]
    control_client.clear_faults(where, "fos1")
    assert control_client.faults(where, "fos1") == []


def test_requests(simulator: Simulator, where: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        open_url(f"http://127.0.0.1:{simulator.device('fos1').port}/?cmd=3&apwd={SECRET}", timeout=PATIENCE)
    refused.value.close()
    (request,) = control_client.requests(where, "fos1")
    assert (request["what"], request["status"], request["write"]) == ("GET /?cmd=3&apwd=***", 401, True)
    control_client.clear_requests(where, "fos1")
    assert control_client.requests(where, "fos1") == []


def test_waiting_for_events(where: str) -> None:
    last = control_client.events(where)[-1]["number"]
    with pytest.raises(TimeoutError):
        control_client.wait_for_event(where, timeout=0.05, since=last, event="relay")
    later = threading.Timer(0.1, control_client.set_settings, (where, "fos2", {"mode": 1}))
    later.start()
    event = control_client.wait_for_event(where, since=last, event="relay")
    assert (event["device"], event["to"], event["number"]) == ("fos2", "A--B", last + 1)
    assert control_client.events(where, since=event["number"]) == []
    later.join()


def test_events_file_has_a_json_line_for_each(simulator: Simulator, where: str, tmp_path: Path) -> None:
    control_client.set_settings(where, "fos1", {"mode": 1})
    control_client.set_settings(where, "fos1", {"apwd": SECRET})
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert lines == control_client.events(where)
    assert lines == simulator.events.since()
    relay = next(line for line in lines if line["event"] == "relay")
    assert {"time", "monotonic", "device", "event", "from", "to", "cause", "number"} == relay.keys()
    assert SECRET not in json.dumps(lines)


def test_events_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="can't write events to"):
        Simulator([], events=tmp_path / "no" / "such")


def call(where: str, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    request = urllib.request.Request(f"http://{where}{path}", method=method, data=body)
    try:
        with open_url(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/", None, 404),
        ("GET", "/devices/fos9", None, 404),
        ("GET", "/devices/fos1/mood", None, 404),
        ("GET", "/devices/fos1/power/x", None, 404),
        ("GET", "/events?since=x", None, 400),
        ("GET", "/events?since=-1", None, 400),
        ("DELETE", "/events", None, 405),
        ("GET", "/devices/fos1/power", None, 405),
        ("PUT", "/devices/fos1/power", None, 400),
        ("PUT", "/devices/fos1/power", b"{", 400),
        ("PUT", "/devices/fos1/power", b"[" * 5000, 400),
        ("PUT", "/devices/fos1/power", b"[]", 400),
        ("PUT", "/devices/fos1/power", b"\xff\xfe\x00", 400),
        ("PUT", "/devices/fos1/power", b'{"on": "no"}', 400),
        ("PUT", "/devices/fos1/power", b'{"on": true, "of": 1}', 400),
        ("PUT", "/devices/fos1/power", b'{"on": true, "factory": 1}', 400),
        ("PUT", "/devices/fos1/power", b" " * 70_000, 400),
        ("POST", "/faults", b"{}", 405),
        ("PUT", "/devices/fos1/settings", b'{"wdogstate": 1}', 400),
        ("PUT", "/devices/fos1/settings", b'{"hostname": "\\ud800"}', 400),
        ("POST", "/devices/fos1/faults", b"{}", 400),
        ("POST", "/devices/fos1/faults", b'{"kind": "late", "self": 1}', 400),
        ("POST", "/devices/fos1/faults", b'{"kind": "late", "seconds": NaN}', 400),
        ("DELETE", "/devices/fos1/faults?kind=tired", None, 400),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    where: str, method: str, path: str, body: bytes | None, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    code, text = call(where, method, path, body)
    assert code == status
    assert "\n" not in json.loads(text)["error"]
    assert capfd.readouterr() == ("", "")


def test_client_says_when_nobody_answers() -> None:
    with pytest.raises(ControlError, match=r"127\.0\.0\.1:1 doesn't answer"):
        control_client.devices("127.0.0.1:1")


def test_stop_ends_control_connections_too(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control._Handler, "timeout", 2 * PATIENCE)
    address, port = simulator.control_address.split(":")
    with socket.create_connection((address, int(port)), timeout=PATIENCE) as idle:
        idle.sendall(b"GET /dev")
        begin = time.monotonic()
        simulator.stop()
        assert time.monotonic() - begin < PATIENCE
    left = [thread.name for thread in threading.enumerate()]
    assert not [name for name in left if name.startswith(("simulator", "fos")) or "process_request" in name]


def test_names_must_differ() -> None:
    spec = DeviceSpec("fos1", "127.0.0.1", "00:19:32:00:12:1D", port=0, gbl4_port=0)
    with pytest.raises(ParameterError):
        Simulator([spec, spec])


# The command.


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "berofos_ra.cli.berofos", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_simulate_runs_the_devices_of_the_file_until_told_to_end(tmp_path: Path) -> None:
    # GBL4's port is fixed: an address of its own, so that nothing else of this machine is in the way.
    (address, port), (near, other_port) = closed_port(), closed_port()
    conf, events = tmp_path / "bnfos.conf", tmp_path / "events.jsonl"
    conf.write_text(f"[fos1]\nmac = 00:19:32:00:12:1D\nhost = {address}:{port}\nlogin = admin:{SECRET}\n")
    where = f"{near}:{other_port}"
    options = ["--control", where, "--events", str(events), "--start-mode", "1", "--auth", "digest"]
    process = subprocess.Popen(
        [sys.executable, "-m", "berofos_ra.cli.berofos", "--config", str(conf), "simulate", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"fos1 at {address}: relay A--B\n"
        assert control_client.device(where, "fos1")["settings"]["pwd"] is True
        with pytest.raises(urllib.error.HTTPError) as refused:
            open_url(f"http://{address}:{port}/config.txt", timeout=PATIENCE)
        with refused.value as error:
            assert error.headers["WWW-Authenticate"].startswith("Digest ")
        control_client.set_settings(where, "fos1", {"mode": 0})
        line = process.stdout.readline()
        assert line.endswith(" fos1: relay A--B -> A--D (by hand)\n")
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, rest) == (0, "")
    assert [json.loads(line)["event"] for line in events.read_text().splitlines()] == ["start", "relay"]


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ("host = 192.0.2.7", "ip addr add 192.0.2.7/32 dev lo"),
        ("host = berofos.example", "not an IPv4 address"),
        ("mac = 00:19:32:00:12:1D", "no host"),
    ],
)
def test_simulate_says_in_a_line_why_it_cannot(tmp_path: Path, section: str, reason: str) -> None:
    conf = tmp_path / "bnfos.conf"
    conf.write_text(f"[fos1]\n{section}\nlogin = admin:{SECRET}\n")
    done = run("--config", str(conf), "simulate")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert "fos1" in done.stderr
    assert SECRET not in done.stderr


def test_simulate_without_a_config_file(tmp_path: Path) -> None:
    done = run("--config", str(tmp_path / "none"), "simulate")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert str(tmp_path / "none") in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["simulate", "--control", "8900"],
        ["simulate", "--latency", "-1"],
        ["simulate", "--latency", "nan"],
        ["simulate", "--start-mode", "2"],
        ["simulate", "--auth", "ntlm"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("berofos")
    assert done.stderr.endswith(" --help\n")
    assert done.stderr.count("\n") == 1


def test_help_has_an_example() -> None:
    assert "example:\n  berofos status" in run("--help").stdout
    assert "example:\n  ip addr add" in run("simulate", "--help").stdout
