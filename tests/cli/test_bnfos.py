"""``bnfos`` as existing scripts call it: its words, its exit status, and what the devices see of it."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from berofos_ra.settings import SETTINGS
from berofos_ra.simulator.running import RunningDevice
from tests.agent.site import as_nobody
from tests.cli.vendor_site import BNFOS, NEW_PASSWORD, PASSWORD, VendorSite, vendor_site, wait_until
from tests.unit.wire import TcpServer, always, answer

MAC = "00:19:32:00:12:01"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[VendorSite]:
    """One device with a password, and its section."""
    with vendor_site(tmp_path) as one:
        one.configure()
        yield one
        for file in tmp_path.glob("*.pid"):  # a daemon that a failing test left behind
            os.kill(int(file.read_text()), signal.SIGTERM)


@pytest.fixture
def flashing(site: VendorSite) -> VendorSite:
    """The same, in flash mode."""
    site.fos1.power_on(flash=True)
    return site


def expected_block(device: RunningDevice, mode: str = "OPERATIONAL") -> str:
    return f"""\
#1:
 mac: {MAC}
 bootloader: v1.2
 firmware: v1.53
 device mode: {mode}

 address: {device.address}
 netmask: 255.255.255.0
 gateway: 0.0.0.0
 phy conf: 0x03 (PROBE_AUTO)
 phy state: 0x07 (LINK_BEAT | LINK_100MBIT | LINK_FDX)
 options: 0x03 (OPT_DHCP | OPT_HTTP_AUTH)
 http port: {device.port}


1 device found.

