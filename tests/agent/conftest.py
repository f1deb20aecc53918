"""Sites to run the agent in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from berofos_ra.simulator import Simulator
from tests.agent.site import Site
from tests.support.devices import RECORDINGS, as_recorded, specs

# What runs each time with devices like every recording: switch, log in, see, kick, give up.
EACH_TIME = {
    "test_start_stop.test_start_at_b_switches_and_provisions_every_device",
    "test_start_stop.test_nodes_take_the_lines_in_turn",
    "test_start_stop.test_login",
    "test_start_stop.test_monitor_kicks_the_watchdog",
    "test_start_stop.test_watchdog_that_ran_out_is_a_failure_that_a_restart_mends",
    "test_start_stop.test_stop_before_a_pbx_gives_the_lines_away_first",
}
# What doesn't run so: tests, and whole modules.
NOT_LIKE_ANOTHER = {
    # What is at fault or asked is no device but what is around the agent: no kind of device makes a difference.
    "test_attributes_that_get_lost",
    "test_broken_output",
    "test_config_digest",
    "test_files_edited_while_running",
    "test_hostile.test_hostile_parameters",
    "test_hostile.test_hostile_surroundings",
    "test_hostile.test_words_behind_a_host_are_left_out",
    "test_monitors_never_ban_what_runs",
    "test_names_that_do_not_resolve",
    "test_no_room_to_write",
    "test_node_name",
    "test_odd_records",
    "test_records_of_the_first_version",
    "test_secrets.test_line_that_makes_no_sense_is_not_quoted",
    "test_slow_name_server",
    "test_starts_that_are_refused",
    "test_thrift",
    "test_upgrades_under_running_actions",
    # They count writes, clicks or seconds, of which a device that clears boxes needs more.
    "test_start_stop.test_start_before_a_pbx_arms_the_watchdog_last",
    "test_devices_that_do_not_stay.test_deaf_device_is_not_told_at_every_retry",
    "test_devices_that_do_not_stay.test_no_other_relay_clicks_for_a_deaf_device_again",
    "test_one_bad_device_costs_the_others_nothing."
    "test_the_healthy_one_of_two_does_not_flap_when_the_other_loses_its_power",
    "test_relays_that_move_late.test_watchdog_that_is_armed_late_is_waited_for",
    "test_reload.test_reload_of_the_watchdog_interval_reaches_the_device",
    "test_stops_of_what_never_ran.test_a_second_resource_with_the_same_device_changes_nothing",
    "test_stops_of_what_never_ran.test_of_two_records_with_one_device_the_younger_gives_nothing_away",
    "test_stops_of_what_never_ran.test_stop_of_a_clone_that_was_refused_changes_nothing",
    "test_stops_of_what_never_ran.test_stop_on_a_node_that_never_owned_changes_nothing",
    "test_two_actions_at_once.test_two_actions_at_once",
    # A new box that is as delivered demands no login; one that is like a recording does, and nobody has it.
    "test_replaced_devices.test_in_maintenance_mode_nothing_is_taken_in",
    "test_replaced_devices.test_new_box_between_two_xivos",
    "test_replaced_devices.test_new_box_is_taken_in_and_the_others_are_not_touched",
    "test_replaced_devices.test_while_the_new_mac_is_not_in_the_file_nobody_trusts_the_new_box",
    # It turns others away while it is busy with what nobody awaits any more.
    "test_hostile.test_device_that_never_ends_exhausts_neither_memory_nor_time",
    "test_last_resort.test_device_that_answers_too_late_is_told_too",
}

NewSite = Callable[..., Site]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short name: exit reasons end after 128 bytes, and paths are in them."""
    with tempfile.TemporaryDirectory(prefix="berofos-") as name:
        yield Path(name)


@pytest.fixture
def like(request: pytest.FixtureRequest) -> Path | None:
    """The recording that the devices are to be like; None: as delivered."""
    return getattr(request, "param", None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each time some tests run with devices like those of `RECORDINGS`, too; under soak all do that can."""
    if "new_site" not in metafunc.fixturenames:
        return
    module = metafunc.module.__name__.rpartition(".")[2]
    test = f"{module}.{metafunc.function.__name__}"
    is_soak = metafunc.config.option.markexpr == "soak"
    marks = (pytest.mark.soak,) if is_soak else ()
    recorded = [pytest.param(file, id=file.stem, marks=marks) for file in RECORDINGS]
    if is_soak and not NOT_LIKE_ANOTHER & {module, test}:
        metafunc.parametrize("like", recorded, indirect=True)
    elif not is_soak and test in EACH_TIME:
        metafunc.parametrize("like", [pytest.param(None, id="delivered"), *recorded], indirect=True)


@pytest.fixture
def new_site(folder: Path, like: Path | None) -> Iterator[NewSite]:
    """Makes a site: the names of its devices, its topology, and what its devices are like (see DeviceSpec)."""
    with ExitStack() as stack:

        def make(names: Sequence[str] = ("fos1",), topology: str = "two-xivo", **options: object) -> Site:
            given = options if like is None else as_recorded(like, **options)
            simulator = stack.enter_context(Simulator(specs(names, **given)))
            return Site(folder, simulator, topology)

        yield make


@pytest.fixture
def site(new_site: NewSite) -> Site:
    """Two XiVOs and one device, as delivered: A--D."""
    return new_site()


@pytest.fixture
def two(new_site: NewSite) -> Site:
    """Two XiVOs and two devices, as delivered: A--D."""
    return new_site(("fos1", "fos2"))


@pytest.fixture
def pbx(new_site: NewSite) -> Site:
    """One XiVO in front of a PBX, one device, as delivered: A--D."""
    return new_site(topology="xivo-pbx")
