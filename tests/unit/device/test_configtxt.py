"""``config.txt``: what a device shows, read as its settings."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.device.configtxt import other_version, parse_configtxt
from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError

MAGIC = "bnfos_confmap_magic=0.1\n"

# As a device in bypass with an armed watchdog shows itself.
EXAMPLE = MAGIC + (
    "1_sz=1\n1_szd00=fallback\n4_mode=checked\n1_rm=0\n5_p0=\n3_dn=berofos\n3_ip=10.34.1.50\n3_port=80\n"
    "6_wen=1\n6_wstate=1\n2_wintv=60\n0_wretv=42\n2_mto=me=you@example.org\nbogus\n"
)


def test_settings_are_read_by_their_keywords() -> None:
    assert parse_configtxt(EXAMPLE) == {
        "scenario": True,
        "mode": True,
        "modedef": False,
        "power1": False,
        "hostname": "berofos",
        "address": "10.34.1.50",
        "port": 80,
        "wdog": True,
        "wdogstate": 1,
        "wdogitime": 60,
        "wdogrtime": 42,
        "smtpto": "me=you@example.org",
    }


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_system_are_read(line_end: str) -> None:
    assert parse_configtxt(EXAMPLE.replace("\n", line_end)) == parse_configtxt(EXAMPLE)


def test_what_comes_before_the_magic_counts_for_nothing() -> None:
    assert parse_configtxt("<html>\n4_mode=1\n" + MAGIC + "1_sz=0\n") == {"scenario": False}


def test_another_version_s_known_keys_are_read() -> None:
    text = "bnfos_confmap_magic=0.2\n4_mode=1\n9_new=x\n"
    assert parse_configtxt(text) == {"mode": True}
    assert other_version(text) == "0.2"
    assert other_version(EXAMPLE) is None
    assert other_version("4_mode=1") is None


@pytest.mark.parametrize(
    "text", ["", "4_mode=1\n", "<html>404</html>", "bnfos_confmap_magic\n4_mode=1", "xbnfos_confmap_magic=0.1\n"]
)
def test_a_text_without_the_magic_is_no_configuration(text: str) -> None:
    with pytest.raises(BadAnswerError) as caught:
        parse_configtxt(text)
    assert str(caught.value) == "answer isn't a berofos configuration"


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        ("1", {"mode": True}),
        ("checked", {"mode": True}),
        ("0", {"mode": False}),
        ("", {"mode": False}),
        ("2", {}),
        ("true", {}),
    ],
)
def test_a_switch_is_on_off_or_unknown(shown: str, known: dict[str, bool]) -> None:
    assert parse_configtxt(f"{MAGIC}4_mode={shown}\n") == known


def test_a_watchdog_that_ran_out_shows_2_which_isn_t_on() -> None:
    assert parse_configtxt(f"{MAGIC}6_wen=2\n6_wstate=2\n") == {"wdog": False, "wdogstate": 2}


@pytest.mark.parametrize("shown", ["", "-1", "1.5", "0x10", "sixty", "1 2", "\u0663", "9" * 5000])
def test_a_number_that_isn_t_one_is_missing(shown: str) -> None:
    assert parse_configtxt(f"{MAGIC}2_wintv={shown}\n4_mode=1\n") == {"mode": True}


def test_spaces_around_a_value_are_dropped() -> None:
    assert parse_configtxt(f"{MAGIC}2_wintv= 60 \n4_mode=1 \n3_dn= a b \n") == {
        "wdogitime": 60,
        "mode": True,
        "hostname": "a b",
    }


def test_a_text_that_may_be_cut_loses_its_last_unfinished_line() -> None:
    text = f"{MAGIC}4_mode=1\n2_wintv=60"
    assert parse_configtxt(text, complete=True) == {"mode": True, "wdogitime": 60}
    assert parse_configtxt(text, complete=False) == {"mode": True}
    assert parse_configtxt(text + "\n", complete=False) == {"mode": True, "wdogitime": 60}


def test_a_magic_that_may_be_cut_is_none() -> None:
    with pytest.raises(BadAnswerError):
        parse_configtxt(MAGIC.rstrip(), complete=False)


@given(st.integers(0, len(EXAMPLE)))
def test_wherever_a_text_is_cut_no_value_is_mistaken(place: int) -> None:
    whole = parse_configtxt(EXAMPLE)
    seen: dict[str, Value] = {}
    with contextlib.suppress(BadAnswerError):
        seen = dict(parse_configtxt(EXAMPLE[:place], complete=False))
    assert seen.items() <= whole.items()


@given(st.text(), st.booleans())
def test_any_text_at_all_is_read_or_a_bad_answer(text: str, complete: bool) -> None:
    with contextlib.suppress(BadAnswerError):
        parse_configtxt(text, complete)
    parse_configtxt(MAGIC + text, complete)


KEYS = st.sampled_from(["4_mode", "2_wintv", "6_wstate", "3_dn", "1_sz"])


@given(st.lists(st.tuples(KEYS, st.text())))
def test_any_values_at_all_are_of_their_setting_s_type(lines: list[tuple[str, str]]) -> None:
    values = parse_configtxt(MAGIC + "".join(f"{key}={value}\n" for key, value in lines))
    types: dict[str, type] = {"mode": bool, "wdogitime": int, "wdogstate": int, "hostname": str, "scenario": bool}
    assert all(type(value) is types[keyword] for keyword, value in values.items() if keyword in types)