"""


# Scan.


def test_scan_shows_a_device_as_the_vendor_s_tool_does(site: VendorSite) -> None:
    done = site.bnfos("--scan", "-h", site.fos1.address)
    assert (done.status, done.out, done.err) == (0, expected_block(site.fos1), "")
    site.fos1.power_on(flash=True)
    assert site.bnfos("--scan", "-h", site.fos1.address).out == expected_block(site.fos1, "FLASH MODE")


def test_scan_without_an_answer_finds_none_and_leaves_the_file_alone(site: VendorSite) -> None:
    before = site.config.read_bytes()
    site.fos1.power_off()
    done = site.bnfos("--scan", "-x", "-t", "0.2", "-h", site.fos1.address)
    assert (done.status, done.out) == (0, "\n0 devices found.\n\n")
    assert "stays as it is" in done.err
    assert site.config.read_bytes() == before


def test_scan_x_writes_a_file_that_the_other_modes_read(site: VendorSite) -> None:
    site.config.unlink()
    done = site.bnfos("--scan", "-x", "-h", site.fos1.address)
    assert (done.status, done.out) == (0, expected_block(site.fos1))
    host = f"{site.fos1.address}:{site.fos1.port}"
    assert site.config.read_text() == f"[fos1]\nmac = {MAC}\nhost = {host}\n#login = <user>:<password>\n"
    assert stat.S_IMODE(site.config.stat().st_mode) == 0o600
    assert site.bnfos("--ping", "-f", "fos1").status == 0


def test_scan_x_keeps_login_comments_and_other_devices(site: VendorSite) -> None:
    other = "[fos2]\nmac = 00:19:32:00:12:FF\nhost = 10.99.99.99\nlogin = admin:else\n"
    before = f"# our site\n[fos1]\nmac = {MAC}\nhost = 10.9.9.9\nlogin = admin:{PASSWORD}\n\n{other}"
    site.configure(before)
    site.config.chmod(0o644)
    done = site.bnfos("--scan", "-x", "-h", site.fos1.address)
    assert done.status == 0
    assert "fos2 didn't answer" in done.err
    assert site.config.read_text() == before.replace("10.9.9.9", f"{site.fos1.address}:{site.fos1.port}")
    assert stat.S_IMODE(site.config.stat().st_mode) == 0o600
    assert list(site.folder.iterdir()) == [site.config]


def test_scan_x_touches_no_file_that_it_doesn_t_understand(site: VendorSite) -> None:
    site.configure("[fos1]\nmac 00:19\n")
    done = site.bnfos("--scan", "-x", "-h", site.fos1.address)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"Network scanning failed! {site.config}: line 2: ")
    assert done.err.count("\n") == 1
    assert site.config.read_text() == "[fos1]\nmac 00:19\n"


def test_scan_x_into_a_place_that_is_not_there(site: VendorSite) -> None:
    site.environment["BNFOS_CONF"] = str(site.folder / "nowhere" / "bnfos.conf")
    done = site.bnfos("--scan", "-x", "-h", site.fos1.address)
    assert done.status == 1
    assert done.err.startswith("Failed to open ")
    assert done.err.count("\n") == 1


# Get and show.


def test_get(site: VendorSite) -> None:
    site.fos1.set_settings({"mode": 1, "wdogitime": 77})
    for key, line in (("mode", "mode = 1"), ("WDOGITIME", "wdogitime = 77"), ("hostname", "hostname = berofos")):
        done = site.bnfos("--get", key, "-f", "fos1")
        assert (done.status, done.out, done.err) == (0, f"{line}\n", "")


def test_show(site: VendorSite) -> None:
    done = site.bnfos("--show", "-f", "FOS1")
    first, *lines = done.out.splitlines()
    assert (done.status, done.err, first) == (0, "", f"Configuration of device {site.fos1.address}:")
    assert lines.pop() == ""
    keys = [setting.keyword for setting in SETTINGS if setting.read_key]
    assert [line.split("=")[0] for line in lines] == [f" {key:<10}" for key in keys]
    assert " mode      = 0" in lines
    assert f" address   = {site.fos1.address}" in lines


def test_what_a_device_says_can_t_upset_a_terminal(site: VendorSite) -> None:
    settings = b"bnfos_confmap_magic=0.1\n1_sz=0\n4_mode=0\n3_dn=a\x1b[2Jb\n"
    with TcpServer(always(answer(settings))) as hostile:
        done = site.bnfos("--get", "hostname", "-h", "127.0.0.1", "-p", str(hostile.port))
    assert (done.status, done.out) == (0, "hostname = a?[2Jb\n")


@pytest.mark.parametrize("mode", [("--get", "mode"), ("--show",), ("--set", "mode=1")])
@pytest.mark.parametrize(
    ("trouble", "reason"), [("off", "connection refused"), ("login", "login refused"), ("status", "HTTP status 500")]
)
def test_a_device_that_can_t_be_asked_is_a_failure_with_its_reason(
    site: VendorSite, mode: tuple[str, ...], trouble: str, reason: str
) -> None:
    if trouble == "off":
        site.fos1.power_off()
    elif trouble == "login":
        site.configure(site.section(site.fos1, "admin:wrong"))
    else:
        site.fos1.add_fault("status", status=500)
    done = site.bnfos(*mode, "-f", "fos1", "-t", "1")
    what = "Setting mode failed!" if mode[0] == "--set" else "Retrieving configuration and status failed!"
    where = f"fos1 ({site.fos1.address}:{site.fos1.port})"
    assert (done.status, done.out) == (1, "")
    assert done.err == f"{what} {where}: {reason}\n"
    assert site.writes(site.fos1) == []


def test_host_port_and_login_as_arguments(site: VendorSite) -> None:
    device = ("-h", site.fos1.address, "-p", str(site.fos1.port))
    assert site.bnfos("--get", "mode", *device, "-u", f"admin:{PASSWORD}").out == "mode = 0\n"
    assert site.bnfos("--get", "mode", *device, "-u", "admin", text=f"{PASSWORD}\n").out == "mode = 0\n"
    typed = site.on_terminal(
        BNFOS, "--get", "mode", *device, "-u", "admin", answers=[("Password of admin: ", PASSWORD)]
    )
    assert (typed.status, typed.out.splitlines()[-1]) == (0, "mode = 0")
    refused = site.bnfos("--get", "mode", *device)
    assert (refused.status, "login demanded" in refused.err) == (1, True)


def test_the_password_of_u_may_hold_a_colon_and_overrides_the_file_s(site: VendorSite) -> None:
    assert ":" in PASSWORD
    site.configure(site.section(site.fos1, "admin:wrong"))
    assert site.bnfos("--get", "mode", "-f", "fos1", "-u", f"admin:{PASSWORD}").status == 0


def test_names_resolve(site: VendorSite) -> None:
    site.configure(site.section(site.fos1).replace(site.fos1.address, "no-such-name.invalid"))
    done = site.bnfos("--get", "mode", "-f", "fos1")
    assert (done.status, "host name can't be resolved" in done.err) == (1, True)
    done = site.bnfos("--get", "mode", "-h", "localhost", "-p", "1")
    assert (done.status, "localhost:1: connection refused" in done.err) == (1, True)


# Set.


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
def test_set(site: VendorSite, argument: str, keyword: str, value: object) -> None:
    done = site.bnfos("--set", argument, "-f", "fos1")
    assert (done.status, done.out, done.err) == (0, f"Setting {keyword} succeeded!\n", "")
    assert site.fos1.settings[keyword] == value


def test_options_may_come_before_the_mode_and_long_ones_in_all_their_forms(site: VendorSite) -> None:
    assert site.bnfos("-f", "fos1", "--set=mode=1").status == 0
    assert site.bnfos("-ffos1", "--ge", "mode").out == "mode = 1\n"


def test_set_believes_only_what_it_reads_back(site: VendorSite) -> None:
    site.fos1.add_fault("ignore_writes")
    done = site.bnfos("--set", "mode=1", "-f", "fos1")
    where = f"fos1 ({site.fos1.address}:{site.fos1.port})"
    assert (done.status, done.out) == (1, "")
    assert done.err == f"Setting mode failed! {where}: relay stays A--D, expected A--B\n"


def test_set_clears_the_failure_of_a_watchdog_that_ran_out(site: VendorSite) -> None:
    site.fos1.set_settings({"wdogitime": 1, "wdog": 1})
    site.fos1.wait_for_event(event="watchdog ran out")
    assert site.bnfos("--set", "wdog=0", "-f", "fos1").status == 0
    assert site.fos1.settings["wdogstate"] == 0


def test_a_test_mail(site: VendorSite) -> None:
    done = site.bnfos("--set", "smtptest", "-f", "fos1")
    assert (done.status, done.out) == (0, "Setting smtptest succeeded!\n")
    assert site.fos1.events(event="test mail")


def test_a_password_by_argument_input_or_terminal(site: VendorSite) -> None:
    done = site.bnfos("--set", f"apwd={NEW_PASSWORD}", "-f", "fos1")
    assert (done.status, done.out) == (0, "Setting apwd succeeded!\n")
    assert site.bnfos("--get", "mode", "-f", "fos1", "-u", f"admin:{NEW_PASSWORD}").status == 0
    done = site.bnfos("--set", "apwd", "-f", "fos1", "-u", f"admin:{NEW_PASSWORD}", text=f"{PASSWORD}\n")
    assert done.status == 0
    questions = ("New password of the device: ", "New password of the device again: ")
    typed = site.on_terminal(BNFOS, "--set", "apwd", "-f", "fos1", answers=[(q, NEW_PASSWORD) for q in questions])
    assert typed.status == 0
    assert site.bnfos("--get", "mode", "-f", "fos1", "-u", f"admin:{NEW_PASSWORD}").status == 0


def test_a_new_password_that_is_typed_differently_twice_is_none(site: VendorSite) -> None:
    questions = ("New password of the device: ", "New password of the device again: ")
    typed = site.on_terminal(BNFOS, "--set", "apwd", "-f", "fos1", answers=list(zip(questions, ("one", "two"))))
    assert typed.status == 1
    assert site.writes(site.fos1) == []


def test_pwd_is_set_before_the_file_has_the_login(tmp_path: Path) -> None:
    with vendor_site(tmp_path, password=None) as site:
        site.configure(site.section(site.fos1, None))
        assert site.bnfos("--set", f"apwd={PASSWORD}", "-f", "fos1").status == 0
        done = site.bnfos("--set", "pwd=1", "-f", "fos1")
        assert (done.status, done.out) == (0, "Setting pwd succeeded!\n")
        assert "correct the login line" in done.err
        assert site.fos1.settings["pwd"] is True
        assert site.bnfos("--get", "mode", "-f", "fos1").status == 1
        site.configure(site.section(site.fos1))
        assert site.bnfos("--get", "mode", "-f", "fos1").status == 0


# Ping and kick.


def test_ping_and_kick(site: VendorSite) -> None:
    assert site.bnfos("--ping", "-f", "fos1").out == "Ping succeeded!\n"
    assert site.bnfos("--kick", "-m", MAC.lower(), "-h", site.fos1.address).out == "Watchdog successfully kicked!\n"
    assert [request.what for request in site.fos1.requests] == ["ping 0", "kick"]


@pytest.mark.parametrize(("mode", "words"), [("--ping", "Ping failed!"), ("--kick", "Watchdog did not response!")])
def test_another_mac_is_another_device(site: VendorSite, mode: str, words: str) -> None:
    done = site.bnfos(mode, "-m", "00:19:32:00:12:99", "-h", site.fos1.address, "-t", "0.2")
    assert (done.status, done.out) == (1, "")
    assert done.err == f"{words} {site.fos1.address}: no GBL4 answer within 0.2 s\n"


def test_c_repeats_until_it_is_interrupted(site: VendorSite) -> None:
    running = site.begin(BNFOS, "--kick", "-c", "-w", "0", "-f", "fos1")
    wait_until(lambda: len(site.fos1.requests) >= 3, "three kicks")
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert done.status != 0
    assert set(done.out.splitlines()) == {"Watchdog successfully kicked!"}


def test_s_says_nothing_on_the_terminal(site: VendorSite) -> None:
    assert site.bnfos("--kick", "-s", "-f", "fos1").both == ""
    failed = site.bnfos("--ping", "-s", "-t", "0.1", "-m", "00:19:32:00:12:99", "-h", site.fos1.address)
    assert (failed.status, failed.both) == (1, "")


def test_b_is_a_daemon_that_kicks_until_it_is_told_to_end(site: VendorSite) -> None:
    command = ("--kick", "-c", "-b", "-w", "0.01", "-f", "fos1")
    done = site.bnfos(*command)
    assert (done.status, done.both) == (0, "")
    file = site.folder / "bnfos-fos1.pid"
    pid = int(file.read_text())
    try:
        assert os.getsid(pid) != os.getsid(0)
        kicks = len(site.fos1.requests)
        wait_until(lambda: len(site.fos1.requests) >= kicks + 3, "three more kicks")
        second = site.bnfos(*command)
        assert (second.status, second.out) == (1, "")
        assert second.err == f"Already running as process {pid}, see {file}; end it with: kill {pid}\n"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not file.exists(), "the daemon has ended")
    assert site.bnfos(*command).status == 0
    os.kill(int(file.read_text()), signal.SIGTERM)
    wait_until(lambda: not file.exists(), "the second daemon has ended")


def test_b_without_c_kicks_once_in_the_background(site: VendorSite) -> None:
    assert site.bnfos("--kick", "-b", "-f", "fos1").status == 0
    wait_until(lambda: len(site.fos1.requests) == 1, "a kick")
    assert list(site.folder.iterdir()) == [site.config]


def test_b_tells_of_bad_input_before_it_leaves_the_terminal(site: VendorSite) -> None:
    done = site.bnfos("--kick", "-b", "-c", "-f", "fos9")
    assert done.status == 1
    assert done.err == f"No configuration for device fos9 found in {site.config}!\n"


# Flash mode.


def test_netconf(flashing: VendorSite) -> None:
    site = flashing
    done = site.bnfos(
        *("--netconf", "-f", "fos1", "-i", "10.34.1.20", "-n", "255.255.0.0", "-g", "10.34.1.1"),
        *("-e", "2", "-d", "0", "-a", "1", "-p", "8080"),
    )
    assert (done.status, done.out, done.err) == (0, "Setting network configuration succeeded!\n", "")
    shown = site.bnfos("--scan", "-h", site.fos1.address).out
    for line in (
        " address: 10.34.1.20",
        " netmask: 255.255.0.0",
        " gateway: 10.34.1.1",
        " phy conf: 0x02 (PROBE_100MBIT)",
        " options: 0x02 (OPT_HTTP_AUTH)",
        " http port: 8080",
    ):
        assert f"{line}\n" in shown


@pytest.mark.parametrize(
    ("arguments", "netmask"),
    [
        ((), "255.0.0.0"),
        (("-i", "10.1.1.1"), "255.0.0.0"),
        (("-i", "172.16.1.1"), "255.255.0.0"),
        (("-i", "192.168.7.1"), "255.255.255.0"),
    ],
)
def test_netconf_s_defaults(flashing: VendorSite, arguments: tuple[str, ...], netmask: str) -> None:
    assert flashing.bnfos("--netconf", "-f", "fos1", *arguments).status == 0
    shown = flashing.bnfos("--scan", "-h", flashing.fos1.address).out
    for line in (f"netmask: {netmask}", "gateway: 0.0.0.0", "phy conf: 0x03 (PROBE_AUTO)", "http port: 80"):
        assert f" {line}\n" in shown
    assert " options: 0x01 (OPT_DHCP)\n" in shown


@pytest.mark.parametrize(
    ("mode", "words"),
    [("--netconf", "Setting network configuration failed!"), ("--reset", "Reset failed!")],
)
def test_a_device_in_operation_refuses(site: VendorSite, mode: str, words: str) -> None:
    done = site.bnfos(mode, "-f", "fos1")
    where = f"fos1 ({site.fos1.address}:{site.fos1.port})"
    assert done.status == 1
    assert done.err == f"{words} {where}: it refused, error code 1; is it in flash mode?\n"


def test_reset(flashing: VendorSite) -> None:
    done = flashing.bnfos("--reset", "-f", "fos1")
    assert (done.status, done.out) == (0, "Reset succeeded!\n")
    assert flashing.fos1.events(event="reset")


def image(site: VendorSite, size: int = 1300) -> tuple[str, bytes]:
    data = bytes(n * 7 % 251 for n in range(size))
    (site.folder / "bnfos_v153.bin").write_bytes(data)
    return "bnfos_v153.bin", data


def test_flash(flashing: VendorSite) -> None:
    name, data = image(flashing)
    done = flashing.bnfos("--flash", name, "-f", "fos1")
    assert (done.status, done.out, done.err) == (0, "Page 3 of 3 flashed...\nFlashing succeeded!\n", "")
    assert flashing.fos1.flashed_image == data.ljust(1536, b"\0")


def test_flash_counts_its_pages_on_a_terminal(flashing: VendorSite) -> None:
    name, _ = image(flashing)
    done = flashing.on_terminal(BNFOS, "--flash", name, "-f", "fos1")
    pages = "".join(f"\rPage {number} of 3 flashed..." for number in (1, 2, 3))
    assert (done.status, done.out) == (0, f"{pages}\nFlashing succeeded!\n")


def test_flash_that_stops_half_way_says_what_to_do(tmp_path: Path) -> None:
    with vendor_site(tmp_path, latency=0.01) as site:
        site.configure()
        site.fos1.power_on(flash=True)
        name, _ = image(site, 512 * 1000)
        running = site.begin(BNFOS, "--flash", name, "-f", "fos1", "-t", "0.1")
        wait_until(lambda: len(site.fos1.requests) > 5, "some pages")
        site.fos1.add_fault("unplugged")
        done = running.finish()
    assert done.status == 1
    assert "of 1000 isn't answered; it has no firmware now: leave it in flash mode and flash it again" in done.err


def test_flash_only_in_flash_mode(site: VendorSite) -> None:
    name, _ = image(site)
    done = site.bnfos("--flash", name, "-f", "fos1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Device not in flashmode!")
    site.fos1.power_off()
    done = site.bnfos("--flash", name, "-f", "fos1", "-t", "0.2")
    assert done.err.startswith("Device not found!")
    assert site.writes(site.fos1) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "Could not open firmware file: {}: No such file or directory"),
        (b"", "Flashing failed! {}: the file is empty"),
        (b"<!DOCTYPE html><title>404</title>", "Flashing failed! {}: the file is a web page"),
        (b"PK\x03\x04zip", "Flashing failed! {}: the file is a ZIP archive"),
        (b"\xff" * 2000, "Flashing failed! {}: the file holds nothing"),
    ],
)
def test_what_can_t_be_firmware_is_not_sent(flashing: VendorSite, content: bytes | None, reason: str) -> None:
    if content is not None:
        (flashing.folder / "file").write_bytes(content)
    done = flashing.bnfos("--flash", "file", "-f", "fos1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(reason.format("file"))
    assert done.err.count("\n") == 1
    assert flashing.fos1.requests == []


# Bad input.

BAD_INPUT: tuple[tuple[tuple[str, ...], str], ...] = (
    ((), "No operation mode given!"),
    (("--nonsense",), "Unknown option --nonsense"),
    (("--set",), "Option --set needs an argument"),
    (("--scan=x",), "Option --scan takes no argument"),
    (("--s",), "Option --s is ambiguous"),
    (("-z", "--scan"), "Unknown option -z"),
    (("--get", "mode", "--show", "-f", "fos1"), "Unexpected '--show' argument!"),
    (("--get", "mode", "-f", "fos1", "-f", "fos2"), "Argument '-f' only allowed once!"),
    (("--show", "-f", "fos1", "-x"), "No argument '-x' allowed in this mode!"),
    (("--scan", "-b"), "No argument '-b' allowed in this mode!"),
    (("--set", "mode=1", "-c", "-f", "fos1"), "No argument '-c' allowed in this mode!"),
    (("--set", "mode", "=", "1", "-f", "fos1"), "Unexpected argument after --set!"),
    (("--set", "mode=1"), "Mandatory arguments missing: --set needs -h HOST, or -f ID"),
    (("--ping",), "Mandatory arguments missing: --ping needs -m MAC, or -f ID"),
    (("--flash", "f", "-m", MAC), "Mandatory arguments missing: --flash needs -m MAC and -h HOST, or -f ID"),
    (("--set", "relay=1", "-f", "fos1"), "Invalid key-value pair given!"),
    (("--set", "mode", "-f", "fos1"), "No key-value pair given!"),
    (("--set", "mode=2", "-f", "fos1"), "Setting mode failed: expected yes or no"),
    (("--set", "port=0", "-f", "fos1"), "Setting port failed: expected a whole number from 1 to 65535"),
    (("--set", "slgip=1.2.3", "-f", "fos1"), "Setting slgip failed: expected an IPv4 address"),
    (("--set", "apwd=0123456789abcdef", "-f", "fos1"), "Setting apwd failed: expected at most 15"),
    (("--set", "apwd=", "-f", "fos1"), "Setting apwd failed: expected a password"),
    (("--set", "apwd", "-f", "fos1"), "New password of the device: no terminal to type it on"),
    (("--set", "wdogstate=1", "-f", "fos1"), "Setting wdogstate failed: it can only be read"),
    (("--get", "apwd", "-f", "fos1"), "Invalid key given!"),
    (("--get", "nothing", "-f", "fos1"), "Invalid key given!"),
    (("--get", "mode", "-f", "fos2"), "No configuration for device fos2 found in "),
    (("--get", "mode", "-f", "fos1", "-u", ":x"), "-u has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-h", "10.9.9.9"), "-h isn't what "),
    (("--get", "mode", "-h", "one two"), "Could not resolve hostname!"),
    (("--get", "mode", "-f", "fos1", "-p", "65536"), "Port has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-t", "-1"), "Timeout has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-t", "nan"), "Timeout has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-c", "-w", "x"), "Wait time has invalid value!"),
    (("--kick", "-m", "00:19:32:00:12"), "Invalid mac address format"),
    (("--kick", "-m", "00-19-32-00-12-01"), "Invalid mac address format"),
    (("--netconf", "-f", "fos1", "-i", "10.0.0.256"), "Invalid ip address!"),
    (("--netconf", "-f", "fos1", "-i", "-n", "-g", "-d", "0"), "Unexpected argument after --netconf!"),
    (("--netconf", "-f", "fos1", "-n", "255.0.255.0"), "Invalid netmask address!"),
    (("--netconf", "-f", "fos1", "-g", "gate"), "Invalid gateway address!"),
    (("--netconf", "-f", "fos1", "-e", "4"), "PHY configuration has invalid value!"),
    (("--netconf", "-f", "fos1", "-d", "2"), "DHCP status has invalid value!"),
    (("--netconf", "-f", "fos1", "-a", "yes"), "HTTP_AUTH status has invalid value!"),
    (("--netconf", "-f", "fos1", "-d", "0"), "Invalid ip address! Without dhcp"),
)


@pytest.mark.parametrize(
    ("arguments", "complaint"), BAD_INPUT, ids=[" ".join(bad[0]) or "nothing" for bad in BAD_INPUT]
)
def test_bad_input_is_one_line_and_nothing_is_done(
    site: VendorSite, arguments: tuple[str, ...], complaint: str
) -> None:
    before = site.config.read_bytes()
    done = site.bnfos(*arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(complaint)
    assert done.err.count("\n") == 1
    assert "0123456789abcdef" not in done.err
    assert site.config.read_bytes() == before
    assert site.fos1.requests == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        ("[fos1]\nmac = 00:19\n", "mac isn't of the form 00:19:32:00:12:1D"),
        ("[fos1]\nlogin = admin:x\n", "neither host nor mac"),
        (f"login = admin:{PASSWORD}\n", "expected a section"),
        (f"[fos1]\nmac = {MAC}\n", "has no host"),
    ],
)
def test_a_bad_config_file_is_one_line(site: VendorSite, content: str | None, complaint: str) -> None:
    site.config.unlink() if content is None else site.configure(content)
    done = site.bnfos("--set", "mode=1", "-f", "fos1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"{site.config}: ")
    assert complaint in done.err
    assert done.err.count("\n") == 1


def test_a_config_file_that_may_not_be_read(site: VendorSite) -> None:
    site.folder.chmod(0o755)
    done = site.run(
        as_nobody("/usr/bin/env", "PYTHONPATH=/mnt", "/usr/bin/python3", *BNFOS[1:]), "--show", "-f", "fos1"
    )
    assert (done.status, done.out) == (1, "")
    assert done.err == f"{site.config}: permission denied; it must be readable by root\n"


def test_help_names_every_mode_option_and_key(site: VendorSite) -> None:
    done = site.bnfos("--help")
    assert (done.status, done.err) == (0, "")
    for word in ("--scan", "--netconf", "--flash FILE", "-x", "-b", "BNFOS_CONF", *(s.keyword for s in SETTINGS)):
        assert word in done.out
