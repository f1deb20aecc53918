"""The story in the logs: those of real clusters as golden files, and what each line adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from berofos_ra.history.events import Event
from berofos_ra.history.log_lines import LogLine, parse_line
from berofos_ra.history.story import tell

LOGS = Path(__file__).parent / "logs"
BEGIN = datetime(2026, 11, 27, 12, tzinfo=UTC)
BOTH = ("fos1", "fos2")


def golden(*names: str) -> list[Event]:
    """The story in these files, without what is of minor interest."""
    now = datetime(2026, 11, 28, tzinfo=UTC)
    lines = [parse_line(text, now) for name in names for text in LOGS.joinpath(name).read_text("utf-8").splitlines()]
    return [event for event in tell(line for line in lines if line is not None) if not event.minor]


def brief(event: Event) -> tuple[str, str | None, str | None]:
    return event.kind, event.source, event.to


# What was done to the clusters of the golden logs: who had the lines before and after, why, and when the first relay
# clicked (UTC), as the devices' own events have it.
DONE = (
    (None, "xivo-1", "the start of all", "19:46:09.192", "20:00:50.066"),
    ("xivo-1", "xivo-2", "crm_resource --move", "19:46:29.096", "20:01:32.186"),
    ("xivo-2", "xivo-1", "standby of xivo-2", "19:46:57.737", "20:02:18.436"),
    ("xivo-1", "xivo-2", "xivo-1's power cut", "19:47:00.916", "20:02:30.398"),
    ("xivo-2", "xivo-1", "Pacemaker of xivo-2 stopped", "19:47:09.044", "20:02:51.074"),
    ("xivo-1", "xivo-2", "the nodes cut apart", "19:47:17.240", "20:03:07.112"),
    ("xivo-2", "xivo-1", "and healed", "", "20:03:30.047"),  # with 2.1.5 they stayed on xivo-2
)
VERSIONS = ("2.1.5", "3.0.0")


def done(version: str) -> list[tuple[str | None, str, datetime]]:
    """Who had the lines before and after, and when that was."""
    clicked = [(before, after, clicks[VERSIONS.index(version)]) for before, after, _, *clicks in DONE]
    return [
        (before, after, datetime.fromisoformat(f"2026-11-27T{time}+00:00")) for before, after, time in clicked if time
    ]


def moves(story: list[Event]) -> list[Event]:
    return [event for event in story if event.moves_lines]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "files",
    [
        ["xivo-1.syslog"],
        ["xivo-2.syslog"],
        ["xivo-1.pacemaker.log"],
        ["xivo-1.syslog", "xivo-1.pacemaker.log"],
        ["xivo-1.syslog", "xivo-2.syslog"],
        ["xivo-2.syslog", "xivo-1.syslog"],
    ],
    ids=" ".join,
)
def test_either_nodes_log_tells_who_had_the_lines_when_the_devices_clicked(version: str, files: list[str]) -> None:
    story = moves(golden(*(f"{version}-{file}" for file in files)))
    expected = done(version)
    assert [(event.source, event.to) for event in story] == [(before, after) for before, after, _ in expected]
    assert all(event.devices == BOTH for event in story)
    for event, (_, _, click) in zip(story, expected, strict=True):
        if event.not_before is not None:  # this node was dead
            assert "seen late" in str(event.as_json()["reason"])
            assert event.not_before <= click <= event.at
        elif event.kind == "switch" and event.reason == "taken while partitioned":
            # The old owner saw it when its own monitor looked.
            assert click < event.at < click + timedelta(seconds=2)
        else:
            assert abs(event.arrived - click) < timedelta(seconds=0.3)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_owners_log_tells_of_relays_that_others_moved(version: str) -> None:
    story = golden(f"{version}-xivo-1.syslog")
    assert [brief(event) for event in story][:9] == [
        ("start", None, "xivo-1"),
        ("by_hand", "xivo-1", "xivo-1"),
        ("by_hand", "xivo-1", "xivo-1"),
        ("switch", "xivo-1", "xivo-2"),
        ("switch", "xivo-2", "xivo-1"),
        ("switch", "xivo-1", "xivo-2"),
        ("switch", "xivo-2", "xivo-1"),
        ("node_lost", "xivo-2", None),
        ("switch", "xivo-1", "xivo-2"),
    ]
    at_once, noticed = story[1:3]
    assert (at_once.devices, at_once.seconds, at_once.by) == (("fos1",), None, "unknown")
    assert (noticed.devices, noticed.by) == (BOTH, "unknown")
    assert noticed.seconds == {"2.1.5": 6.7, "3.0.0": 8.5}[version]
    assert story[6].reason == "xivo-2 was shut down"


@pytest.mark.parametrize(("version", "seconds"), [("2.1.5", [0.4, 1.2]), ("3.0.0", [4.7, 4.4])])
def test_the_survivors_log_tells_of_a_death_and_how_long_it_took(version: str, seconds: list[float]) -> None:
    lost = [event for event in golden(f"{version}-xivo-2.syslog") if event.kind == "node_lost"]
    assert [(event.source, event.to) for event in lost] == [("xivo-1", "xivo-2")] * 2
    assert [event.seconds for event in lost] == seconds


@pytest.mark.parametrize("version", VERSIONS)
def test_pacemakers_own_log_adds_who_ordered_it(version: str) -> None:
    story = moves(golden(f"{version}-xivo-1.syslog", f"{version}-xivo-1.pacemaker.log"))
    assert [event.reason for event in story[1:3]] == ["rule cli-prefer-xivo", "a node was put on standby"]
    assert [event.reason for event in moves(golden(f"{version}-xivo-1.syslog"))[1:3]] == ["", ""]


# Lines made by hand.


def line(seconds: float, said: str, program: str = "pacemaker-attrd", host: str = "xivo-1") -> LogLine:
    return LogLine(BEGIN + timedelta(seconds=seconds), host, program, said)


def sets(seconds: float, device: str, node: str, old: str, new: str, host: str = "xivo-1") -> LogLine:
    return line(seconds, f"Setting berofos-{device}[{node}]: {old} -> {new}", host=host)


def agent(seconds: float, said: str, host: str = "xivo-1", process: str = "") -> LogLine:
    return line(seconds, f"berofos {said}", "berofos(r)", host)._replace(process=process)


def switches(seconds: float, device: str, process: str) -> LogLine:
    """An action on xivo-1 moves a relay there."""
    said = f"{device} (10.34.1.20): relay A--D -> A--B, lines now on xivo-1"
    return agent(seconds, said, process=process)


def hand(seconds: float, said: str, program: str = "berofos") -> LogLine:
    return line(seconds, said, program)


STARTED = (sets(0, "fos1", "xivo-1", "(unset)", "A--B"), sets(0.1, "fos2", "xivo-1", "(unset)", "A--B"))
SWITCHED = (
    sets(100, "fos1", "xivo-1", "A--B", "(unset)"),
    sets(100.1, "fos2", "xivo-1", "A--B", "(unset)"),
    sets(102, "fos1", "xivo-2", "(unset)", "A--D"),
    sets(102.1, "fos2", "xivo-2", "(unset)", "A--D"),
)


def after_start(*lines: LogLine) -> list[Event]:
    first, *rest = tell([*STARTED, *lines])
    assert brief(first) == ("start", None, "xivo-1")
    return rest


def only(*lines: LogLine) -> Event:
    (event,) = after_start(*lines)
    return event


@pytest.mark.parametrize("form", ["Setting {}", "Setting {} in instance_attributes"])
@pytest.mark.parametrize("end", ["", " | from xivo-2 with no write delay and node XML ID 2"])
def test_the_words_of_newer_pacemakers(form: str, end: str) -> None:
    name = form.format("berofos-fos1[xivo-2]")
    (event,) = tell([line(0, f"{name}: (unset) -> A--D{end}")])
    assert brief(event) == ("start", None, "xivo-2")


def test_a_switch_that_nobody_explains() -> None:
    event = only(*SWITCHED)
    assert brief(event) == ("switch", "xivo-1", "xivo-2")
    assert (event.devices, event.seconds, event.reason, event.by) == (BOTH, 1.9, "", "")


TAKE = (switches(0, "fos1", "71"), switches(0.2, "fos2", "71"))


def test_a_slow_device_is_part_of_the_take_over_whose_action_moves_it() -> None:
    (event,) = tell([switches(0, "fos1", "71"), switches(9, "fos2", "71")])
    assert (event.kind, event.devices) == ("start", BOTH)


def test_a_device_that_another_action_moves_once_more_had_been_moved_by_hand() -> None:
    take, by_hand = tell([*TAKE, switches(1.5, "fos1", "80")])
    assert (take.kind, take.devices) == ("start", BOTH)
    assert (by_hand.kind, by_hand.devices, by_hand.by) == ("by_hand", ("fos1",), "unknown")


def test_a_device_that_another_action_moves_just_after_the_others_belongs_to_them() -> None:
    (event,) = tell([switches(0, "fos1", "71"), switches(1.5, "fos2", "80")])
    assert event.devices == BOTH


def test_a_drill_is_a_switch_with_its_reason() -> None:
    told = hand(110, "berofos drill: xivo-1 -> xivo-2, 2.6 s, root: quarterly")
    event = only(*SWITCHED, told)
    assert brief(event) == ("drill", "xivo-1", "xivo-2")
    assert (event.seconds, event.by, event.reason, event.devices) == (2.6, "root", "quarterly", BOTH)
    assert event.at == BEGIN + timedelta(seconds=102)


def test_a_drill_that_nothing_else_tells_of() -> None:
    event = only(hand(110, "berofos drill: xivo-1 -> xivo-2, 2.6 s, root (sudo: anna)"))
    assert (event.kind, event.by, event.reason) == ("drill", "root (sudo: anna)", "")


def test_a_drill_that_was_asked_for_is_the_cause_however_it_ends() -> None:
    event = only(hand(99, "berofos drill: asked to move xivo-1 -> xivo-2, root: quarterly"), *SWITCHED)
    assert (event.kind, event.reason) == ("switch", "drill by root: quarterly")


def test_a_failed_action_is_the_cause_until_it_is_forgotten() -> None:
    failed = line(99, "Setting fail-count-asterisk#monitor_10000[xivo-1]: (unset) -> 1")
    assert only(failed, *SWITCHED).reason == "monitor of asterisk failed on xivo-1"
    forgotten = line(99.5, "Setting fail-count-asterisk#monitor_10000[xivo-1]: 1 -> (unset)")
    assert only(failed, forgotten, *SWITCHED).reason == ""
    elsewhere = line(99, "Setting fail-count-asterisk#monitor_10000[xivo-2]: (unset) -> 1")
    assert only(elsewhere, *SWITCHED).reason == ""


def test_a_hand_that_owns_up() -> None:
    event = only(
        hand(50, "root (sudo: anna): switch d --force: fos1 A--B -> A--D"),
        sets(53, "fos1", "xivo-1", "A--B", "A--D"),
        agent(54, "fos1 (10.34.1.20): relay A--D -> A--B, lines now on xivo-1"),
        sets(54.1, "fos1", "xivo-1", "A--D", "A--B"),
    )
    assert brief(event) == ("by_hand", "xivo-1", "xivo-1")
    assert (event.by, event.devices, event.seconds) == ("root (sudo: anna)", ("fos1",), 4.0)
    assert event.reason == "switch d --force: A--B -> A--D"


@pytest.mark.parametrize(
    ("program", "said", "by", "minor"),
    [
        ("bnfos", "root: --set mode=0: fos1 mode ? -> 0 (not seen)", "root", False),
        ("xivo-berofos", "root: slave: fos1 A--B -> A--D", "root", False),
        ("berofos", "root: set: fos1 slgip 0.0.0.0 -> 10.34.1.2", "root", True),
        ("berofos", "root: password: fos1 apwd changed", "root", True),
        ("berofos", "root: kick --while: fos1 A--D -> A--B C--D, wdog 0 -> 1", "root", False),
    ],
)
def test_each_command_by_hand(program: str, said: str, by: str, minor: bool) -> None:
    event = only(hand(50, said, program))
    assert (event.kind, event.by, event.devices, event.minor) == ("by_hand", by, ("fos1",), minor)


def test_a_hand_long_ago_is_not_blamed() -> None:
    told, moved = after_start(
        hand(10, "root: switch b: fos1 A--D -> A--B"), sets(500, "fos1", "xivo-1", "A--B", "A--D")
    )
    assert (told.by, moved.by, moved.seconds) == ("root", "unknown", None)


def test_a_watchdog_that_ran_out_was_no_hand() -> None:
    event = only(
        sets(50, "fos1", "xivo-1", "A--B", "A--D"),
        agent(50.1, "fos1 (10.34.1.20): watchdog ran out"),
        sets(52, "fos1", "xivo-1", "A--D", "A--B"),
    )
    assert (event.kind, event.by, event.seconds) == ("watchdog", "", 2.0)


def test_trouble_that_moves_nothing_is_of_minor_interest() -> None:
    event = only(
        sets(50, "fos1", "xivo-1", "A--B", "unreachable"),
        agent(50.1, "fos1 (10.34.1.20): connection refused, expected A--B"),
        agent(52.1, "all is well again (was: fos1 (10.34.1.20): connection refused, expected A--B)"),
    )
    assert (event.kind, event.minor, event.seconds) == ("degraded", True, 2.1)


def test_readiness() -> None:
    event = only(
        line(50, "Setting berofos-ready[xivo-2]: yes -> no: fos1 (10.34.1.20): login refused"),
        line(53, "Setting berofos-ready[xivo-2]: no: fos1 (10.34.1.20): login refused -> yes"),
    )
    assert (event.kind, event.source, event.seconds, event.minor) == ("ready", "xivo-2", 3.0, True)


def test_a_pause_and_its_end() -> None:
    paused, resumed = after_start(
        hand(50, "berofos pause: cluster fos1, root (sudo: anna): replace fan"),
        hand(60, "berofos resume: cluster fos1, root"),
    )
    assert (paused.kind, paused.by, paused.seconds) == ("pause", "root (sudo: anna)", 10.0)
    assert (paused.reason, resumed.reason) == ("paused cluster fos1: replace fan", "resumed cluster fos1")


def test_a_log_that_begins_in_the_middle() -> None:
    (event,) = tell(SWITCHED)
    assert brief(event) == ("switch", "xivo-1", "xivo-2")


def test_a_stop_and_start_on_the_same_node() -> None:
    event = only(
        sets(50, "fos1", "xivo-1", "A--B", "(unset)"),
        sets(50, "fos2", "xivo-1", "A--B", "(unset)"),
        sets(58, "fos1", "xivo-1", "(unset)", "A--B"),
        sets(58, "fos2", "xivo-1", "(unset)", "A--B"),
    )
    assert (*brief(event), event.seconds) == ("start", "xivo-1", "xivo-1", 8.0)
    assert not event.moves_lines


def test_the_lines_go_to_the_pbx_and_come_back() -> None:
    away, back = after_start(
        agent(50, "fos1 (10.34.1.20): relay A--B C--D -> A--D, lines now on the PBX"),
        sets(50.1, "fos1", "xivo-1", "A--B", "(unset)"),
        sets(50.1, "fos2", "xivo-1", "A--B", "(unset)"),
        agent(90, "fos1 (10.34.1.20): relay A--D -> A--B C--D, lines now on xivo-1"),
    )
    assert brief(away) == ("switch", "xivo-1", "the PBX")
    assert brief(back) == ("switch", "the PBX", "xivo-1")


def test_clocks_apart_by_seconds_tell_nothing_twice() -> None:
    def as_seen_by(host: str, ahead: float) -> list[LogLine]:
        return [each._replace(host=host, at=each.at + timedelta(seconds=ahead)) for each in (*STARTED, *SWITCHED)]

    story = tell([*as_seen_by("xivo-1", 0), *as_seen_by("xivo-2", 3)])
    assert [brief(event) for event in story] == [("start", None, "xivo-1"), ("switch", "xivo-1", "xivo-2")]
    assert story[1].log == "xivo-1, xivo-2"


def test_an_order_is_the_cause_of_one_switch_alone() -> None:
    there, back = after_start(
        hand(99, "berofos drill: asked to move xivo-1 -> xivo-2, root"),
        *SWITCHED,
        sets(110, "fos1", "xivo-2", "A--D", "(unset)"),
        sets(110, "fos2", "xivo-2", "A--D", "(unset)"),
        sets(112, "fos1", "xivo-1", "(unset)", "A--B"),
    )
    assert (there.reason, back.reason) == ("drill by root", "")


def test_what_a_node_learns_when_it_joins_is_no_news() -> None:
    assert (
        after_start(
            line(50, "Node xivo-1 state is now member"),
            line(50.1, "Setting berofos-ready[xivo-2]: (unset) -> yes"),
            sets(50.1, "fos1", "xivo-1", "(unset)", "A--B"),
        )
        == []
    )


@pytest.mark.parametrize("host", ["XIVO-1", "xivo-1.example.org"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_node_is_known_by_its_host_whatever_its_case_and_domain(version: str, host: str) -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    texts = LOGS.joinpath(f"{version}-xivo-1.syslog").read_text("utf-8").splitlines()
    lines = [found for text in texts if (found := parse_line(text, now)) is not None]
    story = tell(each._replace(host=host) for each in lines)
    assert [each._replace(log="") for each in story] == [each._replace(log="") for each in tell(lines)]


def test_a_node_whose_name_begins_as_a_device_s_is_no_device() -> None:
    (event,) = tell([line(0, "Setting berofos-ready[foster]: yes -> no: its config can't be read")])
    assert (event.kind, event.source, event.devices) == ("ready", "foster", ())
