"""The resource's parameters: their defaults, and what is said of values that make no sense."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.errors import ParameterError
from berofos_ra.resource.parameters import PARAMETERS, Parameters, parse_parameters
from berofos_ra.wiring.topology import wiring

NODES = {"port_b_node": "xivo-1", "port_d_node": "xivo-2"}

# The design's table: name, type, default, reloadable.
TABLE = {
    "devices": ("string", "fos1", False),
    "config": ("string", "/etc/bnfos.conf", False),
    "topology": ("string", "two-xivo", False),
    "port_b_node": ("string", None, False),
    "port_d_node": ("string", None, False),
    "min_devices": ("integer", "1", True),
    "on_unreachable": ("string", "degrade", True),
    "on_stop": ("string", None, False),
    "watchdog_interval": ("integer", "60", True),
    "spans": ("string", "", True),
    "spans_wait": ("integer", "30", True),
    "on_span_alarm": ("string", "degrade", True),
    "provision": ("boolean", "true", False),
    "timeout": ("integer", "3", True),
}


def parse(**given_: str) -> Parameters:
    return parse_parameters({**NODES, **given_})


def complaint(**given_: str) -> str:
    with pytest.raises(ParameterError) as caught:
        parse(**given_)
    return str(caught.value)


def test_the_parameters_are_those_of_the_design() -> None:
    assert {p.name: (p.kind, p.default, p.reloadable) for p in PARAMETERS} == TABLE


def test_each_parameter_is_described() -> None:
    assert all(p.shortdesc and p.longdesc.endswith(".") for p in PARAMETERS)


def test_what_isn_t_given_takes_its_default() -> None:
    assert parse() == Parameters(
        devices=("fos1",),
        config="/etc/bnfos.conf",
        wiring=wiring("two-xivo", "xivo-1", "xivo-2"),
        min_devices=1,
        trust_unreachable=True,
        bypass_on_stop=False,
        watchdog_interval=60,
        spans={},
        spans_wait=30,
        fail_on_span_alarm=False,
        provision=True,
        timeout=3,
    )


def test_what_is_given_counts() -> None:
    parameters = parse(
        devices="fos2,FOS1",
        config="/etc/other.conf",
        topology="two-xivo-pbx",
        min_devices="2",
        on_unreachable="fail",
        on_stop="keep",
        watchdog_interval="120",
        spans="1 2",
        spans_wait="0",
        on_span_alarm="fail",
        provision="no",
        timeout="5",
    )
    assert parameters == Parameters(
        devices=("fos2", "fos1"),
        config="/etc/other.conf",
        wiring=wiring("two-xivo-pbx", "xivo-1", "xivo-2"),
        min_devices=2,
        trust_unreachable=False,
        bypass_on_stop=False,
        watchdog_interval=120,
        spans={None: (1, 2)},
        spans_wait=0,
        fail_on_span_alarm=True,
        provision=False,
        timeout=5,
    )


def test_pacemaker_s_own_variables_are_none_of_ours() -> None:
    assert parse(CRM_meta_timeout="20000", crm_feature_set="3.17\n.4") == parse()


@pytest.mark.parametrize(
    ("topology", "on_stop", "bypass"),
    [
        ("two-xivo", "", False),
        ("two-xivo", "keep", False),
        ("two-xivo-pbx", "", False),
        ("xivo-pbx", "", True),
        ("xivo-pbx", "bypass", True),
        ("xivo-pbx", "keep", False),
    ],
)
def test_what_stop_does_with_the_relay_goes_by_the_topology(topology: str, on_stop: str, bypass: bool) -> None:
    nodes = {} if topology == "xivo-pbx" else NODES
    given_ = {"on_stop": on_stop} if on_stop else {}
    assert parse_parameters({"topology": topology, **nodes, **given_}).bypass_on_stop is bypass


@pytest.mark.parametrize("topology", ["two-xivo", "two-xivo-pbx"])
def test_lines_can_t_be_handed_to_d_where_that_is_a_xivo(topology: str) -> None:
    """A running resource with it isn't stopped for that: it is taken as keep, and said."""
    parameters = parse(topology=topology, on_stop="bypass")
    assert not parameters.bypass_on_stop
    assert parameters.odd == (f"on_stop: bypass makes no sense in {topology}, where D is a XiVO; taken as keep",)
    assert parse(topology=topology, on_stop="keep").odd == parse_parameters({"topology": "xivo-pbx"}).odd == ()


