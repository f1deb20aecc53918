"""A start finds out what can be known before it clicks anything, and that costs no request."""

from __future__ import annotations

import pytest

from berofos_ra.resource.record_file import read_record
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, Site
from tests.support.waiting import wait_until


@pytest.mark.parametrize("auth", [None, "basic", "digest"])
def test_the_check_costs_no_request(auth: str | None, new_site: NewSite) -> None:
    """Read, told, read back: as if it hadn't been checked; and a login is asked for once."""
    options = {} if auth is None else {"auth": auth, "password": "secret"}
    site = new_site(**options)
    site.node(provision="false").start()
    asked = [request.what for request in site.fos1.requests]
    first_is_refused = ["GET /config.txt"] if auth is not None else []
    assert asked == [*first_is_refused, "GET /config.txt", "GET /?cmd=4&mode=1", "GET /config.txt"]


def test_nothing_is_told_before_it_is_noted(site: Site) -> None:
    site.fos1.add_fault("hang", on="write")
    start = site.node().begin("start")
    node = site.node()
    wait_until(site.writes, "the first write")
    record = read_record(node.record)
    start.kill()
    assert record is not None
    assert not record.owned
    known = record.devices["fos1"]
    assert (known.is_ours, known.mac, known.port) == (True, site.fos1.spec.mac, site.fos1.port)
    assert known.told_at is not None


def test_the_record_holds_all_devices_and_no_login(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"), password="s3cret-word")
    site.fos2.power_off()
    node = site.node(timeout="1")
    node.start()
    record = read_record(node.record)
    assert record is not None
    assert {name: one.is_ours for name, one in record.devices.items()} == {"fos1": True, "fos2": False}
    assert record.devices["fos2"].host == site.fos2.address
    assert record.parameters == node.parameters
    assert record.devices["fos1"].told_at is None
    assert "s3cret" not in node.record.read_text()


def test_too_few_devices_leave_no_trace(two: Site) -> None:
    two.fos2.add_fault("garbage_body", on="read")
    node = two.node(min_devices="0")
    node.start(expected=1)
    assert not node.record.exists()
    assert two.writes("fos1") + two.writes("fos2") == []


def test_a_moment_is_waited_for_what_is_needed(two: Site) -> None:
    """The other one isn't clicked before it is there."""
    two.fos2.add_fault("refuse", duration=3)
    two.node(min_devices="0").start()
    assert [device.relay for device in two] == ["A--B", "A--B"]
    both = [device.clicks()[0]["monotonic"] for device in two]
    assert abs(both[0] - both[1]) < 3


def test_two_sections_for_one_box(two: Site) -> None:
    """Which box is meant can't be told, so the second doesn't count; and never two requests at once to the other."""
    two.config.write_text(
        two.config.read_text().replace(
            f"host = {two.fos2.address}:{two.fos2.port}", f"host = {two.fos1.address}:{two.fos1.port}"
        )
    )
    node = two.node()
    assert "section [fos2] has the same host as fos1" in node.validate(expected=5, level=10).reason
    assert "has the same host as fos1" in "".join(node.start().log)
    assert two.writes("fos1").count("cmd=4&mode=1") == 1
    two.forget_requests()
    done = node.monitor(expected=DEGRADED)
    assert "has the same host as fos1" in done.reason + "".join(done.log)
    assert len(two.fos1.requests) == 1
    node.stop()
    node.parameters["min_devices"] = "0"
    two.fos1.set_settings({"mode": 0})
    two.forget_requests()
    assert "has the same host as fos1" in node.start(expected=1).reason
    assert two.writes("fos1") == []


@pytest.mark.parametrize(("topology", "key"), [("two-xivo", "host"), ("xivo-pbx", "mac")])
def test_typo_in_one_section_costs_the_others_nothing(topology: str, key: str, new_site: NewSite) -> None:
    """Neither among all devices nor for a resource that has others: its device isn't had, as if it were dead."""
    two = new_site(("fos1", "fos2"), topology)
    text = two.config.read_text()
    at = text.rindex(f"{key} = ")
    two.config.write_text(f"{text[:at]}{key} = !{text[at:]}\n[asterisk]\nhost = pbx\nrubbish\n")
    node = two.node(devices="fos1")
    node.validate(level=10)
    node.start()
    node.monitor()
    node.stop()
    node = two.node(devices="all")
    assert "section [fos2], line " in node.validate(expected=5, level=10).reason
    assert "section [fos2], line " in "".join(node.start().log)
    assert (two.fos1.relay[:4], two.writes("fos2")) == ("A--B", [])
    done = node.monitor(expected=DEGRADED)
    assert "section [fos2], line " in done.reason + "".join(done.log)
    node.stop()
    two.node(devices="fos2").start(expected=5)


def test_two_sections_with_one_mac(two: Site) -> None:
    two.config.write_text(two.config.read_text().replace(two.fos2.spec.mac, two.fos1.spec.mac))
    node = two.node()
    assert "section [fos2] has the same mac as fos1" in node.validate(expected=5, level=10).reason
    node.start()
    assert (two.fos1.relay, two.writes("fos2")) == ("A--B", [])
