"""``berofos show``, ``get``, ``set``, ``ping``: settings of the devices."""

from __future__ import annotations

import json

import pytest

from berofos_ra.settings import SETTINGS
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import NEW_PASSWORD
from tests.support.wire import TcpServer, always, answer


def test_show_has_every_setting_that_can_be_read(two: OperatorSite) -> None:
    two.fos2.set_settings({"wdogitime": 77})
    done = two.berofos("show")
    assert done.status == 0
    first, second = done.out.split(f"{two.label('fos2')}:\n")
    assert first.startswith(f"{two.label('fos1')}:\n")
    shown = [line.split()[0] for line in second.splitlines()]
    assert shown == [setting.keyword for setting in SETTINGS if setting.read_key is not None]
    assert "  wdogitime  = 77 " in second


def test_show_and_get_as_json(two: OperatorSite) -> None:
    everything = json.loads(two.berofos("show", "--json").out)
    assert everything["fos1"]["wdogitime"] == 60
    assert everything["fos2"]["mode"] is False
    done = two.berofos("get", "--json", "--device", "fos2", "mode", "wdogitime")
    assert json.loads(done.out) == {"fos2": {"mode": False, "wdogitime": 60}}


def test_get_names_device_and_setting(two: OperatorSite) -> None:
    two.fos2.set_settings({"mode": 1})
    done = two.berofos("get", "mode", "hostname")
    assert (done.status, done.err) == (0, "")
    name = two.fos1.settings["hostname"]
    assert done.out.splitlines() == [
        "fos1 mode = 0",
        f"fos1 hostname = {name}",
        "fos2 mode = 1",
        f"fos2 hostname = {name}",
    ]


def test_one_device_that_fails_spoils_only_its_own_part(two: OperatorSite) -> None:
    two.fos1.power_off()
    for command in (("get", "mode"), ("show",)):
        done = two.berofos(*command)
        assert done.status == 1
        assert done.err.startswith(f"berofos: {two.label('fos1')}: connection refused; check its power")
        assert "fos2" in done.out
        assert "fos1" not in done.out


def test_what_a_device_says_cannot_upset_the_terminal(site: OperatorSite) -> None:
    lines = b"bnfos_confmap_magic=0.1\n4_mode=0\n1_sz=0\n2_mhost=\x1b[2J\x9b2Jgone\n"
    with TcpServer(always(answer(lines))) as server:
        site.configure(f"[fos1]\nhost = 127.0.0.1:{server.port}\n")
        assert site.berofos("get", "smtpserv").out == "fos1 smtpserv = ?[2J?2Jgone\n"
        assert "?[2J?2Jgone" in site.berofos("show").out


def test_set_changes_several_settings_of_several_devices(two: OperatorSite) -> None:
    two.fos2.set_settings({"syslog": 1})
    done = two.berofos("set", "syslog=yes", "slgip=10.34.1.2", "--device", "fos1", "--device", "fos2")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{two.label('fos1')}: syslog 0 -> 1",
        f"{two.label('fos1')}: slgip 0.0.0.0 -> 10.34.1.2",
        f"{two.label('fos2')}: slgip 0.0.0.0 -> 10.34.1.2",
    ]
    assert [device.settings["slgip"] for device in two] == ["10.34.1.2", "10.34.1.2"]
    written = two.writes("fos1")
    assert two.berofos("set", "syslog=true").out.splitlines()[0] == f"{two.label('fos1')}: nothing to change"
    assert two.writes("fos1") == written


def test_set_clears_the_failure_of_a_watchdog_that_ran_out(site: OperatorSite) -> None:
    site.fos1.set_settings({"wdogitime": 1, "wdog": 1})
    site.fos1.wait_for_event(event="watchdog ran out")
    assert site.berofos("set", "wdog=0").out == f"{site.label()}: wdogstate 2 -> 0\n"
    assert site.fos1.settings["wdogstate"] == 0
    assert site.berofos("set", "wdog=0").out == f"{site.label()}: nothing to change\n"


def test_an_ignored_setting_is_an_error(site: OperatorSite) -> None:
    site.fos1.add_fault("ignore_writes")
    done = site.berofos("set", "wdogitime=30")
    assert done.status == 1
    assert f"{site.label()}: wdogitime stays 60, expected 30" in done.err


def test_a_test_mail_can_be_asked_for(site: OperatorSite) -> None:
    done = site.berofos("set", "smtptest")
    assert (done.status, done.out) == (0, f"{site.label()}: smtptest done (accepted)\n")
    assert site.fos1.events(event="test mail")


