"""``bnfos --get``, ``--show`` and ``--set`` as existing scripts call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from berofos_ra.settings import SETTINGS
from tests.cli.vendor_site import BNFOS, NEW_PASSWORD, PASSWORD, VendorSite, vendor_site
from tests.support.wire import TcpServer, always, answer


def test_get(vendor: VendorSite) -> None:
    vendor.fos1.set_settings({"mode": 1, "wdogitime": 77})
    for key, line in (("mode", "mode = 1"), ("WDOGITIME", "wdogitime = 77"), ("hostname", "hostname = berofos")):
        done = vendor.bnfos("--get", key, "-f", "fos1")
        assert (done.status, done.out, done.err) == (0, f"{line}\n", "")


def test_show(vendor: VendorSite) -> None:
    done = vendor.bnfos("--show", "-f", "FOS1")
    first, *lines = done.out.splitlines()
    assert (done.status, done.err, first) == (0, "", f"Configuration of device {vendor.fos1.address}:")
    assert lines.pop() == ""
    keys = [setting.keyword for setting in SETTINGS if setting.read_key]
    assert [line.split("=")[0] for line in lines] == [f" {key:<10}" for key in keys]
    assert " mode      = 0" in lines
    assert f" address   = {vendor.fos1.address}" in lines


def test_what_a_device_says_can_t_upset_a_terminal(vendor: VendorSite) -> None:
    settings = b"bnfos_confmap_magic=0.1\n1_sz=0\n4_mode=0\n3_dn=a\x1b[2Jb\n"
    with TcpServer(always(answer(settings))) as hostile:
        done = vendor.bnfos("--get", "hostname", "-h", "127.0.0.1", "-p", str(hostile.port))
    assert (done.status, done.out) == (0, "hostname = a?[2Jb\n")


@pytest.mark.parametrize(
    ("setting", "written"),
    [("mode=1", "cmd=4&mode=1"), ("slgip=10.1.1.1", "cmd=3&slgip=10.1.1.1"), ("smtptest", "cmd=7")],
)
def test_a_device_that_can_t_be_read_is_told_all_the_same(vendor: VendorSite, setting: str, written: str) -> None:
    vendor.fos1.add_fault("garbage_body")
    done = vendor.bnfos("--set", setting, "-f", "fos1")
    assert set(vendor.writes()) == {written}
    seen = setting == "smtptest"  # nothing of it is to be seen
    assert (done.status, "was sent, but nobody can see whether it took it" in done.err) == (int(not seen), not seen)


def test_another_version_s_settings_are_shown_with_a_warning(vendor: VendorSite) -> None:
    vendor.fos1.add_fault("wrong_magic")
    done = vendor.bnfos("--get", "mode", "-f", "fos1")
    assert (done.status, done.out) == (0, "mode = 0\n")
    assert done.err.startswith(f"{vendor.label()}: its config.txt is of version '0.2', which nobody has tried")
    assert len(done.err.splitlines()) == 1


def test_arming_an_armed_watchdog_restarts_its_countdown(vendor: VendorSite) -> None:
    vendor.fos1.set_settings({"wdog": 1})
    done = vendor.bnfos("--set", "wdog=1", "-f", "fos1")
    assert (done.status, vendor.writes()) == (0, ["cmd=6&wen=1"])


@pytest.mark.parametrize("mode", [("--get", "mode"), ("--show",), ("--set", "mode=1")])
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("off", "connection refused; check its power"),
        ("login", "login refused; correct its login in "),
        ("status", "HTTP status 500; "),
    ],
)
def test_a_device_that_can_t_be_asked_is_a_failure_with_its_reason(
    vendor: VendorSite, mode: tuple[str, ...], trouble: str, reason: str
) -> None:
    if trouble == "off":
        vendor.fos1.power_off()
    elif trouble == "login":
        vendor.configure(vendor.section(vendor.fos1, "admin:wrong"))
    else:
        vendor.fos1.add_fault("status", status=500)
    done = vendor.bnfos(*mode, "-f", "fos1")
    what = "Setting mode failed!" if mode[0] == "--set" else "Retrieving configuration and status failed!"
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"{what} {vendor.label()}: {reason}")
    assert done.err.endswith(f" in {vendor.config}\n")
    # Where a device is there and can't be read it is told all the same, as the vendor's tool does.
    assert vendor.writes() == (["cmd=4&mode=1"] if trouble == "status" and mode[0] == "--set" else [])


def test_host_port_and_login_as_arguments(vendor: VendorSite) -> None:
    device = ("-h", vendor.fos1.address, "-p", str(vendor.fos1.port))
    assert vendor.bnfos("--get", "mode", *device, "-u", f"admin:{PASSWORD}").out == "mode = 0\n"
    assert vendor.bnfos("--get", "mode", *device, "-u", "admin", text=f"{PASSWORD}\n").out == "mode = 0\n"
    typed = vendor.on_terminal(
        BNFOS, "--get", "mode", *device, "-u", "admin", answers=[("Password of admin: ", PASSWORD)]
    )
    assert (typed.status, typed.out.splitlines()[-1]) == (0, "mode = 0")
    refused = vendor.bnfos("--get", "mode", *device)
    assert (refused.status, "login demanded" in refused.err) == (1, True)


def test_the_password_of_u_may_hold_a_colon_and_overrides_the_file_s(vendor: VendorSite) -> None:
    assert ":" in PASSWORD
    vendor.configure(vendor.section(vendor.fos1, "admin:wrong"))
    assert vendor.bnfos("--get", "mode", "-f", "fos1", "-u", f"admin:{PASSWORD}").status == 0


def test_names_resolve(vendor: VendorSite) -> None:
    vendor.configure(vendor.section(vendor.fos1).replace(vendor.fos1.address, "no-such-name.invalid"))
    done = vendor.bnfos("--get", "mode", "-f", "fos1")
    assert (done.status, "host name can't be resolved" in done.err) == (1, True)
    done = vendor.bnfos("--get", "mode", "-h", "localhost", "-p", "1")
    assert (done.status, "localhost:1: connection refused" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("argument", "keyword", "value"),
    [
        ("mode=1", "mode", True),
        ("Mode=YES", "mode", True),
        ("modedef=y", "modedef", True),
        ("dhcp=false", "dhcp", False),
        ("scenario=true", "scenario", True),
        ("wdogitime=90", "wdogitime", 90),
        ("slgip=10.1.2.3", "slgip", "10.1.2.3"),
        ("hostname=lines.example", "hostname", "lines.example"),
        ("smtpserv=mail.example", "smtpserv", "mail.example"),
        ("smtpfrom=a&b=c@example", "smtpfrom", "a&b=c@example"),
        ("smtpto=", "smtpto", ""),
    ],
)
def test_set(vendor: VendorSite, argument: str, keyword: str, value: object) -> None:
    done = vendor.bnfos("--set", argument, "-f", "fos1")
    assert (done.status, done.out, done.err) == (0, f"Setting {keyword} succeeded!\n", "")
    assert vendor.fos1.settings[keyword] == value


def test_options_may_come_before_the_mode_and_long_ones_in_all_their_forms(vendor: VendorSite) -> None:
    assert vendor.bnfos("-f", "fos1", "--set=mode=1").status == 0
    assert vendor.bnfos("-ffos1", "--ge", "mode").out == "mode = 1\n"


def test_set_believes_only_what_it_reads_back(vendor: VendorSite) -> None:
    vendor.fos1.add_fault("ignore_writes")
    done = vendor.bnfos("--set", "mode=1", "-f", "fos1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"Setting mode failed! {vendor.label()}: relay stays A--D, expected A--B; try again")


def test_set_clears_the_failure_of_a_watchdog_that_ran_out(vendor: VendorSite) -> None:
    vendor.fos1.set_settings({"wdogitime": 1, "wdog": 1})
    vendor.fos1.wait_for_event(event="watchdog ran out")
    assert vendor.bnfos("--set", "wdog=0", "-f", "fos1").status == 0
    assert vendor.fos1.settings["wdogstate"] == 0


def test_a_test_mail(vendor: VendorSite) -> None:
    done = vendor.bnfos("--set", "smtptest", "-f", "fos1")
    assert (done.status, done.out) == (0, "Setting smtptest succeeded!\n")
    assert vendor.fos1.events(event="test mail")


def test_a_password_by_argument_input_or_terminal(vendor: VendorSite) -> None:
    done = vendor.bnfos("--set", f"apwd={NEW_PASSWORD}", "-f", "fos1")
    assert (done.status, done.out) == (0, "Setting apwd succeeded!\n")
    assert vendor.bnfos("--get", "mode", "-f", "fos1", "-u", f"admin:{NEW_PASSWORD}").status == 0
    done = vendor.bnfos("--set", "apwd", "-f", "fos1", "-u", f"admin:{NEW_PASSWORD}", text=f"{PASSWORD}\n")
    assert done.status == 0
    questions = ("New password of the device: ", "New password of the device again: ")
    typed = vendor.on_terminal(BNFOS, "--set", "apwd", "-f", "fos1", answers=[(q, NEW_PASSWORD) for q in questions])
    assert typed.status == 0
    assert vendor.bnfos("--get", "mode", "-f", "fos1", "-u", f"admin:{NEW_PASSWORD}").status == 0


def test_a_new_password_that_is_typed_differently_twice_is_none(vendor: VendorSite) -> None:
    questions = ("New password of the device: ", "New password of the device again: ")
    typed = vendor.on_terminal(
        BNFOS, "--set", "apwd", "-f", "fos1", answers=list(zip(questions, ("one", "two"), strict=True))
    )
    assert typed.status == 1
    assert vendor.writes() == []


def test_pwd_is_set_before_the_file_has_the_login(tmp_path: Path) -> None:
    with vendor_site(tmp_path, password=None) as vendor:
        vendor.configure(vendor.section(vendor.fos1))
        assert vendor.bnfos("--set", f"apwd={PASSWORD}", "-f", "fos1").status == 0
        done = vendor.bnfos("--set", "pwd=1", "-f", "fos1")
        assert (done.status, done.out) == (0, "Setting pwd succeeded!\n")
        assert "correct the login line" in done.err
        assert vendor.fos1.settings["pwd"] is True
        assert vendor.bnfos("--get", "mode", "-f", "fos1").status == 1
        vendor.configure(vendor.section(vendor.fos1, f"admin:{PASSWORD}"))
        assert vendor.bnfos("--get", "mode", "-f", "fos1").status == 0
