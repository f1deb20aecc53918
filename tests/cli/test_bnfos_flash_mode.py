"""``bnfos --netconf``, ``--reset`` and ``--flash``, which only a device in flash mode obeys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vendor_site import BNFOS, VendorSite, vendor_site
from tests.support.waiting import wait_until


def test_netconf(flashing: VendorSite) -> None:
    vendor = flashing
    done = vendor.bnfos(
        *("--netconf", "-f", "fos1", "-i", "10.34.1.20", "-n", "255.255.0.0", "-g", "10.34.1.1"),
        *("-e", "2", "-d", "0", "-a", "1", "-p", "8080"),
    )
    assert (done.status, done.out, done.err) == (0, "Setting network configuration succeeded!\n", "")
    shown = vendor.bnfos("--scan", "-h", vendor.fos1.address).out
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
def test_a_device_in_operation_refuses(vendor: VendorSite, mode: str, words: str) -> None:
    done = vendor.bnfos(mode, "-f", "fos1")
    where = f"fos1 ({vendor.fos1.address}:{vendor.fos1.port})"
    assert done.status == 1
    assert done.err.startswith(f"{words} {where}: it refused, error code 1; switch it on with its black button held")


def test_reset(flashing: VendorSite) -> None:
    done = flashing.bnfos("--reset", "-f", "fos1")
    assert (done.status, done.out) == (0, "Reset succeeded!\n")
    assert flashing.fos1.events(event="reset")


def image(vendor: VendorSite, size: int = 1300) -> tuple[str, bytes]:
    data = bytes(n * 7 % 251 for n in range(size))
    (vendor.folder / "bnfos_v153.bin").write_bytes(data)
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
    with vendor_site(tmp_path, latency=0.01) as vendor:
        vendor.configure()
        vendor.fos1.power_on(flash=True)
        name, _ = image(vendor, 512 * 1000)
        running = vendor.begin(BNFOS, "--flash", name, "-f", "fos1", "-t", "2")
        wait_until(lambda: len(vendor.fos1.requests) > 5, "some pages")
        vendor.fos1.add_fault("unplugged")
        done = running.finish()
    assert done.status == 1
    assert "of 1000 isn't answered; it has no firmware now: leave it in flash mode and flash it again" in done.err


def test_flash_only_in_flash_mode(vendor: VendorSite) -> None:
    name, _ = image(vendor)
    done = vendor.bnfos("--flash", name, "-f", "fos1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Device not in flashmode!")
    vendor.fos1.power_off()
    done = vendor.bnfos("--flash", name, "-f", "fos1", "-t", "0.2")
    assert done.err.startswith("Device not found!")
    assert vendor.writes() == []


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