def test_a_new_port_is_verified_and_the_config_file_mentioned(site: OperatorSite) -> None:
    before = site.config.read_bytes()
    label, old = site.label(), site.fos1.port
    done = site.berofos("set", f"port={old + 1}")
    assert done.status == 0
    assert done.out == (
        f"{label}: port {old} -> {old + 1} (it takes effect when the device is switched off and on; then correct its "
        "host in the config file)\n"
    )
    assert site.config.read_bytes() == before


def test_a_password_from_standard_input_is_proved_and_not_shown(site: OperatorSite) -> None:
    done = site.berofos("set", "apwd", "wdogitime=61", text=f"{NEW_PASSWORD}\n")
    assert (done.status, done.err) == (0, "")
    assert "apwd changed (verified by logging in; put it into the device's login line of the config file)" in done.out
    site.configure(site.config.read_text().split("login")[0] + f"login = admin:{NEW_PASSWORD}\n")
    assert site.berofos("get", "wdogitime").out == "fos1 wdogitime = 61\n"


def test_a_password_that_did_not_take_is_an_error(site: OperatorSite) -> None:
    site.fos1.add_fault("ignore_writes")
    done = site.berofos("set", "apwd", text=f"{NEW_PASSWORD}\n")
    assert done.status == 1
    assert f"{site.label()}: apwd: it still takes the old login" in done.err


def test_nobody_is_locked_out_by_demanding_a_login_that_is_not_known(site: OperatorSite) -> None:
    site.fos1.set_settings({"pwd": 0})
    site.configure(f"[fos1]\nhost = {site.fos1.address}:{site.fos1.port}\n")
    done = site.berofos("set", "pwd=1")
    assert done.status == 2
    assert "nobody could ask it any more; use berofos password" in done.err
    assert site.writes() == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("set", "colour=red"), "'colour' is no setting"),
        (("set", "secret"), "that is no setting"),
        (("set", "wdogitime=0"), "wdogitime: expected a whole number from 1 to 65535"),
        (("set", "wdogitime=70000"), "wdogitime: expected a whole number"),
        (("set", "mode=maybe"), "mode: expected yes or no"),
        (("set", "address=10.0.0.300"), "address: expected an IPv4 address"),
        (("set", "hostname=a b"), "hostname: expected a host name"),
        (("set", "apwd=0123456789abcdef"), "apwd: expected at most 15 printable ASCII characters"),
        (("set", "smtpto=\u00e9@example"), "smtpto: expected at most 255 printable ASCII characters"),
        (("set", "apwd="), "password: empty"),
        (("set", "apwd=\u00e9"), "apwd: expected at most 15 printable ASCII characters"),
        (("set", "wdogstate=0"), "wdogstate: can be read, but not set"),
        (("set", "mode"), "mode: expected mode=VALUE"),
        (("set", "mode=1", "mode=0"), "mode: given twice"),
        (("set", "mode=1", "wdogitime=x"), "wdogitime: expected a whole number"),
        (("set", "apwd"), "New apwd: no terminal to type it on, and nothing on standard input"),
        (("set", "mode=1", "--device", "switch1"), "--device: 'switch1' isn't a berofos name such as fos1"),
        (("get", "apwd"), "apwd can't be read"),
        (("get", "colour"), "'colour' is no setting"),
    ],
)
def test_bad_settings_are_one_line_and_nothing_is_written(
    site: OperatorSite, arguments: tuple[str, ...], complaint: str
) -> None:
    done = site.berofos(*arguments)
    assert done.status == 2
    (line,) = done.err.splitlines()
    assert line.startswith("berofos: ")
    assert complaint in line
    assert done.out == ""
    assert site.writes() == []


def test_the_same_address_for_two_devices_is_refused(two: OperatorSite) -> None:
    done = two.berofos("set", "address=10.0.0.7")
    assert done.status == 2
    assert "choose one with --device" in done.err
    assert two.writes("fos1") == two.writes("fos2") == []


def test_ping_asks_each_device(two: OperatorSite) -> None:
    done = two.berofos("ping")
    assert done.status == 0
    assert [line.partition(": answers, ")[0] for line in done.out.splitlines()] == [
        two.label("fos1"),
        two.label("fos2"),
    ]
    two.fos1.power_off()
    done = two.berofos("ping", "--timeout", "2")
    assert done.status == 1
    assert f"{two.label('fos1')}: no GBL4 answer within 2 s; check its mac" in done.err
    assert two.label("fos2") in done.out


def test_ping_and_kick_need_a_mac(site: OperatorSite) -> None:
    site.configure(f"[fos1]\nhost = {site.fos1.address}:{site.fos1.port}\n")
    for command, purpose in (("ping", "to ping it"), ("kick", "to kick its watchdog")):
        done = site.berofos(command)
        assert done.status == 1
        assert f"section [fos1] has no mac, needed {purpose}; find it with berofos scan" in done.err
