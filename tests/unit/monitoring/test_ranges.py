"""Ranges and figures, with nagiosplugin as their judge."""

from __future__ import annotations

import re

import nagiosplugin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from berofos_ra.errors import ParameterError
from berofos_ra.monitoring.ranges import Figure, parse_range

_NUMBERS = st.one_of(st.integers(-50, 50).map(str), st.sampled_from(["0.5", "-1.25", "10.0"]))
_RANGES = st.tuples(
    st.sampled_from(["", "@"]), st.sampled_from(["", ":", "~:"]) | _NUMBERS.map("{}:".format), _NUMBERS
)
_VALUES = st.floats(-100, 100, allow_nan=False) | st.integers(-60, 60).map(float)

# The guidelines: 'label'=value[UOM];[warn];[crit];[min];[max]
_FIGURE = re.compile(r"[a-z0-9_]+=(U|-?\d+(\.\d+)?(s|%|B|c)?)(;[^; |]*){0,2}(;(-?\d+(\.\d+)?)?){0,2}")


@settings(max_examples=500, derandomize=True, database=None)
@given(_RANGES.map("".join) | st.sampled_from(["10:", "@10:", "~:", "0:", "-5:"]), _VALUES)
def test_a_range_alerts_where_nagiosplugin_does(text: str, value: float) -> None:
    try:
        judge = nagiosplugin.Range(text)
    except ValueError:
        with pytest.raises(ParameterError):
            parse_range(text)
        return
    found = parse_range(text)
    assert found.alerts(value) == (not judge.match(value))
    for end in (found.start, found.end):
        assert found.alerts(end) == (not judge.match(end))


@pytest.mark.parametrize(
    ("text", "alerting", "fine"),
    [
        ("10", (-1, 11), (0, 5, 10)),
        ("10:", (9.9, -1), (10, 1e9)),
        ("~:10", (10.1,), (-1e9, 10)),
        ("10:20", (9, 21), (10, 20)),
        ("@10:20", (10, 15, 20), (9, 21)),
    ],
)
def test_the_examples_of_the_guidelines(text: str, alerting: tuple[float, ...], fine: tuple[float, ...]) -> None:
    found = parse_range(text)
    assert all(map(found.alerts, alerting))
    assert not any(map(found.alerts, fine))


@pytest.mark.parametrize("text", ["", "@", ":", "x", "10:x", "20:10", "1e3", "~", "--1", "10 :", "\u0661", "nan"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        parse_range(text)


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure("fos1_time", 0.004, "s", low=0), "fos1_time=0.004s;;;0"),
        (Figure("fos1_watchdog", 17, "s", "10:", "5:", 0, 20), "fos1_watchdog=17s;10:;5:;0;20"),
        (Figure("devices_ok", 2, low=0, high=2), "devices_ok=2;;;0;2"),
        (Figure("standby_ready", 0, warning="1:", low=0, high=1), "standby_ready=0;1:;;0;1"),
        (Figure("fos1_time", None, "s"), "fos1_time=U"),
    ],
)
def test_figures(figure: Figure, text: str) -> None:
    assert str(figure) == text


@given(
    st.none() | st.floats(0, 1e9),
    st.sampled_from(["", "s"]),
    st.none() | st.floats(0, 1e9),
    st.sampled_from(["", "1:"]),
)
def test_any_figure_is_one_by_the_guidelines(value: float | None, unit: str, end: float | None, limit: str) -> None:
    assert _FIGURE.fullmatch(str(Figure("x_1", value, unit, limit, "", end, end)))