@pytest.mark.parametrize("text", ["fos1 fos2", "fos1,fos2", "fos1, fos2", " fos1  ,, fos2 ", "FOS1 Fos2"])
def test_devices_are_separated_by_spaces_or_commas(text: str) -> None:
    assert parse(devices=text).devices == ("fos1", "fos2")


@pytest.mark.parametrize("text", ["all", "ALL", " all "])
def test_all_devices_may_be_named_so(text: str) -> None:
    assert parse(devices=text).devices == ("all",)


@pytest.mark.parametrize("yes", ["true", "TRUE", "yes", "on", "y", "1"])
def test_yes_in_pacemaker_s_many_words(yes: str) -> None:
    assert parse(provision=yes).provision is True


@pytest.mark.parametrize("no", ["false", "False", "no", "off", "n", "0"])
def test_no_in_pacemaker_s_many_words(no: str) -> None:
    assert parse(provision=no).provision is False


NUMBERS = {"min_devices": (0, 255), "watchdog_interval": (1, 65535), "spans_wait": (0, 3600), "timeout": (1, 60)}
NOT_NUMBERS = ["", "-1", "+1", "1.5", "3s", "0x10", "1e3", " 3", "three", "\u0663", "9" * 5000]


@pytest.mark.parametrize(("name", "low", "high"), [(name, *limits) for name, limits in NUMBERS.items()])
def test_numbers_have_limits(name: str, low: int, high: int) -> None:
    for value in (low, high):
        assert getattr(parse(devices="all", **{name: str(value)}), name) == value
    for value in (low - 1, high + 1):
        assert complaint(devices="all", **{name: str(value)}) == (
            f"{name}: '{value}' isn't a whole number from {low} to {high}"
        )


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", NOT_NUMBERS)
def test_what_isn_t_a_number_is_told(name: str, value: str) -> None:
    assert complaint(devices="all", **{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("devices", "", "devices: empty; name at least one, such as fos1"),
        ("devices", " , ", "devices: empty; name at least one, such as fos1"),
        ("devices", "fos", "devices: 'fos' isn't a berofos name such as fos1"),
        ("devices", "fos0", "devices: 'fos0' isn't a berofos name such as fos1"),
        ("devices", "fos1;fos2", "devices: 'fos1;fos2' isn't a berofos name such as fos1"),
        ("devices", "fos1 all", "devices: 'all' isn't a berofos name such as fos1"),
        ("devices", "fos1 fos2 FOS1", "devices: fos1 is there twice"),
        ("config", "", "config: '' isn't an absolute path"),
        ("config", "bnfos.conf", "config: 'bnfos.conf' isn't an absolute path"),
        ("topology", "bypass", "topology: 'bypass' is none of two-xivo, two-xivo-pbx, xivo-pbx"),
        ("port_b_node", "", "port_b_node: two-xivo needs the name of the cluster node on port group B"),
        ("port_d_node", "", "port_d_node: two-xivo needs the name of the cluster node on port group D"),
        ("port_d_node", "XIVO-1", "port_b_node and port_d_node: xivo-1 can't be on both B and D"),
        ("min_devices", "2", "min_devices: 2 is more than the 1 of devices"),
        ("on_unreachable", "", "on_unreachable: '' is none of degrade, fail"),
        ("on_unreachable", "Fail", "on_unreachable: 'Fail' is none of degrade, fail"),
        ("on_stop", "switch", "on_stop: 'switch' is none of keep, bypass"),
        ("on_span_alarm", "ignore", "on_span_alarm: 'ignore' is none of degrade, fail"),
        ("provision", "", "provision: '' is neither true nor false"),
        ("provision", "maybe", "provision: 'maybe' is neither true nor false"),
        ("spans", "0", "spans: '0' isn't a list of span numbers such as 1,2"),
        ("spans", "1 x", "spans: 'x' isn't a list of span numbers such as 1,2"),
        ("spans", "1-2", "spans: '1-2' isn't a list of span numbers such as 1,2"),
        ("spans", "123456", "spans: '123456' isn't a list of span numbers such as 1,2"),
        ("spans", ",", "spans: ',' isn't a list of span numbers such as 1,2"),
        ("spans", "xivo-1:", "spans: 'xivo-1:' isn't a list of span numbers such as 1,2"),
        ("spans", "xivo-3:1", "spans: 'xivo-3' is neither port_b_node nor port_d_node"),
        ("spans", ":1", "spans: '' is neither port_b_node nor port_d_node"),
        ("spans", "xivo-1:1 2", "spans: name the node of all spans, or of none"),
    ],
)
def test_a_value_that_makes_no_sense_is_told_by_its_parameter(name: str, value: str, said: str) -> None:
    assert complaint(**{name: value}) == said


