"""``berofos restore``: a replacement gets the settings of the old device."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import PASSWORD
from tests.support.markers import found

OLD: Mapping[str, object] = {
    "scenario": 1,
    "mode": 1,
    "modedef": 1,
    "power1": 1,
    "power2def": 1,
    "wdogdef": 0,
    "wdogitime": 77,
    "syslog": 1,
    "slgip": "10.34.1.2",
    "hostname": "rack-4",
    "dhcp": 0,
    "gateway": "10.34.1.1",
    "smtpto": "noc@example.org",
}
STAYS = ("mode", "power1", "gateway", "dhcp")


@pytest.fixture
def saved(new_site: NewSite, tmp_path: Path) -> Path:
    """What the old device showed."""
    file = tmp_path / "settings.json"
    file.write_text(new_site(settings=OLD).berofos("show", "--json").out)
    return file


def test_a_replacement_gets_all_but_what_moves_lines_or_hides_it(saved: Path, site: OperatorSite) -> None:
    new = site.fos1.settings
    looked = site.berofos("restore", str(saved), "--dry-run")
    assert (looked.status, looked.err, site.writes()) == (0, "", [])
    done = site.berofos("restore", str(saved))
    assert (done.status, done.err) == (0, "")
    assert done.out == looked.out + f"{site.label()}: done and read back\n"
    assert f"{site.label()}: modedef 0 -> 1\n" in done.out
    assert f"{site.label()}: mode stays 0, it was 1: --also mode\n" in done.out
    now = site.fos1.settings
    assert {k: now[k] for k in STAYS} == {k: new[k] for k in STAYS}
    assert {k: now[k] for k in OLD if k not in STAYS} == {k: v for k, v in OLD.items() if k not in STAYS}
    assert site.fos1.clicks() == []
    assert "nothing to change" in site.berofos("restore", str(saved)).out


def test_what_is_named_comes_back_too(saved: Path, site: OperatorSite) -> None:
    assert site.berofos("restore", str(saved), "--also", "mode", "--also", "gateway").status == 0
    assert site.fos1.relay == "A--B C--D"
    assert site.fos1.settings["gateway"] == "10.34.1.1"


def test_a_recording_has_no_names_and_addresses_to_bring_back(new_site: NewSite, site: OperatorSite) -> None:
    file = site.folder / "fos1.json"
    assert new_site(settings=OLD).berofos("record", "--output", str(file)).status == 0
    name = site.fos1.settings["hostname"]
    assert site.berofos("restore", str(file)).status == 0
    now = site.fos1.settings
    assert (now["wdogitime"], now["modedef"], now["hostname"], now["slgip"]) == (77, True, name, "0.0.0.0")


def test_what_a_recording_leaves_out_and_a_login_are_told_nowhere(new_site: NewSite, site: OperatorSite) -> None:
    old = new_site(
        settings={**OLD, "hostname": "rack-marker-4", "smtpto": "marker@example.org", "slgip": "10.99.98.97"}
    )
    file = site.folder / "fos1.json"
    recorded = old.berofos("record", "--output", str(file))
    done = site.berofos("restore", str(file))
    shown = site.folder / "settings.json"
    shown.write_text(old.berofos("show", "--json").out)
    again = site.berofos("restore", str(shown))
    assert (recorded.status, done.status, again.status) == (0, 0, 0)
    secret = [PASSWORD, f"admin:{PASSWORD}", old.fos1.spec.mac, site.fos1.spec.mac]
    assert (
        found(f"{file.read_text()}{done.both}".encode(), [*secret, "marker", "10.99.98.97", old.fos1.address]) == []
    )
    assert found(f"{shown.read_text()}{again.both}".encode(), secret) == []


def test_a_managed_device_is_refused_unless_forced(saved: Path, site: OperatorSite) -> None:
    site.acts_cluster()
    done = site.berofos("restore", str(saved))
    assert (done.status, site.writes()) == (1, [])
    assert done.err.startswith("berofos: refused: ")
    assert site.berofos("restore", str(saved), "--force").status == 0
    assert site.fos1.settings["wdogitime"] == 77


@pytest.mark.soak
def test_a_device_that_does_not_take_it_is_told(saved: Path, site: OperatorSite) -> None:
    site.fos1.add_fault("ignore_writes")
    done = site.berofos("restore", str(saved), "--timeout", "1")
    assert done.status == 1
    assert "scenario stays 0, expected 1" in done.err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"fos1": {"mode": tr', "cut short"),
        (json.dumps({"fos7": {"modedef": True}}), "has the settings of fos7, and none of fos1"),
        (json.dumps({"fos1": {"modedef": "perhaps"}}), "has a modedef that it can't have"),
        (json.dumps({"format": "berofos-record", "version": 9}), "version 9"),
        (None, "can't be read: No such file"),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_written(site: OperatorSite, text: str | None, complaint: str) -> None:
    file = site.folder / "settings.json"
    if text is not None:
        file.write_text(text)
    done = site.berofos("restore", str(file), "--device", "fos1")
    assert (done.status, done.out, site.writes()) == (1, "", [])
    (line,) = done.err.splitlines()
    assert line.startswith(f"berofos: {file}")
    assert complaint in line


def test_a_login_is_not_demanded_where_nobody_has_one(site: OperatorSite) -> None:
    site.fos1.set_settings({"pwd": 0})
    site.configure(site.section(site.fos1).replace(f"login = admin:{PASSWORD}\n", ""))
    file = site.folder / "settings.json"
    file.write_text(json.dumps({"fos1": {"pwd": True}}))
    done = site.berofos("restore", str(file), "--also", "pwd")
    assert (done.status, site.writes()) == (2, [])
    assert "berofos password" in done.err


def test_device_that_lacks_a_setting_is_named_and_holds_no_other_up(new_site: NewSite) -> None:
    two = new_site(2)
    file = two.folder / "settings.json"
    file.write_text('{"fos1": {"wdogitime": 77}, "fos2": {"wdogitime": 77}}')
    two.fos1.add_fault("wrong", values={"wdogitime": "x"})
    done = two.berofos("restore", str(file))
    assert done.status == 1
    assert f"{two.label()}: its configuration lacks" in done.err
    assert two.fos2.settings["wdogitime"] == 77
