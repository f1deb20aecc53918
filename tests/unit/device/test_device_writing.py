"""Writing settings of one berofos, and making sure of the effect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from berofos_ra.device.device import READ_REQUESTS, apply_requests
from berofos_ra.device.values import Value
from berofos_ra.errors import BadAnswerError, DeviceTimeoutError, LoginRefusedError, NoEffectError
from berofos_ra.settings import SETTINGS
from tests.support.wire import Clock, Reply, TcpServer, answer, then_close
from tests.unit.device.device_server import PATIENCE, Berofos, apply, device


def test_nothing_is_written_that_is_right_already() -> None:
    berofos = Berofos(**{"4_mode": "1", "1_rm": "checked"})
    wanted: dict[str, Value] = {"mode": True, "modedef": True, "wdog": False, "wdogitime": 300, "hostname": "berofos"}
    with TcpServer(berofos) as server, device(server) as one:
        applied = one.apply(wanted)
        assert len(server.requests) == 1
    assert berofos.writes == []
    assert applied.changed == ()
    assert applied.before == applied.after


def test_only_what_differs_is_written_and_the_effect_is_told() -> None:
    berofos = Berofos(**{"1_rm": "1"})
    applied = apply(berofos, {"scenario": False, "modedef": True, "mode": True})
    assert berofos.writes == ["cmd=4&mode=1"]
    assert applied.changed == ("mode",)
    assert (applied.before.position, applied.after.position) == ("A--D", "A--B")


def test_settings_are_written_one_by_one_in_the_order_given() -> None:
    berofos = Berofos()
    wanted: dict[str, Value] = {"scenario": True, "modedef": True, "wdogdef": True, "wdogitime": 60}
    apply(berofos, {**wanted, "mode": True, "wdog": True})
    assert berofos.writes == [
        "cmd=1&sz=1",
        "cmd=1&rm=1",
        "cmd=2&wen=1",
        "cmd=2&wintv=60",
        "cmd=4&mode=1",
        "cmd=6&wen=1",
    ]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_there_is_time_to_read_everything_twice(
    count: int,
) -> None:
    berofos = Berofos()
    keywords = ("scenario", "modedef", "wdogdef", "mode", "wdog")
    broken: list[bool] = []

    def broken_at_first(request: bytes) -> Reply:
        reading = b"config.txt" in request
        broken.append(reading and broken[-1:] != [True])
        return answer(b"nonsense") if broken[-1] else berofos(request)

    with TcpServer(broken_at_first) as server, device(server) as one:
        one.apply(dict.fromkeys(keywords[:count], True))
        assert len(server.requests) == apply_requests(count) - (0 if count else READ_REQUESTS)


def test_a_watchdog_is_disarmed_before_the_relay_falls_back() -> None:
    berofos = Berofos(**{"4_mode": "1", "6_wen": "1", "6_wstate": "1"})
    apply(berofos, {"wdog": False, "mode": False})
    assert berofos.writes == ["cmd=6&wen=0", "cmd=4&mode=0"]


def test_a_watchdog_that_ran_out_is_armed_again() -> None:
    berofos = Berofos(**{"4_mode": "0", "6_wen": "2", "6_wstate": "2"})
    applied = apply(berofos, {"mode": True, "wdog": True})
    assert berofos.writes == ["cmd=4&mode=1", "cmd=6&wen=1"]
    assert applied.after.watchdog_on


@pytest.mark.parametrize(("ignored", "writes", "still"), [(0, 1, False), (1, 2, False), (9, 2, True)])
def test_a_watchdog_that_ran_out_and_is_to_be_off(ignored: int, writes: int, still: bool) -> None:
    """It reads as off, but shows the failure until it is told; a firmware that goes on showing it is no error."""
    berofos = Berofos(**{"6_wen": "2", "6_wstate": "2"})
    berofos.ignores = {"6_wen": ignored}
    applied = apply(berofos, {"wdog": False})
    assert berofos.writes == ["cmd=6&wen=0"] * writes
    assert applied.before.watchdog_ran_out
    assert applied.after.watchdog_ran_out is still


# Every writable setting, its value before in FACTORY, and how the vendor's tool writes it.
@pytest.mark.parametrize(
    ("keyword", "value", "query"),
    [
        ("scenario", True, "cmd=1&sz=1"),
        ("mode", True, "cmd=4&mode=1"),
        ("modedef", True, "cmd=1&rm=1"),
        ("power1", True, "cmd=5&p=0&s=1"),
        ("power1def", False, "cmd=1&p0=0"),
        ("power2", True, "cmd=5&p=1&s=1"),
        ("power2def", True, "cmd=1&p1=1"),
        ("hostname", "fos-eg", "cmd=3&dn=fos-eg"),
        ("address", "10.34.1.50", "cmd=3&ip=10.34.1.50"),
        ("dhcp", False, "cmd=3&dhcp=0"),
        ("port", 8080, "cmd=3&port=8080"),
        ("pwd", True, "cmd=3&pwd=1"),
        ("syslog", True, "cmd=3&syslog=1"),
        ("slgip", "10.34.1.9", "cmd=3&slgip=10.34.1.9"),
        ("wdog", True, "cmd=6&wen=1"),
        ("wdogdef", True, "cmd=2&wen=1"),
        ("wdogitime", 60, "cmd=2&wintv=60"),
        ("wdogaudio", False, "cmd=2&as=0"),
        ("wdogmail", False, "cmd=2&men=0"),
    ],
)
def test_each_setting_is_written_as_the_vendor_s_tool_does(keyword: str, value: Value, query: str) -> None:
    berofos = Berofos()
    applied = apply(berofos, {keyword: value})
    assert berofos.writes == [query]
    assert applied.after.get(keyword) == value


def test_the_two_power_ports_are_not_mixed_up() -> None:
    berofos = Berofos(**{"5_p0": "1"})
    apply(berofos, {"power1": False, "power2": True})
    assert (berofos.values["5_p0"], berofos.values["5_p1"]) == ("0", "1")


@pytest.mark.parametrize(
    "text", ["a b", "a&b=c", "50%", "50%41", "a+b", "#1", "a;b", "a/b?c", "~", "a\\b", '"', "<b>"]
)
def test_special_characters_survive_the_writing(text: str) -> None:
    berofos = Berofos()
    assert apply(berofos, {"hostname": text}).after.get("hostname") == text


@settings(max_examples=50)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_any_ascii_text_survives_the_writing(text: str) -> None:
    berofos = Berofos()
    assert apply(berofos, {"hostname": text}).after.get("hostname") == text
    assert all(character.isalnum() or character in "=&%_.-~" for character in "".join(berofos.writes))


ALL_ON: dict[str, Value] = {
    "scenario": True,
    "modedef": True,
    "wdogdef": True,
    "wdogitime": 60,
    "mode": True,
    "wdog": True,
}


def test_a_firmware_that_clears_boxes_is_repaired_by_whole_forms() -> None:
    berofos = Berofos()
    berofos.clears_boxes = True
    before = dict(berofos.values)
    apply(berofos, ALL_ON)
    assert berofos.values == before | {
        "1_sz": "1",
        "1_rm": "1",
        "2_wen": "1",
        "2_wintv": "60",
        "4_mode": "1",
        "6_wen": "1",
        "6_wstate": "1",
    }
    # One round in which each write undid something, one of whole forms; the relay was moved once.
    assert berofos.writes[6:] == ["cmd=1&sz=1&rm=1&p0=1&p1=0", "cmd=2&wen=1&wintv=60&as=1&men=1"]


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(["1_sz", "1_rm", "1_p0", "1_p1", "2_wen", "2_as", "6_wen"]), st.sampled_from("01")
    ),
    st.dictionaries(
        st.sampled_from(["scenario", "modedef", "power1def", "wdogdef", "wdogaudio", "mode"]), st.booleans()
    ),
    st.booleans(),
)
def test_whatever_was_and_is_wanted_only_that_changes(
    before: dict[str, str], wanted: dict[str, Value], clears_boxes: bool
) -> None:
    berofos = Berofos(**before)
    berofos.clears_boxes = clears_boxes
    applied = apply(berofos, wanted)
    others = [setting.keyword for setting in SETTINGS if setting.keyword not in wanted]
    assert applied.after.differing(wanted) == []
    assert all(applied.before.values.get(keyword) == applied.after.values.get(keyword) for keyword in others)


def test_a_write_without_effect_is_repeated_once_after_some_seconds(clock: Clock) -> None:
    berofos = Berofos()
    berofos.ignores = {"4_mode": 1}
    begun = clock.monotonic()
    assert apply(berofos, {"mode": True}).after.mode
    assert berofos.writes == ["cmd=4&mode=1"] * 2
    assert clock.monotonic() - begun == pytest.approx(6.0)


@pytest.mark.parametrize("seconds", [0.3, 1, 5])
def test_a_relay_that_moves_late_is_waited_for_and_told_once(seconds: float, clock: Clock) -> None:
    berofos = Berofos()
    berofos.ignores = {"4_mode": 99}
    begun = clock.monotonic()

    def moving(request: bytes) -> Reply:
        if clock.monotonic() - begun >= seconds and berofos.writes:
            berofos.values["4_mode"] = "1"
        return berofos(request)

    with TcpServer(moving) as server, device(server) as one:
        applied = one.apply({"mode": True})
    assert applied.moved
    assert berofos.writes == ["cmd=4&mode=1"]
    assert clock.monotonic() - begun < 2 * seconds + 0.5


def test_boxes_that_a_form_has_cleared_are_repaired_at_once(clock: Clock) -> None:
    berofos = Berofos(**{"1_rm": "1"})
    berofos.clears_boxes = True
    begun = clock.monotonic()
    assert apply(berofos, {"scenario": True, "power1def": True}).stuck == ()
    assert berofos.values["1_rm"] == "1"
    assert clock.monotonic() == begun  # waiting wouldn't bring them back


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Nobody waits in earnest between two read-backs."""
    return Clock(monkeypatch)


