"""DAHDI spans: a stand-in for what Linux shows of them, at the real path, which only the agent's process sees."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import AGENT, DEGRADED, D, Node, Running, Site
from tests.support.waiting import wait_until

_MOUNT = """
mount -t tmpfs none /sys/bus && mkdir -p /sys/bus/dahdi_spans/devices &&
mount --bind "$0" /sys/bus/dahdi_spans/devices && exec "$@"
"""


class Spans:
    """The spans of a node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def alarms(self, number: int) -> Path:
        return self.folder / f"span-{number}" / "alarms"

    def set(self, number: int, words: str = "") -> None:
        """The span exists, with these alarms."""
        self.alarms(number).parent.mkdir(exist_ok=True)
        self._swap(number, f"{words}\n" if words else "")

    def _swap(self, number: int, text: str) -> None:
        new = self.folder / "new"
        new.write_text(text)
        new.replace(self.alarms(number))

    def clear_once_read(self, number: int, reader: Running) -> None:
        """The span is in alarm when the action looks at it next, and fine from then on."""
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        pipe.replace(self.alarms(number))
        while True:
            try:
                descriptor = os.open(self.alarms(number), os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # that one means: nobody reads it yet
                    raise
                assert reader.process.poll() is None, "it ended and didn't look again"
                time.sleep(0.005)
            else:
                break
        self._swap(number, "")
        os.write(descriptor, b"RED\n")
        os.close(descriptor)


@pytest.fixture
def spans(folder: Path) -> Spans:
    return Spans(folder / "spans")


def node_with(real: Spans, site: Site, name: str = "xivo-1", **parameters: str) -> Node:
    node = site.node(name, **{"spans": "1 2", **parameters})
    node.command = ("unshare", "--mount", "sh", "-c", _MOUNT, str(real.folder), str(AGENT))
    return node


def test_start_waits_until_the_alarms_are_gone(site: Site, spans: Spans) -> None:
    spans.set(1, "RED")
    spans.set(2)
    running = node_with(spans, site).begin("start")
    while not site.fos1.events(event="relay"):
        assert running.process.poll() is None, running.finish(None)
        time.sleep(0.005)
    spans.clear_once_read(1, running)
    assert "alarm" not in running.finish().stderr


def test_start_does_not_wait_for_ever(site: Site, spans: Spans) -> None:
    spans.set(1, "RED")
    spans.set(2)
    node = node_with(spans, site, spans_wait="0")
    assert "berofos spans on xivo-1 still in alarm after the switch: span 1 RED" in node.start().log
    assert node.monitor(expected=DEGRADED).reason == "span 1 RED"


def test_start_where_the_lines_are_does_not_wait(site: Site, spans: Spans) -> None:
    spans.set(1, "RED")
    spans.set(2)
    node_with(spans, site, spans_wait="0").start()
    assert node_with(spans, site).start().stderr == ""


def test_missing_span_keeps_no_lines_from_here(site: Site, spans: Spans) -> None:
    """A dead port, or DAHDI late at boot: the lines are better here than at a dead node."""
    spans.set(1)
    node = node_with(spans, site, spans_wait="1")
    reason = "span 2 doesn't exist here: no /sys/bus/dahdi_spans/devices/span-2; is DAHDI running?"
    assert node.validate(expected=5, level=10).reason == reason
    node.probe(expected=7)
    node.watch_standby()
    assert node.tools.attributes["berofos-ready"] == f"no: {reason}"
    assert "berofos spans on xivo-1 still in alarm after the switch: span 2 MISSING" in node.start().log
    assert site.fos1.relay == "A--B"
    assert node.monitor(expected=DEGRADED).reason == "span 2 MISSING"


def test_missing_span_is_waited_for(site: Site, spans: Spans) -> None:
    """DAHDI comes up while the node takes over."""
    spans.set(1)
    node = node_with(spans, site)
    start = node.begin("start")
    wait_until(lambda: site.fos1.events(event="relay"), "the relay clicks")
    spans.set(2)
    assert "MISSING" not in start.finish().stderr
    node.monitor()


def test_all_spans_missing_keep_no_lines_from_here(site: Site, spans: Spans) -> None:
    node = node_with(spans, site, spans_wait="0")
    node.start()
    assert site.fos1.relay == "A--B"


def test_watchdogs_are_kicked_while_a_start_waits_for_its_spans(new_site: NewSite, spans: Spans) -> None:
    """However long that lasts, and however short the interval is."""
    site = new_site(topology="xivo-pbx")
    spans.set(1, "RED")
    node = node_with(spans, site, spans="1", spans_wait="9", watchdog_interval="4")
    node.start()
    assert site.fos1.events(event="watchdog ran out") == []
    assert (site.fos1.relay, site.fos1.settings["wdogstate"]) == ("A--B C--D", 1)


def test_monitor_names_spans_and_alarms(site: Site, spans: Spans) -> None:
    spans.set(1)
    spans.set(2)
    node = node_with(spans, site)
    node.start()
    node.monitor()
    spans.set(2, "YELLOW RECOVERING")
    assert node.monitor(expected=DEGRADED).reason == "span 2 YELLOW RECOVERING"
    node.parameters["on_span_alarm"] = "fail"
    node.reload()
    node.monitor(expected=DEGRADED)
    spans.set(1, "RED")
    assert node.monitor(expected=1).reason == "span 1 RED, span 2 YELLOW RECOVERING"
    node.parameters["on_span_alarm"] = "degrade"
    node.reload()
    assert node.monitor(expected=DEGRADED).reason == "span 1 RED, span 2 YELLOW RECOVERING"
    spans.set(1)
    spans.alarms(2).unlink()
    assert node.monitor(expected=DEGRADED).reason == "span 2 MISSING"


def test_every_node_has_its_own_spans(site: Site, spans: Spans) -> None:
    spans.set(1)
    spans.set(5, "RED")
    node = node_with(spans, site, spans="xivo-1:1 xivo-2:5")
    node.start()
    node.monitor()
    other = node_with(spans, site, D, spans="xivo-1:1 xivo-2:5", spans_wait="0")
    other.start()
    assert other.monitor(expected=DEGRADED).reason == "span 5 RED"


def test_unreachable_device_is_not_trusted_when_all_spans_are_in_alarm(site: Site, spans: Spans) -> None:
    spans.set(1)
    spans.set(2)
    node = node_with(spans, site)
    node.start()
    site.fos1.power_off()
    trouble = f"{site.label('fos1')}: connection refused, expected A--B"
    assert node.monitor(expected=DEGRADED).reason == trouble
    spans.set(1, "RED")
    spans.set(2, "RED")
    reason = f"{trouble}; all spans in alarm; span 1 RED, span 2 RED"
    assert node.monitor(expected=1).reason == reason


def test_unreachable_device_counts_as_right_at_d_while_the_spans_are_clear(site: Site, spans: Spans) -> None:
    """A berofos without power joins A--D: the lines are here."""
    spans.set(1)
    spans.set(2)
    site.fos1.power_off()
    node = node_with(spans, site, D)
    node.start()
    trouble = f"{site.label('fos1')}: connection refused, expected A--D"
    assert node.monitor(expected=DEGRADED).reason == trouble
    node.stop()
    spans.set(1, "RED")
    node.parameters["spans_wait"] = "0"
    assert node.start(expected=1, timeout=20).reason == trouble
    spans.set(1)
    at_b = node_with(spans, site)
    assert at_b.start(expected=1, timeout=20).reason == f"{site.label('fos1')}: connection refused, expected A--B"


def test_spans_beyond_the_wiring_are_refused(site: Site) -> None:
    node = site.node(devices="fos1", topology="two-xivo-pbx", spans="xivo-1:1,2,3,4 xivo-2:1,2,3,4,5")
    reason = "spans: 5 on one node, but 1 berofos in two-xivo-pbx carries 2 lines and 2 to the PBX"
    assert node.validate(expected=6).reason == reason
    node.parameters["devices"] = "fos1 fos2"
    node.validate()
    node.parameters |= {"devices": "all", "spans": "1 2 3 4 5 6 7 8 9 10 11 12 13"}
    node.validate()
    assert node.validate(expected=6, level=10).reason.startswith("spans: 13 on one node, but ")


def test_attribute_shows_the_alarms_of_now(site: Site, spans: Spans) -> None:
    spans.set(1)
    spans.set(2)
    node = node_with(spans, site)
    node.start()
    node.monitor()
    assert node.tools.attributes["berofos-spans"] == "clear"
    spans.set(1, "RED")
    node.monitor(expected=DEGRADED)
    assert node.tools.attributes["berofos-spans"] == "span 1 RED"
    node.parameters["spans"] = ""
    node.reload()
    node.monitor(news=True)
    assert node.tools.attributes["berofos-spans"] == "not watched"
    node.stop()
    assert "berofos-spans" not in node.tools.attributes
