"""``berofos switch`` and ``berofos provision``: relays and settings by hand, and the cluster's word in it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite

READY_FOR_XIVO_PBX = {"scenario": True, "modedef": True, "wdogdef": True, "wdogitime": 90}


def test_switching_moves_every_relay_and_says_so(two: OperatorSite) -> None:
    two.fos2.set_settings({"mode": 1})
    done = two.berofos("switch", "b")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{two.label('fos1')}: relay A--D -> A--B",
        f"{two.label('fos2')}: relay already A--B",
    ]
    assert [device.relay for device in two] == ["A--B", "A--B"]
    assert two.writes("fos2") == []
    assert two.berofos("switch", "d").status == 0
    assert [device.relay for device in two] == ["A--D", "A--D"]


def test_only_the_chosen_devices_move(two: OperatorSite) -> None:
    assert two.berofos("switch", "--device", "FOS2", "b").status == 0
    assert [device.relay for device in two] == ["A--D", "A--B"]


def test_an_armed_watchdog_is_disarmed_on_the_way_to_d(site: OperatorSite) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "wdog": 1})
    done = site.berofos("switch", "d")
    assert done.out == f"{site.label()}: relay A--B C--D -> A--D; watchdog disarmed\n"
    assert site.writes() == ["cmd=4&mode=0", "cmd=6&wen=0"]


def test_a_device_that_fails_keeps_the_others_from_nothing(two: OperatorSite) -> None:
    two.fos1.add_fault("ignore_switch")
    done = two.berofos("switch", "b")
    assert done.status == 1
    assert done.out == f"{two.label('fos2')}: relay A--D -> A--B\n"
    assert done.err.startswith(f"berofos: {two.label('fos1')}: relay stays A--D, expected A--B; try again")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("switch", "b"), ("provision", "--topology", "two-xivo"), ("set", "syslog=1", "modedef=1")]
)
def test_a_cluster_in_charge_is_not_fought(site: OperatorSite, arguments: tuple[str, ...]) -> None:
    site.fos1.set_settings({"wdogdef": 1})
    site.acts_cluster()
    done = site.berofos(*arguments)
    assert done.status == 1
    assert done.err == (
        "berofos: refused: the cluster's resource berofos-relay is in charge of fos1; take it out of its hands "
        "first, crm resource unmanage berofos-relay (or pcs resource unmanage berofos-relay), or use --force\n"
    )
    assert site.writes() == []
    assert site.berofos(*arguments, "--force").status == 0
    assert site.writes()


def test_in_maintenance_mode_switching_is_up_to_the_administrator(site: OperatorSite) -> None:
    site.acts_cluster(managed=False)
    assert site.berofos("switch", "b").status == 0
    assert site.fos1.relay == "A--B"


def test_where_the_resource_is_active_nowhere_it_takes_a_yes(site: OperatorSite) -> None:
    site.acts_cluster(node=None)
    refused = site.berofos("switch", "b")  # there is no terminal to ask
    assert refused.status == 1
    assert "in charge of fos1" in refused.err
    assert site.writes() == []
    assert site.berofos("switch", "b", "--yes").status == 0
    assert site.fos1.relay == "A--B"


def test_a_yes_moves_nothing_from_an_owner(site: OperatorSite) -> None:
    site.acts_cluster()
    assert site.berofos("switch", "b", "--yes").status == 1
    assert site.writes() == []


def test_a_cluster_with_other_devices_has_no_say(two: OperatorSite) -> None:
    two.acts_cluster(devices="fos2")
    assert two.berofos("switch", "--device", "fos1", "b").status == 0
    assert two.berofos("switch", "b").status == 1


def test_the_same_devices_by_another_file_are_still_the_clusters(site: OperatorSite) -> None:
    other = site.folder / "other.conf"
    other.write_text(site.config.read_text().replace("[fos1]", "[fos2]"))
    site.acts_cluster(config=str(other), devices="fos2")
    assert site.berofos("switch", "b").status == 1
    other.unlink()
    assert site.berofos("switch", "b").status == 0


def test_a_cluster_that_does_not_answer_may_be_in_charge(site: OperatorSite) -> None:
    site.acts_cluster()
    site.tools.hang("crm_mon")
    done = site.berofos("switch", "b")
    assert done.status == 1
    assert "refused: the cluster doesn't answer: crm_mon hangs" in done.err
    assert site.writes() == []


def test_a_dry_run_shows_what_would_change_and_writes_nothing(two: OperatorSite) -> None:
    two.acts_cluster()
    two.fos1.set_settings({"mode": 1, "wdogdef": 1})
    done = two.berofos("provision", "--topology", "two-xivo", "--dry-run")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{two.label('fos1')}: wdogdef 1 -> 0",
        f"{two.label('fos1')}: modedef 0 -> 1",
        f"{two.label('fos2')}: nothing to change",
    ]
    assert two.writes("fos1") == two.writes("fos2") == []


def test_provisioning_applies_reads_back_and_leaves_the_relay(site: OperatorSite) -> None:
    arguments = ("provision", "--topology", "xivo-pbx", "--watchdog-interval", "90")
    done = site.berofos(*arguments)
    assert done.status == 0
    assert done.out.splitlines()[-1] == f"{site.label()}: done and read back"
    assert READY_FOR_XIVO_PBX.items() <= site.fos1.settings.items()
    assert site.fos1.relay == "A--D"

    written = site.writes()
    again = site.berofos(*arguments)
    assert (again.status, again.out) == (0, f"{site.label()}: nothing to change\n")
    assert site.writes() == written


def test_the_side_after_power_on_can_be_chosen(site: OperatorSite) -> None:
    assert site.berofos("provision", "--topology", "two-xivo-pbx", "--side", "b").status == 0
    assert site.fos1.settings["modedef"] is True
    wrong = site.berofos("provision", "--topology", "xivo-pbx", "--side", "b")
    assert wrong.status == 2
    assert "always on b" in wrong.err


def test_provisioning_clears_the_failure_of_a_watchdog_that_is_to_be_off(site: OperatorSite) -> None:
    site.fos1.set_settings({"wdogitime": 1, "wdog": 1})
    site.fos1.wait_for_event(event="watchdog ran out")
    command = ("provision", "--topology", "two-xivo")
    assert site.berofos(*command, "--dry-run").out == f"{site.label()}: wdogstate 2 -> 0\n"
    assert site.fos1.settings["wdogstate"] == 2
    assert site.berofos(*command).out == f"{site.label()}: wdogstate 2 -> 0\n{site.label()}: done and read back\n"
    assert site.fos1.settings["wdogstate"] == 0


def test_provisioning_says_which_device_failed(two: OperatorSite) -> None:
    two.fos2.add_fault("ignore_writes")
    done = two.berofos("provision", "--topology", "two-xivo", "--side", "b")
    assert done.status == 1
    assert f"{two.label('fos2')}: modedef stays 0, expected 1" in done.err
    assert f"{two.label('fos1')}: done and read back" in done.out


def test_a_form_that_clears_its_boxes_is_repaired(new_site: NewSite) -> None:
    site = new_site(form_like=True, settings={"power1def": 1})
    assert site.berofos("provision", "--topology", "xivo-pbx", "--watchdog-interval", "90").status == 0
    assert {**READY_FOR_XIVO_PBX, "power1def": True}.items() <= site.fos1.settings.items()