def no_effect(berofos: Berofos, wanted: Mapping[str, Value]) -> str:
    with pytest.raises(NoEffectError) as caught:
        apply(berofos, wanted)
    return str(caught.value)


def test_a_write_that_stays_without_effect_is_told_with_what_was_expected_and_seen() -> None:
    berofos = Berofos()
    berofos.ignores = {"4_mode": 99}
    assert no_effect(berofos, {"mode": True}) == "relay stays A--D, expected A--B"
    assert len(berofos.writes) == 2


def test_each_setting_that_stays_is_told() -> None:
    berofos = Berofos(**{"4_mode": "1"})
    berofos.ignores = {"2_wintv": 99, "6_wen": 99, "1_sz": 99}
    assert no_effect(berofos, {"scenario": True, "wdogitime": 60, "wdog": True}) == (
        "scenario stays 0, expected 1, wdogitime stays 300, expected 60, wdog stays 0, expected 1"
    )


def test_a_relay_that_stays_is_told_in_the_scenario_that_was_wanted() -> None:
    berofos = Berofos()
    berofos.ignores = {"4_mode": 99}
    assert no_effect(berofos, {"scenario": True, "mode": True}) == "relay stays A--D, expected A--B C--D"


def test_one_setting_without_effect_keeps_no_other_from_being_written() -> None:
    berofos = Berofos()
    berofos.ignores = {"1_rm": 99}
    no_effect(berofos, {"modedef": True, "mode": True})
    assert berofos.values["4_mode"] == "1"


