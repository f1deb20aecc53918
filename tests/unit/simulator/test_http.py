"""A simulated device's HTTP, driven with plain sockets and urllib."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from berofos_ra.errors import ParameterError
from berofos_ra.simulator import DeviceSpec, Simulator, SimulatorError, http_face
from berofos_ra.simulator.running import RunningDevice
from tests.support.waiting import PATIENCE, wait_until

MAGIC = "bnfos_confmap_magic=0.1"


@contextmanager
def one(**options: Any) -> Iterator[RunningDevice]:
    defaults = {"name": "fos1", "address": "127.0.0.1", "mac": "00:19:32:00:12:1D", "port": 0, "gbl4_port": 0}
    with Simulator([DeviceSpec(**{**defaults, **options})]) as simulator:
        yield simulator.device("fos1")


@pytest.fixture
def fos1() -> Iterator[RunningDevice]:
    with one() as device:
        yield device


def connected(device: RunningDevice) -> socket.socket:
    return socket.create_connection((device.address, device.port), timeout=PATIENCE)


def raw(device: RunningDevice, request: bytes) -> bytes:
    """All that comes back until the device hangs up."""
    with connected(device) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def get(device: RunningDevice, target: str = "/config.txt", timeout: float = PATIENCE) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{device.address}:{device.port}{target}", timeout=timeout) as answer:
        return str(answer.read().decode())


def status(device: RunningDevice, target: str = "/config.txt") -> int:
    try:
        get(device, target)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return 200


def config(device: RunningDevice) -> dict[str, str]:
    magic, *lines = get(device).splitlines()
    assert magic == MAGIC
    return dict(line.split("=", 1) for line in lines)


def is_refused(device: RunningDevice) -> bool:
    try:
        socket.create_connection((device.address, device.port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it stopped listening while this one was being made
        return False
    return False


# The protocol.


def test_config_txt_shows_everything_and_more(fos1: RunningDevice) -> None:
    shown = config(fos1)
    assert shown["4_mode"] == "0"
    assert shown["3_ip"] == "127.0.0.1"
    assert shown["3_port"] == str(fos1.port)
    assert {"1_szd00", "1_szd01", "2_mail"} < shown.keys()
    assert "3_apwd" not in shown


def test_a_write_takes_effect_and_is_logged(fos1: RunningDevice) -> None:
    assert status(fos1, "/?cmd=4&mode=1") == 200
    assert (fos1.relay, config(fos1)["4_mode"]) == ("A--B", "1")
    change = fos1.wait_for_event(event="relay")
    assert (change["from"], change["to"], change["cause"]) == ("A--D", "A--B", "http 127.0.0.1")
    assert abs(change["time"] - time.time()) < 3600
    assert [(r.what, r.write, r.status) for r in fos1.requests] == [
        ("GET /?cmd=4&mode=1", True, 200),
        ("GET /config.txt", False, 200),
    ]


def test_power_ports_are_told_apart(fos1: RunningDevice) -> None:
    get(fos1, "/?cmd=5&p=1&s=1")
    assert (config(fos1)["5_p0"], config(fos1)["5_p1"]) == ("0", "1")
    get(fos1, "/?cmd=5&p=0&s=1&p=1&s=0")
    assert (config(fos1)["5_p0"], config(fos1)["5_p1"]) == ("1", "0")


def test_values_are_url_decoded_and_a_group_can_be_written_at_once(fos1: RunningDevice) -> None:
    get(fos1, "/?cmd=2&mfrom=a%26b%40c+d&wintv=17&as=1")
    shown = config(fos1)
    assert (shown["2_mfrom"], shown["2_wintv"], shown["2_as"]) == ("a&b@c d", "17", "1")


@pytest.mark.parametrize(
    "target",
    [
        "/?cmd=4&mode=2",
        "/?cmd=4&modus=1",
        "/?cmd=1&mode=1",
        "/?mode=1",
        "/?cmd=2&wintv=0",
        "/?cmd=2&wintv=65536",
        "/?cmd=3&ip=1.2.3",
        "/?cmd=3&dn=a%0Ab",
        "/?cmd=2&mto=a%0A4_mode%3D1",
        "/?cmd=6&wstate=2",
        "/",
    ],
)
def test_what_makes_no_sense_is_accepted_without_effect(fos1: RunningDevice, target: str) -> None:
    before = fos1.settings
    assert status(fos1, target) == 200
    assert fos1.settings == before


def test_unknown_paths_and_methods(fos1: RunningDevice) -> None:
    assert status(fos1, "/index.html") == 404
    assert raw(fos1, b"POST /?cmd=4&mode=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").startswith(b"HTTP/1.0 501 ")
    assert fos1.relay == "A--D"


def test_a_test_mail_is_an_event(fos1: RunningDevice) -> None:
    get(fos1, "/?cmd=7")
    assert fos1.wait_for_event(event="test mail")["cause"] == "http 127.0.0.1"


def test_checked_is_the_other_spelling_of_true() -> None:
    with one(bool_style="checked", settings={"mode": 1, "wdog": 1}) as device:
        shown = config(device)
        assert (shown["4_mode"], shown["1_sz"], shown["6_wen"], shown["6_wstate"]) == ("checked", "", "1", "1")


def test_form_like_firmware_clears_what_a_write_leaves_out() -> None:
    before = {"scenario": 1, "modedef": 1, "power1def": 1, "power1": 1, "wdogdef": 1}
    with one(form_like=True, settings=before) as device:
        get(device, "/?cmd=1&rm=1")
        now = {keyword: int(device.settings[keyword]) for keyword in before}
    assert now == {"scenario": 0, "modedef": 1, "power1def": 0, "power1": 1, "wdogdef": 1}


def test_one_connection_at_a_time(fos1: RunningDevice) -> None:
    with socket.create_connection((fos1.address, fos1.port)) as first:
        answers: list[str] = []
        second = threading.Thread(target=lambda: answers.append(get(fos1)))
        second.start()
        second.join(0.2)
        assert not answers, "the second client waits for the first"
        first.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        second.join(PATIENCE)
    assert MAGIC in answers[0]


def test_keep_alive_serves_several_requests_on_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_face, "_IDLE_TIMEOUT", PATIENCE)
    with one(keep_alive=True) as device:
        connection = http.client.HTTPConnection(device.address, device.port, timeout=PATIENCE)
        for target in ("/?cmd=4&mode=1", "/config.txt", "/nothing"):
            connection.request("GET", target)
            answer = connection.getresponse()
            answer.read()
            sock = connection.sock
            assert sock is not None, "still open"
        connection.close()
        assert device.relay == "A--B"


def test_latency_comes_before_every_answer() -> None:
    with one(latency=0.2) as device:
        begin = time.monotonic()
        get(device)
        assert time.monotonic() - begin >= 0.2


# Login.


def opener(device: RunningDevice, scheme: str, user: str, password: str) -> urllib.request.OpenerDirector:
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, f"http://{device.address}:{device.port}/", user, password)
    handler = {"basic": urllib.request.HTTPBasicAuthHandler, "digest": urllib.request.HTTPDigestAuthHandler}[scheme]
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), handler(passwords))


def login_status(device: RunningDevice, scheme: str, user: str, password: str) -> int:
    url = f"http://{device.address}:{device.port}/?cmd=4&mode=1"
    try:
        with opener(device, scheme, user, password).open(url, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except ValueError:  # urllib's word for a scheme that it wasn't told about
        return 401


@pytest.mark.parametrize(("scheme", "other"), [("basic", "digest"), ("digest", "basic")])
def test_login(scheme: str, other: str) -> None:
    with one(auth=scheme, password="se:cret=1") as device:
        assert status(device, "/?cmd=4&mode=1") == 401
        assert status(device, "/no/such/thing") == 401
        assert login_status(device, scheme, "admin", "wrong") == 401
        assert login_status(device, scheme, "root", "se:cret=1") == 401
        assert login_status(device, other, "admin", "se:cret=1") == 401
        assert device.relay == "A--D"
        assert login_status(device, scheme, "admin", "se:cret=1") == 200
        assert device.relay == "A--B"


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_basic_takes_either_spelling_of_umlauts(charset: str) -> None:
    encoded = base64.b64encode("admin:Grüße".encode(charset))
    with one(password="Grüße") as device:
        answer = raw(device, b"GET / HTTP/1.0\r\nAuthorization: Basic " + encoded + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 ")


def test_digest_wants_a_nonce_of_its_own() -> None:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def status_with(nonce: str) -> bytes:
        hashed = f"{md5('admin:berofos:secret')}:{nonce}:00000001:x:auth:{md5('GET:/config.txt')}"
        header = (
            f'Digest username="admin", realm="berofos", nonce="{nonce}", uri="/config.txt", qop=auth, nc=00000001, '
            f'cnonce="x", response="{md5(hashed)}"'
        )
        return raw(device, f"GET /config.txt HTTP/1.0\r\nAuthorization: {header}\r\n\r\n".encode())[9:12]

    with one(auth="digest", password="secret") as device:
        challenge = raw(device, b"GET /config.txt HTTP/1.0\r\n\r\n").decode()
        own = challenge.partition('nonce="')[2].partition('"')[0]
        assert (status_with(own), status_with("0" * 32)) == (b"200", b"401")


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic w7/D", "Bearer x", "Digest", 'Digest nonce="'])
@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_odd_authorization_headers_are_refused(header: str, scheme: str) -> None:
    with one(auth=scheme, password="secret") as device:
        answer = raw(device, f"GET /config.txt HTTP/1.0\r\nAuthorization: {header}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.0 401 ")


def test_a_new_password_counts_at_once_and_is_seen_nowhere() -> None:
    with one(settings={"pwd": 0}) as device:
        get(device, "/?cmd=3&apwd=n3w&pwd=1")
        get_by = [login_status(device, "basic", "admin", password) for password in ("", "n3w")]
        assert get_by == [401, 200]
        everything = f"{device.requests} {device.events()} {device.state()} {device.requests_as_dicts()}"
    assert "n3w" not in everything
    assert "apwd=***" in everything


def test_a_password_is_masked_however_its_name_is_spelt(fos1: RunningDevice) -> None:
    get(fos1, "/?cmd=3&%61pwd=n3w&APWD=n3w")
    assert "n3w" not in repr(fos1.requests)


# Power, network, clock.


def test_without_power_nothing_answers_and_a_power_cycle_brings_defaults() -> None:
    with one(settings={"mode": 1, "modedef": 0}) as device:
        port = device.port
        device.power_off()
        assert (device.relay, device.powered, is_refused(device)) == ("A--D", False, True)
        with pytest.raises(ParameterError):
            device.set_settings({"mode": 1})
        device.power_on()
        assert (device.port, config(device)["4_mode"]) == (port, "0")
        causes = [event["cause"] for event in device.events(event="relay")]
        assert causes == ["power off"]


def test_while_booting_nothing_answers() -> None:
    with one(boot_time=3600, settings={"modedef": 1}) as device:
        device.power_off()
        device.power_on()
        assert is_refused(device)
        assert device.state()["booting"]
        assert device.relay == "A--D"


def test_booting_ends_by_itself() -> None:
    with one(boot_time=0.2, settings={"modedef": 1}) as device:
        device.power_off()
        device.power_on()
        assert device.wait_for_event(event="relay", to="A--B")["cause"] == "power on"
        assert MAGIC in get(device)


def test_flash_mode_serves_no_http(fos1: RunningDevice) -> None:
    fos1.power_on(flash=True)
    assert is_refused(fos1)


def test_watchdog_runs_out_in_real_time_without_being_asked() -> None:
    with one(settings={"mode": 1, "wdogitime": 1}) as device:
        get(device, "/?cmd=6&wen=1")
        armed = device.wait_for_event(event="watchdog armed")
        fallen = device.wait_for_event(event="relay")
        assert (fallen["to"], fallen["cause"]) == ("A--D", "watchdog")
        assert fallen["monotonic"] - armed["monotonic"] >= 1.0
        shown = config(device)
        assert (shown["6_wen"], shown["6_wstate"], shown["0_wretv"]) == ("2", "2", "0")


def test_refused_until_cleared(fos1: RunningDevice) -> None:
    fos1.add_fault("refuse")
    assert is_refused(fos1)
    fos1.clear_faults()
    assert MAGIC in get(fos1)


def test_unplugged_keeps_the_relay_and_forgets_what_was_sent() -> None:
    with one(settings={"mode": 1}) as device:
        device.add_fault("unplugged")
        with socket.create_connection((device.address, device.port), timeout=0.2) as connection:
            connection.sendall(b"GET /?cmd=4&mode=0 HTTP/1.0\r\n\r\n")
            with pytest.raises(socket.timeout):
                connection.recv(1)
        assert device.relay == "A--B"
        device.clear_faults("unplugged")
        assert config(device)["4_mode"] == "1"
        assert [request.what for request in device.requests] == ["GET /config.txt"]


def test_power_cuts_a_request_short(fos1: RunningDevice) -> None:
    fos1.add_fault("late", seconds=3600)
    with connected(fos1) as connection:
        connection.sendall(b"GET /config.txt HTTP/1.0\r\n\r\n")
        wait_until(lambda: fos1.requests, "it is asked")
        fos1.power_off()
        assert connection.recv(1) == b""


def test_a_request_that_is_being_read_when_the_power_goes_has_no_effect(fos1: RunningDevice) -> None:
    with fos1._lock, connected(fos1) as connection:
        connection.sendall(b"GET /?cmd=4&mode=1 HTTP/1.0\r\n\r\n")
        time.sleep(0.05)  # to be read; when that takes longer the test is easier, not wrong
        fos1.power_off()
        fos1.power_on()
    get(fos1)
    assert fos1.relay == "A--D"


# Robustness.


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /config.txt\r\n\r\n",
        b"GET http://[bad/ HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03\n\n",
        b"GET /" + b"x" * 20_000,
        b"GET /?cmd=4&mode=1 HTTP/1.0\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    ],
)
def test_bad_http_is_answered_as_such(fos1: RunningDevice, request_bytes: bytes) -> None:
    assert raw(fos1, request_bytes).startswith(b"HTTP/1.0 400 ")
    assert fos1.relay == "A--D"
    assert MAGIC in get(fos1)


def test_half_a_request_has_no_effect(fos1: RunningDevice) -> None:
    with connected(fos1) as connection:
        connection.sendall(b"GET /?cmd=4&mode=1 HTTP/1.0\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert (fos1.relay, fos1.requests) == ("A--D", [])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    junk=st.one_of(
        st.binary(max_size=200),
        st.builds(lambda q: b"GET /?cmd=" + q + b" HTTP/1.0", st.binary(max_size=60)),
        st.builds(lambda q: b"GET / HTTP/1.0\r\nAuthorization: Digest " + q, st.binary(max_size=60)),
    )
)
def test_nothing_that_is_sent_hurts(fos1: RunningDevice, junk: bytes) -> None:
    fos1.set_settings({"pwd": len(junk) % 2})
    with suppress(ConnectionResetError):  # it need not read all
        raw(fos1, junk + b"\r\n\r\n")
    fos1.set_settings({"pwd": 0, "mode": 1})
    assert get(fos1, "/?cmd=4&mode=0")
    assert fos1.relay == "A--D"


def test_stopping_is_prompt_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_face, "_HEAD_TIMEOUT", 2 * PATIENCE)
    before = set(threading.enumerate())
    with ExitStack() as clients:
        with one() as device, one() as other:
            device.add_fault("hang")
            waiting = clients.enter_context(connected(device))
            waiting.sendall(b"GET / HTTP/1.0\r\n\r\n")
            clients.enter_context(connected(other))
            wait_until(lambda: device.requests, "it is asked")
            begin = time.monotonic()
        assert time.monotonic() - begin < PATIENCE
    assert set(threading.enumerate()) == before
    assert is_refused(device)


def test_an_address_in_use_is_one_clear_line(fos1: RunningDevice) -> None:
    before = set(threading.enumerate())
    with pytest.raises(SimulatorError) as refused, one(name="fos1", port=fos1.port):
        pass
    assert str(refused.value).startswith(f"fos1: HTTP can't listen on 127.0.0.1:{fos1.port}: something else listens")
    assert set(threading.enumerate()) == before


def test_a_foreign_address_says_what_to_do() -> None:
    with pytest.raises(SimulatorError, match=r"ip addr add 192\.0\.2\.7/32 dev lo"), one(address="192.0.2.7"):
        pass
