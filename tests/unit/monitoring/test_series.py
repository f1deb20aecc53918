"""What Prometheus is told, state by state."""

from __future__ import annotations

import re

import pytest

from berofos_ra.monitoring.series import ALL, PREFIX, by_series, samples
from berofos_ra.monitoring.site import Site
from tests.unit.monitoring.sites import READY, RESOURCE, armed, dead, device, site, state


def told(seen: Site) -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus shows it, with its value."""
    shown = {}
    for sample in samples(seen, 1795808776.5):
        labels = zip(sample.series.labels, sample.labels, strict=True)
        key = sample.series.name + "".join(f" {name}={value}" for name, value in labels)
        assert key not in shown
        shown[key] = float(sample.value)
    return shown


def test_a_healthy_site() -> None:
    assert told(site(armed(), device("fos2"))) == {
        "up device=fos1": 1,
        "relay_mode device=fos1": 1,
        "relay_expected_mode device=fos1": 1,
        "watchdog_armed device=fos1": 1,
        "watchdog_remaining_seconds device=fos1": 17,
        "watchdog_interval_seconds device=fos1": 20,
        "request_duration_seconds device=fos1": 0.004,
        "firmware_info device=fos1 firmware=1.53": 1,
        "up device=fos2": 1,
        "relay_mode device=fos2": 1,
        "relay_expected_mode device=fos2": 1,
        "watchdog_armed device=fos2": 0,
        "watchdog_interval_seconds device=fos2": 60,
        "request_duration_seconds device=fos2": 0.004,
        "firmware_info device=fos2 firmware=1.53": 1,
        "cluster_up": 1,
        "active resource=berofos-relay node=xivo-1": 1,
        "active resource=berofos-relay node=xivo-2": 0,
        "managed resource=berofos-relay": 1,
        "standby_ready node=xivo-2": 1,
        "last_run_timestamp_seconds": 1795808776.5,
    }


def test_what_cannot_be_known_is_left_out() -> None:
    found = told(site(dead(), resources=()))
    assert {key for key in found if "fos1" in key} == {"up device=fos1", "relay_expected_mode device=fos1"}
    assert found["up device=fos1"] == 0


@pytest.mark.parametrize(
    ("seen", "key", "value"),
    [
        (site(device(seen=state(mode=False))), "relay_mode device=fos1", 0),
        (site(armed(wdogstate=2)), "watchdog_armed device=fos1", 0),
        (site(resources=(RESOURCE._replace(managed=False),)), "managed resource=berofos-relay", 0),
        (site(nodes={"xivo-2": READY._replace(unready="x")}), "standby_ready node=xivo-2", 0),
        (site(nodes={"xivo-2": READY._replace(usable=False)}), "standby_ready node=xivo-2", 0),
        (Site((device(),), cluster_error="as this user"), "cluster_up", 0),
    ],
)
def test_each_trouble_changes_a_value(seen: Site, key: str, value: float) -> None:
    assert told(seen)[key] == value


def test_a_switch_makes_no_new_series() -> None:
    there = RESOURCE._replace(nodes=("xivo-2",), standbys=("xivo-1",))
    before, after = told(site()), told(site(device(seen=state(mode=False)), device("fos2"), resources=(there,)))
    assert {key for key in before if "standby" not in key} == {key for key in after if "standby" not in key}


def test_without_a_cluster_nothing_is_said_of_one() -> None:
    assert not [key for key in told(Site((device(resource=None, desired=None),))) if "cluster" in key]


def test_names_are_prometheus_own_and_meant() -> None:
    assert list(by_series(samples(site(armed()), 0))) == list(ALL)
    for series in ALL:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", PREFIX + series.name)
        assert series.meaning.endswith(".")