LOST: dict[str, Reply] = {
    "hang-up": then_close(b""),
    "garbage": then_close(b"\0\r\n\r\n"),
    "error": answer(b"", b"500 Internal Server Error"),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
def test_lost_answers_to_writes_do_no_harm(lost: Reply) -> None:
    berofos = Berofos()
    berofos.reply_to_write = lambda query: lost
    applied = apply(berofos, ALL_ON)
    assert applied.after.position == "A--B C--D"
    assert applied.changed == tuple(ALL_ON)
    assert berofos.writes.count("cmd=4&mode=1") == 1  # no needless relay clicks


def test_a_late_answer_to_a_write_does_no_harm(clock: Clock) -> None:
    berofos = Berofos()
    late = clock.too_late(PATIENCE)
    berofos.reply_to_write = lambda query: late
    with TcpServer(berofos) as server, device(server) as one:
        assert one.apply({"modedef": True, "mode": True}).after.mode
    assert sorted(set(berofos.writes)) == ["cmd=1&rm=1", "cmd=4&mode=1"]


def test_a_login_refused_at_a_write_is_an_error_at_once() -> None:
    berofos = Berofos()
    berofos.reply_to_write = lambda query: answer(b"", b"401 Unauthorized")
    with TcpServer(berofos) as server, device(server) as one, pytest.raises(LoginRefusedError):
        one.apply({"mode": True})
    assert len(berofos.writes) == 1


def test_a_device_that_doesn_t_show_what_is_wanted_isn_t_written_to() -> None:
    berofos = Berofos()
    del berofos.values["2_wen"]
    with TcpServer(berofos) as server, device(server) as one, pytest.raises(BadAnswerError) as caught:
        one.apply({"mode": True, "wdogdef": True})
    assert str(caught.value) == "its configuration lacks 2_wen (wdogdef)"
    assert berofos.writes == []


def test_what_is_wanted_but_not_shown_at_first_is_asked_for_once_more() -> None:
    berofos = Berofos()
    half = iter([answer(b"bnfos_confmap_magic=0.1\n1_sz=0\n4_mode=0\n")])
    with TcpServer(lambda request: next(half, None) or berofos(request)) as server, device(server) as one:
        assert one.apply({"wdogdef": True}).changed == ("wdogdef",)


def test_the_deadline_ends_the_repeating(monkeypatch: pytest.MonkeyPatch) -> None:
    berofos = Berofos()
    late = Clock(monkeypatch).too_late(3599)
    berofos.reply_to_write = lambda query: late
    berofos.ignores = {"4_mode": 99}
    with TcpServer(berofos) as server, device(server, timeout=3600, time_left=3598) as one:
        with pytest.raises(DeviceTimeoutError):
            one.apply({"mode": True})
        assert len(berofos.writes) == 1


def test_all_requests_share_a_connection() -> None:
    berofos = Berofos()
    with TcpServer(berofos) as server, device(server) as one:
        one.apply(ALL_ON)
        one.read()
    assert server.connections == 1


def test_letters_beyond_ascii_that_somebody_else_has_set_go_back_as_they_came() -> None:
    """With the whole form, and as the bytes that the device shows, in whatever encoding those are."""
    berofos = Berofos(**{"2_mfrom": "b\xfcro@xivo", "2_mto": "b\xc3\xbcro@xivo"})
    berofos.clears_boxes = True
    apply(berofos, {"wdogdef": True})
    assert any("mfrom=b%FCro%40xivo&mto=b%C3%BCro%40xivo" in write for write in berofos.writes)


def test_a_password_from_the_config_file_is_written_as_a_login_sends_it() -> None:
    berofos = Berofos(**{"3_apwd": ""})
    with TcpServer(berofos) as server, device(server) as one:
        one.write("apwd", "p\xe4\u20ac")
    assert berofos.writes == ["cmd=3&apwd=p%C3%A4%E2%82%AC"]
