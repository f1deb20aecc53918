"""``berofos password``: device and config file together, and nobody locked out whatever goes wrong."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import NEW_PASSWORD, PASSWORD
from tests.support.processes import as_nobody


def change(site: OperatorSite, *arguments: str, expected: int = 0) -> str:
    """Change it with the new one on standard input; what was said."""
    done = site.berofos("password", *arguments, text=f"{NEW_PASSWORD}\n")
    assert done.status == expected, done
    return done.both


def works(site: OperatorSite) -> bool:
    """Whether the config file's logins open every device."""
    return site.berofos("get", "mode").status == 0


def passwords(site: OperatorSite) -> list[str]:
    """Which password each device really has, by looking into it."""
    return [device._device.password for device in site]


def test_device_and_file_change_together(two: OperatorSite) -> None:
    text = "# site Lyon\n" + two.config.read_text().replace("[fos2]", "\n; the upper one\n[fos2]\nnote = keep me")
    two.configure(text)
    assert change(two).splitlines() == [
        f"{two.label(name)}: password changed, on the device and in {two.config}" for name in ("fos1", "fos2")
    ]
    assert passwords(two) == [NEW_PASSWORD, NEW_PASSWORD]
    assert two.config.read_text() == text.replace(PASSWORD, NEW_PASSWORD)
    assert two.config.stat().st_mode & 0o777 == 0o600
    assert works(two)


def test_an_open_device_demands_a_login_afterwards(new_site: NewSite) -> None:
    site = new_site(password=None)
    assert site.fos1.settings["pwd"] is False
    change(site)
    assert site.fos1.settings["pwd"] is True
    assert f"login = admin:{NEW_PASSWORD}\n" in site.config.read_text()
    assert works(site)


def test_only_the_chosen_device_changes(two: OperatorSite) -> None:
    change(two, "--device", "fos2")
    assert passwords(two) == [PASSWORD, NEW_PASSWORD]
    assert works(two)


def test_on_a_terminal_it_is_typed_twice_and_never_seen(site: OperatorSite) -> None:
    answers = [("New password: ", NEW_PASSWORD), ("New password again: ", NEW_PASSWORD)]
    done = site.on_terminal(site.command, "password", answers=answers)
    assert done.status == 0
    assert "password changed" in done.out
    assert passwords(site) == [NEW_PASSWORD]


def test_a_slip_of_the_fingers_changes_nothing(site: OperatorSite) -> None:
    answers = [("New password: ", NEW_PASSWORD), ("New password again: ", "nEw#mark&er 9")]
    done = site.on_terminal(site.command, "password", answers=answers)
    assert done.status == 2
    assert "berofos: New password: the two differ, nothing was changed" in done.out
    assert site.writes() == []


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("", "no terminal to type it on, and nothing on standard input"),
        ("\n", "nothing on standard input"),
        ("0123456789abcdef\n", "at most 15 printable ASCII characters"),
        (" blank\n", "spaces at its beginning or end"),
        ("p\u00e4ssword\n", "printable ASCII characters"),
        ("tab\tbed\n", "printable ASCII characters"),
    ],
)
def test_a_password_that_will_not_do_is_refused_before_anything_is_written(
    site: OperatorSite, given: str, complaint: str
) -> None:
    before = site.config.read_bytes()
    done = site.berofos("password", text=given)
    assert done.status == 2
    (line,) = done.err.splitlines()
    assert complaint in line
    assert site.writes() == []
    assert site.config.read_bytes() == before


def test_a_file_that_cannot_be_written_gives_the_device_its_old_password_back(site: OperatorSite) -> None:
    site.folder.chmod(0o755)
    site.config.chmod(0o644)  # nobody may read it, but not put another one in its place
    before = site.config.read_bytes()
    site.environment["PYTHONPATH"] = "/mnt"
    command = ["env", "PYTHONPATH=/mnt", "/usr/bin/python3"]
    arguments = ["-m", "berofos_ra.cli.berofos", "--config", str(site.config), "password"]
    done = site.run(as_nobody(*command, *arguments), text=f"{NEW_PASSWORD}\n")
    assert done.status == 1
    assert f"{site.config}: can't be written: Permission denied; it has its old password back" in done.err
    assert passwords(site) == [PASSWORD]
    assert site.config.read_bytes() == before


def test_a_device_without_a_known_password_is_not_said_to_have_it_back(new_site: NewSite) -> None:
    site = new_site(password=None)
    site.folder.chmod(0o755)
    site.config.chmod(0o644)
    command = ["env", "PYTHONPATH=/mnt", "/usr/bin/python3", "-m", "berofos_ra.cli.berofos"]
    arguments = ["--config", str(site.config), "password"]
    done = site.run(as_nobody(*command, *arguments), text=f"{NEW_PASSWORD}\n")
    assert done.status == 1
    assert "can't be written: Permission denied; whether it demands a password is as before" in done.err
    assert (passwords(site), site.fos1.settings["pwd"]) == ([NEW_PASSWORD], 0)


def test_a_device_that_does_not_take_it_leaves_the_file_alone(site: OperatorSite) -> None:
    before = site.config.read_bytes()
    site.fos1.add_fault("ignore_writes")
    assert f"{site.label()}: it doesn't take the new password" in change(site, expected=1)
    assert site.config.read_bytes() == before
    assert works(site)


def test_an_open_device_that_does_not_take_it_stays_open(new_site: NewSite) -> None:
    site = new_site(password=None)
    site.fos1.add_fault("ignore_writes")
    assert "pwd stays 0, expected 1" in change(site, expected=1)
    assert "login" not in site.config.read_text()
    site.fos1.clear_faults()
    assert works(site)


@pytest.mark.parametrize("password", [PASSWORD, None])
def test_a_lost_request_or_answer_does_not_matter(new_site: NewSite, password: str | None) -> None:
    # With a login the fault spoils the request that asks for it, before anything is done; without, only the answer.
    site = new_site(password=password)
    site.fos1.add_fault("nothing", on="write", count=1)
    change(site)
    assert passwords(site) == [NEW_PASSWORD]
    assert works(site)


def test_what_was_cut_short_is_completed_by_the_same_command(site: OperatorSite) -> None:
    # The device has the new password, the file doesn't.
    site.fos1.set_settings({"apwd": NEW_PASSWORD})
    assert not works(site)
    change(site)
    assert works(site)


def test_a_device_that_knows_neither_login_is_left_alone(site: OperatorSite) -> None:
    site.fos1.set_settings({"apwd": "something else"})
    assert "it takes neither the login in the config file nor the new one" in change(site, expected=1)
    assert site.writes() == []


def test_a_device_that_is_away_keeps_the_others_from_nothing(two: OperatorSite) -> None:
    two.fos1.power_off()
    said = change(two, expected=1)
    assert f"{two.label('fos1')}: connection refused" in said
    assert passwords(two) == [PASSWORD, NEW_PASSWORD]
    assert two.config.read_text().count(NEW_PASSWORD) == 1
