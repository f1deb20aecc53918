"""``bnfos --ping`` and ``--kick``: once, again and again, and in the background."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.vendor_site import BNFOS, MAC, VendorSite
from tests.support.waiting import wait_until


def test_ping_and_kick(vendor: VendorSite) -> None:
    assert vendor.bnfos("--ping", "-f", "fos1").out == "Ping succeeded!\n"
    assert (
        vendor.bnfos("--kick", "-m", MAC.lower(), "-h", vendor.fos1.address).out == "Watchdog successfully kicked!\n"
    )
    assert list(dict.fromkeys(request.what for request in vendor.fos1.requests)) == ["ping 0", "kick"]


@pytest.mark.parametrize(("mode", "words"), [("--ping", "Ping failed!"), ("--kick", "Watchdog did not response!")])
def test_another_mac_is_another_device(vendor: VendorSite, mode: str, words: str) -> None:
    done = vendor.bnfos(mode, "-m", "00:19:32:00:12:99", "-h", vendor.fos1.address, "-t", "0.2")
    assert (done.status, done.out) == (1, "")
    advice = "check its mac in the options, and that UDP port 50123 isn't blocked"
    assert done.err == f"{words} {vendor.fos1.address}: no GBL4 answer within 0.2 s; {advice}\n"


def test_c_repeats_until_it_is_interrupted(vendor: VendorSite) -> None:
    running = vendor.begin(BNFOS, "--kick", "-c", "-w", "0", "-f", "fos1")
    wait_until(lambda: len(vendor.fos1.requests) >= 3, "three kicks")
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert done.status != 0
    assert set(done.out.splitlines()) == {"Watchdog successfully kicked!"}


def test_s_says_nothing_on_the_terminal(vendor: VendorSite) -> None:
    assert vendor.bnfos("--kick", "-s", "-f", "fos1").both == ""
    failed = vendor.bnfos("--ping", "-s", "-t", "0.1", "-m", "00:19:32:00:12:99", "-h", vendor.fos1.address)
    assert (failed.status, failed.both) == (1, "")


def test_b_is_a_daemon_that_kicks_until_it_is_told_to_end(vendor: VendorSite) -> None:
    command = ("--kick", "-c", "-b", "-w", "0.01", "-f", "fos1")
    done = vendor.bnfos(*command)
    assert (done.status, done.both) == (0, "")
    file = vendor.folder / "bnfos-fos1.pid"
    pid = int(file.read_text())
    try:
        assert os.getsid(pid) != os.getsid(0)
        found = subprocess.run(["pidof", "bnfos"], capture_output=True, text=True, check=True)
        assert str(pid) in found.stdout.split()
        shown = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        assert shown == [b"bnfos", *map(str.encode, command)]
        kicks = len(vendor.fos1.requests)
        wait_until(lambda: len(vendor.fos1.requests) >= kicks + 3, "three more kicks")
        second = vendor.bnfos(*command)
        assert (second.status, second.out) == (1, "")
        assert second.err == f"Already running as process {pid}, see {file}; end it with: kill {pid}\n"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not file.exists(), "the daemon has ended")
    assert vendor.bnfos(*command).status == 0
    os.kill(int(file.read_text()), signal.SIGTERM)
    wait_until(lambda: not file.exists(), "the second daemon has ended")


def test_b_without_c_kicks_once_in_the_background(vendor: VendorSite) -> None:
    assert vendor.bnfos("--kick", "-b", "-f", "fos1").status == 0
    wait_until(lambda: vendor.fos1.requests, "a kick")
    assert list(vendor.folder.iterdir()) == [vendor.config]


def test_b_tells_of_bad_input_before_it_leaves_the_terminal(vendor: VendorSite) -> None:
    done = vendor.bnfos("--kick", "-b", "-c", "-f", "fos9")
    assert done.status == 1
    assert done.err == f"No configuration for device fos9 found in {vendor.config}!\n"
