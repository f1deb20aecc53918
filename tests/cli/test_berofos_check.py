"""``berofos check`` and ``check_berofos`` as processes: verdict, exit status, and that nobody is asked twice."""

from __future__ import annotations

import sys

import pytest

from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import Done
from tests.support.checkout import CHECKOUT

PLUGIN = (sys.executable, str(CHECKOUT / "agents/monitoring/check_berofos"))


def plugin(site: OperatorSite, *arguments: str) -> Done:
    return site.run(PLUGIN, "--config", str(site.config), *arguments)


def test_a_healthy_site_is_ok_and_each_device_is_asked_once(two: OperatorSite) -> None:
    two.acts_cluster()
    for device in (two.fos1, two.fos2):
        device.set_settings({"mode": 1, "modedef": 1})
        device.clear_requests()
    done = plugin(two)
    assert (done.status, done.err) == (0, "")
    first, *devices = done.out.splitlines()
    assert first.startswith("BEROFOS OK - lines on xivo-1 | fos1_time=0.")
    assert first.endswith("devices_ok=2;;;0;2 standby_ready=1;1:;;0;1")
    assert devices == [f"{two.label(name)} A--B ok, firmware 1.53" for name in ("fos1", "fos2")]
    for device in (two.fos1, two.fos2):
        answered = [one["what"] for one in device.requests_as_dicts() if one["status"] == 200]
        assert answered == ["GET /config.txt"]
    assert not two.tools.updates


def test_trouble_is_told_with_the_exit_status_that_it_deserves(two: OperatorSite) -> None:
    two.acts_cluster(ready="no: fos1: login refused")
    two.fos1.set_settings({"mode": 1, "modedef": 1})
    done = two.berofos("check", "-v")
    assert done.status == 2
    assert done.out.startswith("BEROFOS CRITICAL - lines on xivo-1, fos2: relay is A--D, expected A--B")
    assert "WARNING: xivo-2 couldn't take over: fos1: login refused" in done.out.splitlines()
    two.fos2.set_settings({"mode": 1, "modedef": 1})
    assert two.berofos("check").status == 1


def test_a_resource_that_makes_no_sense_is_not_passed_over(site: OperatorSite) -> None:
    site.acts_cluster(min_devices="many")
    done = site.berofos("check")
    assert done.status == 1
    assert "berofos-relay: min_devices: " in done.out


def test_config_files_that_differ_are_critical(site: OperatorSite) -> None:
    site.acts_cluster()
    site.fos1.set_settings({"mode": 1, "modedef": 1})
    site.tells_config({"xivo-1": "aaaa", "xivo-2": "bbbb"})
    done = plugin(site)
    assert done.status == 2
    assert f"{site.config} lists other devices on xivo-1 than on xivo-2" in done.out


def test_a_cluster_that_hangs_is_unknown_in_time(site: OperatorSite) -> None:
    site.acts_cluster()
    site.tools.hang("crm_mon")
    done = plugin(site, "-t", "4")
    assert done.status == 3
    assert done.out.startswith("BEROFOS UNKNOWN - ")
    assert "crm_mon" in done.out


def test_what_lasts_longer_than_it_may_is_unknown(site: OperatorSite) -> None:
    site.fos1.add_fault("hang")
    done = plugin(site, "-t", "0.1")
    assert (done.status, done.out) == (3, "BEROFOS UNKNOWN - not done within 0.1 s\n")


@pytest.mark.parametrize(
    "arguments", [("-w", "20:10"), ("-c", "soon"), ("-t", "0"), ("--paused", "long"), ("--nonsense",), ("extra",)]
)
def test_wrong_usage_is_unknown_and_one_line(site: OperatorSite, arguments: tuple[str, ...]) -> None:
    done = plugin(site, *arguments)
    assert (done.status, done.err) == (3, "")
    assert done.out.startswith("BEROFOS UNKNOWN - check_berofos: ")
    assert len(done.out.splitlines()) == 1


def test_so_it_is_of_the_command(site: OperatorSite) -> None:
    for arguments in (("--nonsense",), ("-w", "20:10")):
        done = site.berofos("check", *arguments)
        assert (done.status, done.err) == (3, "")
        assert done.out.startswith("BEROFOS UNKNOWN - berofos")


def test_without_a_config_file_that_serves_it_is_unknown(site: OperatorSite) -> None:
    site.config.unlink()
    done = plugin(site)
    assert done.status == 3
    assert done.out.startswith(f"BEROFOS UNKNOWN - {site.config}: no such file")