def test_a_node_at_the_pbx_s_place_is_told() -> None:
    assert complaint(topology="xivo-pbx") == "port_d_node: in xivo-pbx port group D is the PBX, name no node for it"


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("character", ["\n", "\0", "\x1b", "\x7f", "\u2028"])
def test_a_control_character_is_told(name: str, character: str) -> None:
    assert complaint(**{name: f"1{character}2"}) == f"{name}: holds a control character"


@given(st.dictionaries(st.sampled_from(list(TABLE)), st.text(max_size=12)))
def test_any_values_at_all_make_sense_or_a_parameter_s_error_in_one_line(given_: dict[str, str]) -> None:
    said = "devices: fine"
    try:
        parse(**given_)
    except ParameterError as error:
        said = str(error)
    assert said.isprintable()
    assert re.split("[: ]", said)[0] in TABLE


def spans_of(text: str, node: str, **given_: str) -> tuple[int, ...]:
    return parse(spans=text, **given_).spans_of(node)


@pytest.mark.parametrize("text", ["1 2", "1,2", "1, 2", " 1  2 ", "1,,2,"])
def test_spans_may_be_the_same_on_all_nodes(text: str) -> None:
    assert spans_of(text, "xivo-1") == spans_of(text, "anything") == (1, 2)


@pytest.mark.parametrize(
    "text",
    ["xivo-1:1,2 xivo-2:5,6", "xivo-2:5,6 xivo-1:1,2", "XIVO-1:1,2 Xivo-2:5,6", "xivo-1:1 xivo-2:5,6 xivo-1:2"],
)
def test_spans_may_be_each_node_s_own(text: str) -> None:
    assert (spans_of(text, "xivo-1"), spans_of(text, "xivo-2")) == ((1, 2), (5, 6))
    assert (spans_of(text, "XIVO-1"), spans_of(text, "Xivo-2")) == ((1, 2), (5, 6))


def test_a_node_without_spans_of_its_own_watches_none() -> None:
    assert spans_of("xivo-1:1,2", "xivo-2") == ()
    assert spans_of("", "xivo-1") == ()


def test_spans_of_a_node_may_be_given_where_any_node_may_be_at_b() -> None:
    parameters = parse_parameters({"topology": "xivo-pbx", "spans": "one:1 two:2"})
    assert (parameters.spans_of("one"), parameters.spans_of("TWO")) == ((1,), (2,))
    with pytest.raises(ParameterError):
        parse_parameters({"topology": "xivo-pbx", "spans": ":1"})


@given(st.lists(st.tuples(st.sampled_from(["xivo-1", "XIVO-2"]), st.lists(st.integers(1, 99999), min_size=1))))
def test_any_spans_of_nodes_are_read(wanted: list[tuple[str, list[int]]]) -> None:
    text = " ".join(f"{node}:{','.join(map(str, numbers))}" for node, numbers in wanted)
    for node in ("xivo-1", "xivo-2"):
        expected = [number for name, numbers in wanted if name.lower() == node for number in numbers]
        assert spans_of(text, node) == tuple(expected)


@given(st.text(st.sampled_from("012 ,:-xivo\u0663é\n") | st.characters(exclude_categories=["Cs"])))
def test_any_text_at_all_is_spans_or_a_parameter_s_error(text: str) -> None:
    with contextlib.suppress(ParameterError):
        assert all(1 <= span <= 99999 for span in spans_of(text, "xivo-1"))
