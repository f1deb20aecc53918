"""``bnfos --scan``: its words, and the config file that ``-x`` writes."""

from __future__ import annotations

import stat

from berofos_ra.simulator.running import RunningDevice
from tests.cli.vendor_site import MAC, PASSWORD, VendorSite


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


def test_scan_shows_a_device_as_the_vendor_s_tool_does(vendor: VendorSite) -> None:
    done = vendor.bnfos("--scan", "-h", vendor.fos1.address)
    assert (done.status, done.out, done.err) == (0, expected_block(vendor.fos1), "")
    vendor.fos1.power_on(flash=True)
    assert vendor.bnfos("--scan", "-h", vendor.fos1.address).out == expected_block(vendor.fos1, "FLASH MODE")


def test_scan_without_an_answer_finds_none_and_leaves_the_file_alone(vendor: VendorSite) -> None:
    before = vendor.config.read_bytes()
    vendor.fos1.power_off()
    done = vendor.bnfos("--scan", "-x", "-t", "0.2", "-h", vendor.fos1.address)
    assert (done.status, done.out) == (0, "\n0 devices found.\n\n")
    assert "stays as it is" in done.err
    assert vendor.config.read_bytes() == before


def test_scan_x_writes_a_file_that_the_other_modes_read(vendor: VendorSite) -> None:
    vendor.config.unlink()
    done = vendor.bnfos("--scan", "-x", "-h", vendor.fos1.address)
    assert (done.status, done.out) == (0, expected_block(vendor.fos1))
    host = f"{vendor.fos1.address}:{vendor.fos1.port}"
    assert vendor.config.read_text() == f"[fos1]\nmac = {MAC}\nhost = {host}\n#login = <user>:<password>\n"
    assert stat.S_IMODE(vendor.config.stat().st_mode) == 0o600
    assert vendor.bnfos("--ping", "-f", "fos1").status == 0


def test_scan_x_keeps_login_comments_and_other_devices(vendor: VendorSite) -> None:
    other = "[fos2]\nmac = 00:19:32:00:12:FF\nhost = 10.99.99.99\nlogin = admin:else\n"
    before = f"# our site\n[fos1]\nmac = {MAC}\nhost = 10.9.9.9\nlogin = admin:{PASSWORD}\n\n{other}"
    vendor.configure(before)
    vendor.config.chmod(0o644)
    done = vendor.bnfos("--scan", "-x", "-h", vendor.fos1.address)
    assert done.status == 0
    assert "fos2 didn't answer" in done.err
    assert vendor.config.read_text() == before.replace("10.9.9.9", f"{vendor.fos1.address}:{vendor.fos1.port}")
    assert stat.S_IMODE(vendor.config.stat().st_mode) == 0o644
    assert list(vendor.folder.iterdir()) == [vendor.config]


def test_scan_x_touches_no_file_that_it_may_not_read(vendor: VendorSite) -> None:
    vendor.config.unlink()
    vendor.config.mkdir()
    done = vendor.bnfos("--scan", "-x", "-h", vendor.fos1.address)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"Network scanning failed! {vendor.config}: can't be read: Is a directory")
    assert done.err.count("\n") == 1


def test_scan_x_into_a_place_that_is_not_there(vendor: VendorSite) -> None:
    vendor.environment["BNFOS_CONF"] = str(vendor.folder / "nowhere" / "bnfos.conf")
    done = vendor.bnfos("--scan", "-x", "-h", vendor.fos1.address)
    assert done.status == 1
    assert done.err.startswith("Failed to open ")
    assert done.err.count("\n") == 1
