"""bnfos.conf is edited while the resource runs: what runs is what the record says, and nobody loses a call."""

from __future__ import annotations

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, Node, Site
from tests.support.addresses import own_address


@pytest.fixture
def two_pbx(new_site: NewSite) -> Site:
    return new_site(("fos1", "fos2"), "xivo-pbx")


def started(site: Site, **parameters: str) -> Node:
    node = site.node(**{"devices": "all", **parameters})
    node.start()
    site.forget_requests()
    return node


def assert_untouched_and_kicked(site: Site) -> None:
    """Nothing was written to any device, and each was kicked."""
    assert [(device.name, site.writes(device.name)) for device in site] == [(device.name, []) for device in site]
    assert all(site.kicks(device.name) for device in site)


# Sections that come and go.


def test_section_added_for_a_box_that_is_not_there_yet(pbx: Site) -> None:
    node = started(pbx)
    pbx.configure(pbx.section(pbx.fos1) + f"[fos2]\nhost = {own_address()}\nmac = 00:19:32:00:FF:01\n")
    reason = f"fos2 is new in {pbx.config}; restart the resource to take it in"
    assert node.monitor(expected=DEGRADED).reason == reason
    assert_untouched_and_kicked(pbx)
    node.stop()
    assert pbx.fos1.relay == "A--D"


def test_section_added_does_not_matter_to_a_resource_with_names(pbx: Site) -> None:
    node = started(pbx, devices="fos1")
    pbx.configure(pbx.section(pbx.fos1) + f"[fos2]\nhost = {own_address()}\n")
    node.monitor()


@pytest.mark.parametrize("devices", ["all", "fos1 fos2"])
def test_section_taken_out_is_watched_kicked_and_given_back(devices: str, two_pbx: Site) -> None:
    node = started(two_pbx, devices=devices)
    two_pbx.configure(two_pbx.section(two_pbx.fos1))
    reason = f"fos2 is no longer in {two_pbx.config}; restart the resource to give it up"
    assert node.monitor(expected=DEGRADED).reason == reason
    assert_untouched_and_kicked(two_pbx)
    node.stop()
    assert [(device.relay, device.settings["wdogstate"]) for device in two_pbx] == [("A--D", 0)] * 2


def test_section_under_another_name_is_the_same_device(two_pbx: Site) -> None:
    node = started(two_pbx)
    two_pbx.configure(two_pbx.section(two_pbx.fos1) + two_pbx.section(two_pbx.fos2).replace("[fos2]", "[fos7]"))
    node.monitor()
    assert_untouched_and_kicked(two_pbx)


# A file that can't be read.


@pytest.mark.parametrize("how", ["gone", "a typo in another section", "not ours", "empty"])
def test_kicks_go_on_whatever_has_become_of_the_file(how: str, pbx: Site) -> None:
    node = started(pbx)
    if how == "gone":
        pbx.config.unlink()
    elif how == "not ours":
        pbx.configure(pbx.section(pbx.fos1) + "login = admin:secret\n")
        pbx.config.chmod(0o666)
    elif how == "empty":
        pbx.configure("")
    else:
        pbx.configure(pbx.section(pbx.fos1) + "[fos2]\nhsot = 1.2.3.4\n")
    for _ in range(2):
        assert str(pbx.config) in node.monitor(expected=DEGRADED).reason
    assert_untouched_and_kicked(pbx)
    node.stop()
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--D", 0)


def test_login_that_is_gone_with_the_file_costs_the_watchdog_nothing(new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx", password="secret")
    node = started(site)
    site.config.unlink()
    reason = node.monitor(expected=DEGRADED).reason
    assert reason.startswith(f"{site.config}: "), "what is to be mended comes first"
    assert site.kicks() >= 1
    assert site.fos1.relay == "A--B C--D"


# Addresses.


def test_typo_in_an_address_costs_nobody_a_call(pbx: Site) -> None:
    node = started(pbx)
    text = pbx.config.read_text()
    pbx.config.write_text(text.replace(f"host = {pbx.fos1.address}", f"host = {own_address()}"))
    done = node.monitor(expected=DEGRADED)
    assert done.reason == f"fos1 has another host in {pbx.config} than what runs, {pbx.fos1.address}"
    assert_untouched_and_kicked(pbx)
    pbx.config.write_text(text)
    node.monitor(news=True)


def test_typo_that_names_another_device_costs_nobody_a_call(two_pbx: Site) -> None:
    node = started(two_pbx, devices="fos1")
    text = two_pbx.section(two_pbx.fos1)
    two_pbx.configure(text.replace(str(two_pbx.fos1.address), str(two_pbx.fos2.address)))
    node.monitor(expected=DEGRADED)
    assert two_pbx.kicks("fos1") >= 1
    assert two_pbx.fos2.requests == []


def moved(site: Site, node: Node) -> None:
    """As if fos1 had run at an address where nothing is any more, and the file had been corrected since."""
    gone, text = own_address(), node.record.read_text()
    node.record.write_text(text.replace(str(site.fos1.address), gone))


def test_device_that_moved_is_found_at_the_file_s_address_by_its_mac(pbx: Site) -> None:
    node = started(pbx, timeout="1")
    moved(pbx, node)
    node.monitor(news=True)
    assert_untouched_and_kicked(pbx)
    assert pbx.fos1.address in node.record.read_text()
    node.monitor()
    node.stop()
    assert pbx.fos1.relay == "A--D"


def test_another_box_at_the_file_s_address_is_not_taken_for_it(pbx: Site) -> None:
    node = started(pbx, timeout="1")
    moved(pbx, node)
    pbx.fos1.add_fault("new_mac")
    reason = node.monitor(expected=DEGRADED).reason
    assert "expected A--B C--D" in reason
    assert [what for what in pbx.writes() if what] == []
    assert str(pbx.fos1.address) not in node.record.read_text()


def test_without_a_mac_it_takes_a_restart_to_use_another_address(site: Site) -> None:
    text = site.section(site.fos1)
    site.configure("".join(line for line in text.splitlines(True) if not line.startswith("mac")))
    site.fos1.add_fault("silent", face="gbl4")
    node = started(site, timeout="1")
    moved(site, node)
    reason = node.monitor(expected=DEGRADED).reason
    assert "connection refused" in reason or "no route" in reason
    node.stop()
    node.start()
    node.monitor()


# MACs that the file doesn't have.


def without_macs(site: Site) -> None:
    text = "".join(site.section(device) for device in site)
    site.configure("".join(line for line in text.splitlines(True) if not line.startswith("mac")))


def test_mac_that_the_file_lacks_is_learned_by_a_thorough_monitor(two: Site) -> None:
    without_macs(two)
    node = started(two)
    node.monitor()
    assert two.fos1.spec.mac not in node.record.read_text()
    node.monitor(depth=10)
    text = node.record.read_text()
    assert two.fos1.spec.mac in text
    assert two.fos2.spec.mac in text
    two.forget_requests()
    node.monitor(depth=10)
    assert [request.what for request in two.fos1.requests] == ["GET /config.txt"]


def test_device_that_does_not_tell_its_mac_is_no_trouble(two: Site) -> None:
    without_macs(two)
    two.fos2.add_fault("silent", face="gbl4")
    node = started(two)
    node.monitor(depth=10)
    text = node.record.read_text()
    assert two.fos1.spec.mac in text
    assert two.fos2.spec.mac not in text


def test_file_s_mac_counts_more_than_asking(site: Site) -> None:
    node = started(site)
    node.monitor(depth=10)
    assert [request.what for request in site.fos1.requests] == ["GET /config.txt"]
