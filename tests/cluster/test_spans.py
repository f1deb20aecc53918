"""ISDN spans that are watched: their alarms speak for a device that can't be asked, and show in crm_mon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.scenario import ASTERISK, FOS1, RELAY, both
from tests.cluster.wirings import TO_B, TO_D, Wired
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.lab.spans import Spans
from tests.support.examples import quick_example

# Two lines, one on each device; their numbers differ from node to node.
WIRED = {"xivo-1": {1: ("fos1", "B"), 2: ("fos2", "B")}, "xivo-2": {5: ("fos1", "D"), 6: ("fos2", "D")}}
PARAMETERS = 'spans="xivo-1:1,2 xivo-2:5,6" spans_wait=20'
# With spans watched the relay must be able to move asterisk, so this isn't wanted.
NOT_CRITICAL = " critical=false"


@pytest.fixture
def wired(lab: Lab) -> Wired:
    """The shared lab with nothing configured."""
    return Wired(lab, "two-xivo")


@pytest.fixture
def spans(lab: Lab) -> Iterator[Spans]:
    """The nodes' spans."""
    with Spans(lab, WIRED) as spans:
        yield spans


def _bring_up(wired: Wired, further: str = "") -> None:
    text = quick_example(wired.example)
    assert NOT_CRITICAL in text
    text = text.replace(NOT_CRITICAL, "")
    wired.bring_up(text.replace("topology=two-xivo", f"topology=two-xivo {PARAMETERS} {further}"))


def test_alarms_show_in_crm_mon_and_an_outage_of_the_provider_moves_nothing(wired: Wired, spans: Spans) -> None:
    _bring_up(wired)
    spans.provider("fos1", works=False)
    wired.wait_failed(RELAY, "xivo-1", Code.DEGRADED, "span 1 RED")
    spans.provider("fos2", works=False)
    # Pacemaker keeps the first reason as long as the resource is degraded; the attribute tells of now.
    wired.wait_attribute("xivo-1", "berofos-spans", "span 1 RED, span 2 RED")
    wired.wait_looks("xivo-1", "fos1")
    spans.provider("fos1", works=True)
    spans.provider("fos2", works=True)
    wired.wait_attribute("xivo-1", "berofos-spans", "clear")
    wired.wait_logged("xivo-1", "all is well again (was: span 1 RED, span 2 RED)")
    assert wired.relay_changes() == {}
    assert wired.actions(RELAY) == wired.actions(ASTERISK) == []


def test_an_outage_is_a_failure_where_that_is_asked_for(wired: Wired, spans: Spans) -> None:
    _bring_up(wired, "on_span_alarm=fail")
    spans.provider("fos1", works=False)
    wired.wait_failed(RELAY, "xivo-1", Code.DEGRADED, "span 1 RED")
    assert wired.actions(RELAY) == []
    spans.provider("fos2", works=False)
    wired.wait_failed(RELAY, "xivo-1", Code.ERROR, "span 1 RED, span 2 RED")
    spans.provider("fos1", works=True)
    spans.provider("fos2", works=True)
    wired.wait_running("xivo-1")
    assert wired.relay_changes() == {}


def test_devices_that_lose_power_under_the_node_at_b_move_the_resource_to_the_node_at_d(
    wired: Wired, spans: Spans
) -> None:
    _bring_up(wired)
    for device in ("fos1", "fos2"):
        wired.lab.devices.power(device, False)
    # The lines have gone to xivo-2, and asterisk goes after them; start there believes the spans.
    wired.lab.wait_started(RELAY, "xivo-2")
    wired.wait_failed(RELAY, "xivo-2", Code.DEGRADED, f"{FOS1}: connection refused, expected A--D")
    assert "all spans in alarm" in wired.syslog("xivo-1")
    assert wired.relay_changes() == both(f"{TO_D} power off")
    assert wired.device_attributes("xivo-2") == {"berofos-fos1": "unreachable", "berofos-fos2": "unreachable"}
    assert wired.actions(RELAY, "xivo-2") == wired.actions(ASTERISK, "xivo-2") == ["start"]

    # Their default is still the other side. They are put right, and the next time they come back so by themselves.
    for device in ("fos1", "fos2"):
        wired.lab.devices.power(device, True)
    wired.wait_relays("A--D", "fos1", "fos2")
    wired.wait_running("xivo-2")
    came_back = [f"{TO_D} power off", f"{TO_B} power on", f"{TO_D} by xivo-2"]
    assert wired.relay_changes() == both(*came_back)
    for device in ("fos1", "fos2"):
        wired.lab.devices.power(device, False)
        wired.lab.devices.power(device, True)
    wired.wait_looks("xivo-2", "fos1")
    wired.wait_running("xivo-2")
    assert wired.relay_changes() == both(*came_back)


@pytest.mark.soak
def test_devices_that_lose_power_under_the_node_at_d_move_nothing(wired: Wired, spans: Spans) -> None:
    _bring_up(wired)
    wired.lab.node("xivo-1").run("crm node standby xivo-1")
    wired.wait_running("xivo-2")
    wired.lab.node("xivo-1").run("crm node online xivo-1")
    wired.wait_running("xivo-2")
    wired.begin()
    for device in ("fos1", "fos2"):
        wired.lab.devices.power(device, False)
    wired.wait_failed(RELAY, "xivo-2", Code.DEGRADED, f"{FOS1}: connection refused, expected A--D")
    for device in ("fos1", "fos2"):
        wired.lab.devices.power(device, True)
    wired.wait_attribute("xivo-2", "berofos-fos2", "A--D")
    wired.wait_running("xivo-2")
    assert wired.relay_changes() == {}
    assert wired.actions(RELAY) == wired.actions(ASTERISK) == []


@pytest.mark.soak
def test_unplugged_devices_are_trusted_while_the_spans_are_clear(wired: Wired, spans: Spans) -> None:
    _bring_up(wired)
    for device in ("fos1", "fos2"):
        wired.lab.devices.unplug(device)
    wired.wait_failed(RELAY, "xivo-1", Code.DEGRADED, f"{FOS1}: ", "expected A--B")
    for device in ("fos1", "fos2"):
        wired.lab.devices.plug_in(device)
    wired.wait_attribute("xivo-1", "berofos-fos2", "A--B")
    assert wired.relay_changes() == {}
    assert wired.actions(RELAY) == wired.actions(ASTERISK) == []


def test_a_span_that_does_not_exist_is_told_here_and_on_the_standby_and_keeps_no_lines(
    wired: Wired, spans: Spans
) -> None:
    text = quick_example(wired.example).replace(
        "topology=two-xivo", 'topology=two-xivo spans="xivo-1:1,3 xivo-2:5,7"'
    )
    wired.lab.configure(text)
    wired.wait_failed(RELAY, "xivo-1", Code.DEGRADED, "span 3 MISSING")
    wired.wait_attribute("xivo-1", "berofos-fos1", "A--B")
    missing = "no: span 7 doesn't exist here: no /sys/bus/dahdi_spans/devices/span-7; is DAHDI running?"
    wired.wait_attribute("xivo-2", "berofos-ready", missing)
