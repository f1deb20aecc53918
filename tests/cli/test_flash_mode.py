"""``berofos`` scan, netconf, flash and reset, piped and on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.vendor_site import BEROFOS, MAC, Done, VendorSite, vendor_site
from tests.support.waiting import wait_until


def berofos(vendor: VendorSite, *arguments: str, text: str = "") -> Done:
    return vendor.run(BEROFOS, "--config", str(vendor.config), *arguments, text=text)


def firmware(vendor: VendorSite, size: int = 1300) -> bytes:
    data = bytes(n * 7 % 251 for n in range(size))
    (vendor.folder / "firmware.bin").write_bytes(data)
    return data


def test_scan(vendor: VendorSite) -> None:
    done = berofos(vendor, "scan", "--host", vendor.fos1.address)
    assert done.status == 0
    head, row = done.out.splitlines()
    assert head.split() == ["NAME", "ADDRESS", "MAC", "FIRMWARE", "MODE", "DHCP", "LOGIN", "LINK"]
    address = f"{vendor.fos1.address}:{vendor.fos1.port}"
    assert row.split() == ["fos1", address, MAC, "1.53", "operational", "on", "on", "100", "Mbit"]


def test_scan_as_json_in_flash_mode_without_a_config_file(flashing: VendorSite) -> None:
    flashing.config.unlink()
    (shown,) = json.loads(berofos(flashing, "scan", "--json", "--host", flashing.fos1.address).out)
    assert (shown["name"], shown["mac"], shown["mode"]) == (None, MAC, "flash")
    assert shown["address"] == flashing.fos1.address


def test_scan_writes_the_config_file(vendor: VendorSite) -> None:
    vendor.config.unlink()
    done = berofos(vendor, "scan", "--write", "--host", vendor.fos1.address)
    assert (done.status, done.out.splitlines()[-1]) == (0, f"written to {vendor.config}: fos1")
    assert f"mac = {MAC}\nhost = {vendor.fos1.address}:{vendor.fos1.port}\n" in vendor.config.read_text()


def test_scan_that_finds_nothing(vendor: VendorSite) -> None:
    before = vendor.config.read_bytes()
    vendor.fos1.power_off()
    done = berofos(vendor, "scan", "--write", "--timeout", "0.2", "--host", vendor.fos1.address)
    assert (done.status, done.out) == (1, "no device answers\n")
    assert vendor.config.read_bytes() == before


def test_netconf_changes_what_is_named_and_no_more(flashing: VendorSite) -> None:
    done = berofos(flashing, "netconf", "--address", "10.34.1.20", "--dhcp", "off")
    where = flashing.label()
    assert done.status == 0
    address = flashing.fos1.address
    assert done.out.splitlines()[:2] == [f"{where}: address {address} -> 10.34.1.20", f"{where}: dhcp on -> off"]
    assert "berofos scan --write --host 10.34.1.20" in done.out
    settings = flashing.fos1.settings
    assert (settings["address"], settings["dhcp"], settings["pwd"]) == ("10.34.1.20", False, True)
    assert (settings["netmask"], settings["port"]) == ("255.255.255.0", flashing.fos1.port)
    assert "nothing to change" in berofos(flashing, "netconf", "--dhcp", "off").out


@pytest.mark.parametrize(
    ("command", "arguments"), [("netconf", ("--dhcp", "off")), ("flash", ("firmware.bin",)), ("reset", ("--yes",))]
)
def test_a_device_in_operation_is_refused_before_anything_is_sent(
    vendor: VendorSite, command: str, arguments: tuple[str, ...]
) -> None:
    firmware(vendor)
    done = berofos(vendor, command, *arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"berofos: {vendor.label()}: it isn't in flash mode; see berofos flash --help\n"
    assert vendor.writes() == []
    assert "hold its black button" in berofos(vendor, command, "--help").out


def test_a_device_that_doesn_t_answer(flashing: VendorSite) -> None:
    flashing.fos1.power_off()
    done = berofos(flashing, "reset", "--yes", "--timeout", "0.2")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert f"{flashing.label()}: no answer from {MAC}" in done.err


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (("netconf",), 2, "nothing to change; name at least one setting"),
        (("netconf", "--address", "10.0.0"), 2, "'10.0.0' is not an IPv4 address"),
        (("netconf", "--netmask", "255.0.255.0"), 2, "is not a netmask"),
        (("netconf", "--http-port", "0"), 2, "is not a port"),
        (("netconf", "--device", "fos9", "--dhcp", "on"), 2, "--device: no section [fos9]"),
        (("netconf", "--address", "0.0.0.0", "--dhcp", "off"), 2, "without DHCP the device needs one"),
        (("flash", "nosuch.bin"), 1, "nosuch.bin: No such file or directory"),
        (("reset",), 2, "there is no terminal to ask"),
    ],
)
def test_bad_input_sends_nothing(
    flashing: VendorSite, arguments: tuple[str, ...], status: int, complaint: str
) -> None:
    done = berofos(flashing, *arguments)
    assert (done.status, done.out) == (status, "")
    assert complaint in done.err.splitlines()[-1]
    assert flashing.writes() == []


def test_flash_piped(flashing: VendorSite) -> None:
    data = firmware(flashing)
    done = berofos(flashing, "flash", "firmware.bin", "--device", "fos1")
    end = "3 pages sent; switch it off and on again to start the new firmware\n"
    assert (done.status, done.out, done.err) == (0, f"{flashing.label()}: {end}", "")
    assert flashing.fos1.flashed_image == data.ljust(1536, b"\0")


def test_flash_has_a_bar_on_a_terminal(flashing: VendorSite) -> None:
    firmware(flashing)
    done = flashing.on_terminal(BEROFOS, "--config", str(flashing.config), "flash", "firmware.bin")
    assert done.status == 0
    assert "\u2501" in done.out
    assert "3/3 pages" in done.out


def test_flash_that_stops_half_way_says_what_to_do(tmp_path: Path) -> None:
    with vendor_site(tmp_path, latency=0.01) as vendor:
        vendor.configure()
        vendor.fos1.power_on(flash=True)
        firmware(vendor, 512 * 1000)
        running = vendor.begin(BEROFOS, "--config", str(vendor.config), "flash", "firmware.bin", "--timeout", "2")
        wait_until(lambda: len(vendor.fos1.requests) > 5, "some pages")
        vendor.fos1.add_fault("unplugged")
        done = running.finish()
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "of 1000 isn't answered; it has no firmware now: leave it in flash mode and flash it again" in done.err


def test_reset_asks_first(flashing: VendorSite) -> None:
    command = (*BEROFOS, "--config", str(flashing.config), "reset")
    question = f"Erase settings and firmware of {flashing.label()}? Type yes: "
    done = flashing.on_terminal(command, answers=[(question, "no")])
    assert (done.status, "nothing was done" in done.out) == (1, True)
    assert flashing.fos1.events(event="reset") == []
    done = flashing.on_terminal(command, answers=[(question, "yes")])
    assert done.status == 0
    assert flashing.fos1.events(event="reset")
