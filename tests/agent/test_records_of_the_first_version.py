"""What runs while the package is upgraded has a record of the version before: it runs on, and nothing clicks."""

from __future__ import annotations

import json

import pytest

from berofos_ra.clock import boot_clock
from berofos_ra.resource.record_file import read_record
from tests.agent.conftest import NewSite
from tests.agent.site import DEGRADED, Node, Site


def as_version_0_1_0_left_it(site: Site, node: Node, kicked: float = 0) -> None:
    """What version 0.1.0 leaves where the resource runs. ``kicked``: so many seconds ago."""
    armed = site.topology == "xivo-pbx"
    devices = {
        device.name: {
            "label": site.label(device.name),
            "was_right": True,
            "answered": True,
            "touched": True,
            "watchdog_interval": 60 if armed else None,
            "kicked": boot_clock() - kicked if armed else 0.0,
        }
        for device in site
    }
    shown = "A--B C--D (watchdog on)" if armed else "A--B"
    attributes = {f"berofos-{device.name}": shown for device in site}
    record = {"owned": True, "devices": devices, "attributes": attributes, "reported": "", "drifted": ""}
    node.run_directory.mkdir()
    node.record.write_text(json.dumps(record))
    (node.run_directory / "berofos-lines.ready").write_text("yes")
    settings = (
        {"scenario": 1, "modedef": 1, "wdogdef": 1, "mode": 1, "wdog": 1} if armed else {"modedef": 1, "mode": 1}
    )
    for device in site:
        device.set_settings(settings)
    site.forget_requests()


@pytest.fixture(params=["two-xivo", "xivo-pbx"])
def upgraded(request: pytest.FixtureRequest, new_site: NewSite) -> tuple[Site, Node]:
    site = new_site(("fos1", "fos2"), request.param)
    node = site.node()
    as_version_0_1_0_left_it(site, node)
    return site, node


def test_first_monitor_completes_the_record_and_touches_nothing(upgraded: tuple[Site, Node]) -> None:
    site, node = upgraded
    node.monitor()
    record = read_record(node.record)
    assert record is not None
    assert (record.node, record.parameters) == (node.name, node.parameters)
    for device in site:
        known = record.devices[device.name]
        assert (known.host, known.address, known.port) == (device.address, device.address, device.port)
        assert (known.mac, known.seen, known.is_ours) == (device.spec.mac, device.relay, True)
        assert site.writes(device.name) == []
        assert (known.watchdog_interval is not None) == bool(site.kicks(device.name))
    assert set(node.tools.attributes) == {"berofos-ready"}
    node.tools.forget()
    before = node.record.read_text()
    node.monitor()
    assert node.record.read_text() == before
    assert node.tools.calls == []


def test_stop_by_such_a_record_gives_back_what_is_to_be_given_back(upgraded: tuple[Site, Node]) -> None:
    site, node = upgraded
    relay = "A--D" if site.topology == "xivo-pbx" else "A--B"
    node.stop()
    assert [device.relay for device in site] == [relay] * 2
    node.probe()


def test_kicks_by_such_a_record_are_remembered(new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx")
    node = site.node()
    as_version_0_1_0_left_it(site, node, kicked=55)
    node.monitor()
    record = read_record(node.record)
    assert record is not None
    left = record.devices["fos1"].watchdog_left(boot_clock())
    assert left is not None
    assert left > 30


@pytest.mark.parametrize("file", ["gone", "without macs"])
def test_watchdog_in_such_a_record_is_kicked_though_its_mac_is_only_known_to_itself(file: str, pbx: Site) -> None:
    node = pbx.node()
    as_version_0_1_0_left_it(pbx, node)
    if file == "gone":
        pbx.config.unlink()
    else:
        pbx.write_config(without="mac")
    node.begin("monitor", interval=10).finish(None)
    assert pbx.kicks() >= 1
    assert pbx.writes() == []
    pbx.forget_requests()
    node.begin("monitor", interval=10).finish(None)
    assert pbx.kicks() >= 1


def test_such_a_record_and_parameters_that_make_no_sense(pbx: Site) -> None:
    node = pbx.node()
    as_version_0_1_0_left_it(pbx, node)
    node.parameters["min_devices"] = "many"
    node.monitor(expected=DEGRADED)
    node.parameters["min_devices"] = "1"
    node.monitor(news=True)
